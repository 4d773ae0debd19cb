"""`autolend verify-contract`: the product's own verifier over a file."""

from datetime import datetime
from pathlib import Path

from lending.adapters.pades.authority_http import RevocationLists
from lending.adapters.pades.examiner import PadesExaminer
from lending.adapters.pades.trust import trust_of
from lending.domain.verification import Verdict, evidence_findings, file_findings, judged

from tools.cli.running import find


def judge(
    pdf: bytes,
    trust: bytes,
    evidence: bytes | None,
    sha256: str | None,
    at: datetime,
    is_online: bool,
) -> Verdict:
    """One verdict over all that was given. Raises Permanent (trust malformed), Retryable."""
    examiner = PadesExaminer(trust_of(trust), RevocationLists() if is_online else None)
    examined = examiner.examine(pdf, at)
    sealed = None if examined.seal is None else examined.seal.evidence_sha256
    return judged(
        (
            *examined.findings,
            *file_findings(pdf, sha256),
            *evidence_findings(pdf, sealed, evidence),
        )
    )


def trust_here(root: Path) -> bytes | None:
    """The trust document of the platform that runs from this checkout; None when none does."""
    from lending.adapters import aws, trust_store

    from tools.cli.ledger import reach

    running = find(root)
    if running is None:
        return None
    reach(running.url)
    buckets = [one["Name"] for one in aws.s3().list_buckets()["Buckets"]]
    (bucket,) = [name for name in buckets if "contracts" in name]
    return bytes(aws.s3().get_object(Bucket=bucket, Key=trust_store.NAME)["Body"].read())
