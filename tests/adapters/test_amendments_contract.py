"""Amendments in every book: kept with their paper, numbered, listed while they are open."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.money import DynamoMoney
from lending.domain.amending import Amendment, addressed, amendment_id_of
from lending.domain.faults import Permanent, StaleVersion
from lending.domain.records import Actor
from lending.domain.servicing.booking import Booking, book
from lending.ports.book import Book, Change
from lending.ports.money import Beside, MoneyBook

from tests.adapters import samples
from tests.adapters.test_money_contract import Stores, opened_and_paid
from tests.fakes.book import FakeBook
from tests.fakes.money import FakeMoney
from tests.unit.domain.servicing.loans import TERMS, TODAY
from tests.unit.domain.servicing.test_replanning import LONGER, replan

AT = samples.AT


@pytest.fixture(params=["fake", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        fake = FakeBook()
        return Stores(fake, FakeMoney(fake))
    name = request.getfixturevalue("table_name")
    return Stores(DynamoBook(name), DynamoMoney(name))


def amendment(**changes: Any) -> Amendment:
    one = Amendment(
        amendment_id=amendment_id_of(samples.APP, 1),
        application_id=samples.APP,
        loan_id=samples.LOAN,
        number=1,
        months=6,
        reason="income_loss",
        status="APPROVED",
        version=1,
        proposed_by=Actor("applicant", "sub-1"),
        proposed_at=AT,
        expires_at=AT + timedelta(days=7),
        decided_by="officer-2",
        paid=1,
        base_sha256="b" * 64,
        effective_on=date(2026, 11, 24),
        ends_on=date(2030, 5, 24),
        paper=samples.contract(contract_id=amendment_id_of(samples.APP, 1)),
    )
    return replace(one, **changes)


def kept(book: Book, one: Amendment, was: int = 0) -> None:
    book.commit(Change(amendment=one, amendment_was=was))


def test_an_amendment_is_read_with_its_application(stores: Stores) -> None:
    stores.book.commit(samples.opening())
    kept(stores.book, amendment())
    found = stores.book.file(samples.APP)
    assert found is not None
    assert found.amendments == (amendment(),)
    assert addressed(amendment().amendment_id) == (samples.APP, 1)


def test_a_stale_version_and_a_second_of_a_number_are_refused(stores: Stores) -> None:
    kept(stores.book, amendment())
    with pytest.raises(StaleVersion):
        kept(stores.book, amendment())
    kept(stores.book, amendment(version=2, paper=None), was=1)
    with pytest.raises(StaleVersion):
        kept(stores.book, amendment(version=3), was=1)
    with pytest.raises(Permanent):
        kept(stores.book, amendment(version=2), was=2)


def test_open_ones_are_listed_by_their_end(stores: Stores) -> None:
    later = amendment(
        amendment_id=amendment_id_of(samples.APP, 2),
        number=2,
        status="PROPOSED",
        expires_at=AT + timedelta(days=9),
    )
    ended = amendment(amendment_id=amendment_id_of(samples.APP, 3), number=3, status="EXPIRED")
    for one in (later, amendment(), ended):
        kept(stores.book, one)
    assert stores.book.open_amendments(9) == (amendment(), later)
    assert stores.book.open_amendments(1) == (amendment(),)
    kept(stores.book, amendment(version=2, status="APPLIED", ended_at=AT), was=1)
    assert stores.book.open_amendments(9) == (later,)


def test_it_comes_into_force_with_plan_books_and_loan_or_not_at_all(stores: Stores) -> None:
    before = opened_and_paid(stores)
    loan = samples.loan(TERMS.loan_id)
    stores.book.commit(Change(loan=loan))
    kept(stores.book, amendment())
    booking = book(replace(TERMS, later=(LONGER,)), before, replan(), TODAY)
    assert isinstance(booking, Booking)
    applied = amendment(version=2, status="APPLIED")
    beside = Beside(
        plan=LONGER,
        loan=replace(loan, version=2, instalment_minor=88),
        loan_was=1,
        amendment=applied,
        amendment_was=1,
        events=(samples.event(),),
    )
    money: MoneyBook = stores.money
    for stale in (replace(beside, amendment_was=5), replace(beside, loan_was=5)):
        with pytest.raises(StaleVersion):
            money.commit_with(TERMS.loan_id, before, booking, stale)
        assert money.terms(TERMS.loan_id) == TERMS
    money.commit_with(TERMS.loan_id, before, booking, beside)
    assert money.terms(TERMS.loan_id).later == (LONGER,)
    found = stores.book.loan(TERMS.loan_id)
    assert found is not None
    assert found.instalment_minor == 88
    assert stores.book.open_amendments(9) == ()
    with pytest.raises(StaleVersion):
        money.commit_with(TERMS.loan_id, before, booking, beside)
