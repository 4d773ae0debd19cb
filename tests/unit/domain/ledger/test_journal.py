"""Journals are balanced, numbered, chained; whatever is changed later is found and named."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from lending.domain.faults import Permanent
from lending.domain.ledger.accounts import Account
from lending.domain.ledger.chain import Flaw, first_broken_link
from lending.domain.ledger.journal import (
    GENESIS,
    Draft,
    EntryKind,
    Head,
    JournalEntry,
    Posting,
    entry_from_wire,
    entry_to_wire,
    negated,
    postings_of,
    seal,
    sha256_of,
)

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ON = date(2026, 11, 24)


def lent(amount: int = 500) -> Draft:
    postings = postings_of({Account.LOAN_PRINCIPAL: amount, Account.CASH_CLEARING: -amount})
    return Draft(EntryKind.DISBURSEMENT, ON, "d-1", postings)


def paid(amount: int, transaction_id: str = "p-1") -> Draft:
    postings = postings_of({Account.CASH_CLEARING: amount, Account.LOAN_PRINCIPAL: -amount})
    return Draft(EntryKind.PAYMENT, ON, transaction_id, postings)


def taken_back(entry: JournalEntry, seq: int | None = None) -> Draft:
    return Draft(
        EntryKind.REVERSAL, ON, "r-1", negated(entry.postings), entry.seq if seq is None else seq
    )


def journal(*drafts: Draft) -> tuple[JournalEntry, ...]:
    return seal("loan_1", "CNY", GENESIS, drafts, AT)


def broken(entries: list[JournalEntry] | tuple[JournalEntry, ...]) -> Flaw | None:
    found = first_broken_link("loan_1", "CNY", entries, entries[-1].head)
    return None if found is None else found.flaw


def test_entries_are_numbered_from_one_and_each_holds_the_hash_before_it() -> None:
    first, second = journal(lent(), paid(20))
    assert (first.seq, first.previous_sha256) == (1, "0" * 64)
    assert (second.seq, second.previous_sha256) == (2, first.sha256)
    assert broken([first, second]) is None


def test_sealing_goes_on_where_the_head_is() -> None:
    entries = journal(lent())
    later = seal("loan_1", "CNY", entries[-1].head, [paid(20)], AT)
    assert broken([*entries, *later]) is None
    assert [*entries, *later] == list(journal(lent(), paid(20)))


def test_the_hash_is_over_the_documented_text() -> None:
    """An auditor can recompute it with any SHA-256 and the JSON written out here."""
    (entry,) = journal(lent())
    text = (
        '{"booked_at":"2026-11-24T09:30:00.000000+00:00","currency":"CNY",'
        '"kind":"disbursement","loan_id":"loan_1",'
        '"postings":[["loan_principal",500],["cash_clearing",-500]],'
        f'"previous_sha256":"{"0" * 64}","reverses":null,"seq":1,'
        '"transaction_id":"d-1","value_on":"2026-11-24"}'
    )
    assert entry.sha256 == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "postings", [(), (Posting(Account.SUSPENSE, 1),), (Posting(Account.SUSPENSE, -1),)]
)
def test_what_does_not_balance_is_never_sealed(postings: tuple[Posting, ...]) -> None:
    with pytest.raises(Permanent, match="does not balance"):
        journal(Draft(EntryKind.PAYMENT, ON, "p-1", postings))


def test_postings_are_in_the_order_of_the_accounts_without_zeros() -> None:
    amounts = {Account.TOLERANCE: 1, Account.SUSPENSE: 0, Account.LOAN_PRINCIPAL: -1}
    assert postings_of(amounts) == ((Account.LOAN_PRINCIPAL, -1), (Account.TOLERANCE, 1))


CHANGES: list[Callable[[JournalEntry], JournalEntry]] = [
    lambda entry: replace(entry, postings=negated(entry.postings)),
    lambda entry: replace(entry, value_on=date(2026, 11, 23)),
    lambda entry: replace(entry, booked_at=datetime(2026, 11, 24, 9, 31, tzinfo=UTC)),
    lambda entry: replace(entry, kind=EntryKind.SETTLEMENT),
    lambda entry: replace(entry, transaction_id="p-2"),
    lambda entry: replace(entry, currency="USD"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_any_field_is_found(change: Callable[[JournalEntry], JournalEntry]) -> None:
    entries = list(journal(lent(), paid(20), paid(30, "p-2")))
    entries[1] = change(entries[1])
    found = first_broken_link("loan_1", "CNY", entries, entries[-1].head)
    assert found is not None
    assert (found.seq, found.flaw) == (2, Flaw.HASH)


def test_a_change_with_a_new_hash_breaks_the_link_after_it() -> None:
    entries = list(journal(lent(), paid(20), paid(30, "p-2")))
    forged = replace(entries[1], transaction_id="p-9")
    entries[1] = replace(forged, sha256=sha256_of(forged))
    found = first_broken_link("loan_1", "CNY", entries, entries[-1].head)
    assert found is not None
    assert (found.seq, found.flaw) == (3, Flaw.PREVIOUS_HASH)


def test_a_whole_forged_chain_does_not_reach_the_head() -> None:
    head = journal(lent(), paid(20))[-1].head
    found = first_broken_link("loan_1", "CNY", journal(lent(), paid(30)), head)
    assert found is not None
    assert (found.seq, found.flaw) == (2, Flaw.HEAD)
    assert str(found).startswith("loan_1 entry 2: head: ")


@pytest.mark.parametrize(("left_out", "flaw"), [(0, Flaw.GAP), (1, Flaw.GAP), (2, Flaw.HEAD)])
def test_an_entry_left_out_is_found(left_out: int, flaw: Flaw) -> None:
    entries = list(journal(lent(), paid(20), paid(30, "p-2")))
    head = entries[-1].head
    del entries[left_out]
    found = first_broken_link("loan_1", "CNY", entries, head)
    assert found is not None
    assert found.flaw is flaw


def test_an_empty_journal_fits_only_a_fresh_head() -> None:
    assert first_broken_link("loan_1", "CNY", [], GENESIS) is None
    found = first_broken_link("loan_1", "CNY", [], Head(1, "ab"))
    assert found is not None
    assert found.flaw is Flaw.HEAD


def test_another_loans_entry_does_not_pass() -> None:
    entries = seal("loan_2", "CNY", GENESIS, [lent()], AT)
    assert broken(entries) is Flaw.ANOTHER_LOAN


def test_another_currency_does_not_pass() -> None:
    entries = seal("loan_1", "USD", GENESIS, [lent()], AT)
    assert broken(entries) is Flaw.ANOTHER_CURRENCY


def test_an_entry_can_be_taken_back_exactly_once() -> None:
    first = journal(lent())[0]
    assert broken(journal(lent(), taken_back(first))) is None
    assert broken(journal(lent(), taken_back(first), taken_back(first))) is Flaw.REVERSAL


def test_a_reversal_must_take_back_exactly_what_stands() -> None:
    first = journal(lent())[0]
    half = Draft(EntryKind.REVERSAL, ON, "r-1", lent(250).postings, 1)
    assert broken(journal(lent(), half)) is Flaw.REVERSAL
    assert broken(journal(lent(), taken_back(first, seq=7))) is Flaw.REVERSAL
    nothing_named = Draft(EntryKind.REVERSAL, ON, "r-1", negated(first.postings))
    assert broken(journal(lent(), nothing_named)) is Flaw.REVERSAL
    no_reversal = Draft(EntryKind.PAYMENT, ON, "r-1", negated(first.postings), 1)
    assert broken(journal(lent(), no_reversal)) is Flaw.REVERSAL


def test_an_entry_survives_its_wire_form() -> None:
    entries = journal(lent(), taken_back(journal(lent())[0]))
    assert [entry_from_wire(entry_to_wire(entry)) for entry in entries] == list(entries)


@pytest.mark.parametrize(
    "damage",
    [{"kind": "gift"}, {"value_on": "yesterday"}, {"postings": [["petty_cash", 1]]}, {"seq": None}],
)
def test_a_damaged_row_is_a_fault_or_a_broken_link(damage: dict[str, object]) -> None:
    wire = {**entry_to_wire(journal(lent())[0]), **damage}
    if damage == {"seq": None}:
        del wire["seq"]
    with pytest.raises(Permanent, match="cannot be read"):
        entry_from_wire(wire)
