"""The all-in cost sheet of a price and of an offer, from the same schedule as everything else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from lending.domain.agreed import Agreed, AgreedContingentFee, AgreedFee
from lending.domain.dates import add_months
from lending.domain.disclosure.cost_sheet import (
    Charge,
    Contingency,
    CostSheet,
    Lending,
    RateBasis,
    When,
    cost_sheet,
)
from lending.domain.money import Rounding
from lending.domain.pricing.agreement import schedule_of
from lending.domain.pricing.all_in import all_in
from lending.domain.pricing.plan import all_fees, counted
from lending.domain.records import Offer
from lending.domain.schedule import Schedule

BPS_PER_PCT: Final = 100
# An offer is shown many times and never changes; a process keeps the sheets of the last few.
SHEETS_KEPT: Final = 64


def sheet(
    schedule: Schedule,
    rest: Agreed,
    currency: str,
    annual_rate_bps: int,
    apr_cap_bps: int | None = None,
    first_due_on: date | None = None,
) -> CostSheet:
    """Every cost of a schedule by payee, what is contingent, and the annual all-in cost.

    The annual cost also counts what the sheet of a loan cannot hold: a deposit that bears no
    interest, and a first period that is not a month.

    Raises:
        NotComputable: the schedule is not one of these terms.
    """
    basis = RateBasis(rest.rate_basis)
    cap_pct = None if apr_cap_bps is None else Decimal(apr_cap_bps).scaleb(-2)
    lender = "lessor" if rest.parameters.residual_minor is not None else "lender"
    rate = Fraction(annual_rate_bps, BPS_PER_PCT)
    fees = all_fees(rest.fees, rest.add_ons)
    found = cost_sheet(
        schedule,
        Lending(currency, lender, rate, basis, cap_pct),
        [_charge(fee) for fee in fees],
        _contingencies(rest, lender),
    )
    deposit = rest.parameters.deposit_minor or 0
    if basis is RateBasis.SIMPLE or not (deposit or first_due_on):
        return found
    return _with_all(found, schedule, rest, fees, apr_cap_bps, first_due_on)


@lru_cache(maxsize=SHEETS_KEPT)
def sheet_of(offer: Offer) -> CostSheet | None:
    """The sheet of an offer as it was priced; None for one from before there were sheets."""
    rest = offer.agreed
    if rest is None:
        return None
    schedule = schedule_of(offer, date.fromisoformat(rest.priced_on), Rounding.HALF_UP)
    return sheet(schedule, rest, offer.currency, offer.annual_rate_bps)


def _with_all(
    found: CostSheet,
    schedule: Schedule,
    rest: Agreed,
    fees: Sequence[AgreedFee],
    apr_cap_bps: int | None,
    first_due_on: date | None,
) -> CostSheet:
    on = date.fromisoformat(rest.priced_on)
    received, paid = counted(schedule, fees, rest.parameters.deposit_minor or 0)
    cap = 0 if apr_cap_bps is None else apr_cap_bps
    whole = all_in(received, paid, on, first_due_on or add_months(on, 1), cap)
    is_nominal = found.annual_cost.basis is RateBasis.IRR_NOMINAL
    pct = whole.rates.nominal_pct if is_nominal else whole.rates.effective_pct
    cost = replace(
        found.annual_cost,
        pct=pct or Decimal(0),
        is_within_cap=None if apr_cap_bps is None else whole.is_within_cap,
    )
    return replace(found, annual_cost=cost)


def _charge(fee: AgreedFee) -> Charge:
    return Charge(
        code=fee.code,
        payee=fee.payee,
        when=When(fee.when),
        amount_minor=fee.amount_minor,
        base=fee.base,
        pct=None if fee.pct is None else Fraction(fee.pct),
        is_counted=fee.in_all_in_cost,
    )


def _contingencies(rest: Agreed, lender: str) -> list[Contingency]:
    """The contingent fees, and what settling early costs."""
    found = [_contingency(fee) for fee in rest.contingent_fees]
    early = Fraction(rest.early_settlement.pct)
    if early:
        name = "early_settlement"
        found.append(Contingency(name, lender, name, base="balance", pct=early))
    return found


def _contingency(fee: AgreedContingentFee) -> Contingency:
    pct = None if fee.pct is None else Fraction(fee.pct)
    return Contingency(fee.code, fee.payee, fee.when, fee.amount_minor, fee.base, pct)
