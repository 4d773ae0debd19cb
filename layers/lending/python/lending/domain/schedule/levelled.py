"""Plans with one level instalment: equal instalments and balloon (rules 2, 3, 6, 11, 12, 14)."""

from dataclasses import dataclass

from lending.domain.computable import NotComputable
from lending.domain.money import divide
from lending.domain.schedule.annuity import annuity
from lending.domain.schedule.charges import Charges, charges
from lending.domain.schedule.folding import Columns, fold, to_instalment
from lending.domain.schedule.ground import Drawn, Ground

# "at most three times": each pass shrinks the gap by the number of periods.
SPREAD_PASSES = 3


@dataclass(frozen=True, slots=True)
class _Stage:
    """The plan from period `first` on, with what is known in it; it holds up to period `end`."""

    ground: Ground
    charged: Charges
    first: int
    end: int
    balance: int

    @property
    def graced(self) -> int:
        return max(0, self.ground.terms.grace.principal_periods - self.first)

    @property
    def amortising(self) -> int:
        return self.ground.periods - self.first - self.graced

    def payments(self, instalment: int) -> list[int]:
        return [0] * self.graced + [instalment] * self.amortising

    def rows(self, instalment: int) -> Columns:
        """All rows to the last, as if nothing more happened."""
        mode = self.ground.terms.rounding.mode
        return fold(self.balance, self.payments(instalment), self.charged, mode, clears=True)

    def rows_that_hold(self, instalment: int) -> Columns:
        """Rows up to `end`."""
        payments = self.payments(instalment)[: self.end - self.first]
        mode, last = self.ground.terms.rounding.mode, self.end == self.ground.periods
        return fold(self.balance, payments, self.charged, mode, clears=last)

    def gap(self, instalment: int) -> int:
        """By how much the last row is more than a regular one."""
        rows = self.rows(instalment)
        balloon = self.ground.terms.balloon_minor or 0
        return rows.principal[-1] + rows.interest[-1] - instalment - balloon


def level(ground: Ground) -> Drawn:
    """One instalment for all periods, computed anew wherever money or a new rate arrives.

    Raises:
        NotComputable: no_solution, the balloon is more than the loan; invalid_field, more was
            repaid than lent.
    """
    scheduled = ground.principal_minor
    if (ground.terms.balloon_minor or 0) > scheduled:
        raise NotComputable("no_solution", "/balloon_minor", f"more than the {scheduled} scheduled")
    contracted = Columns()
    payments: list[int] = []
    instalment, balance = 0, ground.opening_minor
    stages = ground.stages()
    for first, end in zip(stages, [*stages[1:], ground.periods], strict=True):
        whole = first == 0 and end == ground.periods
        charged = ground.charged if whole else ground.known_at(first)
        stage = _Stage(ground, charged, first, end, balance)
        instalment = _instalment(stage)
        contracted.extend(stage.rows_that_hold(instalment))
        payments += stage.payments(instalment)[: end - first]
        balance = contracted.balance[-1]
    if ground.outstanding is None:
        return _drawn(ground, contracted, ground.charged, instalment)
    accruing = charges(ground.layout, ground.line, ground.tranches, ground.outstanding)
    mode = ground.terms.rounding.mode
    rows = fold(ground.opening_minor, payments, accruing, mode, clears=True)
    return _drawn(ground, rows, accruing, instalment)


def _drawn(ground: Ground, rows: Columns, charged: Charges, instalment: int) -> Drawn:
    return Drawn(rows, charged, range(ground.periods), ground.opening_minor, instalment)


def _instalment(stage: _Stage) -> int:
    """The stage's instalment: fixed, or exact and its residue spread if asked for."""
    terms = stage.ground.terms
    if terms.instalment_minor is not None:
        return terms.instalment_minor
    instalment = _exact_instalment(stage)
    tolerated = stage.amortising // 2
    if terms.rounding.residue == "last" or tolerated == 0:
        return instalment
    gap = stage.gap(instalment)
    for _ in range(SPREAD_PASSES):
        if abs(gap) <= tolerated:
            break
        share = divide(gap, stage.amortising, terms.rounding.mode)
        candidate = to_instalment(instalment + share, 1, terms.rounding)
        if candidate == instalment:
            break
        candidate_gap = stage.gap(candidate)
        if abs(candidate_gap) >= abs(gap):
            break
        instalment, gap = candidate, candidate_gap
    return instalment


def _exact_instalment(stage: _Stage) -> int:
    terms, graced = stage.ground.terms, stage.graced
    principal = stage.balance + stage.charged.arriving[0]
    balloon = terms.balloon_minor or 0
    factors = annuity(stage.charged.rates[graced:], stage.charged.denominators[graced:])
    due_at_end = principal * factors.growth - balloon * factors.unit
    return to_instalment(due_at_end, factors.sum, terms.rounding)


def periods_until_repaid(ground: Ground) -> int:
    """How many periods a fixed instalment needs; `ground` has as many as there may be.

    Raises:
        NotComputable: no_solution, the instalment never repays the loan.
    """
    terms = ground.terms
    fixed, balloon = terms.instalment_minor or 0, terms.balloon_minor or 0
    graced, mode = terms.grace.principal_periods, terms.rounding.mode
    charged = ground.charged
    if ground.outstanding is not None:
        charged = charges(ground.layout, ground.line, ground.tranches, ground.outstanding)
    payments = [0] * graced + [fixed] * (ground.periods - graced)
    rows = fold(ground.opening_minor, payments, charged, mode, clears=False)
    last_arrival = 0
    if ground.tranches:
        last_arrival = ground.layout.period_of(ground.tranches[-1].on) or 0
    for index in range(max(graced, last_arrival), ground.periods):
        owed = rows.balance[index] + rows.principal[index] + rows.interest[index]
        if owed <= fixed + balloon:
            return index + 1
    raise not_repaid(ground.periods)


def not_repaid(periods: int) -> NotComputable:
    """The refusal of a fixed instalment that is too small."""
    detail = f"it does not repay the loan in {periods} periods"
    return NotComputable("no_solution", "/instalment_minor", detail)
