"""Plans that are computed once: equal principal, interest only, flat, step and lease."""

from collections.abc import Callable
from dataclasses import replace
from math import lcm
from typing import Final

from lending.domain.computable import NotComputable
from lending.domain.daycount import DayCount
from lending.domain.money import divide
from lending.domain.schedule.annuity import annuity
from lending.domain.schedule.folding import Columns, fold, fold_principal, to_instalment
from lending.domain.schedule.ground import Drawn, Ground
from lending.domain.schedule.levelled import level, not_repaid
from lending.domain.schedule.terms import PlanKind


def equal_principal(ground: Ground) -> Drawn:
    """Rule 5: the same part of the principal each period, interest falls."""
    terms, periods = ground.terms, ground.periods
    graced = terms.grace.principal_periods
    part = terms.principal_instalment_minor
    if part is None:
        part = to_instalment(ground.principal_minor, periods - graced, terms.rounding)
    parts = [0] * graced + [part] * (periods - graced)
    columns = fold_principal(ground.principal_minor, parts, ground.charged, terms.rounding.mode)
    return _drawn(ground, columns)


def interest_only(ground: Ground) -> Drawn:
    """Rule 5: interest each period, the whole principal with the last."""
    parts = [0] * ground.periods
    mode = ground.terms.rounding.mode
    columns = fold_principal(ground.principal_minor, parts, ground.charged, mode)
    return _drawn(ground, columns)


def step(ground: Ground) -> Drawn:
    """Rule 7: instalments in given proportions, each rounded from the same exact unit.

    Raises:
        NotComputable: invalid_field, no weight is left after the grace periods.
    """
    terms, charged = ground.terms, ground.charged
    graced = terms.grace.principal_periods
    steps = terms.steps or ()
    common = lcm(*(one.weight.denominator for one in steps))
    weights: list[int] = []
    for one in steps:
        scaled = one.weight.numerator * (common // one.weight.denominator)
        weights += [scaled] * one.periods
    weights[:graced] = [0] * graced
    if not any(weights):
        raise NotComputable("invalid_field", "/steps", "all weights after the grace periods are 0")
    factors = annuity(charged.rates[graced:], charged.denominators[graced:], weights[graced:])
    due_at_end = ground.principal_minor * factors.growth
    payments = [to_instalment(due_at_end * one, factors.sum, terms.rounding) for one in weights]
    mode = terms.rounding.mode
    columns = fold(ground.principal_minor, payments, charged, mode, clears=True)
    return _drawn(ground, columns)


def flat(ground: Ground) -> Drawn:
    """Rule 8: interest of every period on the whole principal, whatever was repaid."""
    terms, principal = ground.terms, ground.principal_minor
    graced, periods, mode = terms.grace.principal_periods, ground.periods, terms.rounding.mode
    # The balance does not matter: all interest is in the offsets.
    offsets = [principal * rate for rate in ground.charged.rates]
    charged = replace(ground.charged, slopes=[0] * periods, offsets=offsets)
    interest = [
        divide(exact, denominator, mode)
        for exact, denominator in zip(offsets, charged.denominators, strict=True)
    ]
    periodic = terms.day_count is DayCount.PERIODIC
    if periodic:
        interest[-1] = divide(sum(offsets), charged.denominators[0], mode) - sum(interest[:-1])
        part = divide(principal, periods - graced, mode)
        instalment = to_instalment(part + interest[0], 1, terms.rounding)
    else:
        repaid = principal + sum(interest[graced:])
        instalment = to_instalment(repaid, periods - graced, terms.rounding)
    payments = [0] * graced + [instalment] * (periods - graced)
    columns = fold(principal, payments, charged, mode, clears=True)
    columns.interest[-1] = interest[-1]
    return Drawn(
        columns, charged, range(periods), principal, instalment, ends_in_difference=periodic
    )


def lease(ground: Ground) -> Drawn:
    """Rule 9: rents in advance and in arrear, and a purchase price at the end.

    Raises:
        NotComputable: no_solution, the price or the rents in advance are more than the lease.
    """
    terms = ground.terms
    residual, in_advance = terms.residual_minor or 0, terms.advance_rents or 0
    rents = ground.periods - in_advance
    rent = terms.instalment_minor
    if rent is None:
        rent = _exact_rent(ground, rents)
    advance = rent * in_advance
    opening = ground.principal_minor - advance
    if opening < 0:
        detail = f"{in_advance} rents of {rent} are more than the {ground.principal_minor} leased"
        raise NotComputable("no_solution", "/advance_rents", detail)
    graced = terms.grace.principal_periods
    payments = [0] * graced + [rent] * (rents - graced)
    mode = terms.rounding.mode
    columns = Columns()
    if payments:
        columns = fold(opening, payments, ground.charged, mode, clears=not residual)
    drawn = Drawn(columns, ground.charged, range(rents), opening, rent, advance)
    if residual:
        _add_residual(drawn, ground.periods, residual)
    return drawn


def _exact_rent(ground: Ground, rents: int) -> int:
    terms, charged = ground.terms, ground.charged
    graced = terms.grace.principal_periods
    residual, in_advance = terms.residual_minor or 0, terms.advance_rents or 0
    weights = [1] * (rents - graced) + [0] * in_advance if in_advance else None
    factors = annuity(charged.rates[graced:], charged.denominators[graced:], weights)
    due_at_end = ground.principal_minor * factors.growth - residual * factors.unit
    if due_at_end < 0:
        detail = "more than the lease is worth at its end, without any rent"
        raise NotComputable("no_solution", "/residual_minor", detail)
    return to_instalment(due_at_end, in_advance * factors.growth + factors.sum, terms.rounding)


def _add_residual(drawn: Drawn, periods: int, residual: int) -> None:
    """The purchase price, in the last rent's row or in one of its own; interest is what is left."""
    columns, total = drawn.columns, residual
    if len(columns.balance) == periods:
        total += drawn.instalment_minor or 0
        for column in (columns.principal, columns.interest, columns.balance):
            column.pop()
    else:
        drawn.of_period = [*drawn.of_period, periods - 1]
        drawn.has_residual = True
    principal = columns.balance[-1] if columns.balance else drawn.opening_minor
    columns.principal.append(principal)
    columns.interest.append(total - principal)
    columns.balance.append(0)
    drawn.ends_in_difference = True


def periods_of_fixed_rents(ground: Ground) -> int:
    """How many periods rents of a fixed amount need; `ground` has as many as there may be.

    Raises:
        NotComputable: no_solution, the rents never repay the lease.
    """
    terms, charged = ground.terms, ground.charged
    rent, residual = terms.instalment_minor or 0, terms.residual_minor or 0
    in_advance, graced = terms.advance_rents or 0, terms.grace.principal_periods
    rents = ground.periods - in_advance
    opening = max(0, ground.principal_minor - rent * in_advance)
    payments = [0] * graced + [rent] * (rents - graced)
    rows = fold(opening, payments, charged, terms.rounding.mode, clears=False)
    for index in range(graced, rents):
        owed = rows.balance[index] + rows.principal[index] + rows.interest[index]
        if residual and in_advance:
            waiting = slice(index + 1, index + 1 + in_advance)
            grown = annuity(charged.rates[waiting], charged.denominators[waiting])
            repaid = rows.balance[index] * grown.growth <= residual * grown.unit
        else:
            repaid = owed <= rent + residual
        if repaid:
            return index + 1 + in_advance
    raise not_repaid(ground.periods)


def _drawn(ground: Ground, columns: Columns) -> Drawn:
    """A row for every period, and no regular instalment."""
    return Drawn(columns, ground.charged, range(ground.periods), ground.principal_minor)


PLANS: Final[dict[PlanKind, Callable[[Ground], Drawn]]] = {
    PlanKind.EQUAL_INSTALMENT: level,
    PlanKind.EQUAL_PRINCIPAL: equal_principal,
    PlanKind.INTEREST_ONLY: interest_only,
    PlanKind.BALLOON: level,
    PlanKind.FLAT: flat,
    PlanKind.STEP: step,
    PlanKind.LEASE: lease,
}
