"""Price what is asked for: its schedule, fees, add-ons and all-in rate, all from one core."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from lending.domain.agreed import AgreedAddOn, AgreedFee, PlanParameters
from lending.domain.computable import NotComputable
from lending.domain.dates import add_months
from lending.domain.daycount import DayCount
from lending.domain.money import Rounding, divide
from lending.domain.pricing.add_ons import priced_add_ons
from lending.domain.pricing.all_in import AllIn, all_in
from lending.domain.pricing.asked import Asked
from lending.domain.problem import Problem
from lending.domain.products import FeeRule, Product, pct_text
from lending.domain.records import Instalment
from lending.domain.schedule import (
    Fee,
    Grace,
    PlanKind,
    RoundingRules,
    Schedule,
    Step,
    Terms,
    repayment_schedule,
)

BPS_PER_PCT: Final = 100
PERCENT: Final = 100
# Names of the core for what a request has under another one; "" = the flows as a whole.
POINTERS: Final = {"/periods": "/term_months", "/principal_minor": "/amount_minor", "": "/plan"}


@dataclass(frozen=True, slots=True)
class Conventions:
    """How time and cents are counted."""

    day_count: DayCount
    rounding: RoundingRules


@dataclass(frozen=True, slots=True)
class DrawnUp:
    """A schedule and what it was drawn up from; the dear part of a price, its rate, is not here."""

    terms: Terms
    schedule: Schedule
    fees: tuple[AgreedFee, ...]
    add_ons: tuple[AgreedAddOn, ...]


@dataclass(frozen=True, slots=True)
class Priced:
    """A price without a promise: the schedule of the asked plan, with every cost."""

    asked: Asked
    annual_rate_bps: int
    terms: Terms
    schedule: Schedule
    fees: tuple[AgreedFee, ...]
    add_ons: tuple[AgreedAddOn, ...]
    all_in: AllIn

    @property
    def principal_minor(self) -> int:
        """Owed from the start: amount, financed add-ons and financed fees."""
        return self.schedule.totals.principal_minor

    @property
    def payout_minor(self) -> int:
        """Paid out: the amount and the financed add-ons."""
        return self.asked.lent_minor

    @property
    def total_fees_minor(self) -> int:
        """Fees over the whole term, whatever happens; add-ons that are a condition are fees."""
        fees = all_fees(self.fees, self.add_ons)
        at_once = sum(fee.amount_minor for fee in fees if fee.when != "each_instalment")
        return at_once + self.schedule.totals.fee_minor

    @property
    def total_cost_minor(self) -> int:
        """What the money costs: interest and all fees."""
        return self.schedule.totals.interest_minor + self.total_fees_minor

    @property
    def upfront_minor(self) -> int:
        """Paid on the day of payout besides the plan: fees, and what of add-ons is not financed."""
        optional = [one for one in self.add_ons if not one.in_all_in_cost]
        return self.schedule.upfront_minor + sum(one.paid_directly_minor for one in optional)

    @property
    def deposit_minor(self) -> int:
        """Given at the start, returned with the last payment."""
        return self.asked.parameters.deposit_minor or 0

    @property
    def instalments(self) -> tuple[Instalment, ...]:
        """The plan's rows as offers, contracts and loans keep them."""
        return instalments_of(self.schedule)


def price(
    asked: Asked, product: Product, annual_rate_bps: int, on: date, apr_cap_bps: int
) -> Priced:
    """Price a request without problems, paid out `on` a day.

    Raises:
        NotComputable: its numbers have no solution, such as a residual above the lease's worth.
    """
    drawn = drawn_up(asked, product, annual_rate_bps, on)
    deposit = asked.parameters.deposit_minor or 0
    received, paid = counted(drawn.schedule, drawn.fees, deposit)
    first_due_on = asked.first_due_on or add_months(on, 1)
    rates = all_in(received, paid, on, first_due_on, apr_cap_bps)
    return Priced(
        asked, annual_rate_bps, drawn.terms, drawn.schedule, drawn.fees, drawn.add_ons, rates
    )


def drawn_up(asked: Asked, product: Product, annual_rate_bps: int, on: date) -> DrawnUp:
    """The schedule of a request without problems, paid out `on` a day, and what it is made of.

    Raises:
        NotComputable: its numbers have no solution.
    """
    add_ons = priced_add_ons(asked, product)
    fees = tuple(_fee(rule, asked) for rule in product.fees)
    terms = terms_for(
        asked.plan,
        asked.parameters,
        lent_minor=lent_minor(asked.amount_minor, add_ons),
        term_months=asked.term_months,
        annual_rate_bps=annual_rate_bps,
        conventions=Conventions(product.day_count, product.rounding),
        fees=all_fees(fees, add_ons),
        disbursed_on=on,
        first_due_on=asked.first_due_on,
    )
    return DrawnUp(terms, repayment_schedule(terms), fees, add_ons)


def price_or_problem(
    asked: Asked, product: Product, annual_rate_bps: int, on: date, apr_cap_bps: int
) -> Priced | Problem:
    """As `price`; numbers without a solution are a problem of the field at fault."""
    try:
        return price(asked, product, annual_rate_bps, on, apr_cap_bps)
    except NotComputable as impossible:
        pointer = POINTERS.get(impossible.pointer, impossible.pointer)
        return Problem(pointer, impossible.detail)


def terms_for(
    plan: str,
    parameters: PlanParameters,
    *,
    lent_minor: int,
    term_months: int,
    annual_rate_bps: int,
    conventions: Conventions,
    fees: Sequence[AgreedFee],
    disbursed_on: date,
    first_due_on: date | None = None,
) -> Terms:
    """The terms of a monthly plan, as schedules are drawn up from."""
    steps = tuple(Step(step.periods, Fraction(step.weight)) for step in parameters.steps)
    return Terms(
        annual_rate_pct=Fraction(annual_rate_bps, BPS_PER_PCT),
        plan=PlanKind(plan),
        disbursed_on=disbursed_on,
        principal_minor=lent_minor,
        periods=term_months,
        first_due_on=first_due_on,
        day_count=conventions.day_count,
        rounding=conventions.rounding,
        balloon_minor=parameters.balloon_minor,
        residual_minor=parameters.residual_minor,
        advance_rents=parameters.advance_rents,
        steps=steps or None,
        grace=Grace(parameters.grace_principal_periods, parameters.grace_interest_periods),
        fees=tuple(Fee(fee.code, fee.when, fee.amount_minor) for fee in fees),
    )


def lent_minor(amount_minor: int, add_ons: Sequence[AgreedAddOn]) -> int:
    """What is lent for something besides the loan itself: tied add-ons are costs of it."""
    optional = [one for one in add_ons if not one.in_all_in_cost]
    return amount_minor + sum(one.financed_minor for one in optional)


def all_fees(fees: Sequence[AgreedFee], add_ons: Sequence[AgreedAddOn]) -> tuple[AgreedFee, ...]:
    """The fees, and the add-ons that are a condition of the loan as fees."""
    return (*fees, *(fee for one in add_ons for fee in one.as_fees()))


def instalments_of(schedule: Schedule) -> tuple[Instalment, ...]:
    """The rows of a schedule as they are kept."""
    return tuple(
        Instalment(
            number=row.n,
            due_on=row.due_on,
            principal_minor=row.principal_minor,
            interest_minor=row.interest_minor,
            total_minor=row.total_minor,
            balance_minor=row.balance_minor,
            fee_minor=row.fee_minor,
            kind=row.kind.value,
        )
        for row in schedule.rows
    )


def highest_instalment_minor(schedule: Schedule, terms: Terms) -> int:
    """The most a month takes: the highest row, without a lump sum or the residue in the last.

    A step of its own counts although it is the last row.
    """
    totals = [row.total_minor for row in schedule.rows if row.n]
    has_own_step = terms.steps is not None and terms.steps[-1].periods == 1
    return max(totals if has_own_step or len(totals) == 1 else totals[:-1])


def _fee(rule: FeeRule, asked: Asked) -> AgreedFee:
    amount = rule.amount_minor or 0
    if rule.pct is not None:
        base = asked.amount_minor if rule.base == "amount" else asked.price_minor or 0
        scale = PERCENT * rule.pct.denominator
        amount = divide(base * rule.pct.numerator, scale, Rounding.HALF_UP)
    pct = None if rule.pct is None else pct_text(rule.pct)
    return AgreedFee(rule.code, rule.payee, rule.when, amount, rule.base, pct, rule.in_all_in_cost)


def counted(
    schedule: Schedule, fees: Sequence[AgreedFee], deposit_minor: int
) -> tuple[int, list[tuple[int, int]]]:
    """What the all-in rate is made of: money received at the start, and paid by period.

    Fees that are not counted pay for something that the customer gets besides the loan.
    """
    uncounted = [fee for fee in fees if not fee.in_all_in_cost]
    monthly = sum(fee.amount_minor for fee in uncounted if fee.when == "each_instalment")
    at_once = sum(fee.amount_minor for fee in uncounted if fee.when != "each_instalment")
    received = schedule.lent_minor - schedule.upfront_minor + at_once - deposit_minor
    received -= sum(row.total_minor for row in schedule.rows if not row.n)
    paid = [(row.n, row.total_minor - monthly) for row in schedule.rows if row.n]
    last, amount = paid[-1]
    paid[-1] = (last, amount - deposit_minor)
    return received, paid
