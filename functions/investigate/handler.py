"""GET cases, precision and the watch-list; POST outcomes, entries and removals: fraud desk only."""

import re

from lending.domain.fraud import LinkKind, WatchEntry
from lending.domain.fraud.links import PERSONAL
from lending.domain.records import Application
from lending.entrypoint.http import Api, Call, EmptyBody, Reply
from lending.entrypoint.problems import FieldError, Refused

from functions.investigate import model
from functions.investigate.wiring import wiring

handler = Api("investigate")
BASE = "/v1/ops/fraud"
KINDS = {kind.value: kind for kind in PERSONAL}
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


@handler.route("GET", f"{BASE}/cases/{{application_id}}")
def case(call: Call[EmptyBody]) -> Reply:
    """One case: score, reasons, ring, masked person."""
    return Reply(200, model.case(wiring().view(call.path["application_id"], call.now)))


@handler.route("POST", f"{BASE}/cases/{{application_id}}/outcome", model.OutcomeBody)
def close(call: Call[model.OutcomeBody]) -> Reply:
    """200 with the new state: DECLINED and watched, or back to be decided."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().close(
            call.path["application_id"],
            call.body_model.outcome,
            call.body_model.note,
            call.principal.sub,
            call.now,
            keep,
        ),
        _moved,
    )


@handler.route("GET", f"{BASE}/precision")
def precision(call: Call[EmptyBody]) -> Reply:
    """How right each rule was among the cases closed in a month."""
    month = call.query.get("month", call.now.isoformat()[:7])
    if not MONTH.fullmatch(month):
        raise _wrong("?month", "a month like 2026-11")
    found = wiring().view.precision(month)
    return Reply(200, {"month": month, "rules": [model.precision(one) for one in found]})


@handler.route("GET", f"{BASE}/watch-list")
def watch_list(call: Call[EmptyBody]) -> Reply:
    """What is watched of one kind, oldest first."""
    kind = KINDS.get(call.query.get("kind", ""))
    if kind is None:
        raise _wrong("?kind", f"one of {', '.join(KINDS)}")
    return Reply(200, {"entries": [model.entry(one) for one in wiring().watch_list.entries(kind)]})


@handler.route("POST", f"{BASE}/watch-list", model.WatchBody)
def watch(call: Call[model.WatchBody]) -> Reply:
    """201 with the entry: its token is what it is known by from now on."""
    body = call.body_model
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().watch_list.add(
            LinkKind(body.kind),
            body.value,
            body.reason,
            call.principal.sub,
            body.expires_at,
            call.now,
            keep,
        ),
        _added,
    )


@handler.route("POST", f"{BASE}/watch-list/removal", model.RemovalBody)
def remove(call: Call[model.RemovalBody]) -> Reply:
    """200 with the entry as it is kept from now on."""
    body = call.body_model
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().watch_list.remove(
            LinkKind(body.kind), body.token, body.reason, call.principal.sub, call.now, keep
        ),
        _kept,
    )


def _wrong(place: str, wanted: str) -> Refused:
    return Refused(422, "invalid_field", "Some fields are wrong.", (FieldError(place, wanted),))


def _moved(application: Application) -> Reply:
    return Reply(200, model.moved(application))


def _added(entry: WatchEntry) -> Reply:
    return Reply(201, model.entry(entry))


def _kept(entry: WatchEntry) -> Reply:
    return Reply(200, model.entry(entry))
