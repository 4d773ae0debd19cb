"""`autolend calc policy`: a market's lending rules, from the newest values of its profile."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from lending.adapters.profiles import newest
from lending.domain import policy
from lending.domain.policy import PolicyRules
from pydantic import BeforeValidator, ConfigDict, Field

from tools.calc.absent import NotNull
from tools.calc.wire import MinorNotNegative, MinorPositive, Shape

MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", re.ASCII)

type Check = Literal[
    "max_loan", "term", "extension", "classification", "payout", "contact", "online_limit"
]
Months = Annotated[int, Field(ge=0, le=12_000)]
MonthsPositive = Annotated[int, Field(ge=1, le=12_000)]
Days = Annotated[int, Field(ge=-(10**7), le=10**7)]
Calls = Annotated[int, Field(ge=0, le=10**6)]


def _moment(value: Any) -> datetime:
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return datetime.fromisoformat(value)  # No zone: the debtor's wall clock is meant.
    raise ValueError("a local date-time as YYYY-MM-DDTHH:MM:SS")


class Overrides(Shape):
    """A lender's own policy where the market leaves room for one."""

    full_ltv_private: bool = False
    bank_2025_limits: bool = False


class Request(Shape):
    """Market, check and the lender's policy; the check's own facts are read by its shape."""

    model_config = ConfigDict(extra="allow")

    market: Literal["CN", "US"]
    check: Check
    overrides: Overrides = Overrides()


class MaxLoan(Shape):
    """A car and its price."""

    price_minor: MinorPositive
    valuation_minor: Annotated[MinorPositive | None, NotNull] = None
    use: Literal["private", "commercial"]
    power: Literal["ice", "nev"]
    used: bool

    def answer(self, rules: PolicyRules, overrides: Overrides) -> dict[str, Any]:
        """The most that may be lent."""
        return asdict(
            policy.max_loan(rules, **dict(self), full_ltv_private=overrides.full_ltv_private)
        )


class Term(Shape):
    """A product and a term including extensions."""

    product: Literal[
        "auto_new",
        "auto_used",
        "dealer",
        "consumer",
        "consumer_bank_2025",
        "online_bullet",
        "personal_business",
        "personal_business_max",
    ]
    months: MonthsPositive

    def answer(self, rules: PolicyRules, _: Overrides) -> dict[str, Any]:
        """Whether the term is allowed, and the limit."""
        return asdict(policy.term(rules, self.product, self.months))


class Extension(Shape):
    """Terms of the loan so far and the extension asked for."""

    original_months: MonthsPositive
    extended_months: Months
    requested_months: Months
    max_total_months: Months

    def answer(self, rules: PolicyRules, _: Overrides) -> dict[str, Any]:
        """Whether the extension is allowed."""
        verdict = policy.extension(rules, **dict(self))
        return {"allowed": verdict.allowed, "rule": verdict.rule}


class Classification(Shape):
    """How late an asset is."""

    past_due_days: Days
    technical_grace_days: Annotated[int, Field(ge=0, le=10**7)] = 0

    def answer(self, rules: PolicyRules, _: Overrides) -> dict[str, Any]:
        """The class of the asset."""
        result = policy.classification(rules, **dict(self))
        return {"class": result.name, "rule": result.rule}


class PayoutFacts(Shape):
    """One drawdown and its payee."""

    product: Literal["auto", "consumer", "business"]
    amount_minor: MinorNotNegative
    payee_known: bool
    payee_needs_cash: bool

    def answer(self, rules: PolicyRules, overrides: Overrides) -> dict[str, Any]:
        """Who is paid."""
        paid = policy.payout(rules, **dict(self), bank_2025_limits=overrides.bank_2025_limits)
        return {"mode": paid.mode.value, "rule": paid.rule}


class Contact(Shape):
    """A call at the debtor's local time."""

    at: Annotated[datetime, BeforeValidator(_moment)]
    calls_today: Calls
    target: Literal["debtor", "other"]

    def answer(self, rules: PolicyRules, _: Overrides) -> dict[str, Any]:
        """Whether to call, and the first reason not to."""
        return asdict(policy.contact(rules, **dict(self)))


class OnlineLimit(Shape):
    """An online consumer loan."""

    amount_minor: MinorNotNegative
    institution: Literal["default", "bank_2025"]
    bullet: bool
    months: MonthsPositive

    def answer(self, rules: PolicyRules, _: Overrides) -> dict[str, Any]:
        """Whether the loan is within the limits."""
        verdict = policy.online_limit(rules, **dict(self))
        return {"allowed": verdict.allowed, "rule": verdict.rule}


type Facts = (
    type[MaxLoan]
    | type[Term]
    | type[Extension]
    | type[Classification]
    | type[PayoutFacts]
    | type[Contact]
    | type[OnlineLimit]
)
FACTS: Final[Mapping[str, Facts]] = {
    "max_loan": MaxLoan,
    "term": Term,
    "extension": Extension,
    "classification": Classification,
    "payout": PayoutFacts,
    "contact": Contact,
    "online_limit": OnlineLimit,
}


def answer(request: Request) -> dict[str, Any]:
    """The answer of a check, and the profile value that decided it."""
    facts = FACTS[request.check].model_validate(request.model_extra)
    return facts.answer(newest(request.market.lower()).policy, request.overrides)
