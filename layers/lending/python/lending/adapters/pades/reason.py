"""What the seal says, in the signature's own Reason: readable in any viewer, and exact."""

import re
from datetime import datetime
from typing import Final

from lending.ports.sealing import Seal

FIELD: Final = "LenderSeal"
_SHAPE: Final = re.compile(
    r"contract (?P<contract>\S{1,80}); terms sha256 (?P<terms>[0-9a-f]{64}); "
    r"evidence sha256 (?P<evidence>[0-9a-f]{64}); otp (?P<otps>\S{1,400})"
)


def reason_of(seal: Seal) -> str:
    """One line of ids and hashes."""
    return (
        f"contract {seal.contract_id}; terms sha256 {seal.terms_sha256}; "
        f"evidence sha256 {seal.evidence_sha256}; otp {','.join(seal.otp_ids) or '-'}"
    )


def seal_of(reason: str, claimed_at: datetime) -> Seal | None:
    """The seal that a reason tells of; None when it is not one of ours."""
    found = _SHAPE.fullmatch(reason)
    if found is None:
        return None
    otps = () if found["otps"] == "-" else tuple(found["otps"].split(","))
    return Seal(found["contract"], found["terms"], found["evidence"], otps, claimed_at)
