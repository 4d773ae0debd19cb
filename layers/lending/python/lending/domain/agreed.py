"""What is asked for and agreed besides amount, term and rate: plan parameters, fees, add-ons.

JSON-ready values (exact numbers that are not whole are decimal or fraction strings), because
applications and offers are stored and hashed with them. Amounts are minor units.
"""

from dataclasses import dataclass
from typing import Final, Literal

PlanName = Literal[
    "equal_instalment", "equal_principal", "interest_only", "balloon", "flat", "step", "lease"
]


@dataclass(frozen=True, slots=True)
class PlanStep:
    """So many instalments of this relative weight, such as "1.5" or "3/2"."""

    periods: int
    weight: str


@dataclass(frozen=True, slots=True)
class PlanParameters:
    """What a plan is asked for with; None, 0 or empty = not given.

    balloon: due with the last instalment. residual: the price at which a leased vehicle is
    bought at the end. advance_rents: rents paid at the start. deposit: given at the start,
    returned with the last payment. grace: first months without principal, or without
    collecting interest.
    """

    balloon_minor: int | None = None
    residual_minor: int | None = None
    advance_rents: int | None = None
    deposit_minor: int | None = None
    steps: tuple[PlanStep, ...] = ()
    grace_principal_periods: int = 0
    grace_interest_periods: int = 0


NO_PARAMETERS: Final = PlanParameters()


@dataclass(frozen=True, slots=True)
class AddOnChoice:
    """An add-on the customer opts into; `price_minor` None = by the market's price rule.

    `financed_minor` of its price is added to the loan, the rest is paid by the customer.
    """

    code: str
    price_minor: int | None = None
    financed_minor: int = 0


@dataclass(frozen=True, slots=True)
class AgreedFee:
    """A fee charged with the loan, and by whom; `pct` of `base` is for reading (None: fixed)."""

    code: str
    payee: str
    when: Literal["upfront", "financed", "each_instalment"]
    amount_minor: int
    base: str | None
    pct: str | None
    in_all_in_cost: bool


@dataclass(frozen=True, slots=True)
class AgreedContingentFee:
    """What is charged only `when` something happens: an amount, or `pct` of `base`."""

    code: str
    payee: str
    when: str
    base: str | None
    pct: str | None
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class AgreedAddOn:
    """An add-on at its price; `in_all_in_cost`: it is a condition of the loan, tied to it."""

    code: str
    payee: str
    price_minor: int
    financed_minor: int
    in_all_in_cost: bool
    on_cancel: Literal["pro_rata", "none"]

    @property
    def paid_directly_minor(self) -> int:
        """What the customer pays of it besides the loan."""
        return self.price_minor - self.financed_minor

    def as_fees(self) -> tuple[AgreedFee, ...]:
        """The parts of a tied add-on as costs of the loan: paid at once, and financed."""
        parts: tuple[tuple[Literal["upfront", "financed"], int], ...] = (
            ("upfront", self.paid_directly_minor),
            ("financed", self.financed_minor),
        )
        return tuple(
            AgreedFee(self.code, self.payee, when, amount, None, None, in_all_in_cost=True)
            for when, amount in parts
            if amount and self.in_all_in_cost
        )


@dataclass(frozen=True, slots=True)
class AgreedEarlySettlement:
    """Percent of the balance until so many instalments are paid (None: always), and waivers."""

    pct: str
    free_after_paid: int | None
    waivers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agreed:
    """The rest of an offer's terms, from which its schedule can be drawn up on any day.

    `priced_on` (ISO 8601) is the day it was priced for; with a PERIODIC day count the amounts
    are the same on every other day. `amount_minor` was asked for; `payout_minor` is paid out,
    with the financed add-ons and without financed fees. `effective_pct` is the effective annual
    all-in rate, 6 decimals; `rate_basis` is how the cost sheet states the annual cost.
    """

    product_id: str
    priced_on: str
    amount_minor: int
    payout_minor: int
    parameters: PlanParameters
    fees: tuple[AgreedFee, ...]
    contingent_fees: tuple[AgreedContingentFee, ...]
    add_ons: tuple[AgreedAddOn, ...]
    early_settlement: AgreedEarlySettlement
    day_count: str
    rounding_mode: str
    residue: Literal["last", "spread"]
    instalment_multiple_minor: int
    first_instalment_minor: int
    last_instalment_minor: int
    highest_instalment_minor: int
    total_paid_minor: int
    effective_pct: str
    rate_basis: str
