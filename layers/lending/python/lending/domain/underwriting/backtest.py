"""A draft against history: who would have been decided otherwise, and what that would have cost.

Only facts that were stored are used: the same findings, score and exposure under another policy.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Final

from lending.domain.profile import MarketProfile
from lending.domain.records import Basis, DecisionRecord, Request
from lending.domain.underwriting.assessment import Case, assess
from lending.domain.underwriting.decided import PriceBuild
from lending.domain.underwriting.policy import CreditPolicy

APPROVED: Final = "APPROVED"
SWAPS_SHOWN: Final = 50


@dataclass(slots=True)
class Side:
    """One policy over the same applications. `loss_minor` is expected, of what is approved."""

    approved: int = 0
    declined: int = 0
    referred: int = 0
    lent_minor: int = 0
    loss_minor: int = 0
    pd_ppm_sum: int = 0
    rate_bps_sum: int = 0

    def add(self, outcome: str, request: Request, pd_ppm: int, price: PriceBuild | None) -> None:
        """Count one application."""
        match outcome:
            case "APPROVED":
                self.approved += 1
                self.lent_minor += request.lent_minor
                self.pd_ppm_sum += pd_ppm
                if price is not None:
                    self.loss_minor += price.expected_loss_minor
                    self.rate_bps_sum += price.annual_rate_bps
            case "DECLINED":
                self.declined += 1
            case _:
                self.referred += 1

    def told(self) -> dict[str, object]:
        """JSON-ready, with means over what is approved (whole units, down)."""
        whole = asdict(self)
        count = max(1, self.approved)
        whole["mean_pd_ppm"] = whole.pop("pd_ppm_sum") // count
        whole["mean_rate_bps"] = whole.pop("rate_bps_sum") // count
        return whole


@dataclass(slots=True)
class BackTest:
    """`swaps` counts (outcome then, outcome now); `unfair` names prices that differ at one risk."""

    version: str
    sha256: str
    decisions: int = 0
    left_out: int = 0
    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    swaps: Counter[tuple[str, str]] = field(default_factory=Counter)
    swapped_in: list[str] = field(default_factory=list)
    swapped_out: list[str] = field(default_factory=list)
    unfair: list[str] = field(default_factory=list)

    def told(self) -> dict[str, object]:
        """The report, JSON-ready."""
        return {
            "version": self.version,
            "sha256": self.sha256,
            "decisions": self.decisions,
            "left_out": self.left_out,
            "before": self.before.told(),
            "after": self.after.told(),
            "swaps": [
                {"from": was, "to": now, "count": count}
                for (was, now), count in sorted(self.swaps.items())
            ],
            "swapped_in": self.swapped_in[:SWAPS_SHOWN],
            "swapped_out": self.swapped_out[:SWAPS_SHOWN],
            "expected_loss_change_minor": self.after.loss_minor - self.before.loss_minor,
            "approved_change": self.after.approved - self.before.approved,
            "unfair_prices": self.unfair,
        }


def back_test(
    records: Iterable[DecisionRecord],
    policy: CreditPolicy,
    profile_of: Callable[[DecisionRecord, str], MarketProfile],
) -> BackTest:
    """Decide stored applications of the policy's market once more.

    Left out is what no policy decides: an older record without its basis, a person's decision,
    missing data or an unconfirmed identity, and a product that is gone.
    """
    report = BackTest(policy.version, policy.sha256)
    prices: dict[tuple[object, ...], set[int]] = {}
    for record in records:
        basis = record.basis
        if basis is None or basis.request.market != policy.market:
            report.left_out += 1
            continue
        case = _case(record, basis, policy, profile_of(record, policy.market))
        if case is None:
            report.left_out += 1
            continue
        _count(report, record, basis, case, prices)
    report.unfair = [str(key) for key, rates in prices.items() if len(rates) > 1]
    return report


def _case(
    record: DecisionRecord, basis: Basis, policy: CreditPolicy, profile: MarketProfile
) -> Case | None:
    product = profile.products.get(basis.request.product_id)
    if record.scored is None or product is None or record.decided_by.kind != "system":
        return None
    if basis.failed or record.findings.missing or record.findings.identity != "match":
        return None
    return Case(
        basis.request,
        record.findings,
        record.scored,
        basis.exposure,
        profile,
        product,
        policy.on(profile.local_date(record.decided_at)),
        record.decided_at,
    )


def _count(
    report: BackTest,
    record: DecisionRecord,
    basis: Basis,
    case: Case,
    prices: dict[tuple[object, ...], set[int]],
) -> None:
    assessed = assess(case, case.request)
    outcome = "REFERRED"
    if not assessed.missing:
        outcome = "DECLINED" if assessed.action == "decline" else outcome
        outcome = APPROVED if assessed.is_approved else outcome
    report.decisions += 1
    report.before.add(record.outcome, basis.request, case.scored.pd_ppm, basis.price)
    report.after.add(outcome, basis.request, assessed.pd_ppm, assessed.price)
    report.swaps[record.outcome, outcome] += 1
    if outcome == APPROVED != record.outcome:
        report.swapped_in.append(record.decision_id)
    elif record.outcome == APPROVED != outcome:
        report.swapped_out.append(record.decision_id)
    price = assessed.price
    if price is not None:
        same = (
            price.band_ppm,
            case.product.kind,
            case.request.plan,
            case.request.term_months,
            price.lgd_bps,
            price.funding_bps,
        )
        prices.setdefault(same, set()).add(price.annual_rate_bps)
