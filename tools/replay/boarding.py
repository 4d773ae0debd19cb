"""A real loan as an account: what its lender took over at the cut-off, as terms and plan.

The files begin when the loans were sold to a trust; what was paid before is not in them. So a
loan is opened with the principal that its first month tells, on the day that interest had been
paid to, with the agreed rate, instalment and remaining term. Interest is simple and daily, as
the reported interest shows (its days over 365 fit actual days). Instalments fall due at month
ends: the file has months only, so a payment in its month is in time.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from lending.domain.allocation import AllocationRules, entries_of
from lending.domain.dates import MONTHS_PER_YEAR, add_months
from lending.domain.ledger.accounts import Account
from lending.domain.money import Rounding, divide
from lending.domain.schedule import PlanKind, Terms, repayment_schedule
from lending.domain.servicing.terms import AccountTerms, InterestBasis, PlanRow
from lending.domain.servicing.transactions import Transaction, TransactionKind

from tools.replay.files import LoanRow, MonthRow

CURRENCY: Final = "USD"
YEAR_DAYS: Final = 365
TOLERANCE_MINOR: Final = 100
RULES: Final = AllocationRules(entries_of(["penalty", "fee", "interest", "principal"]))
# Where in its month the first payment is taken to lie, when that is open.
MIDDLE: Final = 14
LONGEST_FIRST_PERIOD: Final = 60


def ledger_id(loan_id: str) -> str:
    """The loan's id in the ledger."""
    return f"loan_{loan_id}"


def first_day(month: int) -> date:
    """Of a month counted from year 0."""
    return date(month // MONTHS_PER_YEAR, month % MONTHS_PER_YEAR + 1, 1)


def last_day(month: int) -> date:
    """Of a month counted from year 0."""
    return first_day(month + 1) - timedelta(days=1)


def booked_at(on: date) -> datetime:
    """When a day's facts are booked: a function of the data, so that a replay repeats itself."""
    return datetime(on.year, on.month, on.day, 23, tzinfo=UTC)


def terms_of(loan: LoanRow, first: MonthRow | None) -> AccountTerms:
    """The account's terms; without a balance in the file, as the plan stands after its age."""
    if first is None or first.balance_minor + first.principal_minor <= 0:
        principal, opened_on = planned_balance(loan), last_day(loan.first_month - 1)
    else:
        principal = first.balance_minor + first.principal_minor
        opened_on = interest_paid_to(loan, first, principal)
    count = max(1, loan.term_months - loan.age_months)
    due_dates = tuple(last_day(loan.first_month + index) for index in range(count))
    drawn = repayment_schedule(
        Terms(
            principal_minor=principal,
            annual_rate_pct=loan.annual_rate_pct,
            plan=PlanKind.EQUAL_INSTALMENT,
            disbursed_on=opened_on,
            due_dates=due_dates,
            instalment_minor=loan.instalment_minor,
        )
    )
    return AccountTerms(
        loan_id=ledger_id(loan.loan_id),
        currency=CURRENCY,
        opened_on=opened_on,
        plan=tuple(
            PlanRow(row.due_on, row.principal_minor, row.interest_minor) for row in drawn.rows
        ),
        rules=RULES,
        tolerance_minor=TOLERANCE_MINOR,
        basis=InterestBasis.OUTSTANDING,
        annual_rate_pct=loan.annual_rate_pct,
        year_days=YEAR_DAYS,
    )


def boarded(terms: AccountTerms) -> Transaction:
    """The principal taken over; it was funded, not paid out by us."""
    return Transaction(
        transaction_id=f"{terms.loan_id}-boarding",
        kind=TransactionKind.DISBURSEMENT,
        value_on=terms.opened_on,
        booked_at=booked_at(terms.opened_on),
        currency=terms.currency,
        amount_minor=terms.principal_minor,
        credit=Account.FUNDING,
    )


def interest_paid_to(loan: LoanRow, first: MonthRow, principal_minor: int) -> date:
    """The day from which the first reported interest must have run, before the first month.

    Counted back from the middle of the month by principal x rate x days / 365.
    """
    last = last_day(loan.first_month - 1)
    interest = first.payment_minor - first.principal_minor
    if first.payment_minor == 0 or loan.annual_rate_pct == 0 or interest <= 0:
        return min(last, first_day(loan.first_month - 1) + timedelta(days=MIDDLE))
    yearly = principal_minor * loan.annual_rate_pct / 100
    days = divide(interest * YEAR_DAYS * yearly.denominator, yearly.numerator, Rounding.HALF_UP)
    middle = first_day(loan.first_month) + timedelta(days=MIDDLE)
    return min(last, middle - timedelta(days=min(days, LONGEST_FIRST_PERIOD)))


def planned_balance(loan: LoanRow) -> int:
    """What the original plan owes after the loan's age."""
    drawn = repayment_schedule(
        Terms(
            principal_minor=loan.amount_minor,
            annual_rate_pct=loan.annual_rate_pct,
            plan=PlanKind.EQUAL_INSTALMENT,
            disbursed_on=add_months(first_day(loan.first_month), -loan.age_months),
            periods=loan.term_months,
        )
    )
    paid = [row.balance_minor for row in drawn.rows[: loan.age_months]]
    return paid[-1] if paid else loan.amount_minor


def days_of_interest(
    terms: AccountTerms, principal_minor: int, accrued: int, wanted_minor: int
) -> int:
    """Days until the interest accrued (a numerator) comes to the amount wanted, to the nearest."""
    rate = terms.annual_rate_pct.numerator
    missing = wanted_minor * terms.interest_denominator - accrued
    return divide(missing, principal_minor * rate, Rounding.HALF_UP)


def half_a_day_minor(terms: AccountTerms, principal_minor: int) -> int:
    """Half a day's interest, rounded up, and the cent that roundings may differ by."""
    rate = terms.annual_rate_pct.numerator
    return divide(principal_minor * rate, 2 * terms.interest_denominator, Rounding.UP) + 1
