"""Deciding again from what was stored (I13): here the product's own pure decision is asked."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.policies import DynamoPolicies
from lending.adapters.dynamodb.rules_archive import DynamoRulesArchive
from lending.adapters.profiles import ProfileStore
from lending.adapters.scorecard import LocalScoring
from lending.domain.records import Approved, Decision, DecisionRecord, Declined, Offer, Referred
from lending.usecases.loading import rules_at
from lending.usecases.reproduce_decision import ReproduceDecision

from tools.chaos.store import LENDING

if TYPE_CHECKING:
    from tools.chaos.evidence import Evidence, Row

PROFILES = ProfileStore(("cn", "us"))
_KNOWN: dict[str, tuple[str, ...]] = {}  # by all that a decision is made of


def four_eyes_above_minor(row: "Row") -> int:
    """The amount above which a second person must release an application."""
    market = "us" if '"market":"us"' in row["request"] else "cn"
    at = datetime.fromisoformat(row["submitted_at"])
    return rules_at(PROFILES, market, at).four_eyes_above_minor


def differences(evidence: "Evidence") -> Iterator[str]:
    """Machine decisions that the same facts do not give again."""
    rules = [*evidence.rows("POLICY#", ""), *evidence.rows("RULES#", "")]
    for row in evidence.applications:
        decided = [
            *evidence.rows(row["pk"], keys.DECISION_PREFIX),
            *evidence.rows(row["pk"], keys.OFFER_PREFIX),
        ]
        # Most runs go wrong after the decision: what was decided again once is not again.
        facts = repr((decided, rules))
        if facts not in _KNOWN:
            _KNOWN[facts] = tuple(_difference(row["application_id"]))
        yield from _KNOWN[facts]


def _difference(application_id: str) -> Iterator[str]:
    book = DynamoBook(LENDING)
    decide_again = ReproduceDecision(
        PROFILES, DynamoPolicies(LENDING), LocalScoring(), DynamoRulesArchive(LENDING)
    )
    record = book.decision(application_id)
    if record is None or record.decided_by.kind != "system":
        return
    again = decide_again(record)
    if again.judged is None:
        yield f"{record.decision_id}: {again.why}"
        return
    offers = book.offers(application_id)
    if not again.is_same or not _agrees(again.judged.decision, record, offers):
        yield f"{record.decision_id}: the same facts decide otherwise"


def _agrees(verdict: Decision, record: DecisionRecord, offers: tuple[Offer, ...]) -> bool:
    """Whether what stands beside the basis is what was decided, too."""
    match verdict:
        case Approved():
            return record.outcome == "APPROVED" and verdict.offers == offers
        case Declined(reasons):
            told = tuple(reason.value for reason in reasons)
            return (record.outcome, record.reasons) == ("DECLINED", told)
        case Referred(queue, causes):
            said = (record.outcome, record.queue, record.reasons)
            return said == ("REFERRED", queue.value, causes)
