"""Money by hand: one person of operations enters it, another one confirms it (four eyes).

An entry is a receipt parked as `second_person`, so that it stands in the work list until it is
confirmed or rejected; what it does to the loan and its end are one commit. The ended entry says
who ended it and how, so it is itself the answer to a word that is given again, for ever.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Literal

from lending.domain.faults import NotFound, Permanent
from lending.domain.ledger.accounts import Account
from lending.domain.loan_payouts import LoanPayout, ordered, verified_account
from lending.domain.problem import Problem
from lending.domain.receipts import Receipt, ReceiptOutcome
from lending.domain.records import StoredReply
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.booking import LoanBooks
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.ports.money import Beside, MoneyBook
from lending.ports.system import Ids
from lending.usecases.book_money import BookMoney, EarlyFee, Known, payment
from lending.usecases.refusal import NotAllowed, invalid

SECOND_PERSON: Final = "second_person"
TELLER: Final = "teller"
type EntryKind = Literal["payment", "reversal", "refund"]
ENDS: Final = {
    "payment": ReceiptOutcome.CREDITED,
    "reversal": ReceiptOutcome.REVERSED,
    "refund": ReceiptOutcome.REFUNDED,
}
_FIELD_OF: Final = {
    BookingRefusal.AMOUNT_NOT_POSITIVE: "/amount_minor",
    BookingRefusal.AMOUNT_DIFFERS: "/amount_minor",
    BookingRefusal.MORE_THAN_HELD: "/amount_minor",
    BookingRefusal.WRONG_CURRENCY: "/currency",
    BookingRefusal.VALUE_DATE_IN_FUTURE: "/value_on",
    BookingRefusal.BEFORE_OPENING: "/value_on",
    BookingRefusal.UNKNOWN_TRANSACTION: "/transaction_id",
    BookingRefusal.ALREADY_REVERSED: "/transaction_id",
    BookingRefusal.NOT_REVERSIBLE: "/transaction_id",
    BookingRefusal.UNFIT: "/value_on",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody enters. A reversal names `of` and takes its amount from it.

    `case_id` names the parked receipt whose money this is; both end together.
    """

    kind: EntryKind
    loan_id: str
    value_on: date
    amount_minor: int = 0
    currency: str = ""
    of: str = ""
    case_id: str = ""


type Answer = Callable[[Receipt], StoredReply]


@dataclass(frozen=True, slots=True)
class EnterMoney:
    """Keeps an entry that could be booked now; nothing is booked yet."""

    books: BookMoney
    money: MoneyBook
    ids: Ids

    def __call__(
        self, entry: Entry, operator: str, at: datetime, reply: Answer
    ) -> Receipt | NotAllowed:
        """The parked entry. Raises NotFound, Permanent, StaleVersion, Retryable."""
        loan = self.books.loan(entry.loan_id)
        found = self._completed(entry)
        if isinstance(found, NotAllowed):
            return found
        entry_id = self.ids.new("ent")
        receipt = Receipt(
            receipt_id=entry_id,
            sha256="",
            source=TELLER,
            kind=found.kind,
            outcome=ReceiptOutcome.PARKED,
            received_at=at,
            case=SECOND_PERSON,
            amount_minor=found.amount_minor,
            currency=found.currency,
            value_on=found.value_on,
            loan_id=loan.loan_id,
            transaction_id=entry_id,
            of=found.of,
            for_case=found.case_id,
            entered_by=operator,
        )
        maker = _maker(receipt, at, self.books.early_fee(loan))
        refusal = self.books.would_refuse(loan, at, maker)
        if refusal is not None:
            return _told(refusal)
        self.money.keep(Beside(receipt=receipt, reply=reply(receipt)))
        return receipt

    def _completed(self, entry: Entry) -> Entry | NotAllowed:
        """The entry with the amount of what it reverses, held against the case it is for."""
        if entry.kind == "reversal":
            made = self.money.transaction(entry.loan_id, entry.of)
            if made is None:
                return _told(BookingRefusal.UNKNOWN_TRANSACTION)
            return replace(entry, amount_minor=made.amount_minor, currency=made.currency)
        if entry.case_id:
            case = self.money.receipt(entry.case_id)
            if case is None or not case.is_open or case.source == TELLER:
                return invalid(Problem("/case_id", "no open case of the bank"))
            if (case.amount_minor, case.currency) != (entry.amount_minor, entry.currency):
                return invalid(Problem("/amount_minor", "not the money of the case"))
        return entry


@dataclass(frozen=True, slots=True)
class ConfirmMoney:
    """Another person's word on an entry: booked with its end, or rejected."""

    books: BookMoney
    money: MoneyBook

    def __call__(
        self,
        loan_id: str,
        kind: EntryKind,
        entry_id: str,
        approved: bool,
        operator: str,
        at: datetime,
    ) -> Receipt | NotAllowed:
        """The ended entry. Raises NotFound, Permanent, StaleVersion, Retryable."""
        entry = self.money.receipt(entry_id)
        wanted = (TELLER, kind, loan_id)
        if entry is None or (entry.source, entry.kind, entry.loan_id) != wanted:
            raise NotFound(entry_id)
        outcome = ENDS[kind] if approved else ReceiptOutcome.CLOSED
        if not entry.is_open:
            if (entry.outcome, entry.closed_by) == (outcome, operator):
                return entry
            detail = f"The entry is {entry.outcome}."
            return NotAllowed("conflict", "illegal_state", detail)
        if entry.entered_by == operator:
            return NotAllowed("forbidden", "four_eyes", "A second person must confirm this.")
        done = replace(entry, outcome=outcome, version=entry.version + 1, closed_by=operator)
        if not approved:
            self.money.keep(Beside(receipt=done, receipt_was=entry.version))
            return done
        case = self._case(entry)
        if isinstance(case, NotAllowed):
            return case
        beside = Beside(
            receipt=done,
            receipt_was=entry.version,
            closed_case=case,
            payout=self._order(entry, at),
        )
        loan = self.books.loan(loan_id)
        maker = _maker(entry, at, self.books.early_fee(loan))
        result = self.books(loan, entry_id, at, maker, lambda _booking: beside)
        if isinstance(result, BookingRefusal):
            return _told(result)
        if isinstance(result, Known):
            # Confirmed meanwhile by somebody else: their commit ended the entry.
            return self.money.receipt(entry_id) or done
        return done

    def _order(self, entry: Receipt, at: datetime) -> LoanPayout | None:
        """A refund goes to the customer's verified account; without one somebody names another."""
        if entry.kind != "refund":
            return None
        loan = self.books.loan(entry.loan_id)
        attempts = self.money.collections(loan.loan_id)
        account = verified_account(attempts, loan.mandate_id)
        if account is None:
            return None
        before = self.money.payouts(loan.loan_id)
        money = (entry.amount_minor, entry.currency)
        return ordered(loan.loan_id, "refund", *money, account, before, at)

    def _case(self, entry: Receipt) -> Receipt | NotAllowed | None:
        if not entry.for_case:
            return None
        case = self.money.receipt(entry.for_case)
        if case is None or not case.is_open:
            return NotAllowed("conflict", "illegal_state", "The case was ended meanwhile.")
        return replace(
            case,
            outcome=ReceiptOutcome.CLOSED,
            version=case.version + 1,
            closed_by=entry.receipt_id,
        )


def _maker(
    entry: Receipt, at: datetime, early_fee: EarlyFee
) -> Callable[[AccountTerms, LoanBooks], Transaction]:
    def made(terms: AccountTerms, before: LoanBooks) -> Transaction:
        if entry.kind == "payment":
            return payment(terms, before, entry, at, early_fee)
        if entry.value_on is None:
            raise Permanent(f"{entry.receipt_id} has no value date")
        is_reversal = entry.kind == "reversal"
        return Transaction(
            transaction_id=entry.transaction_id,
            kind=TransactionKind.REVERSAL if is_reversal else TransactionKind.REFUND,
            value_on=entry.value_on,
            booked_at=at,
            currency=entry.currency,
            amount_minor=entry.amount_minor,
            of=entry.of or None,
            # Owed to the customer until it is paid out.
            credit=None if is_reversal else Account.REFUND_PAYABLE,
        )

    return made


def _told(refusal: BookingRefusal) -> NotAllowed:
    """A refusal of the books as field-level problem."""
    pointer = _FIELD_OF.get(refusal)
    if pointer is None:
        return NotAllowed("conflict", refusal.value, "The loan does not take this now.")
    detail = refusal.value.replace("_", " ")
    return invalid(Problem(pointer, detail))
