"""POST entries of money and their confirmation, GET open cases: operations only."""

import re
from collections.abc import Callable
from datetime import date, datetime

from lending.domain.receipts import Receipt
from lending.entrypoint.http import Api, Call, EmptyBody, Reply, WireModel
from lending.entrypoint.problems import FieldError, Refused
from lending.entrypoint.refusals import unless_refused
from lending.usecases.enter_money import Answer, EntryKind
from lending.usecases.order_payout import OrderKind
from lending.usecases.refusal import NotAllowed

from functions.teller import model
from functions.teller.wiring import wiring

handler = Api("teller")
CASES_MAX = 100
BASE = "/v1/ops/loans/{loan_id}"


@handler.route("GET", "/v1/ops/cases")
def cases(_call: Call[EmptyBody]) -> Reply:
    """Everything that waits for a person, oldest first."""
    found = wiring().money.open_cases(CASES_MAX)
    return Reply(200, {"cases": [model.entry(one) for one in found]})


@handler.route("POST", "/v1/ops/cases/{case_id}/closing", model.ClosingBody)
def close_case(call: Call[model.ClosingBody]) -> Reply:
    """200 with the case: ended, or waiting for the second person."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().close(
            call.path["case_id"], call.body_model.reason, call.principal.sub, keep
        ),
        _ended,
    )


@handler.route("GET", "/v1/ops/reconciliation")
def reconciliation(call: Call[EmptyBody]) -> Reply:
    """What a bank day's statement came to, and its balance against the ledger's; 404 before."""
    on, currency = _asked(call)
    done = wiring().reconciliations.reconciliation(on, currency)
    if done is None:
        raise Refused(404, "not_found", "This day was not reconciled yet.")
    return Reply(200, model.reconciliation(done, wiring().controls.proof(on, currency)))


@handler.route("GET", "/v1/ops/suspense")
def suspense(call: Call[EmptyBody]) -> Reply:
    """What waited on a day, by age; 404 before it was counted."""
    found = wiring().controls.ageing(*_asked(call))
    if found is None:
        raise Refused(404, "not_found", "This day was not counted yet.")
    return Reply(200, model.suspense(found))


def _asked(call: Call[EmptyBody]) -> tuple[date, str]:
    """Day and currency of a query."""
    on, currency = _day(call.query.get("on", "")), call.query.get("currency", "")
    wrong = [] if on else [FieldError("?on", "a date like 2026-11-25")]
    if not re.fullmatch(r"[A-Z]{3}", currency):
        wrong.append(FieldError("?currency", "a code like CNY"))
    if wrong or on is None:
        raise Refused(422, "invalid_field", "Some fields are wrong.", wrong)
    return on, currency


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@handler.route("POST", f"{BASE}/payments", model.PaymentBody)
def enter_payment(call: Call[model.PaymentBody]) -> Reply:
    """202 with the entry, which a second person confirms."""
    return _enter(call, call.body_model.entry(call.path["loan_id"]), wiring().enter)


@handler.route("POST", f"{BASE}/reversals", model.ReversalBody)
def enter_reversal(call: Call[model.ReversalBody]) -> Reply:
    """202 with the entry, which a second person confirms."""
    return _enter(call, call.body_model.entry(call.path["loan_id"]), wiring().enter)


@handler.route("POST", f"{BASE}/refunds", model.RefundBody)
def enter_refund(call: Call[model.RefundBody]) -> Reply:
    """202 with the entry, which a second person confirms."""
    return _enter(call, call.body_model.entry(call.path["loan_id"]), wiring().enter)


@handler.route("POST", f"{BASE}/payments/{{entry_id}}/confirmation", model.ConfirmationBody)
def confirm_payment(call: Call[model.ConfirmationBody]) -> Reply:
    """200 with the ended entry."""
    return _confirm(call, "payment")


@handler.route("POST", f"{BASE}/reversals/{{entry_id}}/confirmation", model.ConfirmationBody)
def confirm_reversal(call: Call[model.ConfirmationBody]) -> Reply:
    """200 with the ended entry."""
    return _confirm(call, "reversal")


@handler.route("POST", f"{BASE}/refunds/{{entry_id}}/confirmation", model.ConfirmationBody)
def confirm_refund(call: Call[model.ConfirmationBody]) -> Reply:
    """200 with the ended entry."""
    return _confirm(call, "refund")


@handler.route("POST", f"{BASE}/payouts", model.PayoutBody)
def enter_payout(call: Call[model.PayoutBody]) -> Reply:
    """202 with the entry, which a second person confirms."""
    return _enter(call, call.body_model.entry(call.path["loan_id"]), wiring().enter_order)


@handler.route("POST", f"{BASE}/payouts/{{entry_id}}/confirmation", model.ConfirmationBody)
def confirm_payout(call: Call[model.ConfirmationBody]) -> Reply:
    """200 with the ended entry; the payout is ordered."""
    return _confirm_order(call, "payout")


@handler.route("POST", f"{BASE}/tranches", model.TrancheBody)
def enter_tranche(call: Call[model.TrancheBody]) -> Reply:
    """202 with the entry, which a second person confirms."""
    return _enter(call, call.body_model.entry(call.path["loan_id"]), wiring().enter_order)


@handler.route("POST", f"{BASE}/tranches/{{entry_id}}/confirmation", model.ConfirmationBody)
def confirm_tranche(call: Call[model.ConfirmationBody]) -> Reply:
    """200 with the ended entry; the tranche is ordered."""
    return _confirm_order(call, "tranche")


@handler.route("POST", f"{BASE}/cancellations", model.CancellationBody)
def enter_cancellation(call: Call[model.CancellationBody]) -> Reply:
    """202 with the entry, which a second person confirms."""
    return _enter(call, call.body_model.entry(call.path["loan_id"]), wiring().enter_order)


@handler.route("POST", f"{BASE}/cancellations/{{entry_id}}/confirmation", model.ConfirmationBody)
def confirm_cancellation(call: Call[model.ConfirmationBody]) -> Reply:
    """200 with the ended entry; the loan is cancelled."""
    return _confirm_order(call, "cancellation")


def _confirm_order(call: Call[model.ConfirmationBody], kind: OrderKind) -> Reply:
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().confirm_order(
            call.path["loan_id"],
            kind,
            call.path["entry_id"],
            call.body_model.approved,
            call.principal.sub,
            call.now,
            keep,
        ),
        _ended,
    )


def _enter[Body: WireModel, Asked](
    call: Call[Body],
    entry: Asked,
    enter: Callable[[Asked, str, datetime, Answer], Receipt | NotAllowed],
) -> Reply:
    return call.once(
        wiring().book.reply,
        lambda keep: enter(entry, call.principal.sub, call.now, keep),
        _entered,
    )


def _confirm(call: Call[model.ConfirmationBody], kind: EntryKind) -> Reply:
    """The ended entry is its own stored answer: the same word again is answered from it."""
    result = wiring().confirm(
        call.path["loan_id"],
        kind,
        call.path["entry_id"],
        call.body_model.approved,
        call.principal.sub,
        call.now,
    )
    return _ended(unless_refused(result))


def _entered(receipt: Receipt) -> Reply:
    return Reply(202, model.entry(receipt))


def _ended(receipt: Receipt) -> Reply:
    return Reply(200, model.entry(receipt))
