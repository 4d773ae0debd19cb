"""Seal what everybody confirmed, archive it with its evidence, and only then call it SIGNED.

Both objects have names that the contract alone decides, and are written once: whoever comes
second, after a crash or a lost answer, takes what is there. There is never a second contract.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lending.domain.amending import Amendment
from lending.domain.documents.signed import records_of, signed_records
from lending.domain.events import application_event
from lending.domain.evidence import evidence_of
from lending.domain.faults import Permanent
from lending.domain.records import State
from lending.domain.signing import Archived
from lending.domain.verification import SIGNED
from lending.ports.book import ApplicationFile, Book, Change
from lending.ports.contracts import ContractArchive, Drafts
from lending.ports.profiles import Profiles
from lending.ports.sealing import Seal, Sealer
from lending.usecases.loading import accepted_offer, file_of, rules_at
from lending.usecases.signing_file import Paper, amendment_of, filed

SEALED = "SEALED"


@dataclass(frozen=True, slots=True)
class SealContract:
    """CONFIRMED to SIGNED. The sealer is made when it is needed: its certificate may change."""

    book: Book
    drafts: Drafts
    archive: ContractArchive
    sealer: Callable[[], Sealer]
    profiles: Profiles

    def __call__(self, of: str, at: datetime) -> str:
        """SEALED, or the state of an application (or an amendment, by its id) that ended.

        Raises:
            Retryable: a store, the key's keeper or an authority is busy or down.
            Permanent: what was confirmed is not what was accepted or shown (invariant I11).
            NotFound, StaleVersion.
        """
        application_id, number = filed(of)
        file = file_of(self.book, application_id)
        if number is not None:
            return self._amendment(file, amendment_of(file, number), at)
        application, contract = file.application, file.contract
        if contract is not None and contract.status == "SIGNED":
            return SEALED
        if application.state != State.CONDITIONS_PENDING or contract is None:
            return application.state.value
        offer = accepted_offer(file)
        if contract.status != "CONFIRMED" or (contract.offer_id, contract.terms_sha256) != (
            offer.offer_id,
            offer.terms_sha256,
        ):
            raise Permanent(f"{application_id}: the accepted terms are not confirmed")
        archived = self._archived(Paper(file, contract))
        signed = replace(
            contract, status="SIGNED", archived=archived, signed_at=at, version=contract.version + 1
        )
        event = application_event(
            "ContractSigned",
            application,
            at,
            contract_id=signed.contract_id,
            offer_id=signed.offer_id,
            document_sha256=signed.document_sha256,
            terms_sha256=signed.terms_sha256,
        )
        profile = rules_at(self.profiles, application.request.market, at)
        on = profile.local_date(at)
        papers = signed_records(application, signed, offer, profile.documents, on, at)
        self.book.commit(
            Change(
                contract=signed, contract_was=contract.version, events=(event,), documents=papers
            )
        )
        return SEALED

    def _amendment(self, file: ApplicationFile, amendment: Amendment, at: datetime) -> str:
        """Sealed before it comes into force, so that nothing unsigned ever changes a loan."""
        paper = amendment.paper
        if paper is not None and paper.status == "SIGNED":
            return SEALED
        if amendment.status != "APPROVED" or paper is None or paper.status != "CONFIRMED":
            return amendment.status if paper is None else paper.status
        lies = Paper(file, paper, amendment)
        signed = replace(
            paper,
            status="SIGNED",
            archived=self._archived(lies),
            signed_at=at,
            version=paper.version + 1,
        )
        profile = rules_at(self.profiles, file.application.request.market, at)
        ends_on = profile.documents.retain_until(amendment.ends_on or profile.local_date(at))
        records = records_of(file.application, signed, ends_on, at, amendment.loan_id)
        self.book.commit(replace(lies.kept(signed), documents=records))
        return SEALED

    def _archived(self, paper: Paper) -> Archived:
        contract = paper.contract
        shown = next(one for one in contract.documents if one.kind in SIGNED)
        pdf = self.drafts.get(shown.name, shown.object_version)
        if hashlib.sha256(pdf).hexdigest() != contract.document_sha256:
            raise Permanent(f"{contract.contract_id}: the draft is not what was confirmed")
        evidence = evidence_of(paper.file.application, contract, paper.amendment)
        evidence_sha256 = hashlib.sha256(evidence).hexdigest()
        folder = f"contracts/{contract.contract_id}/{contract.round}"
        names = f"{folder}/evidence.json", f"{folder}/contract.pdf"
        evidence_version = self._evidence(names[0], evidence)
        last = max(one.confirmed_at for one in contract.signers if one.confirmed_at is not None)
        seal = Seal(
            contract.contract_id,
            contract.terms_sha256,
            evidence_sha256,
            tuple(one.otp.otp_id for one in contract.signers if one.otp is not None),
            last,
        )
        sealed = self.sealer().seal(pdf, seal)
        kept, version = sealed.pdf, self.archive.put(names[1], sealed.pdf, "application/pdf")
        if version is None:  # an earlier attempt came so far: its document is the contract
            kept, version = self._earlier(names[1], pdf, evidence_sha256)
        return Archived(
            name=names[1],
            object_version=version,
            sha256=hashlib.sha256(kept).hexdigest(),
            evidence_name=names[0],
            evidence_version=evidence_version,
            evidence_sha256=evidence_sha256,
            key_id=sealed.key_id,
        )

    def _evidence(self, name: str, evidence: bytes) -> str:
        version = self.archive.put(name, evidence, "application/json")
        if version is not None:
            return version
        found = self.archive.get(name)
        if found is None or found[0] != evidence:
            raise Permanent(f"{name}: another record lies there")
        return found[1]

    def _earlier(self, name: str, pdf: bytes, evidence_sha256: str) -> tuple[bytes, str]:
        found = self.archive.get(name)
        is_ours = (
            found is not None and found[0].startswith(pdf) and evidence_sha256.encode() in found[0]
        )
        if found is None or not is_ours:
            raise Permanent(f"{name}: another document lies there")
        return found
