"""The all-in cost sheet (综合融资成本明示表): every cost of a loan, who charges it, and the rate.

Shown before signing (金规〔2026〕2号): what is lent, each item of interest and fees with its payee,
base, time and amount, what may be charged only if something happens, and the annual all-in cost
of a normal course. Nothing may be charged that is not on it: a schedule that charges more, or
less, than the items say is refused. Amounts are minor units; the sheet is plain data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from lending.domain.computable import NotComputable
from lending.domain.disclosure.apr import Method, TimedLoan, annual_rates
from lending.domain.disclosure.caps import within_cap
from lending.domain.rate import Flow
from lending.domain.rate.conversion import snapped
from lending.domain.rate.precision import DIGITS, as_decimal, exact_context
from lending.domain.schedule import Row, Schedule

INTEREST: Final = "interest"
PERCENT: Final = 100


class When(StrEnum):
    """When a cost is paid: on the first day, within the principal, or with each instalment."""

    UPFRONT = "upfront"
    FINANCED = "financed"
    EACH_INSTALMENT = "each_instalment"


class RateBasis(StrEnum):
    """How the annual cost is stated: compound (IRR), or simple, which has to be said beside it."""

    IRR_NOMINAL = "irr_nominal"
    IRR_EFFECTIVE = "irr_effective"
    SIMPLE = "simple"


@dataclass(frozen=True, slots=True)
class Charge:
    """A fee of the loan: `amount_minor` each time, `pct` of `base` for reading (None: fixed).

    `is_counted` False: money for something else than the loan, listed but not part of its cost.
    """

    code: str
    payee: str
    when: When
    amount_minor: int
    base: str | None = None
    pct: Fraction | None = None
    is_counted: bool = True


@dataclass(frozen=True, slots=True)
class Contingency:
    """What is charged only `when` something happens: exactly one of an amount, `pct` of `base`."""

    code: str
    payee: str
    when: str
    amount_minor: int | None = None
    base: str | None = None
    pct: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A line of `times` payments with this total; each of `amount_minor`, None: they differ."""

    code: str
    payee: str
    when: When
    base: str | None
    pct: Fraction | None
    amount_minor: int | None
    times: int
    total_minor: int
    is_counted: bool


@dataclass(frozen=True, slots=True)
class AnnualCost:
    """Percent a year, error < 1e-20; whether the unrounded rate keeps to the cap (None: no cap)."""

    basis: RateBasis
    pct: Decimal
    is_within_cap: bool | None


@dataclass(frozen=True, slots=True)
class CostSheet:
    """`principal_minor` is repaid: what is lent and the financed fees. Costs are counted items."""

    currency: str
    principal_minor: int
    received_minor: int
    items: tuple[Item, ...]
    contingencies: tuple[Contingency, ...]
    total_cost_minor: int
    total_paid_minor: int
    annual_cost: AnnualCost


@dataclass(frozen=True, slots=True)
class Lending:
    """Who lends, at which nominal annual rate, and how the market wants the cost stated.

    `upfront_interest_minor` is interest of odd days, paid on the first day.
    """

    currency: str
    lender: str
    annual_rate_pct: Fraction
    basis: RateBasis
    cap_pct: Decimal | None = None
    upfront_interest_minor: int = 0


def cost_sheet(
    schedule: Schedule,
    lending: Lending,
    charges: Sequence[Charge],
    contingencies: Sequence[Contingency] = (),
) -> CostSheet:
    """The sheet of a loan's schedule, whose fees are exactly `charges`.

    Raises:
        NotComputable: contradiction, the schedule asks for other sums than the charges, or a
            contingency has no or two measures; invalid_field, money in several tranches;
            no_solution, no annual rate balances the flows.
    """
    if schedule.in_tranches:
        raise NotComputable("invalid_field", "/schedule", "money in several tranches has no sheet")
    _check_contingencies(contingencies)
    _check_complete(schedule, lending, charges)
    fees_paid = sum(1 for row in schedule.rows if row.fee_minor)
    items = (_interest(schedule, lending), *(_item(one, fees_paid) for one in charges))
    cost = sum(item.total_minor for item in items if item.is_counted)
    return CostSheet(
        currency=lending.currency,
        principal_minor=sum(row.principal_minor for row in schedule.rows),
        received_minor=schedule.lent_minor - schedule.upfront_minor,
        items=items,
        contingencies=tuple(contingencies),
        total_cost_minor=cost,
        total_paid_minor=schedule.totals.total_minor,
        annual_cost=_annual_cost(schedule, lending, charges, cost),
    )


def _check_contingencies(contingencies: Sequence[Contingency]) -> None:
    for at, one in enumerate(contingencies):
        if (one.amount_minor is None) is (one.pct is None):
            detail = "an amount or a percentage: one of the two"
            raise NotComputable("contradiction", f"/contingencies/{at}", detail)


def _check_complete(schedule: Schedule, lending: Lending, charges: Sequence[Charge]) -> None:
    """Nothing is charged that is not listed, and nothing is listed that is not charged."""
    listed = {when: _sum(charges, when) for when in When}
    repaid = sum(row.principal_minor for row in schedule.rows)
    each = {row.fee_minor for row in schedule.rows if row.fee_minor} or {0}
    charged = {
        When.UPFRONT: schedule.upfront_minor - lending.upfront_interest_minor,
        When.FINANCED: repaid - schedule.lent_minor,
        When.EACH_INSTALMENT: max(each),
    }
    for when, amount in charged.items():
        if amount != listed[when] or len(each) > 1:
            detail = f"{when}: {amount} is charged, {listed[when]} is listed"
            raise NotComputable("contradiction", "/charges", detail)


def _sum(charges: Sequence[Charge], when: When, *, only_others: bool = False) -> int:
    return sum(
        one.amount_minor
        for one in charges
        if one.when is when and not (only_others and one.is_counted)
    )


def _interest(schedule: Schedule, lending: Lending) -> Item:
    paid = [lending.upfront_interest_minor, *(row.interest_minor for row in schedule.rows)]
    paid = [amount for amount in paid if amount]
    return Item(
        code=INTEREST,
        payee=lending.lender,
        when=When.EACH_INSTALMENT,
        base="balance",
        pct=lending.annual_rate_pct,
        amount_minor=paid[0] if len(set(paid)) == 1 else None,
        times=len(paid),
        total_minor=sum(paid),
        is_counted=True,
    )


def _item(charge: Charge, instalments: int) -> Item:
    times = instalments if charge.when is When.EACH_INSTALMENT else 1
    return Item(
        code=charge.code,
        payee=charge.payee,
        when=charge.when,
        base=charge.base,
        pct=charge.pct,
        amount_minor=charge.amount_minor,
        times=times,
        total_minor=charge.amount_minor * times,
        is_counted=charge.is_counted,
    )


def _annual_cost(
    schedule: Schedule, lending: Lending, charges: Sequence[Charge], cost: int
) -> AnnualCost:
    per_year = Fraction(schedule.period.per_year, schedule.period.every)
    cap = lending.cap_pct
    if lending.basis is RateBasis.SIMPLE:
        used = _balance_times_periods(schedule.rows)
        if used <= 0:
            raise NotComputable("no_solution", "", "no principal is used for any time")
        yearly = Fraction(cost * PERCENT, used) * per_year
        with exact_context(DIGITS):
            pct = snapped(as_decimal(yearly))
        return AnnualCost(lending.basis, pct, None if cap is None else yearly <= Fraction(cap))
    flows = tuple(Flow(amount, time) for time, amount in _counted_flows(schedule, charges))
    nominal = TimedLoan(Method.IRR, flows, per_year)
    rates = annual_rates(nominal)
    if lending.basis is RateBasis.IRR_NOMINAL:
        within = None if cap is None else within_cap(nominal, rates, cap)
        return AnnualCost(lending.basis, rates.rate_pct, within)
    in_years = tuple(Flow(flow.amount, Fraction(flow.time, per_year)) for flow in flows)
    effective = TimedLoan(Method.EU_EFFECTIVE, in_years)
    rates = annual_rates(effective)
    within = None if cap is None else within_cap(effective, rates, cap)
    return AnnualCost(lending.basis, rates.rate_pct, within)


def _counted_flows(schedule: Schedule, charges: Sequence[Charge]) -> list[tuple[int, int]]:
    """The borrower's flows as if what is not counted were neither financed nor paid."""
    each = _sum(charges, When.EACH_INSTALMENT, only_others=True)
    at_start = schedule.flows[0][1] + sum(
        _sum(charges, when, only_others=True) for when in (When.UPFRONT, When.FINANCED)
    )
    later = [
        (row.n, (each if row.fee_minor else 0) - row.total_minor)
        for row in schedule.rows
        if row.n > 0
    ]
    return [(0, at_start), *later]


def _balance_times_periods(rows: Sequence[Row]) -> int:
    """Principal times the periods it is used: what simple interest of 1 a period comes to."""
    balance = sum(row.principal_minor for row in rows)
    used = period = 0
    for row in rows:
        used += balance * (row.n - period)
        balance, period = row.balance_minor, row.n
    return used
