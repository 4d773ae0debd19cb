"""Guards of the product, each removable: with one gone, some plan must go red.

If none does, the harness is blind to that guard. `caught_by` are plans known to see it.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final
from unittest import mock

from lending.adapters import rail_http, webhook_signature
from lending.adapters.dynamodb import book as book_module
from lending.adapters.dynamodb import ledger as ledger_module
from lending.adapters.dynamodb import ledger_mappers, mappers
from lending.adapters.dynamodb import money as money_module
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.dynamodb.sent import SentLog
from lending.adapters.dynamodb.table import Work
from lending.domain import auto_debit
from lending.domain.records import Disbursement
from lending.domain.release import PAYEE_COOLING, holds
from lending.domain.servicing.booking import Booking, LoanBooks
from lending.entrypoint import batch
from lending.ports.bank import DebitAnswer
from lending.ports.book import ApplicationFile, Change
from lending.ports.money import Beside
from lending.ports.partners import Payee, RailAnswer
from lending.usecases import disburse_loan, release_for_funding
from lending.usecases.disburse_loan import SubmitPayout
from lending.usecases.follow_payment import FollowPayment
from lending.usecases.release_for_funding import payee_of
from lending.usecases.sweep import Sweep, Swept

from tools.chaos.plan import Fault, Mode, Plan

type Patch = tuple[Any, str, Any]


@dataclass(frozen=True, slots=True)
class Mutation:
    """One guard, the patches that remove it, and plans that must then find a violation."""

    name: str
    guard: str
    patches: Callable[[], list[Patch]]
    caught_by: tuple[Plan, ...]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The product without this guard."""
        with ExitStack() as stack:
            for target, name, value in self.patches():
                stack.enter_context(mock.patch.object(target, name, value))
            yield


def _plan(scenario: str, *faults: tuple[str, Mode]) -> Plan:
    return Plan(scenario, tuple(Fault(at, do) for at, do in faults))


def _no_condition(version: int = 0) -> None:
    """Nothing is asked of the stored row."""


def _without_locks() -> list[Patch]:
    return [(book_module, "_was", _no_condition), (book_module, "new_row", _no_condition)]


def _without_uniqueness() -> list[Patch]:
    return [(book_module, "new_row", _no_condition)]


def _without_question() -> list[Patch]:
    return [(rail_http.HttpRail, "query", lambda *_, **__: RailAnswer("not_received"))]


def _without_debit_question() -> list[Patch]:
    return [(rail_http.HttpRail, "query_debit", lambda *_, **__: DebitAnswer("not_received"))]


def _several_attempts() -> list[Patch]:
    # Nothing counts as open: neither asked about nor waited for.
    return [(auto_debit, "OPEN", frozenset())]


def _without_claim() -> list[Patch]:
    return [(SentLog, "claim", lambda *_: True)]


def _without_reply() -> list[Patch]:
    commit = DynamoBook.commit

    def without(self: DynamoBook, change: Change) -> None:
        commit(self, replace(change, reply=None))

    return [(DynamoBook, "commit", without)]


def _outbox_apart() -> list[Patch]:
    commit = DynamoBook.commit

    def apart(self: DynamoBook, change: Change) -> None:
        commit(self, replace(change, events=()))
        commit(self, Change(events=change.events))

    return [(DynamoBook, "commit", apart)]


def _pay_before_intent() -> list[Patch]:
    intend, pay = SubmitPayout._intend, SubmitPayout._pay
    held: list[Callable[[], object]] = []

    class Later:
        """A book that keeps the intent back."""

        def __init__(self, real: Any) -> None:
            self._real = real

        def __getattr__(self, name: str) -> Any:
            return getattr(self._real, name)

        def commit(self, change: Change) -> None:
            held.append(lambda: self._real.commit(change))

    def intend_later(self: SubmitPayout, *given: Any) -> Disbursement:
        held.clear()
        return intend(replace(self, book=Later(self.book)), *given)

    def pay_first(self: SubmitPayout, file: ApplicationFile, payout: Disbursement) -> RailAnswer:
        answer = pay(self, file, payout)
        while held:
            held.pop()()
        return answer

    return [(SubmitPayout, "_intend", intend_later), (SubmitPayout, "_pay", pay_first)]


def _new_reference() -> list[Patch]:
    pay = SubmitPayout._pay
    draw = random.Random(5)

    def renamed(self: SubmitPayout, file: ApplicationFile, payout: Disbursement) -> RailAnswer:
        reference = f"{payout.reference}-{draw.randrange(10**6)}"
        return pay(self, file, replace(payout, reference=reference))

    return [(SubmitPayout, "_pay", renamed)]


def _doubt_is_no() -> list[Patch]:
    pay = rail_http.HttpRail.pay

    def hasty(self: rail_http.HttpRail, **order: Any) -> RailAnswer:
        answer = pay(self, **order)
        return RailAnswer("rejected", "timeout") if answer.status == "unknown" else answer

    return [(rail_http.HttpRail, "pay", hasty)]


def _told_once() -> list[Patch]:
    return [
        (batch, "_succeeds", lambda record, work, _: work_anyway(record, work)),
        (Sweep, "_publish", lambda *_: None),
    ]


def work_anyway(record: Any, work: Callable[[Any], None]) -> bool:
    """Whatever comes of it, it is done."""
    with suppress(Exception):
        work(record)
    return True


def _without_sweeper() -> list[Patch]:
    return [(Sweep, "__call__", lambda *_, **__: Swept())]


def _any_number_of_times() -> list[Patch]:
    return [
        (money_module.DynamoMoney, "receipt", lambda *_: None),
        (ledger_module.DynamoLedger, "transaction", lambda *_: None),
        (money_module, "new_row", _no_condition),
        (ledger_module, "new_row", _no_condition),
    ]


def _whom_the_customer_named() -> list[Patch]:
    def first_payee(vault: Any, file: ApplicationFile) -> Payee:
        return payee_of(vault, replace(file, release=None))

    return [(disburse_loan, "payee_of", first_payee)]


def _at_once() -> list[Patch]:
    def no_cooling(*given: Any) -> tuple[str, ...]:
        return tuple(one for one in holds(*given) if one != PAYEE_COOLING)

    return [
        (release_for_funding, "holds", no_cooling),
        (disburse_loan, "check_payee", lambda *_: None),
    ]


def _books_as_they_come() -> list[Patch]:
    def work(
        self: DynamoLedger, loan_id: str, _was: str, booking: Booking, beside: Sequence[Any]
    ) -> Work:
        table, made = self._table, Work()
        rows = ledger_mappers.booking_rows(loan_id, booking)
        for row in (ledger_mappers.books_row(loan_id, booking.after), *rows):
            made.puts.append(table.put(row))
        made.puts.extend(table.put(row, condition) for row, condition in beside)
        return made

    return [(DynamoLedger, "_work", work)]


def _believed() -> list[Patch]:
    return [(webhook_signature, "check", lambda *_: None)]


def _nobody_follows() -> list[Patch]:
    return [(FollowPayment, "__call__", lambda *_: None)]


def _follows_blindly() -> list[Patch]:
    def keep(self: DynamoMoney, beside: Beside) -> None:
        if beside.loan is None or beside.receipt is not None:
            return kept(self, beside)
        work = Work()
        work.puts.append(self._rows.put(mappers.loan_row(beside.loan)))
        return self._rows.commit(work)

    kept = DynamoMoney.keep
    return [(DynamoMoney, "keep", keep)]


def _receipt_apart() -> list[Patch]:
    commit_with, keep = money_module.DynamoMoney.commit_with, money_module.DynamoMoney.keep

    def apart(
        self: DynamoMoney, loan_id: str, before: LoanBooks, booking: Booking, beside: Beside
    ) -> None:
        commit_with(self, loan_id, before, booking, Beside())
        keep(self, beside)

    return [(DynamoMoney, "commit_with", apart)]


_PAY: Final = "disburse bank_rail POST /payments 1"
_ALL: Final = (
    Mutation(
        "optimistic_lock",
        "writes hold the version they read, and the next transition must be new",
        _without_locks,
        (_plan("withdrawal", ("disburse dynamodb.TransactWriteItems 1", Mode.PAUSE)),),
    ),
    Mutation(
        "must_not_exist",
        "transitions, decisions, reminders, events and replies are written once",
        _without_uniqueness,
        (_plan("reminders", ("deliver servicing 1", Mode.AGAIN)),),
    ),
    Mutation(
        "query_before_resend",
        "the bank is asked about a reference before it is sent again",
        _without_question,
        (
            _plan("careless_bank", (_PAY, Mode.LOST)),
            _plan("refund", ("transfer bank_rail POST /payments 1", Mode.LOST)),
        ),
    ),
    Mutation(
        "ask_before_next_debit",
        "an attempt without a known fate is asked about before it is given up",
        _without_debit_question,
        (_plan("auto_debit"),),
    ),
    Mutation(
        "one_open_debit",
        "while the fate of one attempt is open there is no other",
        _several_attempts,
        (_plan("auto_debit"),),
    ),
    Mutation(
        "intent_before_payment",
        "the intent is stored before the bank hears of it",
        _pay_before_intent,
        (_plan("careless_bank", (_PAY, Mode.CRASH_AFTER)),),
    ),
    Mutation(
        "one_reference",
        "an application is only ever paid under one reference",
        _new_reference,
        (_plan("disbursement", (_PAY, Mode.LOST)),),
    ),
    Mutation(
        "doubt_is_not_no",
        "a payment without an answer is not a refused one",
        _doubt_is_no,
        (_plan("disbursement", (_PAY, Mode.LOST)),),
    ),
    Mutation(
        "message_claim",
        "a message that was sent is not sent again",
        _without_claim,
        (_plan("careless_gateway", ("deliver notify 1", Mode.AGAIN)),),
    ),
    Mutation(
        "reply_with_effect",
        "the answer of an idempotent request is stored with its effect",
        _without_reply,
        (_plan("origination", ("deliver apply 1", Mode.AGAIN)),),
    ),
    Mutation(
        "outbox_in_transaction",
        "the event is written in the transaction of its fact",
        _outbox_apart,
        (_plan("disbursement", ("disburse dynamodb.TransactWriteItems 1", Mode.CRASH_AFTER)),),
    ),
    Mutation(
        "told_until_heard",
        "an event that was not accepted is told again, by the stream or by the sweeper",
        _told_once,
        # The first call is for the whole batch, the second for its first event alone.
        (
            _plan(
                "disbursement",
                ("publish events.PutEvents 1", Mode.ERROR),
                ("publish events.PutEvents 2", Mode.ERROR),
            ),
        ),
    ),
    Mutation(
        "booked_once",
        "what the bank told before, or was booked before, is known by its id",
        _any_number_of_times,
        (_plan("payments", ("deliver collect 2", Mode.AGAIN)), _plan("auto_debit")),
    ),
    Mutation(
        "books_as_read",
        "a booking is only written on the books it was made from",
        _books_as_they_come,
        (_plan("meeting", ("collect dynamodb.TransactWriteItems 1", Mode.PAUSE)),),
    ),
    Mutation(
        "signature",
        "a webhook is believed only with the bank's signature",
        _believed,
        (_plan("payments", ("collect dynamodb.TransactWriteItems 1", Mode.LOST)),),
    ),
    Mutation(
        "events_with_booking",
        "what a booking says to the world is written in its transaction",
        _receipt_apart,
        (_plan("payments", ("collect dynamodb.TransactWriteItems 1", Mode.CRASH_AFTER)),),
    ),
    Mutation(
        "row_follows_payment",
        "the loan's row follows the payment that ended it, before its event is done with",
        _nobody_follows,
        (_plan("refund"),),
    ),
    Mutation(
        "row_as_read",
        "the loan's row is ended only as it was read: it may be open again",
        _follows_blindly,
        (_plan("end_taken_back", ("publish dynamodb.TransactWriteItems 1", Mode.PAUSE)),),
    ),
    Mutation(
        "payee_of_release",
        "the payout goes to the payee of its release, not to whom the customer first named",
        _whom_the_customer_named,
        (_plan("payee_change", ("deliver ops 2", Mode.AGAIN)),),
    ),
    Mutation(
        "cooling",
        "a changed payee is paid after its cooling period only",
        _at_once,
        (_plan("payee_change", ("deliver ops 2", Mode.AGAIN)),),
    ),
    Mutation(
        "sweeper",
        "what nobody comes back for is started again",
        _without_sweeper,
        (_plan("origination", ("apply stepfunctions.StartExecution 1", Mode.CRASH_BEFORE)),),
    ),
)
MUTATIONS: Final[dict[str, Mutation]] = {one.name: one for one in _ALL}
