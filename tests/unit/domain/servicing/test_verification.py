"""Whatever is changed in a stored ledger is found, and named; rows survive their wire form."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from lending.domain.allocation import AllocationRules, Component, Future, Mode, entries_of
from lending.domain.faults import Permanent
from lending.domain.ledger.accounts import Account
from lending.domain.ledger.chain import Flaw
from lending.domain.ledger.journal import (
    GENESIS,
    Draft,
    EntryKind,
    Head,
    JournalEntry,
    postings_of,
    seal,
)
from lending.domain.servicing.account import LoanAccount, Paid
from lending.domain.servicing.booking import LoanBooks
from lending.domain.servicing.transactions import TransactionKind
from lending.domain.servicing.verification import LoanLedger, first_broken
from lending.domain.servicing.wire import (
    books_from_wire,
    books_to_wire,
    terms_from_wire,
    terms_to_wire,
    transaction_from_wire,
    transaction_to_wire,
)

from tests.unit.domain.servicing.loans import (
    SIMPLE,
    TERMS,
    Bookkeeper,
    charged,
    fact,
    lent,
    paid,
    returned,
    settled,
)

AT = datetime(2026, 11, 24, tzinfo=UTC)
BOUNCED = paid("02-10", 20)


def lively(terms: Any = TERMS) -> Bookkeeper:
    """Every part of the state in use."""
    return Bookkeeper(
        terms,
        lent(amount_minor=terms.principal_minor),
        charged("02-02", 5, Component.FEE),
        charged("02-20", 4, Component.PENALTY),
        paid("02-01", 120),
        BOUNCED,
        returned("02-12", BOUNCED),
    )


def resealed(ledger: LoanLedger, change: Callable[[list[Draft]], None]) -> LoanLedger:
    """The ledger as a forger with write access would leave it: every hash is right again."""
    drafts = [
        Draft(entry.kind, entry.value_on, entry.transaction_id, entry.postings, entry.reverses)
        for entry in ledger.entries
    ]
    change(drafts)
    entries = seal("loan_1", "CNY", GENESIS, drafts, AT)
    books = replace(ledger.books, head=entries[-1].head)
    return replace(ledger, entries=entries, books=books)


def test_what_was_booked_is_whole() -> None:
    assert first_broken(lively().ledger) is None
    assert first_broken(LoanLedger(TERMS, LoanBooks(), (), ())) is None


def account_of(ledger: LoanLedger, **change: Any) -> LoanLedger:
    account: LoanAccount = replace(ledger.books.account, **change)
    return replace(ledger, books=replace(ledger.books, account=account))


STATES: list[dict[str, Any]] = [
    {"disbursed_minor": 301},
    {"cleared": 1},
    {"partly": (Paid(0, 1, 1),)},
    {"charges": ()},
    {"claim_minor": 1},
    {"satisfied_minor": 1},
    {"last": None},
    {"balances": (0,) * len(Account)},
]


@pytest.mark.parametrize("change", STATES)
def test_a_state_that_the_transactions_do_not_come_to_is_found(change: dict[str, Any]) -> None:
    found = first_broken(account_of(lively().ledger, **change))
    assert found is not None
    assert found.flaw is Flaw.STATE


def test_a_transaction_left_out_added_or_changed_is_found() -> None:
    ledger = lively().ledger
    for transactions in (
        ledger.transactions[:-1],
        ledger.transactions[1:],
        (*ledger.transactions, paid("02-25", 1)),
        (*ledger.transactions[:3], replace(ledger.transactions[3], amount_minor=121)),
    ):
        found = first_broken(replace(ledger, transactions=transactions))
        assert found is not None
        assert found.flaw in {Flaw.STATE, Flaw.TRANSACTION, Flaw.EFFECT}


def test_a_transaction_twice_or_a_reversal_of_nothing_is_found() -> None:
    ledger = lively().ledger
    again = (*ledger.transactions, ledger.transactions[0])
    nothing = (*ledger.transactions, returned("02-12", paid("02-11", 1)))
    for transactions in (again, nothing):
        found = first_broken(replace(ledger, transactions=transactions))
        assert found is not None
        assert found.flaw is Flaw.TRANSACTION


def _more_interest(drafts: list[Draft]) -> None:
    index = next(i for i, draft in enumerate(drafts) if draft.kind is EntryKind.ACCRUAL)
    postings = postings_of({Account.INTEREST_RECEIVABLE: 99, Account.INTEREST_INCOME: -99})
    drafts[index] = replace(drafts[index], postings=postings)


def _another_split(drafts: list[Draft]) -> None:
    index = next(i for i, draft in enumerate(drafts) if draft.kind is EntryKind.PAYMENT)
    drafts[index] = replace(
        drafts[index],
        postings=postings_of({Account.CASH_CLEARING: 120, Account.LOAN_PRINCIPAL: -120}),
    )


def _an_invention(drafts: list[Draft]) -> None:
    postings = postings_of({Account.CASH_CLEARING: 5, Account.SUSPENSE: -5})
    drafts.append(replace(drafts[-1], kind=EntryKind.PAYMENT, transaction_id="x", reverses=None,
                          postings=postings))  # fmt: skip


def _another_day(drafts: list[Draft]) -> None:
    drafts[0] = replace(drafts[0], value_on=drafts[1].value_on)


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        (_more_interest, Flaw.ACCRUAL),
        (_another_split, Flaw.EFFECT),
        (_an_invention, Flaw.EFFECT),
        (_another_day, Flaw.EFFECT),
    ],
)
def test_a_forgery_with_right_hashes_is_found(
    change: Callable[[list[Draft]], None], flaw: Flaw
) -> None:
    ledger = Bookkeeper(TERMS, lent(), paid("02-01", 120)).ledger
    found = first_broken(resealed(ledger, change))
    assert found is not None
    assert found.flaw is flaw


def test_a_broken_chain_is_named_before_anything_else() -> None:
    ledger = lively().ledger
    entries: list[JournalEntry] = list(ledger.entries)
    entries[1] = replace(entries[1], transaction_id="other")
    found = first_broken(replace(ledger, entries=tuple(entries), transactions=()))
    assert found is not None
    assert (found.seq, found.flaw) == (2, Flaw.HASH)
    head = replace(ledger.books, head=Head(ledger.books.head.seq, "00"))
    found = first_broken(replace(ledger, books=head))
    assert found is not None
    assert found.flaw is Flaw.HEAD


def test_accrual_that_was_not_booked_is_found() -> None:
    ledger = lively().ledger
    assert ledger.books.accrued_on is not None
    later = replace(ledger.books, accrued_on=ledger.books.accrued_on.replace(day=25))
    found = first_broken(replace(ledger, books=later))
    assert found is not None
    assert found.flaw is Flaw.ACCRUAL


def through_json(wire: dict[str, Any]) -> Any:
    return json.loads(json.dumps(wire))


ENDS: list[Callable[[], Bookkeeper]] = [
    lambda: Bookkeeper(TERMS),
    lively,
    lambda: lively(SIMPLE),
    lambda: Bookkeeper(TERMS, lent(), settled("02-01", 331)),
    lambda: Bookkeeper(TERMS, lent(), fact(TransactionKind.WRITE_OFF, "02-01", 331)),
    lambda: Bookkeeper(TERMS, lent(), paid("02-01", 500)),
]


@pytest.mark.parametrize("make", ENDS)
def test_books_and_transactions_survive_their_wire_form(make: Callable[[], Bookkeeper]) -> None:
    books = make()
    assert books_from_wire(through_json(books_to_wire(books.books))) == books.books
    for one in books.transactions:
        assert transaction_from_wire(through_json(transaction_to_wire(one))) == one


def test_the_books_of_a_running_loan_are_small() -> None:
    """With the rest of its row they must stay below one write unit of 1 KB."""
    assert len(json.dumps(books_to_wire(lively().books))) < 600


def test_every_field_of_a_transaction_is_carried() -> None:
    transfer = fact(
        TransactionKind.TRANSFER, "02-01", 5, debit=Account.SUSPENSE, credit=Account.FUNDING
    )
    for one in (transfer, settled("02-01", 5, early_fee_minor=2)):
        assert transaction_from_wire(through_json(transaction_to_wire(one))) == one


@pytest.mark.parametrize(
    "terms",
    [
        TERMS,
        SIMPLE,
        replace(
            TERMS,
            rules=AllocationRules(
                entries_of(["fee", "interest", "principal", "penalty"]),
                Mode.HORIZONTAL,
                Future.LAST,
            ),
        ),
    ],
)
def test_terms_survive_their_wire_form(terms: Any) -> None:
    assert terms_from_wire(through_json(terms_to_wire(terms))) == terms


@pytest.mark.parametrize(
    ("read", "wire"),
    [
        (books_from_wire, {}),
        (books_from_wire, {"head": [1, "ab"], "balances": {"petty_cash": 1}}),
        (books_from_wire, {"head": [1, "ab"], "charges": [[1]]}),
        (books_from_wire, {"head": [1, "ab"], "ended": ["lost", "2026-01-01", 1, 1]}),
        (transaction_from_wire, {}),
        (transaction_from_wire, {**transaction_to_wire(BOUNCED), "kind": "gift"}),
        (terms_from_wire, {**terms_to_wire(TERMS), "plan": [["2026-01-01"]]}),
        (terms_from_wire, {**terms_to_wire(TERMS), "order": ["interest"]}),
    ],
)
def test_a_damaged_row_is_a_fault(
    read: Callable[[dict[str, Any]], object], wire: dict[str, Any]
) -> None:
    with pytest.raises(Permanent, match="cannot be read"):
        read(wire)
