"""What every plan stands on: the amount to schedule, its dates, rates and charges."""

from dataclasses import dataclass

from lending.domain.schedule.charges import Charges, Outstanding, RateLine
from lending.domain.schedule.folding import Columns
from lending.domain.schedule.layout import Layout
from lending.domain.schedule.terms import Terms, Tranche


@dataclass(frozen=True, slots=True)
class Ground:
    """`principal_minor` is scheduled: with fees financed, without the down payment.

    `tranches` says when it arrives (empty: all of it before the first period). `charged` is what
    the plan's balance is charged as agreed; `outstanding` is set where rows are to accrue on what
    was really owed instead.
    """

    terms: Terms
    principal_minor: int
    tranches: tuple[Tranche, ...]
    layout: Layout
    line: RateLine
    charged: Charges
    outstanding: Outstanding | None

    @property
    def periods(self) -> int:
        """How many there are."""
        return len(self.layout.dues)

    @property
    def opening_minor(self) -> int:
        """Balance before the first period."""
        return 0 if self.tranches else self.principal_minor

    def stages(self) -> list[int]:
        """Indices of the periods from which on the instalment is computed anew; 0 is the first."""
        days = [tranche.on for tranche in self.tranches]
        days += self.line.days[1:]
        found = {self.layout.period_of(day) for day in days}
        return sorted(index for index in found | {0} if index is not None)

    def known_at(self, stage: int) -> Charges:
        """Charges from a period on, as far as known in it: later money and rates are not."""
        now, later = slice(stage, stage + 1), slice(stage + 1, None)
        charged = self.charged
        rate, uncut = self.line.before(self.layout.dues[stage]), self.line.denominator
        rates = charged.rates[now]
        rates += [rate * share for share in self.layout.numerators[later]]
        periods = len(rates)
        nothing = [0] * (periods - 1)
        return Charges(
            rates=rates,
            slopes=charged.slopes[now] + rates[1:],
            offsets=charged.offsets[now] + nothing,
            denominators=charged.denominators[now]
            + [uncut * self.layout.denominator] * (periods - 1),
            arriving=charged.arriving[now] + nothing,
        )


@dataclass(slots=True)
class Drawn:
    """Rows of one plan: row j shows period `of_period[j]`; `charged` says at what rate.

    `opening_minor` is the balance before the first row, `advance_minor` paid at disbursement.
    `ends_in_difference`: the last row's interest is what remains of a sum, and not accrued.
    `has_residual`: the last row is the purchase price. `instalment_minor` is the regular or the
    latest one, None if there is none.
    """

    columns: Columns
    charged: Charges
    of_period: list[int] | range
    opening_minor: int
    instalment_minor: int | None = None
    advance_minor: int = 0
    ends_in_difference: bool = False
    has_residual: bool = False

    def interest_of(self, row: int) -> tuple[int, int]:
        """Interest of a row before rounding, as numerator and denominator."""
        columns, charged, period = self.columns, self.charged, self.of_period[row]
        if self.ends_in_difference and row == len(columns.interest) - 1:
            return columns.interest[row], 1
        before = columns.balance[row - 1] if row else self.opening_minor
        exact = before * charged.slopes[period] + charged.offsets[period]
        return exact, charged.denominators[period]
