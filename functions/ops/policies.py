"""Credit policies: draft, back-test, approval by a second person, activation, roll-back."""

from lending.domain.underwriting.change import PolicyVersion, Timeline
from lending.entrypoint.http import Call, EmptyBody, Reply
from lending.entrypoint.problems import FieldError, Refused

from functions.ops import policy_model as model
from functions.ops.api import api as handler
from functions.ops.wiring import wiring

BASE = "/v1/ops/policies"
ONE = f"{BASE}/{{market}}/{{version}}"


@handler.route("GET", BASE)
def policies(call: Call[EmptyBody]) -> Reply:
    """The versions of a market, what is in force now, and everything that was planned."""
    market, markets = call.query.get("market", ""), wiring().markets
    if market not in markets:
        errors = (FieldError("?market", f"one of {', '.join(markets)}"),)
        raise Refused(422, "invalid_field", "Some fields are wrong.", errors)
    store = wiring().policies
    first, timeline = store.first(market), store.timeline(market)
    body = {
        "market": market,
        "in_force": timeline.in_force(call.now, first.version),
        "first": {"version": first.version, "sha256": first.sha256},
        "versions": [model.summary(one) for one in store.versions(market)],
        "timeline": model.timeline(timeline),
    }
    return Reply(200, body)


@handler.route("GET", ONE)
def policy(call: Call[EmptyBody]) -> Reply:
    """One stored version with its document and its back-test."""
    found = wiring().policies.stored(call.path["market"], call.path["version"])
    if found is None:
        raise Refused(404, "not_found", "There is no such resource.")
    return Reply(200, model.version(found))


@handler.route("POST", BASE, model.DraftBody)
def draft(call: Call[model.DraftBody]) -> Reply:
    """201 with the draft; every reason to refuse it by its place."""
    body = call.body_model
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().draft(body.market, body.document, call.principal.sub, call.now, keep),
        _drafted,
    )


@handler.route("POST", f"{ONE}/backtest", model.BackTestBody)
def backtest(call: Call[model.BackTestBody]) -> Reply:
    """200 with the report on the decisions of those days."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().back_test(
            call.path["market"],
            call.path["version"],
            call.body_model.days(),
            call.principal.sub,
            call.now,
            keep,
        ),
        _tested,
    )


@handler.route("POST", f"{ONE}/approval", model.ApprovalBody)
def approve(call: Call[model.ApprovalBody]) -> Reply:
    """200 with the version, approved or rejected by another person than its author."""
    body = call.body_model
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().approve_policy(
            call.path["market"],
            call.path["version"],
            body.approved,
            body.note,
            call.principal.sub,
            call.now,
            keep,
        ),
        _version,
    )


@handler.route("POST", f"{ONE}/activation", model.ActivationBody)
def activate(call: Call[model.ActivationBody]) -> Reply:
    """200 with the timeline; decisions are made by it from that time on."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().activate(
            call.path["market"],
            call.path["version"],
            call.body_model.effective_from or call.now,
            call.principal.sub,
            call.now,
            keep,
        ),
        _timeline,
    )


@handler.route("POST", f"{BASE}/{{market}}/rollback", model.RollBackBody)
def roll_back(call: Call[model.RollBackBody]) -> Reply:
    """200 with the timeline; the version before holds at once."""
    market = call.path["market"]
    if market not in wiring().markets:
        raise Refused(404, "not_found", "There is no such resource.")

    return call.once(
        wiring().book.reply,
        lambda keep: wiring().roll_back(
            market, call.body_model.note, call.principal.sub, call.now, keep
        ),
        _timeline,
    )


def _drafted(drafted: PolicyVersion) -> Reply:
    return Reply(201, model.summary(drafted))


def _tested(tested: PolicyVersion) -> Reply:
    return Reply(200, {**model.summary(tested), "back_test": tested.back_test})


def _version(ended: PolicyVersion) -> Reply:
    return Reply(200, model.summary(ended))


def _timeline(timeline: Timeline) -> Reply:
    return Reply(200, {"timeline": model.timeline(timeline)})
