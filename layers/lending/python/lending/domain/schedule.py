"""The equal-instalment plan (等额本息): whole minor units, one rounding a row.

Convention PERIODIC: each month is exactly one twelfth of the annual rate. The instalment is
P * (1+r)^n / (1 + (1+r) + ... + (1+r)^(n-1)), rounded once; interest of a row is
balance * rate / 12, rounded once; the last row clears the balance (docs of `autolend calc`).
"""

import calendar
from datetime import date

from lending.domain.money import Rounding, divide
from lending.domain.records import Instalment

MONTHS_PER_YEAR = 12
BPS = 10_000


def add_months(anchor: date, months: int) -> date:
    """The same day number months later, clamped to a short month's last day."""
    years, month_index = divmod(anchor.month - 1 + months, MONTHS_PER_YEAR)
    year, month = anchor.year + years, month_index + 1
    return date(year, month, min(anchor.day, calendar.monthrange(year, month)[1]))


def instalment_minor(
    principal_minor: int, annual_rate_bps: int, term_months: int, rounding: Rounding
) -> int:
    """The regular instalment, exact until its one rounding.

    With d = 12 * 10,000 and r = rate/d, (1+r)^i = (d+rate)^i / d^i, so the annuity is a
    quotient of two integers and no decimal is cut before the division.

    Raises:
        ValueError: principal or term below 1, or a negative rate.
    """
    if principal_minor < 1 or term_months < 1 or annual_rate_bps < 0:
        raise ValueError("principal and term are at least 1, the rate at least 0")
    if annual_rate_bps == 0:
        return divide(principal_minor, term_months, rounding)
    unit = MONTHS_PER_YEAR * BPS
    grown = (unit + annual_rate_bps) ** term_months
    flat = unit**term_months
    return divide(principal_minor * grown * annual_rate_bps, (grown - flat) * unit, rounding)


def equal_instalment(
    principal_minor: int,
    annual_rate_bps: int,
    term_months: int,
    opened_on: date,
    rounding: Rounding,
) -> tuple[Instalment, ...]:
    """The whole plan: `term_months` rows, monthly from `opened_on`, principal sums exactly.

    Raises:
        ValueError: as `instalment_minor`.
    """
    regular = instalment_minor(principal_minor, annual_rate_bps, term_months, rounding)
    rows: list[Instalment] = []
    balance = principal_minor
    for number in range(1, term_months + 1):
        interest = divide(balance * annual_rate_bps, MONTHS_PER_YEAR * BPS, rounding)
        principal = max(0, min(regular - interest, balance))
        if number == term_months:
            principal = balance
        balance -= principal
        rows.append(
            Instalment(
                number=number,
                due_on=add_months(opened_on, number),
                principal_minor=principal,
                interest_minor=interest,
                total_minor=principal + interest,
                balance_minor=balance,
            )
        )
    return tuple(rows)
