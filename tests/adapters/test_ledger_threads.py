"""Sixteen threads book on the real adapter: no lost update, each sum and each journal exact.

moto itself is not safe under threads; the local cloud's lock and its transactions make it so.
"""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.domain.faults import Retryable, StaleVersion
from lending.domain.ledger.accounts import Account
from lending.domain.servicing.booking import (
    Booking,
    History,
    balances,
    book,
    needs_history,
    standing,
)
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, is_same_fact
from lending.usecases.verify_ledger import Verified, VerifyLedger
from moto.dynamodb.responses import DynamoHandler

from tests.unit.domain.servicing.loans import TERMS, TODAY, day, lent, paid
from tools.localcloud import ddbfix
from tools.localcloud.clock import VirtualClock

THREADS = 16
LOANS = 50
FACTS = 32  # on one loan, each told by two threads


@pytest.fixture(scope="module")
def locked(account: None) -> Iterator[None]:
    """moto as the local cloud runs it: one call at a time, all conditions before any change."""
    ddbfix.install(VirtualClock())
    with pytest.MonkeyPatch.context() as patch:
        dispatch = DynamoHandler._dispatch

        def one_at_a_time(self: Any, *request: Any) -> Any:
            with ddbfix.LOCK:
                return dispatch(self, *request)

        patch.setattr(DynamoHandler, "_dispatch", one_at_a_time)
        yield


@pytest.fixture
def ledger(locked: None, table_name: str) -> DynamoLedger:
    return DynamoLedger(table_name)


def in_threads(work: Callable[[int], None]) -> None:
    """Run `work(number)` in sixteen threads at once; the first error is raised."""
    errors: list[BaseException] = []
    start = threading.Barrier(THREADS)

    def run(number: int) -> None:
        try:
            start.wait()
            work(number)
        except BaseException as error:  # noqa: BLE001 - told below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    if errors:
        raise errors[0]


class Teller:
    """Books until it is booked; counts how often somebody else was faster."""

    def __init__(self, ledger: DynamoLedger) -> None:
        self.ledger = ledger
        self.stale = 0
        self.known = 0

    def __call__(self, terms: AccountTerms, made: Transaction) -> None:
        for _ in range(1_000):
            before = self.ledger.books(terms.loan_id)
            known = self.ledger.transaction(terms.loan_id, made.transaction_id)
            if known is not None:
                assert is_same_fact(known, made)
                self.known += 1
                return
            try:
                history = None
                if needs_history(before, made):
                    history = History(
                        tuple(self.ledger.transactions(terms.loan_id)),
                        tuple(self.ledger.journals(terms.loan_id)),
                    )
                booking = book(terms, before, made, TODAY, history)
                assert isinstance(booking, Booking), booking
                self.ledger.commit(terms.loan_id, before, booking)
            except (StaleVersion, Retryable):
                self.stale += 1
                continue
            return
        raise AssertionError("it never came through")


def must_be_exact(ledger: DynamoLedger, terms: AccountTerms, facts: list[Transaction]) -> None:
    """Every fact once, every cent where it belongs, every entry in its place."""
    stored = list(ledger.transactions(terms.loan_id))
    assert sorted(one.transaction_id for one in stored) == sorted(
        one.transaction_id for one in (lent(), *facts)
    )
    entries = list(ledger.journals(terms.loan_id))
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    received = sum(one.amount_minor for one in facts)
    cash = sum(
        amount
        for entry in entries
        for account, amount in entry.postings
        if account is Account.CASH_CLEARING
    )
    assert cash == received - lent().amount_minor
    assert balances(terms, ledger.books(terms.loan_id))[Account.CASH_CLEARING] == cash
    assert set(standing(entries)) == {one.transaction_id for one in stored}


def test_sixteen_threads_on_one_loan(ledger: DynamoLedger) -> None:
    """Each payment is told twice, on days that are out of order: rebookings race with bookings."""
    ledger.open(TERMS)
    Teller(ledger)(TERMS, lent())
    facts = [
        replace(
            paid("01-02", 3 + number % 5, transaction_id=f"bank-{number:02d}"),
            value_on=day("01-02") + timedelta(days=number * 7 % 60),
        )
        for number in range(FACTS)
    ]
    tellers = [Teller(ledger) for _ in range(THREADS)]

    def work(number: int) -> None:
        mine = [fact for index, fact in enumerate(facts) if index % (THREADS // 2) == number // 2]
        for fact in mine:
            tellers[number](TERMS, fact)

    in_threads(work)
    assert sum(teller.stale for teller in tellers) > 0, "nobody was ever in the way"
    assert sum(teller.known for teller in tellers) <= FACTS
    must_be_exact(ledger, TERMS, facts)
    assert isinstance(VerifyLedger(ledger)(), Verified)


def test_sixteen_threads_on_fifty_loans(ledger: DynamoLedger) -> None:
    loans = [replace(TERMS, loan_id=f"loan_{number:02d}") for number in range(LOANS)]
    for terms in loans:
        ledger.open(terms)
        Teller(ledger)(terms, lent())

    def facts_of(number: int) -> list[tuple[AccountTerms, Transaction]]:
        """Half of the loans, in an order of its own: eight payments a loan."""
        chance = random.Random(number)
        mine = [terms for index, terms in enumerate(loans) if (index + number) % 2]
        chance.shuffle(mine)
        made = paid("02-01", 10 + number, transaction_id=f"bank-{number:02d}")
        return [(terms, made) for terms in mine]

    teller = Teller(ledger)

    def work(number: int) -> None:
        for terms, made in facts_of(number):
            teller(terms, made)

    in_threads(work)
    for terms in loans:
        facts = [made for number in range(THREADS) for of, made in facts_of(number) if of is terms]
        assert len(facts) == THREADS // 2
        must_be_exact(ledger, terms, facts)
    proof = VerifyLedger(ledger)()
    assert isinstance(proof, Verified)
    assert (proof.loans, proof.transactions) == (LOANS, LOANS * (1 + THREADS // 2))
