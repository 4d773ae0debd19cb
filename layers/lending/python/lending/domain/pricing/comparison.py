"""Plans side by side: what each costs, and how it differs from the first one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lending.domain.pricing.plan import Priced, highest_instalment_minor

PLANS_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Figures:
    """What plans are compared by, in minor units; the rate in basis points a year.

    `total_paid_minor`: the plan's rows and what is paid on the first day for the loan itself.
    """

    first_instalment_minor: int
    last_instalment_minor: int
    highest_instalment_minor: int
    total_paid_minor: int
    total_cost_minor: int
    apr_bps: int

    def less(self, other: "Figures") -> "Figures":
        """Each figure as the difference from another plan's."""
        return Figures(
            self.first_instalment_minor - other.first_instalment_minor,
            self.last_instalment_minor - other.last_instalment_minor,
            self.highest_instalment_minor - other.highest_instalment_minor,
            self.total_paid_minor - other.total_paid_minor,
            self.total_cost_minor - other.total_cost_minor,
            self.apr_bps - other.apr_bps,
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """One of several plans: its figures, and each less the first plan's; `rank` 1 costs least."""

    figures: Figures
    difference: Figures
    rank: int


def figures(priced: Priced) -> Figures:
    """What a plan is compared by."""
    totals = [row.total_minor for row in priced.schedule.rows if row.n]
    return Figures(
        first_instalment_minor=totals[0],
        last_instalment_minor=totals[-1],
        highest_instalment_minor=highest_instalment_minor(priced.schedule, priced.terms),
        total_paid_minor=priced.schedule.totals.total_minor,
        total_cost_minor=priced.total_cost_minor,
        apr_bps=priced.all_in.nominal_bps,
    )


def compare(plans: Sequence[Priced]) -> tuple[Compared, ...]:
    """The plans in the order given; plans of one cost share a rank."""
    all_figures = [figures(priced) for priced in plans]
    costs = sorted(one.total_cost_minor for one in all_figures)
    return tuple(
        Compared(one, one.less(all_figures[0]), costs.index(one.total_cost_minor) + 1)
        for one in all_figures
    )
