"""The ledger with what is committed beside a booking: receipts, events, replies, the loan."""

from dataclasses import dataclass
from typing import Protocol

from lending.domain.amending import Amendment
from lending.domain.auto_debit import Collection
from lending.domain.documents.record import DocumentRecord
from lending.domain.loan_payouts import LoanPayout
from lending.domain.receipts import Receipt
from lending.domain.records import DomainEvent, Loan, StoredReply
from lending.domain.servicing.booking import Booking, LoanBooks
from lending.domain.servicing.terms import AccountTerms
from lending.ports.ledger import LedgerBook


@dataclass(frozen=True, slots=True)
class Beside:
    """What one transaction of the store holds besides a booking.

    `receipt_was` is the version that must be stored now (0 = the receipt must not exist).
    `closed_case`, another receipt, has the version after the one that must be stored now.
    `opened_case` is new. `loan` with `loan_was`: the loan is closed or open again. `plan` comes
    into force with the booking: the ledger keeps it for good, the loan shows it.
    `collection_was` and `payout_was` are the versions of the orders that must be stored now (0 =
    none), `amendment_was` that of an amendment. `retained` documents replace
    their rows. Events and the reply must not exist yet.
    """

    receipt: Receipt | None = None
    receipt_was: int = 0
    events: tuple[DomainEvent, ...] = ()
    reply: StoredReply | None = None
    closed_case: Receipt | None = None
    loan: Loan | None = None
    loan_was: int = 0
    collection: Collection | None = None
    collection_was: int = 0
    payout: LoanPayout | None = None
    payout_was: int = 0
    opened_case: Receipt | None = None
    plan: AccountTerms | None = None
    amendment: Amendment | None = None
    amendment_was: int = 0
    retained: tuple[DocumentRecord, ...] = ()


class Receipts(Protocol):
    """What became of everything a bank told us. Reads are strongly consistent."""

    def receipt(self, receipt_id: str) -> Receipt | None: ...

    def keep(self, beside: Beside) -> None:
        """Store a receipt that books nothing, with its events and reply.

        Raises:
            StaleVersion: the stored version is another.  Retryable.
        """
        ...

    def open_cases(self, limit: int) -> tuple[Receipt, ...]:
        """Parked receipts, oldest first (eventually consistent)."""
        ...


class Collections(Protocol):
    """Attempts at drawing instalments. Reads of one loan are strongly consistent."""

    def collection(self, loan_id: str, number: int, attempt: int) -> Collection | None: ...

    def collections(self, loan_id: str) -> tuple[Collection, ...]:
        """Every attempt on a loan, by instalment and attempt."""
        ...

    def open_collections(self, shard: int, limit: int) -> tuple[Collection, ...]:
        """Attempts of a shard to ask the bank about, oldest first (eventually consistent).

        Their fate is open, and what they drew is no case that a person decides.
        """
        ...


class LoanPayouts(Protocol):
    """Payouts of a loan after its first. Reads of one loan are strongly consistent."""

    def payout(self, loan_id: str, number: int) -> LoanPayout | None: ...

    def payouts(self, loan_id: str) -> tuple[LoanPayout, ...]:
        """All of a loan, by number."""
        ...

    def open_payouts(self, shard: int, limit: int) -> tuple[LoanPayout, ...]:
        """Those of a shard whose fate is open, oldest first (eventually consistent)."""
        ...


class MoneyBook(LedgerBook, Receipts, Collections, LoanPayouts, Protocol):
    """Bookings with all that they are told by, in one transaction."""

    def commit_with(
        self, loan_id: str, before: LoanBooks, booking: Booking, beside: Beside
    ) -> None:
        """Write a booking and what is beside it atomically.

        Raises:
            StaleVersion: the books, the receipt or the reply are not as they were read.
        """
        ...
