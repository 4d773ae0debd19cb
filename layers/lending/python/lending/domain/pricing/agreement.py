"""A price as the terms of an offer, and an offer's terms as the schedule they stand for."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from lending.domain.agreed import (
    NO_PARAMETERS,
    Agreed,
    AgreedContingentFee,
    AgreedEarlySettlement,
)
from lending.domain.daycount import DayCount
from lending.domain.money import Rounding
from lending.domain.pricing.comparison import figures
from lending.domain.pricing.plan import Conventions, Priced, all_fees, lent_minor, terms_for
from lending.domain.products import ContingentFee, Product, pct_text
from lending.domain.records import Offer
from lending.domain.schedule import RoundingRules, Schedule, Terms, repayment_schedule

PCT_PLACES = Decimal("0.000001")


def agreed(priced: Priced, product: Product, rate_basis: str) -> Agreed:
    """Everything of a price that an offer's own fields do not say; `rate_basis` is the market's."""
    compared, rounding = figures(priced), product.rounding
    early = product.early_settlement
    return Agreed(
        product_id=product.product_id,
        priced_on=priced.terms.disbursed_on.isoformat(),
        amount_minor=priced.asked.amount_minor,
        payout_minor=priced.payout_minor,
        parameters=priced.asked.parameters,
        fees=priced.fees,
        contingent_fees=tuple(_contingent(fee) for fee in product.contingent_fees),
        add_ons=priced.add_ons,
        early_settlement=AgreedEarlySettlement(
            pct_text(early.pct), early.free_after_paid, early.waivers
        ),
        day_count=product.day_count.value,
        rounding_mode=rounding.mode.value,
        residue=rounding.residue,
        instalment_multiple_minor=rounding.instalment_multiple_minor,
        first_instalment_minor=compared.first_instalment_minor,
        last_instalment_minor=compared.last_instalment_minor,
        highest_instalment_minor=compared.highest_instalment_minor,
        total_paid_minor=compared.total_paid_minor,
        effective_pct=rate_text(priced.all_in.rates.effective_pct),
        rate_basis=rate_basis,
    )


def schedule_of(offer: Offer, disbursed_on: date, rounding: Rounding) -> Schedule:
    """The schedule of an offer's terms, paid out on a day.

    `rounding` is for offers that do not carry their own.

    Raises:
        NotComputable: no schedule can be drawn up from these terms.
    """
    return repayment_schedule(terms_of(offer, disbursed_on, rounding))


def terms_of(offer: Offer, disbursed_on: date, rounding: Rounding) -> Terms:
    """What the schedule of an offer is drawn up from. Raises NotComputable."""
    rest, lent = offer.agreed, offer.principal_minor
    if rest is None:
        conventions = Conventions(DayCount.PERIODIC, RoundingRules(rounding))
    else:
        lent = lent_minor(rest.amount_minor, rest.add_ons)
        conventions = Conventions(
            DayCount(rest.day_count),
            RoundingRules(
                mode=Rounding(rest.rounding_mode),
                residue=rest.residue,
                instalment_multiple_minor=rest.instalment_multiple_minor,
            ),
        )
    return terms_for(
        offer.plan,
        rest.parameters if rest else NO_PARAMETERS,
        lent_minor=lent,
        term_months=offer.term_months,
        annual_rate_bps=offer.annual_rate_bps,
        conventions=conventions,
        fees=all_fees(rest.fees, rest.add_ons) if rest else (),
        disbursed_on=disbursed_on,
    )


def rate_text(pct: Decimal | None) -> str:
    """A rate in percent with 6 decimals, half even; empty where the method states none."""
    return "" if pct is None else str(pct.quantize(PCT_PLACES, ROUND_HALF_EVEN))


def _contingent(fee: ContingentFee) -> AgreedContingentFee:
    return AgreedContingentFee(
        code=fee.code,
        payee=fee.payee,
        when=fee.when,
        base=fee.base,
        pct=None if fee.pct is None else pct_text(fee.pct),
        amount_minor=fee.amount_minor,
    )
