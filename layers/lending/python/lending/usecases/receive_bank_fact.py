"""What the bank says about money, once: credited, reversed, resolved, noted or parked (I15).

The receipt and what it does to a loan are one commit, so a fact is either here with its whole
effect or not here at all; whoever brought it then brings it again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from lending.domain.bank_facts import (
    CollectionStatus,
    Credit,
    Fact,
    Flaw,
    PayoutStatus,
    Problem,
    Return,
    StatementLine,
)
from lending.domain.events import payment_parked
from lending.domain.faults import NotFound, Permanent, Retryable, StaleVersion
from lending.domain.receipts import (
    PAYOUT_PREFIX,
    Receipt,
    ReceiptOutcome,
    booking_id,
    case_id,
    collection_transaction_id,
    fact_sha256,
    kind_of,
    loan_of_collection,
    loan_of_reference,
    receipt_id_of,
)
from lending.domain.records import Loan
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.account import AccountStatus, quote, status
from lending.domain.servicing.booking import LoanBooks
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.ports.money import Beside, MoneyBook
from lending.ports.partners import RailAnswer
from lending.usecases.book_money import BookMoney, EarlyFee, Known

BOOKS_UNREADABLE = "books_unreadable"
FATE_CONTRADICTED = "fate_contradicted"
# The fate of a payout, by the same code as the answer of the rail: application, answer, when.
type ResolvePayout = Callable[[str, RailAnswer, datetime], object]


@dataclass(frozen=True, slots=True)
class Received:
    """The receipt of a fact; `is_new` False: it was told before, and nothing changed."""

    receipt: Receipt
    is_new: bool


@dataclass(frozen=True, slots=True)
class ReceiveBankFact:
    """Books or parks one fact. `source` is the channel: webhook, statement, file, query."""

    books: BookMoney
    money: MoneyBook
    resolve_payout: ResolvePayout

    def __call__(
        self, fact: Fact, source: str, at: datetime, stated_on: date | None = None
    ) -> Received | None:
        """The receipt; None for a fact that is not final yet (pending).

        `stated_on` is the day of the statement that tells it, None for any other channel.

        Raises:
            Retryable, StaleVersion: nothing is stored; the fact must come again.
        """
        if isinstance(fact, PayoutStatus | CollectionStatus) and fact.status == "pending":
            return None
        loan = self._loan_of(fact)
        target = loan.loan_id if loan is not None else ""
        receipt = replace(_fresh(fact, source, at, target), stated_on=stated_on)
        known = self.money.receipt(receipt.receipt_id)
        if known is not None:
            return self._again(known, receipt)
        try:
            return self._end(self._first(fact, loan, receipt, at), is_new=True)
        except StaleVersion:
            # The same fact on another way was faster, or the loan is busy.
            known = self.money.receipt(receipt.receipt_id)
            if known is None:
                raise
            return self._again(known, receipt)

    def park_unreadable(
        self,
        problem: Problem,
        sha256: str,
        source: str,
        at: datetime,
        line: StatementLine | None = None,
    ) -> Received:
        """A message that cannot be taken as it is: a named case, once for the same content."""
        receipt = Receipt(
            receipt_id=f"unread-{sha256[:32]}",
            sha256=sha256,
            source=source,
            kind="unreadable",
            outcome=ReceiptOutcome.PARKED,
            received_at=at,
            case=problem.flaw.value,
            detail=problem.detail,
            bank_reference=problem.bank_reference,
            amount_minor=line.amount_minor if line else 0,
            currency=line.currency if line else "",
            value_on=line.value_on if line else None,
            stated_on=line.booked_on if line else None,
        )
        return self._keep_once(receipt)

    # First time

    def _first(self, fact: Fact, loan: Loan | None, receipt: Receipt, at: datetime) -> Receipt:
        match fact:
            case PayoutStatus():
                return self._payout(fact, receipt, at)
            case CollectionStatus(status="failed"):
                return self._kept(replace(receipt, outcome=ReceiptOutcome.NOTED))
            case Credit() | CollectionStatus():
                if loan is None:
                    return self._kept(_parked(receipt, Flaw.UNKNOWN_REFERENCE))
                return self._credit(loan, receipt, at)
            case Return():
                return self._return(fact, receipt, at)

    def _credit(self, loan: Loan, receipt: Receipt, at: datetime) -> Receipt:
        if receipt.currency != loan.currency:
            return self._park(loan, receipt, Flaw.CURRENCY_MISMATCH.value, at)

        def made(terms: AccountTerms, before: LoanBooks) -> Transaction:
            return payment(terms, before, receipt, at, self.books.early_fee(loan))

        return self._booked(loan, receipt, ReceiptOutcome.CREDITED, made, at)

    def _return(self, fact: Return, receipt: Receipt, at: datetime) -> Receipt:
        """Take back what the original did; a return of something unknown is a case."""
        loan_id, of = self._original(fact)
        loan = self.books.book.loan(loan_id) if loan_id else None
        if loan is None:
            return self._returned_case(fact, receipt)
        receipt = replace(receipt, loan_id=loan_id)

        def made(_terms: AccountTerms, _before: LoanBooks) -> Transaction:
            return Transaction(
                transaction_id=receipt.transaction_id,
                kind=TransactionKind.REVERSAL,
                value_on=fact.value_on,
                booked_at=at,
                currency=fact.currency,
                amount_minor=fact.amount_minor,
                of=of,
            )

        return self._booked(loan, receipt, ReceiptOutcome.REVERSED, made, at)

    def _returned_case(self, fact: Return, receipt: Receipt) -> Receipt:
        """Money that was parked may go back: both are dealt with. Anything else is a case."""
        original = self.money.receipt(booking_id(fact.original)) if fact.original else None
        told = (fact.amount_minor, fact.currency)
        is_held = original is not None and original.is_open
        if original is None or not is_held or (original.amount_minor, original.currency) != told:
            return self._kept(_parked(receipt, Flaw.UNKNOWN_REFERENCE))
        closed = replace(
            original,
            outcome=ReceiptOutcome.CLOSED,
            version=original.version + 1,
            closed_by=receipt.receipt_id,
        )
        # The case first: after a crash the return is told again and finds it closed.
        self.money.keep(Beside(receipt=closed, receipt_was=original.version))
        return self._kept(replace(receipt, outcome=ReceiptOutcome.NOTED))

    def _original(self, fact: Return) -> tuple[str, str]:
        """Loan and transaction that a return takes back; ("", "") when it names none of ours."""
        match fact.of:
            case "payout":
                application_id = fact.reference.removeprefix(PAYOUT_PREFIX)
                application = self.books.book.application(application_id)
                return (application.loan_id or "" if application else ""), fact.reference
            case "collection":
                transaction_id = collection_transaction_id(fact.reference)
                return loan_of_collection(fact.reference), transaction_id
            case "credit":
                original = self.money.receipt(booking_id(fact.original))
                if original is None or original.outcome is not ReceiptOutcome.CREDITED:
                    return "", ""
                return original.loan_id, original.transaction_id

    def _payout(self, fact: PayoutStatus, receipt: Receipt, at: datetime) -> Receipt:
        """Resolve the intent, whether the answer of the rail was heard or not."""
        application_id = fact.reference.removeprefix(PAYOUT_PREFIX)
        intent = self.books.book.disbursement(application_id)
        if intent is None or intent.reference != fact.reference:
            return self._kept(_parked(receipt, Flaw.UNKNOWN_REFERENCE))
        told = (fact.amount_minor, fact.currency)
        if fact.amount_minor is not None and told != (intent.amount_minor, intent.currency):
            return self._kept(_parked(receipt, Flaw.AMOUNT_MISMATCH))
        answer = RailAnswer("accepted" if fact.status == "accepted" else "rejected", fact.reason)
        final = {"ACCEPTED": "accepted", "REJECTED": "rejected"}.get(intent.status)
        if final is not None and final != answer.status:
            # The bank contradicts itself: nobody guesses which of the two is true.
            return self._kept(_parked(receipt, FATE_CONTRADICTED))
        self.resolve_payout(application_id, answer, at)
        return self._kept(replace(receipt, outcome=ReceiptOutcome.RESOLVED))

    # Ends

    def _booked(
        self,
        loan: Loan,
        receipt: Receipt,
        outcome: ReceiptOutcome,
        made: Callable[[AccountTerms, LoanBooks], Transaction],
        at: datetime,
    ) -> Receipt:
        done = replace(receipt, outcome=outcome, loan_id=loan.loan_id)
        try:
            result = self.books(
                loan,
                receipt.transaction_id,
                at,
                made,
                lambda _booking: Beside(receipt=done),
            )
        except Retryable:
            raise
        except Permanent:
            return self._park(loan, receipt, BOOKS_UNREADABLE, at)
        if isinstance(result, BookingRefusal):
            return self._park(loan, receipt, result.value, at)
        if isinstance(result, Known):
            # Booked by hand or by an older release, without a receipt of its own.
            if not result.is_same:
                return self._park(loan, receipt, Flaw.SAME_ID_OTHER_BODY.value, at)
            return self._kept(done)
        return done

    def _park(self, loan: Loan, receipt: Receipt, case: str, at: datetime) -> Receipt:
        parked = replace(_parked(receipt, case), loan_id=loan.loan_id)
        amount_minor, currency = receipt.amount_minor, receipt.currency
        event = payment_parked(loan, receipt.receipt_id, case, amount_minor, currency, at)
        self.money.keep(Beside(receipt=parked, events=(event,)))
        return parked

    def _kept(self, receipt: Receipt) -> Receipt:
        self.money.keep(Beside(receipt=receipt))
        return receipt

    def _again(self, known: Receipt, receipt: Receipt) -> Received:
        """Told before: nothing. Another content under the same id: a case of its own."""
        if known.sha256 == receipt.sha256:
            return self._end(known, is_new=False)
        other = replace(
            _parked(receipt, Flaw.SAME_ID_OTHER_BODY),
            receipt_id=case_id(receipt.receipt_id, receipt.sha256),
            transaction_id="",
        )
        return self._keep_once(other)

    def _keep_once(self, receipt: Receipt) -> Received:
        known = self.money.receipt(receipt.receipt_id)
        if known is not None:
            return self._end(known, is_new=False)
        try:
            return self._end(self._kept(receipt), is_new=True)
        except StaleVersion:
            known = self.money.receipt(receipt.receipt_id)
            if known is None:
                raise
            return self._end(known, is_new=False)

    @staticmethod
    def _end(receipt: Receipt, *, is_new: bool) -> Received:
        return Received(receipt, is_new)

    def _loan_of(self, fact: Fact) -> Loan | None:
        """The loan that the fact's reference names, if there is one."""
        match fact:
            case Credit():
                loan_id = loan_of_reference(fact.reference)
            case CollectionStatus():
                loan_id = loan_of_collection(fact.reference)
            case PayoutStatus() | Return():
                return None
        try:
            return self.books.loan(loan_id) if loan_id else None
        except NotFound:
            return None


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


def _fresh(fact: Fact, source: str, at: datetime, target: str) -> Receipt:
    receipt_id = receipt_id_of(fact)
    named = target or ("" if isinstance(fact, Credit) else fact.reference)
    return Receipt(
        receipt_id=receipt_id,
        sha256=fact_sha256(fact, named),
        source=source,
        kind=kind_of(fact),
        outcome=ReceiptOutcome.PARKED,
        received_at=at,
        amount_minor=fact.amount_minor or 0,
        currency=fact.currency or "",
        value_on=fact.value_on,
        bank_reference=fact.bank_reference,
        loan_id=target,
        transaction_id=receipt_id,
    )


def _parked(receipt: Receipt, case: str) -> Receipt:
    return replace(receipt, outcome=ReceiptOutcome.PARKED, case=str(case))
