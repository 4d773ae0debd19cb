"""What a decision leaves behind besides its outcome: rules hit, price, exposure, alternatives.

Plain values, JSON-ready; amounts in minor units, rates in basis points, risk in parts per million.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuleHit:
    """One row that matched. `effect` is approve, refer, decline, cap (a limit that is kept) or
    value (a figure of the price); `reason` is a code for the customer, "" where none is due.
    """

    table: str
    row: str
    effect: str
    reason: str = ""
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one person has with us besides the application decided: open applications at the
    amount asked for or offered, loans at the principal still owed; `unsecured_minor` of both.
    """

    applications: int = 0
    applications_minor: int = 0
    loans: int = 0
    loans_minor: int = 0
    unsecured_minor: int = 0

    @property
    def total_minor(self) -> int:
        """All of it."""
        return self.applications_minor + self.loans_minor


NOTHING_OPEN = Exposure()


@dataclass(frozen=True, slots=True)
class PriceBuild:
    """How a yearly rate came about; the sum of the parts is rounded up to the policy's step.

    `band_ppm` is the top of the risk band: everybody in it has the same price.
    `expected_loss_minor` is probability times loss given default times exposure, of the loan.
    """

    band_ppm: int
    lgd_bps: int
    ead_bps: int
    loss_bps: int
    funding_bps: int
    operating_bps: int
    margin_bps: int
    annual_rate_bps: int
    expected_loss_minor: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """How one offer differs from what was asked for: asked, shorter, longer, own_share or plan;
    differences of the highest instalment and of the total cost from those of the first offer.
    """

    offer_id: str
    differs: str
    instalment_minor: int
    cost_minor: int


@dataclass(frozen=True, slots=True)
class CounterOffer:
    """The smallest change of what was asked for that this policy approves, not yet an offer.

    `changes` names the fields that differ from the request.
    """

    amount_minor: int
    term_months: int
    down_payment_minor: int
    pd_ppm: int
    annual_rate_bps: int
    instalment_minor: int
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """What a declined customer must be told besides the reasons: rights by code, times in ISO 8601.

    The notice goes out by `send_by`; until `review_until` a person can be asked for, who answers
    within so many hours.
    """

    rights: tuple[str, ...]
    send_by: str
    review_until: str
    answer_within_hours: int


@dataclass(frozen=True, slots=True)
class Override:
    """A person decided against the machine or above their own limit; another one agreed."""

    code: str
    proposed_by: str
    confirmed_by: str
