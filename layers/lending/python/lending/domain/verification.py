"""The verdict on a signed contract: one finding a question, and what they come to."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Finding:
    """One question, its answer, and why. `ok` None: it could not be asked (nothing to compare)."""

    check: str
    ok: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """VALID only when every question that must be asked was answered with yes."""

    verdict: str
    findings: tuple[Finding, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not VALID, worst first as asked; empty when it is."""
        return tuple(f"{one.check}: {one.detail}" for one in self.findings if one.ok is False)


# Kinds of documents that are sealed; others are read with them.
SIGNED: Final = frozenset({"contract", "extension_amendment"})
# Without these a document proves nothing, however many others are answered well.
REQUIRED: Final = frozenset(
    {"signature", "certification", "chain", "timestamp", "level", "nothing_after"}
)


def judged(findings: tuple[Finding, ...]) -> Verdict:
    """INVALID when an answer is no; INCOMPLETE when a required question was not answered."""
    if any(one.ok is False for one in findings):
        return Verdict("INVALID", findings)
    answered = {one.check for one in findings if one.ok}
    return Verdict("VALID" if answered >= REQUIRED else "INCOMPLETE", findings)


def file_findings(pdf: bytes, recorded_sha256: str | None) -> tuple[Finding, ...]:
    """Whether these are the archived bytes, to the last one."""
    if recorded_sha256 is None:
        return (Finding("whole_file", None, "no recorded hash to compare with"),)
    same = hashlib.sha256(pdf).hexdigest() == recorded_sha256
    detail = "the bytes are those archived" if same else "these are not the archived bytes"
    return (Finding("whole_file", same, detail),)


def evidence_findings(
    pdf: bytes, sealed_sha256: str | None, evidence: bytes | None
) -> tuple[Finding, ...]:
    """Whether the evidence is the one sealed, and the document the one it tells of."""
    if evidence is None:
        return (Finding("evidence", None, "no evidence record was given"),)
    if hashlib.sha256(evidence).hexdigest() != sealed_sha256:
        return (Finding("evidence", False, "it is not the record whose hash was sealed"),)
    try:
        shown = _shown(json.loads(evidence))
    except (ValueError, KeyError, TypeError):
        return (Finding("evidence", False, "the record is malformed"),)
    found = [Finding("evidence", True, "its hash is in the seal")]
    length, sha256 = shown
    is_shown = hashlib.sha256(pdf[:length]).hexdigest() == sha256
    told = "the document shown to the signer" if is_shown else "not what was shown to the signer"
    found.append(Finding("document_shown", is_shown, f"the sealed document is {told}"))
    return tuple(found)


def _shown(evidence: Mapping[str, Any]) -> tuple[int, str]:
    """Length and hash of the contract, or its amendment, as the signers saw it."""
    for document in evidence["documents"]:
        if document["kind"] in SIGNED:
            return int(document["bytes"]), str(document["sha256"])
    raise KeyError("contract")
