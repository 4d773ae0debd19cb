"""GET the verification of a signed contract: verdict, reasons, and every question asked."""

from lending.entrypoint.http import Api, Call, EmptyBody, Reply
from lending.entrypoint.refusals import unless_refused
from lending.usecases.verify_contract import Verification

from functions.verify.wiring import wiring

handler = Api("verify")


@handler.route("GET", "/v1/contracts/{contract_id}/verification")
def own(call: Call[EmptyBody]) -> Reply:
    """200 for who signed it."""
    result = wiring()(call.path["contract_id"], call.principal.sub, call.now)
    return Reply(200, shown(unless_refused(result)))


@handler.route("GET", "/v1/ops/contracts/{contract_id}/verification")
def for_staff(call: Call[EmptyBody]) -> Reply:
    """200 for staff."""
    return Reply(200, shown(unless_refused(wiring()(call.path["contract_id"], None, call.now))))


def shown(done: Verification) -> dict[str, object]:
    """The verdict as callers see it."""
    archived, examined = done.contract.archived, done.examined
    return {
        "contract_id": done.contract.contract_id,
        "verdict": done.verdict.verdict,
        "reasons": list(done.verdict.reasons),
        "level": examined.level,
        "signed_at": examined.signed_at.isoformat() if examined.signed_at else None,
        "archived_at": examined.archived_at.isoformat() if examined.archived_at else None,
        "sha256": archived.sha256 if archived else None,
        "evidence_sha256": archived.evidence_sha256 if archived else None,
        "findings": [
            {"check": one.check, "ok": one.ok, "detail": one.detail}
            for one in done.verdict.findings
        ],
    }
