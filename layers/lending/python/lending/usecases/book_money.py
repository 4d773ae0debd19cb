"""One way from a fact about a loan's money to its books, for banks, tellers and the clock."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from lending.domain.events import MONEY_IN, money_events
from lending.domain.faults import NotFound, Permanent, StaleVersion
from lending.domain.loan_end import OVER
from lending.domain.receipts import Receipt
from lending.domain.records import LIVE, Loan
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.account import AccountStatus, LoanAccount, quote, status
from lending.domain.servicing.booking import Booking, History, LoanBooks, book, needs_history
from lending.domain.servicing.debts import unpaid
from lending.domain.servicing.early_fee import early_fee_minor
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import (
    Transaction,
    TransactionKind,
    is_same_fact,
)
from lending.ports.book import Book
from lending.ports.money import Beside, MoneyBook
from lending.ports.profiles import Profiles
from lending.usecases.loading import accepted_offer, file_of, rules_at

# Somebody else books on the same loan: each round one of them gets through.
ROUNDS_MAX: Final = 24


@dataclass(frozen=True, slots=True)
class Known:
    """The id was booked before; `is_same` False: with another content."""

    transaction: Transaction
    is_same: bool


type Made = Callable[[AccountTerms, LoanBooks], Transaction]
type EarlyFee = Callable[[AccountTerms, LoanAccount, date], int]
type Told = Callable[[Booking], Beside]


@dataclass(frozen=True, slots=True)
class BookMoney:
    """Reads, books and commits one transaction, again when another booking was faster."""

    book: Book
    money: MoneyBook
    profiles: Profiles

    def loan(self, loan_id: str) -> Loan:
        """The loan. Raises NotFound."""
        loan = self.book.loan(loan_id)
        if loan is None:
            raise NotFound(loan_id)
        return loan

    def __call__(
        self, loan: Loan, transaction_id: str, at: datetime, made: Made, told: Told
    ) -> Booking | BookingRefusal | Known:
        """Book what `made` says of the loan as it stands, with what `told` puts beside it.

        Raises:
            Permanent: the books cannot be read.  Retryable, StaleVersion: try again later.
        """
        today, terms = self._today(loan, at), self.money.terms(loan.loan_id)
        for _ in range(ROUNDS_MAX):
            before = self.money.books(loan.loan_id)
            if before.account.plan > len(terms.later):  # another plan came into force meanwhile
                terms = self.money.terms(loan.loan_id)
            transaction = made(terms, before)
            if transaction.transaction_id != transaction_id:
                raise Permanent(f"{loan.loan_id}: {transaction_id} was made as another")
            known = self.money.transaction(loan.loan_id, transaction_id)
            if known is not None:
                return Known(known, _is_same(known, transaction))
            try:
                booking = book(
                    terms, before, transaction, today, self._history(before, transaction, loan)
                )
                if isinstance(booking, BookingRefusal):
                    return booking
                beside = _beside(told(booking), loan, terms, booking, today, at)
                self.money.commit_with(loan.loan_id, before, booking, beside)
            except StaleVersion:
                loan = self.loan(loan.loan_id)
                continue
            return booking
        raise StaleVersion(f"{loan.loan_id}: others book on it all the time")

    def early_fee(self, loan: Loan) -> EarlyFee:
        """What settling early costs under the loan's contract, read when it matters."""

        def fee(terms: AccountTerms, account: LoanAccount, on: date) -> int:
            offer = accepted_offer(file_of(self.book, loan.application_id))
            return early_fee_minor(offer, terms, account, on)

        return fee

    def would_refuse(self, loan: Loan, at: datetime, made: Made) -> BookingRefusal | None:
        """Why a transaction would not be booked now. Raises as booking it does."""
        terms, before = self.money.terms(loan.loan_id), self.money.books(loan.loan_id)
        transaction = made(terms, before)
        history = self._history(before, transaction, loan)
        result = book(terms, before, transaction, self._today(loan, at), history)
        return result if isinstance(result, BookingRefusal) else None

    def _today(self, loan: Loan, at: datetime) -> date:
        return rules_at(self.profiles, loan.market, at).local_date(at)

    def _history(self, before: LoanBooks, transaction: Transaction, loan: Loan) -> History | None:
        if not needs_history(before, transaction):
            return None
        return History(
            tuple(self.money.transactions(loan.loan_id)),
            tuple(self.money.journals(loan.loan_id)),
        )


def payment(
    terms: AccountTerms, before: LoanBooks, receipt: Receipt, at: datetime, early_fee: EarlyFee
) -> Transaction:
    """Money that came in: a settlement when it is all that closes the loan, else a payment.

    Whoever pays what closes the loan wants it closed, not instalments paid in advance. A payment
    dated before the last transaction is a payment: what closed the loan on that day is only
    known once everything after it is folded anew.
    """
    value_on = receipt.value_on or date.min
    made = Transaction(
        transaction_id=receipt.transaction_id,
        kind=TransactionKind.PAYMENT,
        value_on=value_on,
        booked_at=at,
        currency=receipt.currency,
        amount_minor=receipt.amount_minor,
    )
    account, last = before.account, before.account.last
    is_open = status(account) is AccountStatus.ACTIVE
    if not is_open or last is None or value_on < last[0]:
        return made
    # Down to the cent: the tolerance is for those who say that they settle.
    closing = quote(terms, account, value_on).total_minor
    if not 0 < closing <= made.amount_minor:
        return made
    fee = early_fee(terms, account, value_on)
    if made.amount_minor < closing + fee:
        return made
    return replace(made, kind=TransactionKind.SETTLEMENT, early_fee_minor=fee)


def _beside(
    told: Beside, loan: Loan, terms: AccountTerms, booking: Booking, today: date, at: datetime
) -> Beside:
    """What the caller wants kept, the events of the booking, and the loan as it stands now.

    Money that comes in leaves the loan's row alone, which follows its event (`FollowPayment`):
    so the last payment of a loan costs what any other does.
    """
    beside = replace(told, events=(*told.events, *money_events(loan, booking, at)))
    made = booking.transaction
    is_money_in = made is not None and made.kind in MONEY_IN
    if is_money_in and beside.loan is None and not booking.reopened:
        return beside
    changed = beside.loan or loan
    is_reversal = made is not None and made.kind is TransactionKind.REVERSAL
    if booking.closed:
        changed = replace(changed, status="CLOSED_SETTLED", next_due_on=None, bucket=None)
    elif booking.reopened or (is_reversal and changed.status in LIVE):
        # Owed again: the sweep must see the loan from the day on that is unpaid now.
        status = "ACTIVE_CURRENT" if booking.reopened else changed.status
        account = booking.after.account
        left = [one.due_on for one in unpaid(terms, account, today) if one.outstanding_minor > 0]
        changed = replace(changed, status=status, next_due_on=min(left, default=None))
    elif changed.status in LIVE and changed.next_due_on is None:
        # Lent anew after its payout came back.
        left = [one.due_on for one in unpaid(terms, booking.after.account, today)]
        changed = replace(changed, next_due_on=min(left, default=None))
    is_over = changed.status in OVER
    after = booking.after.account
    # What is already ordered in this commit needs nobody to look at it.
    is_owed = after.refund_payable_minor > 0 and beside.payout is None
    holds = is_over and (after.suspense_minor > 0 or is_owed)
    changed = replace(changed, holds_money=holds)
    if changed == loan:
        return beside
    return replace(beside, loan=replace(changed, version=loan.version + 1), loan_was=loan.version)


def _is_same(known: Transaction, other: Transaction) -> bool:
    """A payment that closed the loan was booked as a settlement; it is the same money."""
    if is_same_fact(known, other):
        return True
    told = (known.value_on, known.currency, known.amount_minor, known.of)
    return told == (other.value_on, other.currency, other.amount_minor, other.of) and (
        known.kind.value in ("payment", "settlement")
        and other.kind.value in ("payment", "settlement")
    )
