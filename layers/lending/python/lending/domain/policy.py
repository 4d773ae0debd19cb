"""A market's lending rules over the dated values of its profile.

Every answer names the profile value that decided it (`rule`), so that its number, source and
days in force can be looked up; the last test decides what passes them all. None as a value =
the market has no such rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from lending.domain.computable import NotComputable
from lending.domain.money import Rounding, divide

BPS = 10_000
CARS = ("used", "private_ice", "private_nev", "commercial_ice", "commercial_nev", "private_full")
TERM_PRODUCTS = (
    "auto_new",
    "auto_used",
    "dealer",
    "consumer",
    "consumer_bank_2025",
    "online_bullet",
    "personal_business",
    "personal_business_max",
)
DRAWDOWNS = ("consumer", "consumer_bank_2025", "business")
INSTITUTIONS = ("default", "bank_2025")


class Payout(StrEnum):
    """Who is paid: the seller by the lender's transfer, or the borrower."""

    ENTRUSTED = "entrusted"
    SELF_DIRECTED = "self_directed"


@dataclass(frozen=True, slots=True)
class ExtensionRatio:
    """Extensions against the original term: `short` up to so many months, `long` above."""

    short_up_to_months: int
    short_bps: int
    long_bps: int


@dataclass(frozen=True, slots=True)
class RenewalRule:
    """When a new loan may repay an old one: past due at most so many days in a year, paid at
    least a share (not of kinds `without_repayment`), so many days before the end or less.
    """

    max_past_due_days: int
    min_paid_bps: int
    without_repayment: tuple[str, ...]
    window_days: int


@dataclass(frozen=True, slots=True)
class ExtensionProcess:
    """How a market's lender extends loans, besides what the law allows.

    Nobody later than `max_delinquent_days` is extended. More months than `approval_above_months`
    (None: never) need a person who did not ask for them. `reasons` are the codes to choose from.
    """

    max_delinquent_days: int
    approval_above_months: int | None
    expires_days: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassLimit:
    """Up to so many days past due an asset has this class; None = no end."""

    name: str
    up_to_days: int | None


@dataclass(frozen=True, slots=True)
class ContactWindow:
    """The debtor's local time of day in which contact is allowed; the end is not."""

    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class PolicyRules:
    """The values in force on one day, by the name that the profile gives them."""

    ltv_cap_bps: Mapping[str, int | None]
    max_term_months: Mapping[str, int | None]
    extension_ratio: ExtensionRatio | None
    extension_max_count: int | None
    renewal: RenewalRule | None
    classification: tuple[ClassLimit, ...] | None
    always_entrusted: tuple[str, ...] | None
    cash_payee_self_directed: bool | None
    known_payee_entrusted: tuple[str, ...] | None
    self_pay_limit_minor: Mapping[str, int | None]
    contact_window: ContactWindow | None
    contact_max_calls_per_day: int | None
    contact_third_party: bool | None
    online_limit_minor: Mapping[str, int | None]
    online_bullet_max_months: int | None


@dataclass(frozen=True, slots=True)
class MaxLoan:
    """The most that may be lent on a car, in minor units."""

    max_loan_minor: int
    rule: str


@dataclass(frozen=True, slots=True)
class Term:
    """Whether a term is within the limit of its product."""

    allowed: bool
    max_months: int
    rule: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something is allowed; `reason` where the rule has several ways to fail."""

    allowed: bool
    rule: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Classified:
    """The regulatory class of an asset."""

    name: str
    rule: str


@dataclass(frozen=True, slots=True)
class PayoutMode:
    """How a drawdown is paid out."""

    mode: Payout
    rule: str


def max_loan(
    rules: PolicyRules,
    price_minor: int,
    valuation_minor: int | None,
    use: str,
    power: str,
    used: bool,
    full_ltv_private: bool = False,
) -> MaxLoan:
    """The cap of the kind of car times the price, or the lower of price and valuation.

    `use` is private or commercial, `power` ice or nev. `full_ltv_private` is a lender's policy
    for new private cars, where the market leaves their share to the lender.

    Raises:
        NotComputable: invalid_field, the market has no such rule.
    """
    car = "used" if used else f"{use}_{power}"
    if full_ltv_private and car.startswith("private") and rules.ltv_cap_bps["private_full"]:
        car = "private_full"
    name = f"ltv_cap_bps.{car}"
    cap_bps = _wanted(name, rules.ltv_cap_bps[car])
    base = price_minor if valuation_minor is None else min(price_minor, valuation_minor)
    return MaxLoan(divide(base * cap_bps, BPS, Rounding.HALF_EVEN), name)


def term(rules: PolicyRules, product: str, months: int) -> Term:
    """A term with its extensions against the limit of a product (one of TERM_PRODUCTS).

    Raises:
        NotComputable: invalid_field, the market has no such rule.
    """
    name = f"max_term_months.{product}"
    longest = _wanted(name, rules.max_term_months[product])
    return Term(months <= longest, longest, name)


def extension(
    rules: PolicyRules,
    original_months: int,
    extended_months: int,
    requested_months: int,
    max_total_months: int,
) -> Verdict:
    """A further extension: against the original term, then in total against the product's.

    Raises:
        NotComputable: invalid_field, the market has no such rule.
    """
    name = "extension.ratio"
    ratio = _wanted(name, rules.extension_ratio)
    is_short = original_months <= ratio.short_up_to_months
    ratio_bps = ratio.short_bps if is_short else ratio.long_bps
    extensions = extended_months + requested_months
    if extensions * BPS > original_months * ratio_bps:
        return Verdict(allowed=False, rule=name)
    is_within = original_months + extensions <= max_total_months
    return Verdict(is_within, "extension.max_total_months")


def classification(
    rules: PolicyRules, past_due_days: int, technical_grace_days: int = 0
) -> Classified:
    """The class by days past due; technical delays within the grace stay normal.

    Raises:
        NotComputable: invalid_field, the market has no such rule.
    """
    name = "classification.past_due_days"
    limits = _wanted(name, rules.classification)
    if past_due_days <= 0:
        return Classified("normal", name)
    if past_due_days <= technical_grace_days:
        return Classified("normal_technical", name)
    return Classified(
        next(
            limit.name
            for limit in limits
            if limit.up_to_days is None or past_due_days <= limit.up_to_days
        ),
        name,
    )


def payout(
    rules: PolicyRules,
    product: str,
    amount_minor: int,
    payee_known: bool,
    payee_needs_cash: bool,
    bank_2025_limits: bool = False,
) -> PayoutMode:
    """How one drawdown of a product (auto, consumer, business) is paid out.

    Raises:
        NotComputable: invalid_field, the market has no such rule.
    """
    if product in _wanted("payout.always_entrusted", rules.always_entrusted):
        return PayoutMode(Payout.ENTRUSTED, "payout.always_entrusted")
    if payee_needs_cash and rules.cash_payee_self_directed:
        return PayoutMode(Payout.SELF_DIRECTED, "payout.cash_payee_self_directed")
    if payee_known and product in (rules.known_payee_entrusted or ()):
        return PayoutMode(Payout.ENTRUSTED, "payout.known_payee_entrusted")
    limit_name = "consumer_bank_2025" if product == "consumer" and bank_2025_limits else product
    name = f"self_pay_limit_minor.{limit_name}"
    limit_minor = _wanted(name, rules.self_pay_limit_minor[limit_name])
    return PayoutMode(
        Payout.SELF_DIRECTED if amount_minor <= limit_minor else Payout.ENTRUSTED, name
    )


def contact(rules: PolicyRules, at: datetime, calls_today: int, target: str) -> Verdict:
    """Whether to call now: whom, then when (`at` is the debtor's local time), then how often.

    `calls_today` counts the calls of lender and agencies so far; `target` is debtor or other.

    Raises:
        NotComputable: invalid_field, the market has no such rule.
    """
    window = _wanted("contact.window", rules.contact_window)
    most = _wanted("contact.max_calls_per_day", rules.contact_max_calls_per_day)
    if target != "debtor" and not rules.contact_third_party:
        return Verdict(allowed=False, rule="contact.third_party", reason="third_party")
    if not window.begins <= at.time() < window.ends:
        return Verdict(allowed=False, rule="contact.window", reason="time")
    if calls_today >= most:
        return Verdict(allowed=False, rule="contact.max_calls_per_day", reason="frequency")
    return Verdict(allowed=True, rule="contact.max_calls_per_day")


def online_limit(
    rules: PolicyRules, amount_minor: int, institution: str, bullet: bool, months: int
) -> Verdict:
    """An online consumer loan against the line of one person, then a bullet against its term.

    Raises:
        NotComputable: invalid_field, the market has no such rule.
    """
    name = f"online_limit_minor.{institution}"
    limit_minor = _wanted(name, rules.online_limit_minor[institution])
    longest = _wanted("online_bullet_max_months", rules.online_bullet_max_months)
    if amount_minor <= limit_minor and bullet:
        return Verdict(months <= longest, "online_bullet_max_months")
    return Verdict(amount_minor <= limit_minor, name)


def _wanted[Value](name: str, value: Value | None) -> Value:
    if value is None:
        raise NotComputable("invalid_field", "/market", f"this market has no rule {name}")
    return value


def _renewal(value: Mapping[str, Any]) -> RenewalRule:
    return RenewalRule(**{**value, "without_repayment": tuple(value["without_repayment"])})


def policy_rules(chosen: Mapping[str, Any]) -> PolicyRules:
    """The rules from a profile's values in force.

    Raises:
        KeyError, TypeError, ValueError: a value is missing or malformed.
    """
    ratio, limits = chosen["extension.ratio"], chosen["classification.past_due_days"]
    entrusted, known = chosen["payout.always_entrusted"], chosen["payout.known_payee_entrusted"]
    window, renewal = chosen["contact.window"], chosen["renewal"]
    if limits is not None and limits[-1][1] is not None:
        raise ValueError("the last class has no end")
    return PolicyRules(
        ltv_cap_bps={car: chosen[f"ltv_cap_bps.{car}"] for car in CARS},
        max_term_months={name: chosen[f"max_term_months.{name}"] for name in TERM_PRODUCTS},
        extension_ratio=None if ratio is None else ExtensionRatio(**ratio),
        extension_max_count=chosen["extension.max_count"],
        renewal=None if renewal is None else _renewal(renewal),
        classification=None if limits is None else tuple(ClassLimit(*limit) for limit in limits),
        always_entrusted=None if entrusted is None else tuple(entrusted),
        cash_payee_self_directed=chosen["payout.cash_payee_self_directed"],
        known_payee_entrusted=None if known is None else tuple(known),
        self_pay_limit_minor={name: chosen[f"self_pay_limit_minor.{name}"] for name in DRAWDOWNS},
        contact_window=None if window is None else ContactWindow(*map(time.fromisoformat, window)),
        contact_max_calls_per_day=chosen["contact.max_calls_per_day"],
        contact_third_party=chosen["contact.third_party"],
        online_limit_minor={name: chosen[f"online_limit_minor.{name}"] for name in INSTITUTIONS},
        online_bullet_max_months=chosen["online_bullet_max_months"],
    )
