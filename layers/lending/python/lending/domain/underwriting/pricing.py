"""From risk to a yearly rate: probability times loss given default times exposure, plus costs.

    rate = funding + operating + margin + PD a year * LGD * EAD     (up to the next step)

The probability is that of the top of the policy's risk band, over the model's horizon, spread
over years. Every input is a term of the loan or its risk: the same risk has the same price.
"""

from typing import Final

from lending.domain.money import Rounding, divide
from lending.domain.underwriting.decided import PriceBuild, RuleHit
from lending.domain.underwriting.policy import CreditPolicy
from lending.domain.underwriting.tables import Inputs, Row, evaluate

MONTHS_PER_YEAR: Final = 12
BPS: Final = 10_000
PPM: Final = 1_000_000
PPM_PER_BPS: Final = 100
PRICE_TABLES: Final = ("lgd", "ead", "funding", "margin")


def band_of(policy: CreditPolicy, pd_ppm: int) -> int | None:
    """The top of the first risk band that covers the probability; None = too risky to price."""
    for band in policy.risk_bands_ppm:
        if pd_ppm <= band:
            return band
    return None


def price_of(
    policy: CreditPolicy, inputs: Inputs, pd_ppm: int, lent_minor: int
) -> PriceBuild | None:
    """The price of a loan by its terms (`inputs`) under the policy of a day.

    None: no band or no row covers it.
    """
    band = band_of(policy, pd_ppm)
    rows = price_rows(policy, inputs, pd_ppm)
    if band is None or rows is None:
        return None
    figures = {name: value for row in rows for name, value in row.then.items()}
    lgd, ead = int(figures["lgd_bps"]), int(figures["ead_bps"])
    funding, margin = int(figures["funding_bps"]), int(figures["margin_bps"])
    loss = _loss_bps(policy, band, lgd, ead)
    step = policy.rate_step_bps
    rate = -(-(funding + policy.operating_bps + margin + loss) // step) * step
    return PriceBuild(
        band_ppm=band,
        lgd_bps=lgd,
        ead_bps=ead,
        loss_bps=loss,
        funding_bps=funding,
        operating_bps=policy.operating_bps,
        margin_bps=margin,
        annual_rate_bps=rate,
        expected_loss_minor=expected_loss_minor(pd_ppm, lgd, ead, lent_minor),
    )


def price_rows(policy: CreditPolicy, inputs: Inputs, pd_ppm: int) -> tuple[Row, ...] | None:
    """The row of each price table; None when one has none. The margin is that of the band."""
    band = band_of(policy, pd_ppm)
    found = []
    for name in PRICE_TABLES:
        row = evaluate(policy.tables[name], {**inputs, "pd_ppm": band}).row
        if row is None:
            return None
        found.append(row)
    return tuple(found)


def price_hits(policy: CreditPolicy, inputs: Inputs, pd_ppm: int) -> list[RuleHit]:
    """The rows a price came from, for the record."""
    rows = price_rows(policy, inputs, pd_ppm) or ()
    return [
        RuleHit(name, row.row_id, "value", value=int(next(iter(row.then.values()))))
        for name, row in zip(PRICE_TABLES, rows, strict=False)
    ]


def expected_loss_minor(pd_ppm: int, lgd_bps: int, ead_bps: int, lent_minor: int) -> int:
    """PD (over the horizon) * LGD * EAD in minor units, half even."""
    return divide(pd_ppm * lgd_bps * ead_bps * lent_minor, PPM * BPS * BPS, Rounding.HALF_EVEN)


def _loss_bps(policy: CreditPolicy, band_ppm: int, lgd_bps: int, ead_bps: int) -> int:
    numerator = band_ppm * MONTHS_PER_YEAR * lgd_bps * ead_bps
    return -(-numerator // (policy.pd_horizon_months * BPS * BPS * PPM_PER_BPS))
