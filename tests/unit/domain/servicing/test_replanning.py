"""A loan goes on under another plan: what was paid stays paid, whenever its facts are booked.

The second plan repays what is left after one row in three months instead of two.
"""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.domain.computable import NotComputable
from lending.domain.faults import StaleVersion
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.account import AccountStatus, status
from lending.domain.servicing.booking import accrue
from lending.domain.servicing.debts import unpaid
from lending.domain.servicing.terms import AccountTerms, InterestBasis, PlanRow
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.domain.servicing.wire import (
    books_from_wire,
    books_to_wire,
    terms_from_wire,
    terms_to_wire,
    transaction_from_wire,
    transaction_to_wire,
)

from tests.unit.domain.servicing.loans import AT, TERMS, Bookkeeper, day, fact, lent, paid, returned

LONGER = replace(
    TERMS,
    number=1,
    plan=(
        TERMS.plan[0],
        PlanRow(date(2026, 3, 1), 60, 28),
        PlanRow(date(2026, 4, 1), 70, 31),
        PlanRow(date(2026, 5, 1), 70, 30),
    ),
)
BOTH = replace(TERMS, later=(LONGER,))


def replan(on: str = "02-10", **more: object) -> Transaction:
    return fact(TransactionKind.REPLAN, on, 200, plan=1, **more)


def owed_by_row(books: Bookkeeper, on: str) -> list[tuple[str, int]]:
    found = unpaid(books.terms, books.books.account, day(on))
    return [(one.due_on.isoformat()[5:], one.outstanding_minor) for one in found]


def test_from_its_day_on_the_new_plan_is_owed() -> None:
    books = Bookkeeper(BOTH, lent(), paid("02-01", 131), replan())
    assert owed_by_row(books, "02-10") == [("03-01", 88), ("04-01", 101), ("05-01", 100)]
    assert books.books.account.plan == 1
    assert books.entries[-1].kind.value == "accrual"  # a new plan itself moves no money


def test_a_replanned_loan_is_paid_to_its_last_cent() -> None:
    books = Bookkeeper(BOTH, lent(), paid("02-01", 131), replan())
    for on, amount in (("03-01", 88), ("04-01", 101), ("05-01", 100)):
        books.book(paid(on, amount))
    assert status(books.books.account) is AccountStatus.CLOSED
    assert books.result_minor() == 31 + 28 + 31 + 30
    assert books.balances()["cash_clearing"] == books.result_minor()


def test_what_was_paid_ahead_is_paid_of_the_new_rows() -> None:
    books = Bookkeeper(BOTH, lent(), paid("02-01", 131), paid("02-05", 38), replan())
    # Of 38 ahead the old row got its interest of 28 and 10 of principal.
    assert owed_by_row(books, "02-10") == [("03-01", 50), ("04-01", 101), ("05-01", 100)]


def test_a_whole_row_paid_ahead_reaches_into_the_rows_after_it() -> None:
    books = Bookkeeper(BOTH, lent(), paid("02-01", 131), paid("02-05", 128), replan())
    # 100 of principal and 28 of interest: the row of 60 and 28, and 40 of the next.
    assert owed_by_row(books, "02-10") == [("04-01", 61), ("05-01", 100)]


def test_interest_paid_ahead_that_no_row_holds_pays_principal() -> None:
    cheap = replace(LONGER, plan=(TERMS.plan[0], PlanRow(date(2026, 6, 1), 200, 20)))
    books = Bookkeeper(
        replace(TERMS, later=(cheap,)), lent(), paid("02-01", 131), paid("02-05", 150), replan()
    )
    left = books.owed("06-01")
    assert left.principal_minor + left.interest_minor == 200 + 20 - 150
    assert books.books.account.suspense_minor == 0


def test_a_payment_of_an_earlier_day_is_paid_under_the_plan_of_its_day() -> None:
    books = Bookkeeper(BOTH, lent(), replan())
    assert owed_by_row(books, "02-10")[0] == ("02-01", 131)
    late = books.book(paid("02-01", 131))
    assert late.replayed
    assert owed_by_row(books, "02-10") == [("03-01", 88), ("04-01", 101), ("05-01", 100)]


def test_a_payment_that_comes_back_is_owed_again_under_the_new_plan() -> None:
    first = paid("02-01", 131)
    books = Bookkeeper(BOTH, lent(), first, replan())
    books.book(returned("02-20", first))
    assert owed_by_row(books, "02-20")[:2] == [("02-01", 131), ("03-01", 88)]


def test_what_is_lent_anew_after_its_payout_came_back_is_lent_under_the_plan_in_force() -> None:
    out = lent()
    books = Bookkeeper(BOTH, out, paid("02-01", 131), replan())
    books.book(returned("02-20", out))
    assert owed_by_row(books, "02-20") == []
    books.book(lent("02-25", transaction_id="again"))
    assert books.books.account.plan == 1
    assert [on for on, _ in owed_by_row(books, "02-25")] == ["03-01", "04-01", "05-01"]


def test_a_new_plan_does_not_make_interest_jump() -> None:
    books = Bookkeeper(BOTH, lent(), paid("02-01", 131))
    books.accrue(day("02-15"))
    before = books.owed("02-15")
    books.book(replan("02-10"))
    assert books.owed("02-15") == before
    assert accrue(books.terms, books.books, day("02-15"), AT) is None


def test_a_plan_comes_into_force_once_and_in_turn() -> None:
    books = Bookkeeper(BOTH, lent(), paid("02-01", 131), replan())
    assert books.refused(replan("02-11")) is BookingRefusal.UNFIT
    assert books.refused(replace(paid("02-11", 5), plan=1)) is BookingRefusal.UNFIT
    assert books.refused(returned("02-12", replan())) is BookingRefusal.NOT_REVERSIBLE


def test_a_closed_loan_takes_no_new_plan() -> None:
    books = Bookkeeper(BOTH, lent(), paid("02-01", 131), paid("02-02", 259))
    assert books.refused(replan()) is BookingRefusal.NOT_OPEN


def test_terms_read_before_the_new_plan_are_stale() -> None:
    books = Bookkeeper(BOTH, lent(), paid("02-01", 131), replan())
    with pytest.raises(StaleVersion):
        unpaid(TERMS, books.books.account, day("02-10"))


@pytest.mark.parametrize(
    "later",
    [
        replace(LONGER, number=2),
        replace(LONGER, loan_id="loan_2"),
        replace(LONGER, plan=LONGER.plan[:-1]),
    ],
)
def test_a_plan_that_repays_something_else_is_none_of_the_loan(later: AccountTerms) -> None:
    with pytest.raises(NotComputable):
        replace(TERMS, later=(later,))


def test_simple_interest_has_no_later_plan() -> None:
    simple = {"basis": InterestBasis.OUTSTANDING}
    with pytest.raises(NotComputable):
        replace(TERMS, **simple, later=(replace(LONGER, **simple),))


def test_plan_and_fact_are_stored_and_read() -> None:
    books = Bookkeeper(BOTH, lent(), paid("02-01", 131), replan())
    assert terms_from_wire(terms_to_wire(LONGER)) == LONGER
    assert "number" not in terms_to_wire(TERMS)
    assert books_from_wire(books_to_wire(books.books)) == books.books
    assert transaction_from_wire(transaction_to_wire(replan())) == replan()


MONEY = st.tuples(st.integers(0, 120), st.integers(1, 200))


@given(st.lists(MONEY, max_size=6), st.integers(31, 58), st.data())
def test_the_order_of_booking_does_not_matter(
    drawn: list[tuple[int, int]], when: int, data: st.DataObject
) -> None:
    """I8, I4: payments before, on and after the day of the new plan, booked in any order."""
    start = date(2026, 1, 1).toordinal()

    def on(offset: int) -> str:
        return date.fromordinal(start + offset).isoformat()[5:]

    facts = [
        paid(on(offset), amount, transaction_id=f"p{number}")
        for number, (offset, amount) in enumerate(drawn)
    ]
    extended = replan(on(when))
    in_order = Bookkeeper(BOTH, lent())
    taken = [
        one
        for one in sorted([*facts, extended], key=lambda one: (one.value_on, one.kind.value))
        if not isinstance(in_order.attempt(one), BookingRefusal)
    ]
    shuffled = Bookkeeper(BOTH, lent())
    for one in data.draw(st.permutations(taken)):
        shuffled.book(one)
    assert shuffled.books.account == in_order.books.account
    received = sum(one.amount_minor for one in taken if one.kind is TransactionKind.PAYMENT)
    account = shuffled.books.account
    owed = shuffled.owed("12-31")
    if account.ended is None:
        scheduled = BOTH.in_force(account.plan).total_until[-1]
        assert owed.total_minor - account.suspense_minor == scheduled - received
