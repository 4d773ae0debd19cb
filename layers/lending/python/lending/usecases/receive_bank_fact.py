"""What the bank says about money, once: credited, reversed, resolved, noted or parked (I15).

The receipt and what it does to a loan are one commit, so a fact is either here with its whole
effect or not here at all; whoever brought it then brings it again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal

from lending.domain.auto_debit import VERDICT_MAX, CollectionState
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
from lending.domain.loan_payouts import PayoutState, transaction_of
from lending.domain.receipts import (
    DEBIT_PREFIX,
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
    loan_payout_of,
    receipt_id_of,
)
from lending.domain.records import Loan
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.booking import LoanBooks
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.ports.money import Beside, MoneyBook
from lending.ports.partners import RailAnswer
from lending.usecases.book_money import BookMoney, Known, payment
from lending.usecases.loading import rules_at
from lending.usecases.order_cases import close_order_case
from lending.usecases.order_fates import Ending, OrderFates

BOOKS_UNREADABLE = "books_unreadable"
FATE_CONTRADICTED = "fate_contradicted"
PAYOUT_REJECTED = "payout_rejected"
ACCEPTED_ENDS: Final = frozenset({PayoutState.ACCEPTED, PayoutState.RETURNED})
LATE: Final = timedelta(hours=1)  # no fate that is told earlier was ever a case
CASES_MAX: Final = 1_000
# What a return is parked as that came before the booking that it takes back.
EARLY: Final = frozenset({Flaw.UNKNOWN_REFERENCE.value, BookingRefusal.UNKNOWN_TRANSACTION.value})
_RETURNS: Final[dict[str, Literal["payout", "collection", "credit"]]] = {
    "payout_return": "payout",
    "collection_return": "collection",
    "credit_return": "credit",
}
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
        fact = self._whole(fact)
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
            case CollectionStatus():
                return self._collection(fact, loan, receipt, at)
            case Credit():
                if loan is None:
                    return self._kept(_parked(receipt, Flaw.UNKNOWN_REFERENCE))
                return self._credit(loan, receipt, at)
            case Return():
                return self._return(fact, receipt, at)

    def _collection(
        self, fact: CollectionStatus, loan: Loan | None, receipt: Receipt, at: datetime
    ) -> Receipt:
        """The fate of an attempt, ended in the commit that books its money or notes its failure."""
        if loan is None:
            return self._kept(_parked(receipt, Flaw.UNKNOWN_REFERENCE))
        attempt = self._fates.attempt(fact.reference)
        if attempt is not None and at - attempt.intended_at >= VERDICT_MAX:
            close_order_case(self.money, fact.reference)
        if fact.status == "failed":
            if attempt is not None and not attempt.is_open:
                known = attempt.state is CollectionState.FAILED
                return self._kept(
                    replace(receipt, outcome=ReceiptOutcome.NOTED)
                    if known
                    else _parked(receipt, FATE_CONTRADICTED)
                )
            noted = replace(receipt, outcome=ReceiptOutcome.NOTED)
            if attempt is None:
                return self._kept(noted)
            self.money.keep(self._fates.failed(loan, attempt, noted, fact.reason, at))
            return noted
        told = (fact.amount_minor, fact.currency)
        if attempt is not None and told != (attempt.amount_minor, attempt.currency):
            return self._mismatch(receipt)
        return self._credit(loan, receipt, at, fact.reference)

    def _mismatch(self, receipt: Receipt) -> Receipt:
        """Our own order says how much. What is told otherwise does not take the order's receipt,
        so that the statement can still tell the truth.
        """
        other = case_id(receipt.receipt_id, receipt.sha256)
        told = replace(receipt, receipt_id=other, transaction_id="")
        return self._keep_once(_parked(told, Flaw.AMOUNT_MISMATCH)).receipt

    @property
    def _fates(self) -> OrderFates:
        return OrderFates(self.books.book, self.money, self.books.profiles)

    def _credit(self, loan: Loan, receipt: Receipt, at: datetime, collected: str = "") -> Receipt:
        """`collected` is the reference of our own order, when it was one."""
        if receipt.currency != loan.currency:
            return self._park(loan, receipt, Flaw.CURRENCY_MISMATCH.value, at)

        def made(terms: AccountTerms, before: LoanBooks) -> Transaction:
            return payment(terms, before, receipt, at, self.books.early_fee(loan))

        return self._booked(
            loan,
            receipt,
            ReceiptOutcome.CREDITED,
            made,
            at,
            self._fates.collected(collected, at) if collected else None,
        )

    def _return(self, fact: Return, receipt: Receipt, at: datetime) -> Receipt:
        """Take back what the original did; a return of something unknown is a case."""
        loan_id, of = self._original(fact)
        # What it is for, so that it can be matched once that is here.
        receipt = replace(receipt, of=of or booking_id(fact.original), detail=fact.reason)
        loan = self.books.book.loan(loan_id) if loan_id else None
        if loan is None:
            return self._returned_case(fact, receipt)
        receipt = replace(receipt, loan_id=loan_id, of=of)

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

        ends = None
        if fact.of == "collection":
            ends = self._fates.taken_back(fact.reference, loan, fact.reason, at)
        elif fact.of == "payout":
            ends = self._fates.came_back(fact.reference, loan_id, fact.reason, at)
        return self._booked(loan, receipt, ReceiptOutcome.REVERSED, made, at, ends)

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
            case "payout" if (named := loan_payout_of(fact.reference)) is not None:
                return named[0], fact.reference
            case "payout":
                application_id = fact.reference.removeprefix(PAYOUT_PREFIX)
                application = self.books.book.application(application_id)
                is_ours = application is not None
                return (application.loan_id or "" if application else ""), (
                    fact.reference if is_ours else ""
                )
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
        if loan_payout_of(fact.reference) is not None:
            return self._loan_payout(fact, receipt, at)
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
        if at - intent.intended_at >= LATE:
            close_order_case(self.money, fact.reference)
        return self._kept(replace(receipt, outcome=ReceiptOutcome.RESOLVED))

    def _loan_payout(self, fact: PayoutStatus, receipt: Receipt, at: datetime) -> Receipt:
        """A payout after the first: booked with its end. A refused one is a case."""
        payout = self._fates.payout(fact.reference)
        loan = None if payout is None else self.books.book.loan(payout.loan_id)
        if payout is None or loan is None:
            return self._kept(_parked(receipt, Flaw.UNKNOWN_REFERENCE))
        receipt = replace(receipt, loan_id=loan.loan_id, transaction_id=payout.reference)
        told = (fact.amount_minor, fact.currency)
        if fact.amount_minor is not None and told != (payout.amount_minor, payout.currency):
            return self._mismatch(receipt)
        is_accepted = fact.status == "accepted"
        if not payout.is_open:
            ends = ACCEPTED_ENDS if is_accepted else frozenset({PayoutState.REJECTED})
            if payout.state not in ends:
                return self._kept(_parked(receipt, FATE_CONTRADICTED))
            return self._kept(replace(receipt, outcome=ReceiptOutcome.RESOLVED))
        if at - payout.intended_at >= LATE:
            close_order_case(self.money, fact.reference)
        if not is_accepted:
            parked = _parked(replace(receipt, detail=fact.reason), PAYOUT_REJECTED)
            self.money.keep(self._fates.rejected(payout, parked, fact.reason, at))
            return parked
        value_on = fact.value_on or rules_at(self.books.profiles, loan.market, at).local_date(at)

        def made(_terms: AccountTerms, _before: LoanBooks) -> Transaction:
            return transaction_of(payout, value_on, at)

        ends_it = self._fates.paid(fact.reference, at)
        return self._booked(loan, receipt, ReceiptOutcome.PAID, made, at, ends_it)

    # What came before that which it is about

    def reconsider(self, at: datetime) -> int:
        """Match returns that were told before what they take back; how many ended. Retryable."""
        done = 0
        for case in self.money.open_cases(CASES_MAX):
            of = _RETURNS.get(case.kind)
            if of is None or case.case not in EARLY or not case.of:
                continue
            fact = _return_of(case, of)
            loan_id, transaction_id = self._original(fact)
            known = self.money.transaction(loan_id, transaction_id) if loan_id else None
            original = self.money.receipt(booking_id(fact.original)) if fact.original else None
            is_held = original is not None and original.is_open
            if known is None and not is_held:
                continue
            again = replace(case, case="", version=case.version + 1, transaction_id=case.receipt_id)
            done += not self._return(fact, again, at).case
        return done

    # Ends

    def _booked(
        self,
        loan: Loan,
        receipt: Receipt,
        outcome: ReceiptOutcome,
        made: Callable[[AccountTerms, LoanBooks], Transaction],
        at: datetime,
        ends: Ending | None = None,
    ) -> Receipt:
        done = replace(receipt, outcome=outcome, loan_id=loan.loan_id)
        beside = _beside(done)
        try:
            result = self.books(
                loan,
                receipt.transaction_id,
                at,
                made,
                lambda _booking: beside if ends is None else ends(beside),
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
            self.money.keep(beside if ends is None else ends(beside))
        return done

    def _park(self, loan: Loan, receipt: Receipt, case: str, at: datetime) -> Receipt:
        parked = replace(_parked(receipt, case), loan_id=loan.loan_id)
        amount_minor, currency = receipt.amount_minor, receipt.currency
        event = payment_parked(loan, receipt.receipt_id, case, amount_minor, currency, at)
        self.money.keep(replace(_beside(parked), events=(event,)))
        return parked

    def _kept(self, receipt: Receipt) -> Receipt:
        self.money.keep(_beside(receipt))
        return receipt

    def _again(self, known: Receipt, receipt: Receipt) -> Received:
        """Told before: nothing. Another content under the same id: a case of its own."""
        if known.sha256 == receipt.sha256:
            if known.kind == "collection_collected" and known.outcome is ReceiptOutcome.CLOSED:
                self._end_order(known)
            return self._end(known, is_new=False)
        other = replace(
            _parked(receipt, Flaw.SAME_ID_OTHER_BODY),
            receipt_id=case_id(receipt.receipt_id, receipt.sha256),
            transaction_id="",
        )
        return self._keep_once(other)

    def _end_order(self, closed: Receipt) -> None:
        """Persons have booked what was drawn and was a case: its order blocks the loan no more."""
        reference = closed.receipt_id.removeprefix(DEBIT_PREFIX)
        ended = self._fates.collected(reference, closed.received_at)(Beside())
        if ended.collection is not None:
            self.money.keep(ended)

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

    def _whole(self, fact: Fact) -> Fact:
        """A report on a file may leave out how much failed; a webhook of the same says it."""
        if not isinstance(fact, CollectionStatus) or fact.amount_minor is not None:
            return fact
        attempt = self._fates.attempt(fact.reference)
        if attempt is None:
            return fact
        return replace(fact, amount_minor=attempt.amount_minor, currency=attempt.currency)

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


def _return_of(case: Receipt, of: Literal["payout", "collection", "credit"]) -> Return:
    """The return that a case holds, as it was told."""
    named = case.of.removeprefix(DEBIT_PREFIX) if of == "collection" else case.of
    return Return(
        bank_reference=case.bank_reference,
        reference="" if of == "credit" else named,
        of=of,
        amount_minor=case.amount_minor,
        currency=case.currency,
        value_on=case.value_on or date.min,
        reason=case.detail,
        original=case.of.removeprefix("bank-") if of == "credit" else "",
    )


def _beside(receipt: Receipt) -> Beside:
    """A receipt replaces its earlier version, or is new."""
    return Beside(receipt=receipt, receipt_was=receipt.version - 1)


def _parked(receipt: Receipt, case: str) -> Receipt:
    return replace(receipt, outcome=ReceiptOutcome.PARKED, case=str(case))
