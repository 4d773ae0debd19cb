"""What a market lends: products, their plans, fees and add-ons, as values of one day.

Amounts are minor units, shares basis points (10,000 = the whole) or exact percent. None means
that the product has no such rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from lending.domain.daycount import DayCount
from lending.domain.schedule import PlanKind, RoundingRules

BPS: Final = 10_000

ProductKind = Literal["auto", "consumer", "personal_business", "finance_lease"]
FeeWhen = Literal["upfront", "financed", "each_instalment"]
PriceRuleKind = Literal["fixed", "range", "share"]


def pct_text(pct: Fraction) -> str:
    """An exact percentage as the shortest decimal string; product data has at most 6 decimals."""
    millionths = pct * 1_000_000
    whole, rest = divmod(int(millionths), 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class PlanOption:
    """A plan that a product offers, and how far its parameters may go; shares are of the amount.

    `max_term_months` is below the product's where the plan must end earlier.
    """

    kind: PlanKind
    max_term_months: int | None = None
    grace_principal_max: int = 0
    grace_interest_max: int = 0
    balloon_max_bps: int = 0
    steps_max: int = 0
    step_ratio_max: Fraction = Fraction(1)
    residual_max_bps: int = 0
    deposit_max_bps: int = 0
    advance_rents_max: int = 0


@dataclass(frozen=True, slots=True)
class FeeRule:
    """A fee that is charged with the loan: an amount, or `pct` of `base`.

    `payee` is who charges it; `in_all_in_cost`: whether it counts in the annual all-in cost.
    """

    code: str
    payee: str
    when: FeeWhen
    base: Literal["amount", "vehicle_price"] | None
    pct: Fraction | None
    amount_minor: int | None
    in_all_in_cost: bool


@dataclass(frozen=True, slots=True)
class ContingentFee:
    """What is charged only `when` something happens: an amount, or `pct` of `base`.

    `base` contract_rate: a yearly rate on what is overdue, `pct` of the loan's own.
    """

    code: str
    payee: str
    when: str
    base: str | None
    pct: Fraction | None
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class EarlySettlement:
    """What settling early costs: `pct` of the balance until so many instalments are paid.

    `free_after_paid` None: at any time. `waivers` name the reasons for which nothing is charged.
    """

    pct: Fraction
    free_after_paid: int | None
    waivers: tuple[str, ...]

    def fee_pct(self, paid: int, reason: str | None = None) -> Fraction:
        """Percent of the balance, after `paid` instalments and for this reason."""
        if reason in self.waivers:
            return Fraction(0)
        is_free = self.free_after_paid is not None and paid >= self.free_after_paid
        return Fraction(0) if is_free else self.pct


@dataclass(frozen=True, slots=True)
class PriceRule:
    """What an add-on costs.

    fixed: `amount_minor`; range: the provider's price within `min_minor` to `max_minor`; share:
    `pct` of the vehicle's price without the value added tax in it (`vat_pct`), less a relief of
    `relief_bps` of that and at most `relief_max_minor`.
    """

    kind: PriceRuleKind
    amount_minor: int = 0
    min_minor: int = 0
    max_minor: int = 0
    pct: Fraction = Fraction(0)
    vat_pct: Fraction = Fraction(0)
    relief_bps: int = 0
    relief_max_minor: int = 0


@dataclass(frozen=True, slots=True)
class AddOn:
    """Something sold with the vehicle or the loan; the customer opts in, nothing is pre-ticked.

    `on_cancel` says what comes back when it is cancelled; `financed_allowed`, whether the loan
    may pay for it.
    """

    code: str
    kind: Literal["insurance", "warranty", "tax", "device", "service"]
    payee: str
    price: PriceRule
    financed_allowed: bool
    on_cancel: Literal["pro_rata", "none"]


@dataclass(frozen=True, slots=True)
class AddOnFinance:
    """How much of all add-ons' price may be financed: less when their sum is above a limit."""

    cap_bps: int
    above_minor: int
    cap_above_bps: int

    def cap_minor(self, total_minor: int) -> int:
        """The most that may be financed of add-ons that cost this together."""
        bps = self.cap_above_bps if total_minor > self.above_minor else self.cap_bps
        return total_minor * bps // BPS


@dataclass(frozen=True, slots=True)
class Product:
    """What a market lends. None = the rule does not apply to this product.

    `ltv_cap_bps` and `max_term_months` are the stricter of the product's own value and the
    market's rule (`ltv_rule`, `term_rule`) in force on the day. `add_ons` are offered;
    `required_add_ons` are a condition of the loan and count in its all-in cost.
    """

    product_id: str
    kind: ProductKind
    vehicle_condition: str | None
    vehicle_power: str | None
    plans: Mapping[str, PlanOption]
    min_amount_minor: int
    max_amount_minor: int
    min_term_months: int
    max_term_months: int
    term_rule: str | None
    min_down_payment_bps: int
    ltv_cap_bps: int | None
    ltv_rule: str | None
    max_vehicle_age_years: int | None
    day_count: DayCount
    rounding: RoundingRules
    fees: tuple[FeeRule, ...]
    contingent_fees: tuple[ContingentFee, ...]
    early_settlement: EarlySettlement
    add_ons: Mapping[str, AddOn]
    required_add_ons: tuple[str, ...]

    @property
    def has_vehicle(self) -> bool:
        """Whether a vehicle secures it or is leased by it."""
        return self.kind in {"auto", "finance_lease"}

    def max_months(self, plan: str) -> int:
        """The longest term of a plan of this product."""
        own = self.plans[plan].max_term_months
        return self.max_term_months if own is None else min(own, self.max_term_months)

    def is_tied(self, add_on: str) -> bool:
        """Whether the loan is not to be had without it."""
        return add_on in self.required_add_ons
