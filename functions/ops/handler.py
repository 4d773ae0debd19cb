"""GET work lists, POST reviews and releases: staff groups of the route table only."""

from lending.domain.application import TERMINAL
from lending.domain.records import Application, State
from lending.entrypoint.http import Api, Call, EmptyBody, Reply
from lending.entrypoint.problems import FieldError, Refused
from lending.entrypoint.refusals import unless_refused

from functions.ops import model
from functions.ops.wiring import wiring

handler = Api("ops")
ROWS_MAX = 100
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
    """200 with the new state; the workflow goes on."""

    def answer(application: Application) -> Reply:
        return Reply(200, model.moved(application))

    def run() -> Reply:
        result = wiring().review(
            call.path["application_id"],
            call.body_model.verdict(),
            call.principal.sub,
            call.now,
            lambda application: call.stored(answer(application)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)


@handler.route("POST", "/v1/ops/applications/{application_id}/release", model.ReleaseBody)
def release(call: Call[model.ReleaseBody]) -> Reply:
    """200 READY_TO_FUND or REVOKED, by another person than the one who approved."""

    def answer(application: Application) -> Reply:
        return Reply(200, model.moved(application))

    def run() -> Reply:
        result = wiring().release(
            call.path["application_id"],
            call.body_model.approved,
            call.principal.sub,
            call.now,
            lambda application: call.stored(answer(application)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)
