"""Wire shapes of the fraud desk. Staff see tokens and masked fields, never personal data."""

from typing import Annotated, Literal

from lending.domain.fraud import FraudCase, LinkKind, WatchEntry
from lending.domain.fraud.cases import RulePrecision
from lending.domain.records import Application
from lending.entrypoint.http import WireModel
from lending.usecases.investigate_fraud import CaseFile
from pydantic import AwareDatetime, Field

MASKED_FIELDS = ("full_name", "id_type", "id_no", "mobile", "payee_name", "payee_account_no")
type Watchable = Literal["id_no", "mobile", "device", "address", "vin", "account"]
Reason = Annotated[str, Field(min_length=3, max_length=500)]


class OutcomeBody(WireModel):
    """What a person found out about a case."""

    outcome: Literal["confirmed", "cleared"]
    note: Annotated[str, Field(max_length=2000)]


class WatchBody(WireModel):
    """A value to watch; it is hashed and not kept."""

    kind: Watchable
    value: Annotated[str, Field(min_length=2, max_length=128)]
    reason: Reason
    expires_at: AwareDatetime | None = None


class RemovalBody(WireModel):
    """An entry to watch no more, by its token."""

    kind: Watchable
    token: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    reason: Reason


def case(file: CaseFile) -> dict[str, object]:
    """A case with its ring."""
    one, application = file.case, file.application
    vehicle = application.request.vehicle
    shared = {
        kind.value: sorted({edge.application_id for edge in edges} - {one.application_id})
        for kind, edges in file.around.edges.items()
        if kind not in {LinkKind.DEALER, LinkKind.DEALER_PRICE, LinkKind.DEALER_FRAUD}
    }
    return {
        **moved(application),
        "status": one.status,
        "score": one.score,
        "reasons": [{"code": code, "points": points} for code, points in _heaviest_first(one)],
        "rules_version": one.rules_version,
        "opened_at": one.opened_at.isoformat(),
        "closed_at": one.closed_at.isoformat() if one.closed_at else None,
        "closed_by": one.closed_by,
        "note": one.note,
        "customer_id": application.customer_id,
        "customer": {name: file.customer[name] for name in MASKED_FIELDS if name in file.customer},
        "vin": vehicle.vin if vehicle else None,
        "sources": one.findings.sources,
        "shared": {kind: ids for kind, ids in shared.items() if ids},
        "watched": {kind.value: reason for kind, reason in file.around.watched.items()},
        "linked": [
            {
                **moved(other),
                "customer_id": other.customer_id,
                "submitted_at": other.submitted_at.isoformat(),
            }
            for other in file.neighbours
        ],
    }


def _heaviest_first(case: FraudCase) -> list[tuple[str, int]]:
    return sorted(case.hits.items(), key=lambda hit: (-hit[1], hit[0]))


def moved(application: Application) -> dict[str, object]:
    """The application's new state."""
    return {"application_id": application.application_id, "state": application.state.value}


def entry(one: WatchEntry) -> dict[str, object]:
    """One line of the watch-list."""
    return {
        "kind": one.kind.value,
        "token": one.token,
        "shown": one.shown,
        "reason": one.reason,
        "added_by": one.added_by,
        "added_at": one.added_at.isoformat(),
        "expires_at": one.expires_at.isoformat() if one.expires_at else None,
        "removed_at": one.removed_at.isoformat() if one.removed_at else None,
    }


def precision(one: RulePrecision) -> dict[str, object]:
    """How right one rule was."""
    return {
        "code": one.code,
        "confirmed": one.confirmed,
        "cleared": one.cleared,
        "precision_bps": one.precision_bps,
    }
