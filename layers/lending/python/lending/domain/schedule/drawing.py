"""Draw up a schedule: what is scheduled, by which plan, and what comes on top (rules 4, 10-15)."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import pairwise, repeat
from operator import add
from typing import Final

from lending.domain.computable import NotComputable
from lending.domain.dates import DAYS_PER_YEAR
from lending.domain.daycount import COMMERCIAL_YEAR_DAYS, YEARS_OF_360
from lending.domain.money import Rounding, divide
from lending.domain.schedule.charges import Outstanding, charges, rate_line
from lending.domain.schedule.conditions import check, periods_at_most
from lending.domain.schedule.ground import Drawn, Ground
from lending.domain.schedule.layout import lay_out, periods_until_the_last_year
from lending.domain.schedule.levelled import not_repaid, periods_until_repaid
from lending.domain.schedule.plans import PLANS, periods_of_fixed_rents
from lending.domain.schedule.rows import Row, RowKind, Schedule
from lending.domain.schedule.terms import OddDays, PlanKind, Terms, Tranche

PERCENT: Final = 100
# Row._make without its Python frame: rows are most of what is allocated.
NEW_ROW: Final[Callable[[Iterable[object]], Row]] = partial(tuple.__new__, Row)


def repayment_schedule(terms: Terms) -> Schedule:
    """The schedule of these terms, exact until its documented roundings.

    Raises:
        NotComputable: the terms do not fit together, or nothing satisfies them.
    """
    check(terms)
    financed = _fees(terms, "financed")
    down_minor = _down_payment(terms, financed)
    scheduled = terms.lent_minor + financed - down_minor
    _check_one_unit(terms, scheduled)
    tranches = _tranches(terms, financed - down_minor)
    ground = _ground(terms, scheduled, tranches, _periods(terms, scheduled, tranches))
    drawn = PLANS[terms.plan](ground)
    odd_upfront = _collect(ground, drawn)
    rows = _rows_at_start(terms, down_minor, drawn, scheduled)
    rows += _rows(drawn, ground)
    return Schedule(
        rows=tuple(rows),
        instalment_minor=drawn.instalment_minor,
        upfront_minor=_fees(terms, "upfront") + odd_upfront,
        lent_minor=terms.lent_minor,
        in_tranches=terms.tranches is not None,
        period=terms.period,
    )


def share_of(amount_minor: int, pct: Fraction, mode: Rounding) -> int:
    """A percentage of an amount, rounded once."""
    return divide(amount_minor * pct.numerator, PERCENT * pct.denominator, mode)


def _fees(terms: Terms, when: str) -> int:
    """The sum of the fees due then; each is rounded by itself."""
    if not terms.fees:
        return 0
    return sum(
        fee.amount_minor or 0
        if fee.pct is None
        else share_of(terms.lent_minor, fee.pct, terms.rounding.mode)
        for fee in terms.fees
        if fee.when == when
    )


def _down_payment(terms: Terms, financed_minor: int) -> int:
    down = terms.down_payment
    if down is None:
        return 0
    mode, principal = terms.rounding.mode, terms.lent_minor + financed_minor
    amount = down.amount_minor or 0
    if down.pct is not None:
        amount = share_of(principal, down.pct, mode)
    amount = down.multiple_minor * divide(amount, down.multiple_minor, mode)
    if amount >= principal:
        detail = f"{amount} of {principal} leaves nothing to schedule"
        raise NotComputable("invalid_field", "/down_payment", detail)
    return amount


def _check_one_unit(terms: Terms, scheduled_minor: int) -> None:
    """Whether the instalment's unit fits into what is scheduled, where a unit matters."""
    if terms.plan is PlanKind.INTEREST_ONLY:
        return
    if terms.instalment_minor is not None or terms.principal_instalment_minor is not None:
        return
    unit = terms.rounding.instalment_multiple_minor
    if scheduled_minor < unit:
        detail = f"{scheduled_minor} scheduled is less than one instalment unit of {unit}"
        pointer = "/principal_minor" if terms.tranches is None else "/tranches"
        raise NotComputable("invalid_field", pointer, detail)


def _tranches(terms: Terms, added_minor: int) -> tuple[Tranche, ...]:
    """The disbursements; financed fees and the down payment change the first one."""
    if terms.tranches is None:
        return ()
    first = terms.tranches[0]
    amount = first.amount_minor + added_minor
    if amount < 1:
        detail = "not less than the first tranche, from which it is paid"
        raise NotComputable("invalid_field", "/down_payment", detail)
    return (replace(first, amount_minor=amount), *terms.tranches[1:])


def _periods(terms: Terms, scheduled: int, tranches: tuple[Tranche, ...]) -> int:
    """How many; of an open loan as many as the fixed instalment needs."""
    if terms.periods is not None or terms.due_dates is not None:
        return periods_at_most(terms)
    possible = periods_until_the_last_year(terms)
    if possible <= terms.grace.principal_periods + (terms.advance_rents or 0):
        raise not_repaid(possible)
    ground = _ground(terms, scheduled, tranches, possible)
    if terms.plan is PlanKind.LEASE:
        return periods_of_fixed_rents(ground)
    return periods_until_repaid(ground)


def _ground(terms: Terms, scheduled: int, tranches: tuple[Tranche, ...], periods: int) -> Ground:
    layout = lay_out(terms, periods)
    if tranches and layout.period_of(tranches[-1].on) is None:
        pointer = f"/tranches/{len(tranches) - 1}/on"
        raise NotComputable("invalid_field", pointer, "not before the last due date")
    rates = [(terms.disbursed_on, terms.annual_rate_pct)]
    rates += [(change.on, change.annual_rate_pct) for change in terms.rate_changes or ()]
    line = rate_line(rates)
    outstanding = None
    accrual = terms.accrual
    if accrual is not None and accrual.basis == "outstanding" and accrual.as_of is not None:
        lent = tranches or (Tranche(terms.disbursed_on, scheduled),)
        outstanding = Outstanding(accrual.as_of, lent, accrual.paid)
    charged = charges(layout, line, tranches)
    return Ground(terms, scheduled, tranches, layout, line, charged, outstanding)


def _collect(ground: Ground, drawn: Drawn) -> int:
    """Add odd days' interest, then move interest to where it is collected; what is due upfront."""
    upfront = 0
    if ground.layout.odd_from is not None:
        upfront = _add_odd_days(ground, drawn, ground.layout.odd_from)
    deferred = ground.terms.grace.interest_periods
    if deferred:
        interest = drawn.columns.interest
        interest[deferred] += sum(interest[:deferred])
        interest[:deferred] = [0] * deferred
    return upfront


def _add_odd_days(ground: Ground, drawn: Drawn, odd_from: date) -> int:
    """Simple interest of the days before the first regular period (rule 13).

    Returns what of it is paid on the day of disbursement.
    """
    terms = ground.terms
    mode = terms.rounding.mode
    year_days = COMMERCIAL_YEAR_DAYS if terms.day_count in YEARS_OF_360 else DAYS_PER_YEAR
    numerator = _odd_interest(ground, odd_from)
    denominator = ground.line.denominator * year_days
    if terms.odd_days_interest is OddDays.UPFRONT:
        return divide(numerator, denominator, mode)
    columns = drawn.columns
    rows = len(columns.interest) if terms.odd_days_interest is OddDays.SPREAD else 1
    denominator *= rows
    for row in range(rows):
        exact, unit = drawn.interest_of(row)
        added = exact * denominator + numerator * unit
        columns.interest[row] = divide(added, unit * denominator, mode)
    return 0


def _odd_interest(ground: Ground, odd_from: date) -> int:
    """Balance times rate times days, over the parts of the odd days."""
    line, until = ground.line, ground.layout.starts[0]
    days = {tranche.on for tranche in ground.tranches if odd_from < tranche.on < until}
    days |= {odd_from, until, *line.changes_between(odd_from, until)}
    exact = 0
    for since, to in pairwise(sorted(days)):
        balance = ground.opening_minor
        balance += sum(one.amount_minor for one in ground.tranches if one.on <= since)
        exact += balance * line.on(since) * (to - since).days
    return exact


def _rows_at_start(terms: Terms, down_minor: int, drawn: Drawn, scheduled: int) -> list[Row]:
    """What is paid on the day of disbursement itself: period 0."""
    on, rows = terms.disbursed_on, []
    if terms.down_payment is not None:
        kind, paid = RowKind.DOWN_PAYMENT, down_minor
        rows.append(Row(0, kind, on, on, 0, 0, 1, paid, 0, 0, paid, scheduled))
    if terms.advance_rents:
        kind, paid = RowKind.ADVANCE, drawn.advance_minor
        rows.append(Row(0, kind, on, on, 0, 0, 1, paid, 0, 0, paid, scheduled - paid))
    return rows


def _rows(drawn: Drawn, ground: Ground) -> list[Row]:
    """Columns become rows."""
    layout, charged, columns = ground.layout, drawn.charged, drawn.columns
    fee = _fees(ground.terms, "each_instalment")
    principal, interest = columns.principal, columns.interest
    total = list(map(add, principal, interest))
    if fee:
        total = [one + fee for one in total]
    of_period = drawn.of_period
    numbers: list[int] | range = range(1, len(principal) + 1)
    by_period = (layout.starts, layout.dues, layout.days, charged.rates, charged.denominators)
    if drawn.has_residual:
        numbers = [index + 1 for index in of_period]
        by_period = tuple([column[index] for index in of_period] for column in by_period)  # type: ignore[assignment]
    starts, dues, days, rates, denominators = by_period
    kinds = [RowKind.INSTALMENT] * len(principal)
    if drawn.has_residual:
        kinds[-1] = RowKind.RESIDUAL
    shown = zip(
        numbers, kinds, starts, dues, days, rates, denominators,
        principal, interest, repeat(fee), total, columns.balance,
    )  # fmt: skip
    return list(map(NEW_ROW, shown))
