"""GET /v1/me, applications, timelines and loans: the caller's own only."""

from datetime import date

from lending.entrypoint.http import Api, Call, EmptyBody, Reply
from lending.entrypoint.problems import FieldError, Refused
from lending.entrypoint.refusals import unless_refused
from lending.usecases.loading import rules_at

from functions.account import model
from functions.account.wiring import wiring

handler = Api("account")


@handler.route("GET", "/v1/me")
def me(call: Call[EmptyBody]) -> Reply:
    """What we keep about the caller, masked, and what they agreed to."""
    customer, consents = wiring().me(call.principal.customer_id)
    body = {
        "customer_id": call.principal.customer_id,
        "customer": model.masked(customer),
        "consents": [model.consent(one) for one in consents],
    }
    return Reply(200, body)


@handler.route("GET", "/v1/applications/{application_id}")
def application(call: Call[EmptyBody]) -> Reply:
    """One application; its version is the ETag. Who knows that version gets 304 and one read."""
    application_id, owner = call.path["application_id"], call.principal.sub
    known = call.if_none_match
    if known is not None and known == f'"{wiring().application.version(application_id, owner)}"':
        return Reply(304, "", {"ETag": known})
    view = wiring().application(application_id, owner)
    return Reply(200, model.application(view), {"ETag": f'"{view.application.version}"'})


@handler.route("GET", "/v1/applications/{application_id}/timeline")
def timeline(call: Call[EmptyBody]) -> Reply:
    """Every move of one application."""
    moves = wiring().application.timeline(call.path["application_id"], call.principal.sub)
    return Reply(200, {"transitions": [model.transition(one) for one in moves]})


@handler.route("GET", "/v1/loans/{loan_id}")
def loan(call: Call[EmptyBody]) -> Reply:
    """One loan with its repayment plan."""
    found = wiring().loan(call.path["loan_id"], call.principal.sub)
    today = rules_at(wiring().profiles, found.market, call.now).local_date(call.now)
    return Reply(200, model.loan(found, today))


@handler.route("GET", "/v1/loans/{loan_id}/statement")
def statement(call: Call[EmptyBody]) -> Reply:
    """Every entry of the loan's books, or those of `from` to `to`, with running balances."""
    from_on, to_on = _day(call, "from") or date.min, _day(call, "to") or date.max
    found = wiring().money.statement(call.path["loan_id"], call.principal.sub, from_on, to_on)
    return Reply(200, model.statement(found))


@handler.route("GET", "/v1/loans/{loan_id}/settlement-quote")
def settlement_quote(call: Call[EmptyBody]) -> Reply:
    """What closes the loan on a day; paying it, or more, by then closes the loan."""
    asked = _day(call, "on")
    result = wiring().money.quote(call.path["loan_id"], call.principal.sub, asked, call.now)
    return Reply(200, model.quote(*unless_refused(result)))


def _day(call: Call[EmptyBody], name: str) -> date | None:
    text = call.query.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors = (FieldError(f"?{name}", "a date like 2026-11-25"),)
        raise Refused(422, "invalid_field", "Some fields are wrong.", errors) from None
