"""GET work lists, POST reviews and releases: staff groups of the route table only."""

from datetime import date

from lending.domain.application import TERMINAL
from lending.domain.records import Application, Release, State
from lending.domain.review import ReviewCase
from lending.entrypoint.http import Call, EmptyBody, Reply
from lending.entrypoint.problems import FieldError, Refused
from lending.ports.partners import Payee
from lending.usecases.loading import file_of
from lending.usecases.release_for_funding import release_of
from lending.usecases.review_application import Officer

from functions.ops import amendments, model, policies
from functions.ops.api import api as handler
from functions.ops.wiring import wiring

__all__ = ["amendments", "handler", "policies"]
ROWS_MAX = 100
DECISIONS_MAX = 2_000
COUNTERSIGNATURE = "/v1/ops/applications/{application_id}/countersignature"
LIVE = {state.value: state for state in State if state not in TERMINAL}


@handler.route("GET", "/v1/ops/applications")
def work_list(call: Call[EmptyBody]) -> Reply:
    """Applications in one live state, most urgent first."""
    asked = call.query.get("state", State.MANUAL_REVIEW.value)
    if asked not in LIVE:
        errors = (FieldError("?state", f"one of {', '.join(LIVE)}"),)
        raise Refused(422, "invalid_field", "Some fields are wrong.", errors)
    found = wiring().book.applications_in(LIVE[asked], ROWS_MAX)
    return Reply(200, {"applications": [model.row(one) for one in found]})


@handler.route("POST", "/v1/ops/applications/{application_id}/review", model.ReviewBody)
def review(call: Call[model.ReviewBody]) -> Reply:
    """200 with the new state, and the workflow goes on; 202 when a second person must confirm."""
    return call.once(  # type: ignore[misc]  # mypy finds no T that is a union
        wiring().book.reply,
        lambda keep: wiring().review(
            call.path["application_id"],
            call.body_model.verdict(),
            Officer(call.principal.sub, call.principal.groups),
            call.now,
            keep,
        ),
        _reviewed,
    )


@handler.route(
    "POST", "/v1/ops/applications/{application_id}/override-confirmation", model.ConfirmBody
)
def confirm_override(call: Call[model.ConfirmBody]) -> Reply:
    """200 with the new state, or with the case that was sent back."""
    return call.once(  # type: ignore[misc]  # mypy finds no T that is a union
        wiring().book.reply,
        lambda keep: wiring().confirm_override(
            call.path["application_id"],
            call.body_model.approved,
            Officer(call.principal.sub, call.principal.groups),
            call.now,
            keep,
        ),
        _reviewed,
    )


@handler.route("POST", COUNTERSIGNATURE, model.CountersignBody)
def countersign(call: Call[model.CountersignBody]) -> Reply:
    """200: signed for the lender, by another person than the one who approved."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().countersign(
            call.path["application_id"],
            call.principal.sub,
            call.body_model.document_sha256,
            call.now,
            keep,
        ),
        _moved,
    )


@handler.route("GET", "/v1/ops/review-requests")
def review_requests(call: Call[EmptyBody]) -> Reply:
    """What waits for a person besides the work list: requests of customers, proposed overrides."""
    found = wiring().book.open_reviews(ROWS_MAX)
    rows = [{**model.review_case(one), "is_late": one.is_late(call.now)} for one in found]
    return Reply(200, {"reviews": rows})


@handler.route("GET", "/v1/ops/overrides")
def overrides(call: Call[EmptyBody]) -> Reply:
    """The log of overrides decided on a day (UTC) in a market."""
    market, markets = call.query.get("market", ""), wiring().markets
    wrong = []
    if market not in markets:
        wrong.append(FieldError("?market", f"one of {', '.join(markets)}"))
    try:
        on = date.fromisoformat(call.query.get("on", ""))
    except ValueError:
        on = call.now.date()
        wrong.append(FieldError("?on", "a date like 2026-11-25"))
    if wrong:
        raise Refused(422, "invalid_field", "Some fields are wrong.", wrong)
    found = wiring().book.decisions_on(market, on, DECISIONS_MAX)
    rows = [model.overridden(one) for one in found if one.basis and one.basis.override]
    return Reply(200, {"overrides": rows})


@handler.route("POST", "/v1/ops/applications/{application_id}/release", model.ReleaseBody)
def release(call: Call[model.ReleaseBody]) -> Reply:
    """200 READY_TO_FUND or REVOKED, by another person than the one who approved."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().release(
            call.path["application_id"],
            call.body_model.approved,
            call.principal.sub,
            call.now,
            keep,
        ),
        _moved,
    )


@handler.route("GET", "/v1/ops/applications/{application_id}/release")
def release_view(call: Call[EmptyBody]) -> Reply:
    """Why it is held, and from when its payee may be paid."""
    file = file_of(wiring().book, call.path["application_id"])
    return Reply(200, model.release(release_of(file)))


@handler.route("POST", "/v1/ops/applications/{application_id}/payee", model.PayeeBody)
def want_payee(call: Call[model.PayeeBody]) -> Reply:
    """202: the application is held until a second person confirms the new payee."""
    body = call.body_model
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().want_payee(
            call.path["application_id"], Payee(body.name, body.account_no), call.principal.sub, keep
        ),
        _held,
    )


@handler.route(
    "POST", "/v1/ops/applications/{application_id}/payee/confirmation", model.ReleaseBody
)
def confirm_payee(call: Call[model.ReleaseBody]) -> Reply:
    """200: the payee in force, and from when it may be paid."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().confirm_payee(
            call.path["application_id"],
            call.body_model.approved,
            call.principal.sub,
            call.now,
            keep,
        ),
        _release,
    )


@handler.route("POST", "/v1/ops/applications/{application_id}/tranches", model.TranchesBody)
def hold_back(call: Call[model.TranchesBody]) -> Reply:
    """200: so much of the payout is left for later tranches."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().hold_back(
            call.path["application_id"], call.body_model.held_back_minor, call.now, keep
        ),
        _release,
    )


def _moved(application: Application) -> Reply:
    return Reply(200, model.moved(application))


def _reviewed(result: Application | ReviewCase) -> Reply:
    """An application that moved on, or what waits for a second person."""
    if isinstance(result, Application):
        return _moved(result)
    return Reply(202 if result.status == "PROPOSED" else 200, model.review_case(result))


def _held(release: Release) -> Reply:
    return Reply(202, model.release(release))


def _release(release: Release) -> Reply:
    return Reply(200, model.release(release))
