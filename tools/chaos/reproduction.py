"""Deciding again from what was stored (I13): here the product's own pure decision is asked."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.profiles import ProfileStore
from lending.domain.decision import decide
from lending.domain.records import Application, Approved, DecisionRecord, Declined, Referred
from lending.usecases.decide_application import offer_ids
from lending.usecases.loading import rules_at

from tools.chaos.store import LENDING

if TYPE_CHECKING:
    from tools.chaos.evidence import Evidence, Row

PROFILES = ProfileStore(("cn", "us"))


def four_eyes_above_minor(row: "Row") -> int:
    """The amount above which a second person must release an application."""
    market = "us" if '"market":"us"' in row["request"] else "cn"
    at = datetime.fromisoformat(row["submitted_at"])
    return rules_at(PROFILES, market, at).four_eyes_above_minor


def differences(evidence: "Evidence") -> Iterator[str]:
    """Machine decisions that the same facts do not give again."""
    book = DynamoBook(LENDING)
    for row in evidence.applications:
        application = book.application(row["application_id"])
        record = book.decision(row["application_id"])
        if application is None or record is None or record.decided_by.kind != "system":
            continue
        offers = book.offers(row["application_id"])
        verdict = _again(application, record)
        match verdict:
            case Approved():
                same = record.outcome == "APPROVED" and verdict.offers == offers
            case Declined(reasons):
                told = tuple(reason.value for reason in reasons)
                same = (record.outcome, record.reasons) == ("DECLINED", told)
            case Referred(queue, causes):
                same = (record.outcome, record.queue, record.reasons) == (
                    "REFERRED",
                    queue.value,
                    causes,
                )
        if not same:
            yield f"{record.decision_id}: the same facts decide otherwise"


def _again(application: Application, record: DecisionRecord) -> Approved | Declined | Referred:
    profile = rules_at(PROFILES, application.request.market, record.decided_at)
    return decide(
        application.application_id,
        application.request,
        record.findings,
        record.scored,
        (),
        profile,
        record.decided_at,
        offer_ids(application.application_id, record.number),
    )
