"""Operations' orders about a loan: the next tranche, pay out again, a refund, or cancel it all.

One person enters, another one confirms. A payee that is another than before goes to the vault
under the entry's own id; what is stored and shown here is that id only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from lending.domain.auto_debit import payer_fields
from lending.domain.events import loan_cancelled
from lending.domain.faults import NotFound, Permanent
from lending.domain.ledger.accounts import Account
from lending.domain.loan_payouts import (
    LoanPayout,
    PayoutKind,
    PayoutState,
    held_back,
    ordered,
    verified_account,
)
from lending.domain.problem import Problem
from lending.domain.receipts import Receipt, ReceiptOutcome
from lending.domain.records import Loan, StoredReply
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.booking import LoanBooks, balances
from lending.domain.servicing.opening import held_id
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.domain.submission import PayeeAccount
from lending.ports.money import Beside, MoneyBook
from lending.ports.system import Ids
from lending.ports.vault import Vault
from lending.usecases.book_money import BookMoney
from lending.usecases.enter_money import SECOND_PERSON, TELLER
from lending.usecases.loading import file_of
from lending.usecases.refusal import NotAllowed, invalid

type OrderKind = Literal["payout", "tranche", "cancellation"]
type Answer = Callable[[Receipt], StoredReply]
OTHER_ACCOUNT: Final = "other_account"


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """What somebody enters; `case_id` names the open case that it answers.

    A tranche says how much; what else is paid is all that is owed.
    """

    kind: OrderKind
    loan_id: str
    payee: PayeeAccount | None = None
    case_id: str = ""
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class EnterOrder:
    """Keeps an order that could be given now; nothing is ordered yet."""

    books: BookMoney
    money: MoneyBook
    vault: Vault
    ids: Ids

    def __call__(
        self, entry: OrderEntry, operator: str, at: datetime, reply: Answer
    ) -> Receipt | NotAllowed:
        """The parked entry. Raises NotFound, StaleVersion, Retryable."""
        loan = self.books.loan(entry.loan_id)
        due = owed(self.money, self.books, loan, entry.kind)
        if isinstance(due, NotAllowed):
            return due
        if entry.kind == "tranche":
            if entry.amount_minor > due:
                return invalid(Problem("/amount_minor", f"at most {due}, what is held back"))
            due = entry.amount_minor
        entry_id = self.ids.new("ent")
        if entry.payee is not None:
            name, number = payer_fields(entry_id)
            fields = {name: entry.payee.name, number: entry.payee.account_no}
            self.vault.save(loan.customer_id, fields, ())
        receipt = Receipt(
            receipt_id=entry_id,
            sha256="",
            source=TELLER,
            kind=entry.kind,
            outcome=ReceiptOutcome.PARKED,
            received_at=at,
            case=SECOND_PERSON,
            detail=OTHER_ACCOUNT if entry.payee is not None else "",
            amount_minor=due,
            currency=loan.currency,
            loan_id=loan.loan_id,
            for_case=entry.case_id,
            entered_by=operator,
        )
        self.money.keep(Beside(receipt=receipt, reply=reply(receipt)))
        return receipt


@dataclass(frozen=True, slots=True)
class ConfirmOrder:
    """Another person's word on an order: given with the entry's end, or rejected."""

    books: BookMoney
    money: MoneyBook

    def __call__(
        self,
        loan_id: str,
        kind: OrderKind,
        entry_id: str,
        approved: bool,
        operator: str,
        at: datetime,
        reply: Answer,
    ) -> Receipt | NotAllowed:
        """The ended entry. Raises NotFound, StaleVersion, Retryable."""
        entry = self.money.receipt(entry_id)
        wanted = (TELLER, kind, loan_id)
        if entry is None or (entry.source, entry.kind, entry.loan_id) != wanted:
            raise NotFound(entry_id)
        if not entry.is_open:
            return NotAllowed("conflict", "illegal_state", f"The entry is {entry.outcome}.")
        if entry.entered_by == operator:
            return NotAllowed("forbidden", "four_eyes", "A second person must confirm this.")
        done = replace(
            entry, outcome=ReceiptOutcome.CLOSED, version=entry.version + 1, closed_by=operator
        )
        beside = Beside(receipt=done, receipt_was=entry.version, reply=reply(done))
        if approved:
            given = self._given(self.books.loan(loan_id), kind, entry, beside, at)
            if isinstance(given, NotAllowed):
                return given
            beside = replace(given, closed_case=self._case(entry))
        self.money.keep(beside)
        return done

    def _case(self, entry: Receipt) -> Receipt | None:
        """The case that the order answers, ended; one that ended meanwhile stays as it is."""
        case = self.money.receipt(entry.for_case) if entry.for_case else None
        if case is None or not case.is_open:
            return None
        version, closed_by = case.version + 1, entry.receipt_id
        return replace(case, outcome=ReceiptOutcome.CLOSED, version=version, closed_by=closed_by)

    def _given(
        self, loan: Loan, kind: OrderKind, entry: Receipt, beside: Beside, at: datetime
    ) -> Beside | NotAllowed:
        due = owed(self.money, self.books, loan, kind)
        if isinstance(due, NotAllowed):
            return due
        if due < entry.amount_minor or (kind != "tranche" and due != entry.amount_minor):
            return NotAllowed("conflict", "changed_amount", "Another amount is owed by now.")
        if kind == "cancellation":
            return self._cancelled(loan, beside, at)
        order = self._order(loan, kind, entry, at)
        if isinstance(order, NotAllowed):
            return order
        # The loan is written too, so that nobody cancels it in the same moment.
        holds_money = loan.holds_money and kind == "tranche"
        held = replace(loan, holds_money=holds_money, version=loan.version + 1)
        return replace(beside, payout=order, loan=held, loan_was=loan.version)

    def _order(
        self, loan: Loan, entered: OrderKind, entry: Receipt, at: datetime
    ) -> LoanPayout | NotAllowed:
        lends = loan.status == "PAYOUT_RETURNED"
        kind: PayoutKind = "payout" if lends else "refund"
        account: str | None = entry.receipt_id
        if entered == "tranche":
            kind, account = "tranche", ""  # nobody but the payee of the release
        elif not entry.detail:
            known = verified_account(self.money.collections(loan.loan_id), loan.mandate_id)
            account = "" if lends else known
        if account is None:
            return NotAllowed("conflict", "no_account", "Say which account is to be paid.")
        before = self.money.payouts(loan.loan_id)
        money = (entry.amount_minor, entry.currency)
        order = ordered(loan.loan_id, kind, *money, account, before, at)
        return order or NotAllowed("conflict", "illegal_state", "Another payout is on its way.")

    def _cancelled(self, loan: Loan, beside: Beside, at: datetime) -> Beside:
        """Financed fees and what was held back fall away with the loan; what the customer paid
        is theirs again.
        """
        self._undo_fees(loan, at)
        held = self.money.books(loan.loan_id).account.suspense_minor
        current = self.books.loan(loan.loan_id)
        changed = replace(
            current, status="CANCELLED", holds_money=held > 0, version=current.version + 1
        )
        event = loan_cancelled(changed, at)
        return replace(beside, loan=changed, loan_was=current.version, events=(event,))

    def _undo_fees(self, loan: Loan, at: datetime) -> None:
        facts = tuple(self.money.transactions(loan.loan_id))
        undone = {fact.of for fact in facts}
        prefix = f"{loan.disbursement_reference}-fee-"
        held = held_id(loan.disbursement_reference)
        for fact in reversed(facts):
            name = fact.transaction_id
            if name in undone or not (name.startswith(prefix) or name == held):
                continue
            reversal = Transaction(
                transaction_id=f"cancel-{fact.transaction_id}",
                kind=TransactionKind.REVERSAL,
                value_on=max(fact.value_on, loan.opened_on),
                booked_at=at,
                currency=fact.currency,
                amount_minor=fact.amount_minor,
                of=fact.transaction_id,
            )
            result = self.books(
                loan, reversal.transaction_id, at, _made(reversal), lambda _booking: Beside()
            )
            if isinstance(result, BookingRefusal):
                raise Permanent(f"{loan.loan_id}: {reversal.transaction_id} is refused: {result}")


def _made(transaction: Transaction) -> Callable[[AccountTerms, LoanBooks], Transaction]:
    return lambda _terms, _before: transaction


def owed(money: MoneyBook, books: BookMoney, loan: Loan, kind: OrderKind) -> int | NotAllowed:
    """What an order would pay: the payout that came back, or what is owed to somebody."""
    orders = money.payouts(loan.loan_id)
    if any(one.is_open for one in orders):
        return NotAllowed("conflict", "illegal_state", "Another payout is on its way.")
    if kind == "tranche":
        return _left_of_held_back(books, loan, orders)
    if kind == "cancellation" and any(_is_paid_tranche(one) for one in orders):
        return NotAllowed("conflict", "illegal_state", "A tranche was paid and did not come back.")
    payout = books.book.disbursement(loan.application_id)
    if loan.status == "PAYOUT_RETURNED" and payout is not None:
        return payout.amount_minor
    if kind == "cancellation":
        return NotAllowed("conflict", "illegal_state", f"The loan is {loan.status}.")
    held = balances(money.terms(loan.loan_id), money.books(loan.loan_id))
    due = -held[Account.REFUND_PAYABLE]
    return due if due > 0 else NotAllowed("conflict", "nothing_owed", "Nothing is to be paid.")


def _is_paid_tranche(order: LoanPayout) -> bool:
    return order.kind == "tranche" and order.state is PayoutState.ACCEPTED


def _left_of_held_back(
    books: BookMoney, loan: Loan, orders: Sequence[LoanPayout]
) -> int | NotAllowed:
    """What the dealer has not got yet. A loan whose first payout came back pays that first."""
    if loan.status in ("PAYOUT_RETURNED", "CANCELLED"):
        return NotAllowed("conflict", "illegal_state", f"The loan is {loan.status}.")
    release = file_of(books.book, loan.application_id).release
    left = held_back(0 if release is None else release.held_back_minor, orders)
    return left if left > 0 else NotAllowed("conflict", "nothing_owed", "Nothing is held back.")
