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
    """The plan from one period on, with what is known in it."""

    ground: Ground
    charged: Charges
    first: int
    balance: int

    @property
    def amortising_from(self) -> int:
        return max(self.first, self.ground.terms.grace.principal_periods)

    @property
    def amortising(self) -> int:
        return self.ground.periods - self.amortising_from

    def payments(self, instalment: int) -> list[int]:
        return [0] * (self.amortising_from - self.first) + [instalment] * self.amortising

    def rows(self, instalment: int) -> Columns:
        mode = self.ground.terms.rounding.mode
        payments = self.payments(instalment)
        return fold(self.balance, payments, self.charged, self.first, mode, clears=True)

    def gap(self, rows: Columns, instalment: int) -> int:
        """By how much the last row is more than a regular one."""
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
        charged = ground.charged if end == ground.periods else ground.known_at(first)
        stage = _Stage(ground, charged, first, balance)
        instalment, rows = _instalment(stage)
        contracted.extend(rows, end - first)
        payments += stage.payments(instalment)[: end - first]
        balance = contracted.balance[-1]
    if ground.outstanding is None:
        return _drawn(ground, contracted, ground.charged, instalment)
    accruing = charges(ground.layout, ground.line, ground.tranches, ground.outstanding)
    mode = ground.terms.rounding.mode
    rows = fold(ground.opening_minor, payments, accruing, 0, mode, clears=True)
    return _drawn(ground, rows, accruing, instalment)


def _drawn(ground: Ground, rows: Columns, charged: Charges, instalment: int) -> Drawn:
    return Drawn(rows, charged, range(ground.periods), ground.opening_minor, instalment)


def _instalment(stage: _Stage) -> tuple[int, Columns]:
    """The stage's instalment, its residue spread if asked for, and the rows it gives."""
    terms = stage.ground.terms
    if terms.instalment_minor is not None:
        return terms.instalment_minor, stage.rows(terms.instalment_minor)
    instalment = _exact_instalment(stage)
    rows = stage.rows(instalment)
    if terms.rounding.residue == "last":
        return instalment, rows
    tolerated = stage.amortising // 2
    gap = stage.gap(rows, instalment)
    for _ in range(SPREAD_PASSES):
        if tolerated == 0 or abs(gap) <= tolerated:
            break
        share = divide(gap, stage.amortising, terms.rounding.mode)
        candidate = to_instalment(instalment + share, 1, terms.rounding)
        if candidate == instalment:
            break
        candidate_rows = stage.rows(candidate)
        candidate_gap = stage.gap(candidate_rows, candidate)
        if abs(candidate_gap) >= abs(gap):
            break
        instalment, rows, gap = candidate, candidate_rows, candidate_gap
    return instalment, rows


def _exact_instalment(stage: _Stage) -> int:
    terms = stage.ground.terms
    principal = stage.balance + stage.charged.arriving[stage.first]
    balloon = terms.balloon_minor or 0
    first = stage.amortising_from
    factors = annuity(stage.charged.rates[first:], stage.charged.denominators[first:])
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
    rows = fold(ground.opening_minor, payments, charged, 0, mode, clears=False)
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
