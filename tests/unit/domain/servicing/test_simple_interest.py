"""Simple daily interest: 36,500 at 10 % by actual days over 365, so 10 a day at first."""

from datetime import timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from lending.domain.delinquency import delinquency
from lending.domain.servicing.account import AccountStatus, Owes, owes, quote, status
from lending.domain.servicing.debts import unpaid
from lending.domain.servicing.transactions import TransactionKind

from tests.unit.domain.servicing.loans import (
    SIMPLE,
    Bookkeeper,
    day,
    fact,
    lent,
    paid,
    returned,
    settled,
)

LENT = lent(amount_minor=36_500)


def test_a_payment_on_time_pays_the_interest_of_its_days() -> None:
    """31 days: 310; the rest of 12,310 repays 12,000; then 24,500 x 10 % / 365 a day."""
    books = Bookkeeper(SIMPLE, LENT, paid("02-01", 12_310))
    assert books.owed() == Owes(24_500, 0, 0, 0)
    assert books.owed("03-01") == Owes(24_500, 24_500 * 28 // 3650, 0, 0)


def test_a_late_payment_costs_the_interest_of_the_days_it_is_late() -> None:
    books = Bookkeeper(SIMPLE, LENT, paid("02-11", 12_310))
    assert books.owed() == Owes(36_500 - (12_310 - 410), 0, 0, 0)


def test_an_early_payment_saves_interest_and_still_meets_its_instalment() -> None:
    books = Bookkeeper(SIMPLE, LENT, paid("01-22", 12_310))
    assert books.owed() == Owes(36_500 - (12_310 - 210), 0, 0, 0)
    rows = unpaid(SIMPLE, books.books.account, day("02-10"))
    assert delinquency(day("02-10"), rows).overdue_minor == 0


def test_interest_that_accrued_is_not_due_before_its_instalment() -> None:
    books = Bookkeeper(SIMPLE, LENT)
    assert delinquency(day("01-20"), unpaid(SIMPLE, books.books.account, day("01-20"))) == (
        delinquency(day("01-20"), [])
    )
    late = delinquency(day("02-03"), unpaid(SIMPLE, books.books.account, day("02-03")))
    assert (late.past_due_days, late.overdue_minor) == (2, 12_310)


def test_the_last_row_takes_what_late_payment_left_over() -> None:
    """Paid in full amounts but late, principal is left at the end; it is owed with the last row."""
    books = Bookkeeper(SIMPLE, LENT, paid("02-21", 12_310), paid("03-21", 12_190))
    left = 36_500 - (12_310 - 510)  # 51 days x 10
    interest = left * 28 // 3650
    left -= 12_190 - interest
    books.book(paid("04-01", 12_610))
    accrued = left * 11
    owed = books.owed()
    assert owed.interest_minor == 0
    assert owed.principal_minor - (left - 12_610 + accrued // 3650) in {0, 1}
    rows = unpaid(SIMPLE, books.books.account, day("05-01"))
    assert rows[0].due_on == day("04-01")
    assert rows[0].outstanding_minor >= owed.principal_minor


def test_rounding_happens_once_not_with_every_payment() -> None:
    """Interest of 1 principal unit a day is 1/3650: ten payments round as one."""
    often = Bookkeeper(SIMPLE, LENT)
    for number in range(10):
        often.book(paid("01-05", 1, transaction_id=f"p{number}"))
    for number in range(2, 29):
        often.accrue(day(f"02-{number:02d}"))
    once = Bookkeeper(SIMPLE, LENT, paid("01-05", 10))
    assert often.owed("02-28") == once.owed("02-28")


def test_a_settlement_and_its_chargeback() -> None:
    first = paid("02-01", 12_310)
    books = Bookkeeper(SIMPLE, LENT, first)
    closing = quote(SIMPLE, books.books.account, day("02-16")).total_minor
    assert closing == 24_500 + 24_500 * 15 // 3650
    closed = books.book(settled("02-16", closing))
    assert closed.closed
    assert books.balances() == {
        "cash_clearing": 310 + 100,
        "interest_income": -(310 + 100),
    }
    assert books.book(returned("06-01", first)).reopened
    # On 16 February 46 days at 10 a day were owed; the rest of the money repaid principal.
    left = 36_500 - (closing - 460)
    assert books.owed("06-01") == Owes(left, left * 105 // 3650, 0, 0)


def test_a_write_off_takes_the_interest_that_accrued() -> None:
    books = Bookkeeper(SIMPLE, LENT, fact(TransactionKind.WRITE_OFF, "03-02", 36_500 + 600))
    assert status(books.books.account) is AccountStatus.WRITTEN_OFF
    assert books.balances() == {
        "cash_clearing": -36_500,
        "interest_income": -600,
        "write_off": 37_100,
    }


def test_a_loan_repaid_before_its_next_drawdown_goes_on() -> None:
    """20,000 for 10 days cost 54.79, of which 54 are paid; 16,500 then accrue on from the rest."""
    books = Bookkeeper(SIMPLE, lent(amount_minor=20_000), paid("01-11", 20_054))
    assert status(books.books.account) is AccountStatus.ACTIVE
    books.book(lent("02-01", 16_500))
    accrued = (20_000 * 10 + 16_500 * 28) // 3650
    assert books.owed("03-01") == Owes(16_500, accrued - 54, 0, 0)


def test_paying_everything_closes_and_the_rest_waits() -> None:
    books = Bookkeeper(SIMPLE, LENT)
    last = books.book(paid("01-11", 36_500 + 100 + 7))
    assert last.closed
    assert books.balances() == {"cash_clearing": 107, "interest_income": -100, "suspense": -7}


@given(st.lists(st.tuples(st.integers(0, 120), st.integers(1, 9_000)), min_size=1, max_size=8))
def test_interest_is_principal_by_days_whatever_the_payments(
    payments: list[tuple[int, int]],
) -> None:
    """Recomputed in fractions: between payments principal x rate x days / 365, rounded down."""
    books = Bookkeeper(SIMPLE, LENT)
    start = day("01-01")
    principal, exact, interest_paid, since = 36_500, Fraction(0), 0, 0
    for number, (offset, amount) in enumerate(sorted(payments)):
        exact += Fraction(principal * 10 * (offset - since), 36_500)
        since = offset
        interest = min(amount, int(exact) - interest_paid)
        interest_paid += interest
        repaid = min(principal, amount - interest)
        principal -= repaid
        on = start + timedelta(days=offset)
        made = paid(on.isoformat()[5:], amount, transaction_id=f"p{number:02d}")
        books.book(made)
        owed = owes(SIMPLE, books.books.account, on)
        assert owed == Owes(principal, int(exact) - interest_paid, 0, 0)
