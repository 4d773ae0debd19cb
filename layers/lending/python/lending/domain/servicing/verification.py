"""Whether a loan's stored books are what its transactions come to; else what is wrong first."""

from collections.abc import Sequence
from dataclasses import dataclass

from lending.domain.ledger.accounts import Account
from lending.domain.ledger.chain import Broken, Flaw, first_broken_link
from lending.domain.ledger.journal import EntryKind, JournalEntry
from lending.domain.servicing.account import owes
from lending.domain.servicing.booking import (
    LoanBooks,
    accrual_postings,
    accrued,
    balances,
    standing,
)
from lending.domain.servicing.fold import fold
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, TransactionKind


@dataclass(frozen=True, slots=True)
class LoanLedger:
    """Everything stored about one loan's money."""

    terms: AccountTerms
    books: LoanBooks
    transactions: Sequence[Transaction]
    entries: Sequence[JournalEntry]


def first_broken(ledger: LoanLedger) -> Broken | None:
    """The first thing wrong: chain, transactions, effects, accrual, state, balances (I2, I3, I9).

    Entries come in the order of their numbers.
    """
    terms, books = ledger.terms, ledger.books
    return (
        first_broken_link(terms.loan_id, terms.currency, ledger.entries, books.head)
        or _transactions(ledger)
        or _effects(ledger)
        or _accrual(ledger)
        or _balances(ledger)
        or _outstanding(ledger)
    )


def _transactions(ledger: LoanLedger) -> Broken | None:
    """Ids are unique, reversals name another transaction, once."""
    loan_id, seen = ledger.terms.loan_id, set[str]()
    for one in ledger.transactions:
        if one.transaction_id in seen:
            return Broken(loan_id, 0, Flaw.TRANSACTION, f"{one.transaction_id} is there twice")
        seen.add(one.transaction_id)
    undone = set[str]()
    for one in ledger.transactions:
        if one.kind is TransactionKind.REVERSAL:
            if one.of is None or one.of not in seen or one.of in undone:
                detail = f"{one.transaction_id} reverses {one.of}, which does not stand"
                return Broken(loan_id, 0, Flaw.TRANSACTION, detail)
            undone.add(one.of)
    return None


def _effects(ledger: LoanLedger) -> Broken | None:
    """The fold gives the stored account, and what stands in the journal is what it did."""
    terms, loan_id = ledger.terms, ledger.terms.loan_id
    account, effects = fold(terms, ledger.transactions)
    if account != ledger.books.account:
        detail = "the stored account is not what the transactions come to"
        return Broken(loan_id, 0, Flaw.STATE, detail)
    stands = standing(ledger.entries)
    for effect in effects:
        made = effect.transaction
        entry = stands.pop(made.transaction_id, None)
        if (() if entry is None else entry.postings) != effect.postings:
            detail = f"{made.transaction_id} is booked as something else than it did"
            return Broken(loan_id, 0 if entry is None else entry.seq, Flaw.EFFECT, detail)
        if entry is not None and (entry.kind.value, entry.value_on) != (
            made.kind.value,
            made.value_on,
        ):
            detail = f"{made.transaction_id} is booked as {entry.kind} of {entry.value_on}"
            return Broken(loan_id, entry.seq, Flaw.EFFECT, detail)
    for transaction_id, entry in stands.items():
        detail = f"{transaction_id} is booked, but there is no such transaction"
        return Broken(loan_id, entry.seq, Flaw.EFFECT, detail)
    return None


def _accrual(ledger: LoanLedger) -> Broken | None:
    booked = dict.fromkeys(Account, 0)
    for entry in ledger.entries:
        if entry.kind is EntryKind.ACCRUAL:
            for account, amount in entry.postings:
                booked[account] += amount
    wanted = dict.fromkeys(Account, 0)
    wanted.update(accrual_postings(accrued(ledger.terms, ledger.books)))
    if booked != wanted:
        detail = f"accrued entries do not come to what accrued through {ledger.books.accrued_on}"
        return Broken(ledger.terms.loan_id, 0, Flaw.ACCRUAL, detail)
    return None


def _balances(ledger: LoanLedger) -> Broken | None:
    """Each account's balance is the sum of its postings (I3)."""
    summed = dict.fromkeys(Account, 0)
    for entry in ledger.entries:
        for account, amount in entry.postings:
            summed[account] += amount
    for account, amount in balances(ledger.terms, ledger.books).items():
        if summed[account] != amount:
            detail = f"{account} is {amount}, its postings sum up to {summed[account]}"
            return Broken(ledger.terms.loan_id, 0, Flaw.BALANCE, detail)
    return None


def _outstanding(ledger: LoanLedger) -> Broken | None:
    """Nobody owes less than nothing (I9); interest or fees below 0 are paid in advance."""
    books = ledger.books
    if books.accrued_on is None:
        return None
    owed = owes(ledger.terms, books.account, books.accrued_on)
    if owed.principal_minor < 0 or owed.penalty_minor < 0:
        return Broken(ledger.terms.loan_id, 0, Flaw.BALANCE, f"less than nothing is owed: {owed}")
    if books.account.ended is not None and not books.account.charges and any(owed):
        detail = f"the loan has ended and {owed} is left"
        return Broken(ledger.terms.loan_id, 0, Flaw.BALANCE, detail)
    return None
