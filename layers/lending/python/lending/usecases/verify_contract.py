"""Is the archived contract what was signed? One verdict, from the document outwards."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lending.domain.amending import Amendment, addressed
from lending.domain.faults import NotFound
from lending.domain.records import Contract
from lending.domain.verification import (
    Finding,
    Verdict,
    evidence_findings,
    file_findings,
    judged,
)
from lending.ports.book import Book
from lending.ports.contracts import ContractArchive
from lending.ports.sealing import Examined, Examiner
from lending.usecases.loading import file_of
from lending.usecases.refusal import NotAllowed, illegal_state
from lending.usecases.signing_file import amendment_of, signer_file


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict, and what the document says of itself."""

    contract: Contract
    verdict: Verdict
    examined: Examined


@dataclass(frozen=True, slots=True)
class VerifyContract:
    """Reads only. `owner` None: asked by staff."""

    book: Book
    archive: ContractArchive
    examiner: Callable[[], Examiner]

    def __call__(
        self, contract_id: str, owner: str | None, at: datetime
    ) -> Verification | NotAllowed:
        """Examine the archived document. Raises NotFound, Retryable, Permanent."""
        application_id, number = addressed(contract_id)
        if owner is None:
            file = file_of(self.book, application_id)
        else:
            file = signer_file(self.book, application_id, owner)
        amendment = None if number is None else amendment_of(file, number)
        contract = file.contract if amendment is None else amendment.paper
        if contract is None or contract.contract_id != contract_id:
            raise NotFound(contract_id)
        if contract.archived is None:
            return illegal_state(file.application.state, "the contract is not signed yet")
        pdf, evidence = (
            self.archive.get(name)
            for name in (contract.archived.name, contract.archived.evidence_name)
        )
        if pdf is None:
            gone = (Finding("whole_file", False, "the archive holds no such document"),)
            return Verification(contract, judged(gone), Examined(gone))
        examined = self.examiner().examine(pdf[0], at)
        verdict = judged(
            (
                *examined.findings,
                *file_findings(pdf[0], contract.archived.sha256),
                *_evidence(pdf[0], examined, evidence),
                *_terms(contract, examined),
                *_in_force(amendment),
            )
        )
        return Verification(contract, verdict, examined)


def _evidence(
    pdf: bytes, examined: Examined, kept: tuple[bytes, str] | None
) -> tuple[Finding, ...]:
    if kept is None:  # the archive is where it has to lie: not having it is an answer
        return (Finding("evidence", False, "the archive holds no such record"),)
    sealed = None if examined.seal is None else examined.seal.evidence_sha256
    return evidence_findings(pdf, sealed, kept[0])


def _in_force(amendment: Amendment | None) -> tuple[Finding, ...]:
    """A sealed amendment whose loan changed before it came into force changed nothing."""
    if amendment is None:
        return ()
    if amendment.status == "APPLIED":
        return (Finding("in_force", True, f"in force from {amendment.effective_on}"),)
    if amendment.is_open and amendment.is_signed:
        return (Finding("in_force", None, "it is about to come into force"),)
    return (Finding("in_force", False, "the loan changed first: it never came into force"),)


def _terms(contract: Contract, examined: Examined) -> tuple[Finding, ...]:
    seal = examined.seal
    same = seal is not None and (seal.contract_id, seal.terms_sha256) == (
        contract.contract_id,
        contract.terms_sha256,
    )
    detail = "sealed terms are the accepted ones" if same else "other terms than were accepted"
    return (Finding("terms", same, detail),)
