"""`autolend calc settlement`: what closes a loan on a day inside a period."""

from dataclasses import asdict
from fractions import Fraction
from typing import Annotated, Any

from lending.domain.daycount import DayCount
from lending.domain.money import Rounding
from lending.domain.settlement import Due, EarlyFee, Position, settle

from tools.calc.absent import NotNull
from tools.calc.schedule import DayCountName, Mode, PeriodIn
from tools.calc.wire import Currency, Day, MinorNotNegative, NotNegative, Shape


class RoundingIn(Shape):
    """How amounts become whole minor units."""

    mode: Mode = "half_even"


class DueIn(Shape):
    """Already due and unpaid."""

    interest_minor: MinorNotNegative = 0
    fee_minor: MinorNotNegative = 0
    penalty_minor: MinorNotNegative = 0


class EarlyFeeIn(Shape):
    """What leaving early costs."""

    pct: Annotated[NotNegative | None, NotNull] = None
    amount_minor: Annotated[MinorNotNegative | None, NotNull] = None


class Request(Shape):
    """A balance, the period it accrues in and a day of it."""

    principal_minor: MinorNotNegative
    currency: Currency = "CNY"
    annual_rate_pct: NotNegative
    period_start: Day
    period_end: Day
    on: Day
    period: PeriodIn = PeriodIn(every=1, unit="month")
    day_count: DayCountName = "PERIODIC"
    rounding: RoundingIn = RoundingIn()
    due: DueIn = DueIn()
    early_fee: Annotated[EarlyFeeIn | None, NotNull] = None


def answer(request: Request) -> dict[str, Any]:
    """The parts of the settlement and their sum."""
    fee = request.early_fee
    position = Position(
        principal_minor=request.principal_minor,
        annual_rate_pct=Fraction(request.annual_rate_pct),
        period_start=request.period_start,
        period_end=request.period_end,
        period=request.period.to_domain(),
        day_count=DayCount(request.day_count),
        due=Due(request.due.interest_minor, request.due.fee_minor, request.due.penalty_minor),
        early_fee=None
        if fee is None
        else EarlyFee(None if fee.pct is None else Fraction(fee.pct), fee.amount_minor),
        mode=Rounding(request.rounding.mode),
    )
    return asdict(settle(position, request.on))
