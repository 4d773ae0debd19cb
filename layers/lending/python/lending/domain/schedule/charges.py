"""Interest of each period, exact until rounded (rules 1, 11, 12 and 14 of calc.md).

Whatever cuts a period - a disbursement, a new rate, what was really outstanding - its interest
is linear in the plan's balance before it: (balance * slope + offset) / denominator.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Final

from lending.domain.computable import NotComputable
from lending.domain.schedule.layout import Layout
from lending.domain.schedule.terms import Repaid, Tranche

PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class RateLine:
    """Nominal rates over time: numerators[k] / denominator a year holds from days[k] on."""

    days: tuple[date, ...]
    numerators: tuple[int, ...]
    denominator: int

    def changes_between(self, start: date, end: date) -> list[date]:
        """Days strictly between two days on which the rate becomes another one."""
        pairs = zip(self.days[1:], pairwise(self.numerators), strict=True)
        return [day for day, (old, new) in pairs if start < day < end and old != new]

    def on(self, day: date) -> int:
        """Numerator of the rate on a day."""
        return self.numerators[max(0, bisect_right(self.days, day) - 1)]

    def before(self, day: date) -> int:
        """Numerator of the rate on the day before, whatever changes on the day itself."""
        return self.numerators[max(0, bisect_left(self.days, day) - 1)]


def rate_line(rates: Sequence[tuple[date, Fraction]]) -> RateLine:
    """From (first day, percent a year) pairs, the days rising."""
    if len(rates) == 1:
        first, rate = rates[0]
        return RateLine((first,), (rate.numerator,), rate.denominator * PERCENT)
    common = lcm(*(rate.denominator for _, rate in rates))
    numerators = tuple(rate.numerator * (common // rate.denominator) for _, rate in rates)
    return RateLine(tuple(day for day, _ in rates), numerators, common * PERCENT)


@dataclass(frozen=True, slots=True)
class Outstanding:
    """What was really owed until `as_of`: lent (tranches) less principal repaid."""

    as_of: date
    lent: tuple[Tranche, ...]
    repaid: tuple[Repaid, ...]

    def on(self, day: date) -> int:
        """Principal outstanding on a day.

        Raises:
            NotComputable: more was repaid than had been lent.
        """
        lent = sum(tranche.amount_minor for tranche in self.lent if tranche.on <= day)
        back = sum(repaid.principal_minor for repaid in self.repaid if repaid.on <= day)
        if back > lent:
            detail = f"more was repaid than lent by {day}"
            raise NotComputable("invalid_field", "/accrual/paid", detail)
        return lent - back

    def changes_between(self, start: date, end: date) -> set[date]:
        """Days strictly between two days on which the outstanding principal changes, and `as_of`.

        From `as_of` on the plan's balance counts.
        """
        paid = {repaid.on for repaid in self.repaid if repaid.principal_minor}
        return {day for day in paid | {self.as_of} if start < day < end and day <= self.as_of}


@dataclass(slots=True)
class Charges:
    """By period i: r_i = rates/denominators; interest = (balance*slopes + offsets)/denominators.

    `arriving` is what is disbursed within the period: part of the balance after it, and, as far
    as it bears interest, in `offsets`.
    """

    rates: list[int]
    slopes: list[int]
    offsets: list[int]
    denominators: list[int]
    arriving: list[int]


def charges(
    layout: Layout,
    line: RateLine,
    tranches: Iterable[Tranche] = (),
    outstanding: Outstanding | None = None,
) -> Charges:
    """Charges of all periods. `tranches`: what is not in the balance before its period."""
    rates = _rates_by_period(layout, line)
    periods = len(rates)
    denominator = line.denominator * layout.denominator
    found = Charges(rates, list(rates), [0] * periods, [denominator] * periods, [0] * periods)
    arrivals: dict[int, list[Tranche]] = {}
    for tranche in tranches:
        index = layout.period_of(tranche.on)
        if index is not None:
            arrivals.setdefault(index, []).append(tranche)
            found.arriving[index] += tranche.amount_minor
    if not arrivals and outstanding is None and len(line.numerators) == 1:
        return found
    for index in range(periods):
        if index in arrivals or _is_cut(layout, line, outstanding, index):
            _cut(found, layout, line, index, arrivals.get(index, []), outstanding)
    return found


def _rates_by_period(layout: Layout, line: RateLine) -> list[int]:
    """Uncut: each period's share of the year times the rate at its start."""
    if len(line.numerators) == 1:
        numerator = line.numerators[0]
        return [numerator * share for share in layout.numerators]
    return [
        line.on(start) * share
        for start, share in zip(layout.starts, layout.numerators, strict=True)
    ]


def _is_cut(layout: Layout, line: RateLine, outstanding: Outstanding | None, index: int) -> bool:
    start, due = layout.starts[index], layout.dues[index]
    if outstanding is not None and start < outstanding.as_of:
        return True
    return len(line.numerators) > 1 and bool(line.changes_between(start, due))


def _cut(
    found: Charges,
    layout: Layout,
    line: RateLine,
    index: int,
    arrivals: list[Tranche],
    outstanding: Outstanding | None,
) -> None:
    """Put the coefficients of a period that is charged in parts."""
    start, due = layout.starts[index], layout.dues[index]
    new_rates = line.changes_between(start, due)
    cuts = {*new_rates, *(tranche.on for tranche in arrivals if start < tranche.on)}
    if outstanding is not None:
        cuts |= outstanding.changes_between(start, due)
    all_cuts = sorted(cuts)
    of_rate, of_all = layout.shares(index, new_rates), layout.shares(index, all_cuts)
    share_unit = lcm(*(denominator for _, denominator in [*of_rate, *of_all]))
    rate = slope = offset = 0
    for since, (numerator, denominator) in zip([start, *new_rates], of_rate, strict=True):
        rate += line.on(since) * numerator * (share_unit // denominator)
    for since, (numerator, denominator) in zip([start, *all_cuts], of_all, strict=True):
        weight = line.on(since) * numerator * (share_unit // denominator)
        if outstanding is not None and since < outstanding.as_of:
            offset += outstanding.on(since) * weight
            continue
        slope += weight
        offset += weight * sum(one.amount_minor for one in arrivals if one.on <= since)
    found.rates[index], found.slopes[index], found.offsets[index] = rate, slope, offset
    found.denominators[index] = line.denominator * share_unit
