"""One request under one policy: what it is, what the rules say of it, and at which price.

What was asked for, every alternative and every counter-offer go through the same function, so
that what is offered instead is held to the very same rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from lending.domain.computable import NotComputable
from lending.domain.features import TERM_FEATURES, term_features
from lending.domain.pricing import Asked, highest_instalment_minor, problems
from lending.domain.pricing.plan import drawn_up
from lending.domain.products import Product
from lending.domain.profile import MarketProfile
from lending.domain.records import Findings, Refusal, Request, Scored
from lending.domain.underwriting.catalogue import BPS_MAX, SEVERITY
from lending.domain.underwriting.decided import Exposure, PriceBuild, RuleHit
from lending.domain.underwriting.policy import CreditPolicy
from lending.domain.underwriting.pricing import price_hits, price_of
from lending.domain.underwriting.tables import Row, Value, evaluate, tightest

type Features = Mapping[str, int | str | None]
# The probability of default (ppm) of other features; None = this model is not at hand.
type Rescore = Callable[[Features], int | None]

BPS: Final = 10_000
MONTHS_PER_YEAR: Final = 12
# Each limit: what it bounds, and what is said when it is broken. `lowest`: a maximum.
LIMITS: Final[tuple[tuple[str, str, Refusal, bool], ...]] = (
    ("amount_max_minor", "amount_minor", Refusal.AMOUNT_TOO_HIGH, True),
    ("term_max_months", "term_months", Refusal.TERM_TOO_LONG, True),
    ("down_payment_min_bps", "down_payment_bps", Refusal.DOWN_PAYMENT_TOO_LOW, False),
    ("ltv_cap_bps", "ltv_bps", Refusal.LOAN_TO_VALUE_TOO_HIGH, True),
    ("dti_cap_bps", "dti_bps", Refusal.DEBT_TO_INCOME_TOO_HIGH, True),
    ("exposure_max_minor", "exposure_minor", Refusal.EXPOSURE_TOO_HIGH, True),
    ("open_applications_max", "open_applications", Refusal.TOO_MANY_OPEN, True),
    ("open_loans_max", "open_loans", Refusal.TOO_MANY_OPEN, True),
)
NEEDS_VEHICLE: Final = frozenset({"ltv_cap_bps", "down_payment_min_bps"})


@dataclass(frozen=True, slots=True)
class Case:
    """What does not change between alternatives. `policy` holds the rows of the day."""

    request: Request
    findings: Findings
    scored: Scored
    exposure: Exposure
    profile: MarketProfile
    product: Product
    policy: CreditPolicy
    at: datetime
    rescore: Rescore | None = None


@dataclass(frozen=True, slots=True)
class Assessed:
    """`action` is approve, refer or decline; `missing` inputs make any of them a referral.

    `is_rescored`: the probability is that of these very terms, not of what was asked for.
    `instalment_minor` is the highest one at this price; None: no such plan or no price.
    """

    request: Request
    pd_ppm: int
    is_rescored: bool
    action: str
    reasons: tuple[Refusal, ...]
    missing: tuple[str, ...]
    hits: tuple[RuleHit, ...]
    price: PriceBuild | None
    instalment_minor: int | None

    @property
    def is_approved(self) -> bool:
        """Whether an offer may be made of it."""
        return self.fits("approve") and not self.missing

    def fits(self, action: str) -> bool:
        """Whether it can be priced and fares no worse than this."""
        can_be_had = self.price is not None and self.instalment_minor is not None
        return can_be_had and SEVERITY[self.action] <= SEVERITY[action]


def assess(case: Case, request: Request) -> Assessed:
    """Hold one request (the one asked for, or a changed one) against market and policy."""
    pd_ppm, is_rescored = _risk(case, request)
    inputs = _terms(case, request, pd_ppm)
    price = price_of(case.policy, inputs, pd_ppm, request.lent_minor)
    instalment = None if price is None else _instalment(case, request, price.annual_rate_bps)
    inputs["dti_bps"] = _dti_bps(case, instalment)
    hits: list[RuleHit] = []
    missing: dict[str, None] = {}
    refusals: dict[Refusal, None] = {}
    action = "approve"
    for hit in _market_hits(case, request, inputs):
        hits.append(hit)
        action = "decline"
    knocked = evaluate(case.policy.tables["knock_outs"], inputs)
    hits += [_hit("knock_outs", row) for row in knocked.rows]
    limited, lacking = _limit_hits(case, request, inputs)
    hits += limited
    matrix = evaluate(case.policy.tables["matrix"], inputs)
    if matrix.row is not None:
        hits.append(_hit("matrix", matrix.row))
    missing |= dict.fromkeys((*knocked.missing, *lacking, *matrix.missing))
    for hit in hits:
        if hit.effect in SEVERITY:
            action = max(action, hit.effect, key=SEVERITY.__getitem__)
        if hit.effect == "decline":
            refusals[Refusal(hit.reason)] = None
    hits += price_hits(case.policy, inputs, pd_ppm)
    return Assessed(
        request=request,
        pd_ppm=pd_ppm,
        is_rescored=is_rescored,
        action=action,
        reasons=tuple(refusals),
        missing=tuple(missing),
        hits=tuple(hits),
        price=price,
        instalment_minor=instalment,
    )


def is_pd_decisive(case: Case, assessed: Assessed) -> bool:
    """Whether the same terms without any risk would fare better: then risk is a true reason."""
    inputs = _terms(case, assessed.request, 0)
    price = price_of(case.policy, inputs, 0, assessed.request.lent_minor)
    instalment = None
    if price is not None:
        instalment = _instalment(case, assessed.request, price.annual_rate_bps)
    inputs["dti_bps"] = _dti_bps(case, instalment)
    row = evaluate(case.policy.tables["matrix"], inputs).row
    return row is not None and SEVERITY[str(row.then["action"])] < SEVERITY["decline"]


def _risk(case: Case, request: Request) -> tuple[int, bool]:
    """The risk of these terms: scored, or scored anew; else that of what was asked for."""
    if request == case.request:
        return case.scored.pd_ppm, True
    known = case.findings.features
    if case.rescore is not None and TERM_FEATURES & known.keys():
        changed = term_features(
            request,
            valuation_minor=case.findings.valuation_minor,
            income_monthly_minor=case.findings.income_monthly_minor,
            other_debt_monthly_minor=case.findings.other_debt_monthly_minor,
            instalment_minor=_instalment(case, request, case.profile.indicative_rate_bps),
        )
        features = {**known, **{name: changed[name] for name in TERM_FEATURES & known.keys()}}
        again = case.rescore(features)
        if again is not None:
            return again, True
    return case.scored.pd_ppm, False


def _terms(case: Case, request: Request, pd_ppm: int) -> dict[str, Value]:
    """The inputs of the tables; only what is really unknown is None."""
    findings, vehicle, features = case.findings, request.vehicle, case.findings.features
    age = findings.age_years
    price = None if vehicle is None else vehicle.price_minor
    return {
        "pd_ppm": pd_ppm,
        "product_kind": case.product.kind,
        "vehicle_condition": "none" if vehicle is None else vehicle.condition,
        "vehicle_power": "none" if vehicle is None else vehicle.power,
        "plan": request.plan,
        "amount_minor": request.amount_minor,
        "term_months": request.term_months,
        "ltv_bps": _ltv_bps(request, findings),
        "down_payment_bps": 0
        if price is None
        else max(0, price - request.amount_minor) * BPS // price,
        "income_monthly_minor": findings.income_monthly_minor,
        "other_debt_monthly_minor": findings.other_debt_monthly_minor,
        "bureau_score": _number(features.get("bureau_score")),
        "delinquencies_24m": _number(features.get("delinquencies_24m")),
        "enquiries_6m": _number(features.get("enquiries_6m")),
        "months_employed": _number(features.get("months_employed")),
        "vehicle_age_years": _number(features.get("vehicle_age_years")),
        "exposure_minor": case.exposure.total_minor + request.lent_minor,
        "open_applications": case.exposure.applications,
        "open_loans": case.exposure.loans,
        "age_years": age,
        "age_at_maturity_months": None
        if age is None
        else age * MONTHS_PER_YEAR + request.term_months,
    }


def _number(value: int | str | None) -> int | None:
    return value if isinstance(value, int) else None


def _ltv_bps(request: Request, findings: Findings) -> int | None:
    """Loan against the lower of price and valuation, up; 0 where nothing secures it.

    New: the price alone where nobody valued it. Used: not known without a valuation.
    """
    vehicle = request.vehicle
    if vehicle is None:
        return 0
    value = findings.valuation_minor
    if value is None:
        if vehicle.condition == "used":
            return None
        value = vehicle.price_minor
    return _share_bps(request.amount_minor, min(vehicle.price_minor, value))


def _dti_bps(case: Case, instalment_minor: int | None) -> int | None:
    """All debt service with the highest new instalment, at its own price, against income, up.

    What cannot be priced adds nothing here: there will be no offer of it.
    """
    income = case.findings.income_monthly_minor
    if income is None:
        return None
    debt = case.findings.other_debt_monthly_minor or 0
    return _share_bps(debt + (instalment_minor or 0), income)


def _share_bps(part: int, whole: int) -> int:
    return BPS_MAX if whole < 1 else min(BPS_MAX, -(-part * BPS // whole))


def _instalment(case: Case, request: Request, rate_bps: int) -> int | None:
    """The highest instalment at a rate, paid out today; None when there is no such plan."""
    asked, profile = Asked.of(request), case.profile
    if any(problems(asked, case.product, profile.currency, profile.add_on_finance)):
        return None
    try:
        drawn = drawn_up(asked, case.product, rate_bps, profile.local_date(case.at))
    except NotComputable:
        return None
    return highest_instalment_minor(drawn.schedule, drawn.terms)


def _market_hits(case: Case, request: Request, inputs: Mapping[str, Value]) -> list[RuleHit]:
    """Rules of the market itself, which no policy loosens."""
    profile, found = case.profile, []
    age, months = inputs["age_years"], inputs["age_at_maturity_months"]
    if isinstance(age, int) and age < profile.min_age_years:
        found.append(_market("min_age_years", Refusal.AGE_NOT_ELIGIBLE, profile.min_age_years))
    oldest = profile.max_age_at_maturity_years
    if oldest is not None and isinstance(months, int) and months > oldest * MONTHS_PER_YEAR + 11:
        found.append(_market("max_age_at_maturity_years", Refusal.AGE_NOT_ELIGIBLE, oldest))
    line = profile.policy.online_limit_minor.get("default")
    if case.product.kind == "consumer" and line is not None:
        unsecured_minor = case.exposure.unsecured_minor + request.lent_minor
        if unsecured_minor > line:
            found.append(_market("online_limit_minor", Refusal.EXPOSURE_TOO_HIGH, line))
    return found


def _market(rule: str, reason: Refusal, value: int) -> RuleHit:
    return RuleHit("market", rule, "decline", reason.value, value)


def _limit_hits(
    case: Case, request: Request, inputs: Mapping[str, Value]
) -> tuple[list[RuleHit], list[str]]:
    """The tightest of all caps of a kind, policy's and market's: kept (cap) or broken (decline)."""
    rows = evaluate(case.policy.tables["limits"], inputs)
    hits, missing = [], list(rows.missing)
    for output, name, reason, lowest in LIMITS:
        if output in NEEDS_VEHICLE and request.vehicle is None:
            continue
        cap = tightest(rows.rows, output, lowest=lowest)
        own = _market_cap(case, output)
        is_market = own is not None and (cap is None or own < cap[1])
        if not is_market and cap is None:
            continue
        table, row, limit = "market", output, own
        if not is_market and cap is not None:
            table, row, limit = "limits", cap[0].row_id, cap[1]
        value = inputs[name]
        if not isinstance(value, int) or limit is None:
            missing.append(name)
            continue
        broken = value > limit if lowest else value < limit
        if output in {"open_applications_max", "open_loans_max"}:
            broken = value >= limit
        effect = "decline" if broken else "cap"
        hits.append(RuleHit(table, row, effect, reason.value if broken else "", limit))
    return hits, missing


def _market_cap(case: Case, output: str) -> int | None:
    match output:
        case "ltv_cap_bps":
            return case.product.ltv_cap_bps
        case "dti_cap_bps":
            return case.profile.dti_cap_bps
        case _:
            return None


def _hit(table: str, row: Row) -> RuleHit:
    action = str(row.then["action"])
    return RuleHit(table, row.row_id, action, row.reason if action != "approve" else "")


def with_amount(request: Request, amount_minor: int) -> Request:
    """The same request for another amount; the customer's own share of a vehicle fills up."""
    if request.vehicle is None:
        return replace(request, amount_minor=amount_minor)
    own = max(0, request.vehicle.price_minor - amount_minor)
    return replace(request, amount_minor=amount_minor, down_payment_minor=own)
