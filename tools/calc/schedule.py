"""`autolend calc schedule`: a repayment schedule of any plan."""

from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from lending.domain.dates import MonthEnd, Period, PeriodUnit
from lending.domain.daycount import DayCount
from lending.domain.money import Rounding
from lending.domain.rate import effective_pct, nominal_pct, periodic_irr
from lending.domain.schedule import (
    Accrual,
    DownPayment,
    Fee,
    Grace,
    OddDays,
    PlanKind,
    RateChange,
    Repaid,
    RoundingRules,
    Row,
    Schedule,
    Step,
    Terms,
    Tranche,
    repayment_schedule,
)
from pydantic import Field

from tools.calc.absent import NotNull
from tools.calc.wire import (
    Currency,
    Day,
    Minor,
    MinorNotNegative,
    MinorPositive,
    NotNegative,
    Ratio,
    Shape,
    decimals_text,
)

RATE_PLACES: Final = 12
Count = Annotated[int, Field(ge=0, le=10**9)]
CountPositive = Annotated[int, Field(ge=1, le=10**9)]
Mode = Literal["half_even", "half_up", "down", "up"]
DayCountName = Literal[
    "ACT/360", "ACT/364", "ACT/365F", "ACT/365L", "ACT/ACT", "ACT/ACT ISDA",
    "30/360", "30/360 US", "30E/360", "30E/360 ISDA", "PERIODIC",
]  # fmt: skip


class PeriodIn(Shape):
    """The regular distance of two due dates."""

    every: CountPositive
    unit: Literal["month", "week", "day"]

    def to_domain(self) -> Period:
        """As the domain has it."""
        return Period(self.every, PeriodUnit(self.unit))


class RoundingIn(Shape):
    """How amounts become whole minor units."""

    mode: Mode = "half_even"
    residue: Literal["last", "spread"] = "last"
    instalment_multiple_minor: MinorPositive = 1
    instalment_mode: Annotated[Mode | None, NotNull] = None


class GraceIn(Shape):
    """First periods without principal, or without collecting interest."""

    principal_periods: Count = 0
    interest_periods: Count = 0


class DownPaymentIn(Shape):
    """A share of the principal due at once."""

    pct: Annotated[NotNegative | None, NotNull] = None
    amount_minor: Annotated[MinorNotNegative | None, NotNull] = None
    multiple_minor: MinorPositive = 1


class StepIn(Shape):
    """So many instalments of this weight."""

    periods: CountPositive
    weight: Annotated[Ratio, Field(ge=0)]


class TrancheIn(Shape):
    """One of several disbursements."""

    on: Day
    amount_minor: MinorPositive


class RateChangeIn(Shape):
    """A new rate from a day on."""

    on: Day
    annual_rate_pct: NotNegative


class RepaidIn(Shape):
    """Principal that came back on a day."""

    on: Day
    principal_minor: MinorNotNegative


class AccrualIn(Shape):
    """What interest runs on."""

    basis: Literal["scheduled", "outstanding"]
    as_of: Annotated[Day | None, NotNull] = None
    paid: list[RepaidIn] = Field(default_factory=list)


class FeeIn(Shape):
    """A fee and when it is due."""

    code: str
    amount_minor: Annotated[MinorNotNegative | None, NotNull] = None
    pct: Annotated[NotNegative | None, NotNull] = None
    when: Literal["upfront", "financed", "each_instalment"]


class Request(Shape):
    """The terms of a schedule; which fit together is the domain's business."""

    principal_minor: Annotated[Minor | None, NotNull] = None
    currency: Currency = "CNY"
    annual_rate_pct: NotNegative
    plan: Literal[
        "equal_instalment", "equal_principal", "interest_only", "balloon", "flat", "step", "lease"
    ]
    disbursed_on: Day
    periods: Annotated[CountPositive | None, NotNull] = None
    period: PeriodIn = PeriodIn(every=1, unit="month")
    first_due_on: Annotated[Day | None, NotNull] = None
    due_dates: Annotated[list[Day] | None, NotNull] = None
    month_end: Literal["clamp", "roll"] = "clamp"
    day_count: DayCountName = "PERIODIC"
    rounding: RoundingIn = RoundingIn()
    instalment_minor: Annotated[MinorPositive | None, NotNull] = None
    principal_instalment_minor: Annotated[MinorPositive | None, NotNull] = None
    balloon_minor: Annotated[MinorPositive | None, NotNull] = None
    residual_minor: Annotated[MinorNotNegative | None, NotNull] = None
    advance_rents: Annotated[Count | None, NotNull] = None
    steps: Annotated[list[StepIn] | None, NotNull] = None
    grace: GraceIn = GraceIn()
    down_payment: Annotated[DownPaymentIn | None, NotNull] = None
    tranches: Annotated[list[TrancheIn] | None, NotNull] = None
    rate_changes: Annotated[list[RateChangeIn] | None, NotNull] = None
    odd_days_interest: Annotated[
        Literal["accrue", "first", "spread", "upfront"] | None, NotNull
    ] = None
    accrual: Annotated[AccrualIn | None, NotNull] = None
    fees: list[FeeIn] = Field(default_factory=list)


def answer(request: Request) -> dict[str, Any]:
    """Rows, sums and the borrower's rate."""
    drawn = repayment_schedule(terms_of(request))
    totals = drawn.totals
    return {
        "currency": request.currency,
        "instalment_minor": drawn.instalment_minor,
        "instalments": _rows(drawn.rows),
        "totals": {
            "principal_minor": totals.principal_minor,
            "interest_minor": totals.interest_minor,
            "fee_minor": totals.fee_minor,
            "upfront_minor": totals.upfront_minor,
            "total_minor": totals.total_minor,
        },
        "rates": _rates(drawn),
    }


def terms_of(request: Request) -> Terms:
    """The request in the domain's words."""
    return Terms(
        annual_rate_pct=Fraction(request.annual_rate_pct),
        plan=PlanKind(request.plan),
        disbursed_on=request.disbursed_on,
        principal_minor=request.principal_minor,
        periods=request.periods,
        period=request.period.to_domain(),
        first_due_on=request.first_due_on,
        due_dates=None if request.due_dates is None else tuple(request.due_dates),
        month_end=MonthEnd(request.month_end),
        day_count=DayCount(request.day_count),
        rounding=_rounding(request.rounding),
        instalment_minor=request.instalment_minor,
        principal_instalment_minor=request.principal_instalment_minor,
        balloon_minor=request.balloon_minor,
        residual_minor=request.residual_minor,
        advance_rents=request.advance_rents,
        steps=_steps(request),
        grace=Grace(request.grace.principal_periods, request.grace.interest_periods),
        down_payment=_down_payment(request),
        tranches=_tranches(request),
        rate_changes=_rate_changes(request),
        odd_days_interest=_odd_days(request),
        accrual=_accrual(request),
        fees=tuple(
            Fee(
                code=fee.code,
                when=fee.when,
                amount_minor=fee.amount_minor,
                pct=None if fee.pct is None else Fraction(fee.pct),
            )
            for fee in request.fees
        ),
    )


def _rounding(asked: RoundingIn) -> RoundingRules:
    own = asked.instalment_mode
    return RoundingRules(
        mode=Rounding(asked.mode),
        residue=asked.residue,
        instalment_multiple_minor=asked.instalment_multiple_minor,
        instalment_mode=None if own is None else Rounding(own),
    )


def _steps(request: Request) -> tuple[Step, ...] | None:
    if request.steps is None:
        return None
    return tuple(Step(step.periods, step.weight) for step in request.steps)


def _down_payment(request: Request) -> DownPayment | None:
    down = request.down_payment
    if down is None:
        return None
    pct = None if down.pct is None else Fraction(down.pct)
    return DownPayment(pct, down.amount_minor, down.multiple_minor)


def _tranches(request: Request) -> tuple[Tranche, ...] | None:
    if request.tranches is None:
        return None
    return tuple(Tranche(tranche.on, tranche.amount_minor) for tranche in request.tranches)


def _rate_changes(request: Request) -> tuple[RateChange, ...] | None:
    if request.rate_changes is None:
        return None
    return tuple(
        RateChange(change.on, Fraction(change.annual_rate_pct)) for change in request.rate_changes
    )


def _odd_days(request: Request) -> OddDays | None:
    return None if request.odd_days_interest is None else OddDays(request.odd_days_interest)


def _accrual(request: Request) -> Accrual | None:
    accrual = request.accrual
    if accrual is None:
        return None
    paid = tuple(Repaid(repaid.on, repaid.principal_minor) for repaid in accrual.paid)
    return Accrual(accrual.basis, accrual.as_of, paid)


def _rows(rows: tuple[Row, ...]) -> list[dict[str, Any]]:
    """As documented. Texts that rows share are made once: there may be 60,000 rows."""
    shown: dict[tuple[int, int], str] = {}
    start_on, start = None, ""
    answered = []
    for n, kind, on, due_on, days, rate, unit, principal, interest, fee, total, balance in rows:
        if (rate, unit) not in shown:
            shown[rate, unit] = decimals_text(Fraction(rate, unit), RATE_PLACES)
        if on != start_on:
            start = on.isoformat()
        due = due_on.isoformat()
        answered.append(
            {
                "n": n,
                "kind": kind,
                "from": start,
                "due_on": due,
                "days": days,
                "period_rate": shown[rate, unit],
                "principal_minor": principal,
                "interest_minor": interest,
                "fee_minor": fee,
                "total_minor": total,
                "balance_minor": balance,
            }
        )
        start_on, start = due_on, due
    return answered


def _rates(drawn: Schedule) -> dict[str, str | None]:
    """The internal rate of the borrower's flows, null where they have no whole periods."""
    if drawn.in_tranches:
        return {"irr_nominal_pct": None, "irr_effective_pct": None}
    periodic = periodic_irr(drawn.flows)
    per_year = Fraction(drawn.period.per_year, drawn.period.every)
    return {
        "irr_nominal_pct": decimals_text(nominal_pct(periodic, per_year), RATE_PLACES),
        "irr_effective_pct": decimals_text(effective_pct(periodic, per_year), RATE_PLACES),
    }
