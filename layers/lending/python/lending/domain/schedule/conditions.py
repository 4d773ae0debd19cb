"""Which terms fit together. Every refusal names the field at fault (docs/calc.md, `schedule`)."""

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Final, Never

from lending.domain.computable import NotComputable
from lending.domain.schedule.terms import (
    PERIODS_MAX,
    PERIODS_WHEN_OPEN_MAX,
    RATE_PCT_MAX,
    PlanKind,
    Terms,
)

EQUAL: Final = PlanKind.EQUAL_INSTALMENT
BALLOON: Final = PlanKind.BALLOON
LEASE: Final = PlanKind.LEASE
ONLY_FOR: Final[dict[str, frozenset[PlanKind]]] = {
    "instalment_minor": frozenset({EQUAL, BALLOON, LEASE}),
    "principal_instalment_minor": frozenset({PlanKind.EQUAL_PRINCIPAL}),
    "balloon_minor": frozenset({BALLOON}),
    "residual_minor": frozenset({LEASE}),
    "advance_rents": frozenset({LEASE}),
    "steps": frozenset({PlanKind.STEP}),
    "tranches": frozenset({EQUAL}),
    "rate_changes": frozenset({EQUAL}),
    "accrual": frozenset({EQUAL, BALLOON}),
}
REQUIRED_FOR: Final = {BALLOON: "balloon_minor", PlanKind.STEP: "steps"}


def check(terms: Terms) -> None:
    """Refuse terms that no schedule can be drawn up from, whatever its dates turn out to be.

    Raises:
        NotComputable: contradiction, when fields exclude each other; invalid_field otherwise.
    """
    _check_fields_of_the_plan(terms)
    _check_principal(terms)
    _check_number_of_periods(terms)
    _check_rate("/annual_rate_pct", terms.annual_rate_pct)
    _check_first_dates(terms)
    _check_grace(terms)
    _check_amounts_of_the_plan(terms)
    _check_shares(terms)
    if terms.tranches is not None:
        _check_tranches(terms)
    if terms.rate_changes:
        _check_rate_changes(terms)
    if terms.accrual is not None:
        _check_accrual(terms)


def _invalid(pointer: str, detail: str) -> Never:
    raise NotComputable("invalid_field", pointer, detail)


def _contradiction(pointer: str, detail: str) -> Never:
    raise NotComputable("contradiction", pointer, detail)


def _check_fields_of_the_plan(terms: Terms) -> None:
    for name, plans in ONLY_FOR.items():
        if getattr(terms, name) is not None and terms.plan not in plans:
            _contradiction(f"/{name}", f"'{terms.plan}' has no {name}")
    required = REQUIRED_FOR.get(terms.plan)
    if required and getattr(terms, required) is None:
        _invalid(f"/{required}", f"'{terms.plan}' needs it")


def _check_principal(terms: Terms) -> None:
    if terms.tranches is None:
        if terms.principal_minor is None:
            _invalid("/principal_minor", "missing: nothing says how much is lent")
        if terms.principal_minor < 1:
            _invalid("/principal_minor", "at least 1 minor unit is lent")
    elif terms.principal_minor is not None:
        _contradiction("/principal_minor", "the tranches say how much is lent")


def _check_number_of_periods(terms: Terms) -> None:
    if terms.period.every < 1:
        _invalid("/period/every", "at least 1")
    if terms.due_dates is not None:
        if terms.periods is not None:
            _contradiction("/periods", "the due dates say how many there are")
        if terms.first_due_on is not None:
            _contradiction("/first_due_on", "the due dates begin with the first")
        if not 1 <= len(terms.due_dates) <= PERIODS_MAX:
            _invalid("/due_dates", f"1 to {PERIODS_MAX} dates")
    elif terms.periods is not None:
        if not 1 <= terms.periods <= PERIODS_MAX:
            _invalid("/periods", f"1 to {PERIODS_MAX}")
    elif terms.instalment_minor is None:
        _invalid("/periods", "missing: neither periods nor due dates nor an instalment are given")


def _check_rate(pointer: str, annual_rate_pct: Fraction) -> None:
    # Whole numbers: comparing fractions takes longer than all other checks.
    if not 0 <= annual_rate_pct.numerator <= RATE_PCT_MAX * annual_rate_pct.denominator:
        _invalid(pointer, f"0 to {RATE_PCT_MAX} percent a year")


def _check_first_dates(terms: Terms) -> None:
    if terms.first_due_on is not None:
        if terms.first_due_on <= terms.disbursed_on:
            _invalid("/first_due_on", "not after the disbursement")
    elif terms.odd_days_interest is not None:
        _invalid("/first_due_on", "missing: odd days need a first due date")
    if terms.due_dates is not None:
        before = terms.disbursed_on
        for index, due_on in enumerate(terms.due_dates):
            if due_on <= before:
                _invalid(f"/due_dates/{index}", f"not after {before}")
            before = due_on


def _check_grace(terms: Terms) -> None:
    grace = terms.grace
    periods = periods_at_most(terms)
    if not 0 <= grace.principal_periods < periods:
        _invalid("/grace/principal_periods", f"0 to {periods - 1}: one period repays principal")
    if not 0 <= grace.interest_periods <= grace.principal_periods:
        _invalid("/grace/interest_periods", "0 to principal_periods")


def periods_at_most(terms: Terms) -> int:
    """The number of periods; of an open loan the most it may take."""
    if terms.due_dates is not None:
        return len(terms.due_dates)
    return PERIODS_WHEN_OPEN_MAX if terms.periods is None else terms.periods


def _check_amounts_of_the_plan(terms: Terms) -> None:
    for name in ("instalment_minor", "principal_instalment_minor", "balloon_minor"):
        amount = getattr(terms, name)
        if amount is not None and amount < 1:
            _invalid(f"/{name}", "at least 1")
    if terms.rounding.instalment_multiple_minor < 1:
        _invalid("/rounding/instalment_multiple_minor", "at least 1")
    if terms.plan is LEASE:
        _check_lease(terms)
    if terms.steps is not None:
        periods = periods_at_most(terms)
        if any(step.periods < 1 or step.weight < 0 for step in terms.steps):
            _invalid("/steps", "periods are at least 1 and weights at least 0")
        if sum(step.periods for step in terms.steps) != periods:
            _invalid("/steps", f"their periods do not add up to {periods}")
        if not any(step.weight for step in terms.steps):
            _invalid("/steps", "all weights are 0")


def _check_lease(terms: Terms) -> None:
    residual, advance = terms.residual_minor or 0, terms.advance_rents or 0
    if residual < 0:
        _invalid("/residual_minor", "at least 0")
    # Somebody must take the residue: a rent that is not paid in advance, or the purchase price.
    rents_in_advance_max = periods_at_most(terms) - (residual == 0)
    if not 0 <= advance <= rents_in_advance_max:
        _invalid("/advance_rents", f"0 to {rents_in_advance_max}")
    if terms.grace.principal_periods >= max(1, periods_at_most(terms) - advance):
        _invalid("/grace/principal_periods", "no period with a rent is left")


def _check_shares(terms: Terms) -> None:
    down = terms.down_payment
    if down is not None:
        _check_share("/down_payment", down.pct, down.amount_minor)
        if down.multiple_minor < 1:
            _invalid("/down_payment/multiple_minor", "at least 1")
    for index, fee in enumerate(terms.fees):
        _check_share(f"/fees/{index}", fee.pct, fee.amount_minor)


def _check_share(pointer: str, pct: Fraction | None, amount_minor: int | None) -> None:
    if pct is not None and amount_minor is not None:
        _contradiction(pointer, "either pct or amount_minor")
    share = amount_minor if pct is None else pct
    if share is None:
        _invalid(pointer, "missing: pct or amount_minor")
    if share < 0:
        _invalid(f"{pointer}/{'amount_minor' if pct is None else 'pct'}", "at least 0")


def _check_ascending(pointer: str, days: Sequence[date], *, strictly: bool) -> None:
    for index, (earlier, later) in enumerate(pairwise(days), start=1):
        if later < earlier or (strictly and later == earlier):
            _invalid(f"{pointer}/{index}/on", f"not after {earlier}")


def _check_not_before(pointer: str, days: Iterable[date], first: date) -> None:
    for index, day in enumerate(days):
        if day < first:
            _invalid(f"{pointer}/{index}/on", f"before {first}")


def _check_tranches(terms: Terms) -> None:
    tranches = terms.tranches or ()
    if not tranches:
        _invalid("/tranches", "at least one")
    for index, tranche in enumerate(tranches):
        if tranche.amount_minor < 1:
            _invalid(f"/tranches/{index}/amount_minor", "at least 1")
    days = [tranche.on for tranche in tranches]
    _check_not_before("/tranches", days, terms.disbursed_on)
    _check_ascending("/tranches", days, strictly=False)


def _check_rate_changes(terms: Terms) -> None:
    changes = terms.rate_changes or ()
    for index, change in enumerate(changes):
        _check_rate(f"/rate_changes/{index}/annual_rate_pct", change.annual_rate_pct)
    days = [change.on for change in changes]
    _check_not_before("/rate_changes", days, terms.disbursed_on)
    _check_ascending("/rate_changes", days, strictly=True)


def _check_accrual(terms: Terms) -> None:
    accrual = terms.accrual
    if accrual is None:
        return
    if accrual.as_of is None:
        if accrual.basis == "outstanding":
            _invalid("/accrual/as_of", "missing: until when interest runs on what is outstanding")
    elif accrual.as_of < terms.disbursed_on:
        _invalid("/accrual/as_of", "before the disbursement")
    for index, repaid in enumerate(accrual.paid):
        if repaid.principal_minor < 0:
            _invalid(f"/accrual/paid/{index}/principal_minor", "at least 0")
    _check_not_before("/accrual/paid", [repaid.on for repaid in accrual.paid], terms.disbursed_on)
