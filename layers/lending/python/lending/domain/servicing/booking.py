"""From a fact to the journal entries that book it, at once and for ever.

`book` is given what the loan's row holds (`LoanBooks`) and returns what it must hold next, with
the new entries: one transaction of the store writes all of it or nothing. A fact in order costs
the same however long the loan's history is. A fact whose place lies before others (backdated,
or the reversal of one) needs that history: everything is folded anew, each entry that no longer
states the effect of its transaction is taken back by a linked reversal, and the effect is posted
again. Nothing is ever changed or deleted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from lending.domain.faults import Permanent, StaleVersion
from lending.domain.ledger.accounts import Account
from lending.domain.ledger.journal import (
    GENESIS,
    Draft,
    EntryKind,
    Head,
    JournalEntry,
    Postings,
    negated,
    postings_of,
    seal,
)
from lending.domain.servicing.acceptance import (
    BookingRefusal,
    refused_at_first_sight,
    refused_by_effect,
    refused_reversal,
)
from lending.domain.servicing.account import (
    FRESH,
    AccountStatus,
    Earned,
    LoanAccount,
    earned,
    status,
)
from lending.domain.servicing.fold import Effect, Outcome, apply, fold
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, TransactionKind, place


@dataclass(frozen=True, slots=True)
class LoanBooks:
    """What a loan's row holds of its books: head of the chain, account, and how far it accrued.

    `accrued_on` None: nothing was booked yet.
    """

    head: Head = GENESIS
    account: LoanAccount = FRESH
    accrued_on: date | None = None


@dataclass(frozen=True, slots=True)
class History:
    """All transactions and all entries of one loan, as far as booked."""

    transactions: Sequence[Transaction]
    entries: Sequence[JournalEntry]


@dataclass(frozen=True, slots=True)
class Booking:
    """What to commit together: the next books, the entries, and the transaction if there is one.

    `effect` is what the transaction did at its place (None: an accrual or a reversal).
    """

    after: LoanBooks
    entries: tuple[JournalEntry, ...]
    transaction: Transaction | None
    effect: Effect | None
    status_before: AccountStatus
    status_after: AccountStatus
    replayed: bool = False

    @property
    def closed(self) -> bool:
        """Whether this closed the loan."""
        return self.status_before is not self.status_after is AccountStatus.CLOSED

    @property
    def reopened(self) -> bool:
        """Whether this opened a closed loan again."""
        return self.status_after is not self.status_before is AccountStatus.CLOSED


def needs_history(before: LoanBooks, transaction: Transaction) -> bool:
    """Whether `book` wants the loan's history for this transaction."""
    if transaction.kind is TransactionKind.REVERSAL:
        return True
    last = before.account.last
    return last is not None and place(transaction) < last


def book(
    terms: AccountTerms,
    before: LoanBooks,
    transaction: Transaction,
    today: date,
    history: History | None = None,
) -> Booking | BookingRefusal:
    """Book one fact that was never booked before (its id is the caller's to check).

    `today` is the market's date when it is booked: nothing has a value date after it.

    Raises:
        Permanent: the history is needed and was not given.
        StaleVersion: the history is not the one that led to `before`; read both again.
    """
    refusal = refused_at_first_sight(terms, before.account, transaction, today)
    if refusal is not None:
        return refusal
    if not needs_history(before, transaction):
        account, effect = apply(terms, before.account, transaction)
        if (refusal := refused_by_effect(effect)) is not None:
            return refusal
        drafts = [_posted(effect)] if effect.postings else []
        return _booking(terms, before, account, transaction, effect, drafts)
    if history is None:
        raise Permanent(f"{terms.loan_id}: {transaction.transaction_id} needs the history")
    if history.entries and history.entries[-1].head != before.head:
        raise StaleVersion(f"{terms.loan_id}: the history is another than the books")
    return _rebook(terms, before, transaction, history)


def accrue(
    terms: AccountTerms, before: LoanBooks, through: date, booked_at: datetime
) -> Booking | None:
    """Book the income of the days until `through`; None when there is nothing to book."""
    if before.accrued_on is None or through <= before.accrued_on:
        return None
    after = replace(before, accrued_on=through)
    draft = accrual_draft(terms, before, after, f"accrual-{through.isoformat()}")
    if draft is None:
        return None
    entries = seal(terms.loan_id, terms.currency, before.head, [draft], booked_at)
    stands = status(before.account)
    return Booking(replace(after, head=entries[-1].head), entries, None, None, stands, stands)


def accrual_draft(
    terms: AccountTerms, before: LoanBooks, after: LoanBooks, transaction_id: str
) -> Draft | None:
    """The difference of two accrued states: nothing drifts, whatever the days between them."""
    if after.accrued_on is None:
        return None
    was, now = accrued(terms, before), accrued(terms, after)
    postings = accrual_postings(
        Earned(now.interest_minor - was.interest_minor, now.fee_minor - was.fee_minor)
    )
    if not postings:
        return None
    return Draft(EntryKind.ACCRUAL, after.accrued_on, transaction_id, postings)


def accrued(terms: AccountTerms, books: LoanBooks) -> Earned:
    """What the entries of kind accrual come to."""
    if books.accrued_on is None:
        return Earned()
    return earned(terms, books.account, books.accrued_on)


def accrual_postings(income: Earned) -> Postings:
    """Receivable against income, either sign."""
    return postings_of(
        {
            Account.INTEREST_RECEIVABLE: income.interest_minor,
            Account.INTEREST_INCOME: -income.interest_minor,
            Account.FEE_RECEIVABLE: income.fee_minor,
            Account.FEE_INCOME: -income.fee_minor,
        }
    )


def balances(terms: AccountTerms, books: LoanBooks) -> dict[Account, int]:
    """Every account of the loan: what its entries sum up to (zeros included)."""
    found = dict(zip(Account, books.account.balances, strict=True))
    for account, amount in accrual_postings(accrued(terms, books)):
        found[account] += amount
    return found


def standing(entries: Iterable[JournalEntry]) -> dict[str, JournalEntry]:
    """The entry that states each transaction's effect now: not taken back, no accrual."""
    entries = list(entries)
    taken_back = {entry.reverses for entry in entries}
    return {
        entry.transaction_id: entry
        for entry in entries
        if entry.kind not in (EntryKind.ACCRUAL, EntryKind.REVERSAL) and entry.seq not in taken_back
    }


def _booking(
    terms: AccountTerms,
    before: LoanBooks,
    account: LoanAccount,
    transaction: Transaction,
    effect: Effect | None,
    drafts: Sequence[Draft],
    *,
    replayed: bool = False,
) -> Booking:
    """Seal the drafts after the accrual that brings the books to the transaction's day."""
    accrued_on = max(before.accrued_on or transaction.value_on, transaction.value_on)
    after = LoanBooks(before.head, account, accrued_on)
    accrual = accrual_draft(terms, before, after, transaction.transaction_id)
    if accrual is not None:
        drafts = [accrual, *drafts]
    entries = seal(terms.loan_id, terms.currency, before.head, drafts, transaction.booked_at)
    if entries:
        after = replace(after, head=entries[-1].head)
    stood, stands = status(before.account), status(account)
    return Booking(after, entries, transaction, effect, stood, stands, replayed)


def _posted(effect: Effect) -> Draft:
    made = effect.transaction
    return Draft(EntryKind(made.kind.value), made.value_on, made.transaction_id, effect.postings)


def _rebook(
    terms: AccountTerms, before: LoanBooks, transaction: Transaction, history: History
) -> Booking | BookingRefusal:
    """Fold everything anew and post what differs from what stands."""
    if transaction.kind is TransactionKind.REVERSAL:
        refusal = refused_reversal(transaction, history.transactions)
        if refusal is not None:
            return refusal
    account, effects = fold(terms, [*history.transactions, transaction])
    effect_of = {effect.transaction.transaction_id: effect for effect in effects}
    effect = effect_of.get(transaction.transaction_id)
    if effect is not None and (refusal := refused_by_effect(effect)) is not None:
        return refusal
    if _takes_a_disbursements_place(effects):
        return BookingRefusal.OTHER_DISBURSEMENT
    stands = standing(history.entries)
    drafts = [
        Draft(
            EntryKind.REVERSAL,
            entry.value_on,
            transaction.transaction_id,
            negated(entry.postings),
            entry.seq,
        )
        for transaction_id, entry in stands.items()
        if _postings(effect_of.get(transaction_id)) != entry.postings
    ]
    drafts += [
        _posted(one)
        for transaction_id, one in effect_of.items()
        if one.postings and one.postings != _entry_postings(stands.get(transaction_id))
    ]
    return _booking(terms, before, account, transaction, effect, drafts, replayed=True)


def _postings(effect: Effect | None) -> Postings:
    return () if effect is None else effect.postings


def _entry_postings(entry: JournalEntry | None) -> Postings:
    return () if entry is None else entry.postings


def _takes_a_disbursements_place(effects: Iterable[Effect]) -> bool:
    """Whether the loan would end, or its plan be used up, before a drawdown that was made."""
    return any(
        effect.outcome is not Outcome.APPLIED
        for effect in effects
        if effect.transaction.kind is TransactionKind.DISBURSEMENT
    )
