"""The verdict on an archived contract: what the platform's own records add to what a PDF says."""

import hashlib
from dataclasses import dataclass, replace

import pytest
from lending.domain.faults import NotFound
from lending.domain.verification import REQUIRED, Finding
from lending.ports.sealing import Examined, Seal
from lending.usecases.refusal import NotAllowed
from lending.usecases.verify_contract import Verification, VerifyContract

from tests.fakes.world import OWNER, World


@dataclass
class FakeExaminer:
    """Every question about the document is answered with yes; the seal says what it is told."""

    seal: Seal | None

    def examine(self, pdf: bytes, at: object) -> Examined:
        return Examined(tuple(Finding(one, True, "") for one in sorted(REQUIRED)), self.seal)


class Archive:
    """A signed contract in a world, and whoever asks whether it is what was signed."""

    def __init__(self) -> None:
        self.world = World()
        self.application_id = self.world.signed()
        contract = self.world.book.contracts[self.application_id]
        assert contract.archived is not None
        self.contract, self.archived = contract, contract.archived
        self.seal = Seal(
            contract.contract_id,
            contract.terms_sha256,
            self.archived.evidence_sha256,
            (),
            self.world.at,
        )

    def ask(self, owner: str | None = OWNER) -> Verification | NotAllowed:
        examiner = FakeExaminer(self.seal)
        verify = VerifyContract(self.world.book, self.world.archive, lambda: examiner)
        return verify(self.contract.contract_id, owner, self.world.at)

    def no_to(self) -> set[str]:
        told = self.ask()
        assert isinstance(told, Verification)
        assert told.verdict.verdict == "INVALID"
        return {one.check for one in told.verdict.findings if one.ok is False}


@pytest.mark.parametrize("owner", [OWNER, None])
def test_what_was_archived_is_valid_for_its_signer_and_for_staff(owner: str | None) -> None:
    told = Archive().ask(owner)
    assert isinstance(told, Verification)
    assert (told.verdict.verdict, told.verdict.reasons) == ("VALID", ())
    assert {"whole_file", "evidence", "document_shown", "terms"} <= {
        one.check for one in told.verdict.findings if one.ok
    }


def test_somebody_else_may_not_ask_and_there_is_no_other_contract() -> None:
    archive = Archive()
    with pytest.raises(NotFound):
        archive.ask("somebody-else")
    archive.contract = replace(archive.contract, contract_id="ctr_unknown")
    with pytest.raises(NotFound):
        archive.ask()


def test_before_it_is_signed_there_is_nothing_to_verify() -> None:
    archive = Archive()
    archive.world.book.contracts[archive.application_id] = replace(
        archive.contract, status="CONFIRMED", archived=None
    )
    told = archive.ask()
    assert isinstance(told, NotAllowed)
    assert told.code == "illegal_state"


def test_a_document_that_is_gone_or_another_is_told() -> None:
    archive = Archive()
    kept = archive.world.archive.kept
    pdf = kept.pop(archive.archived.name)
    assert archive.no_to() == {"whole_file"}
    kept[archive.archived.name] = pdf + b" "
    assert archive.no_to() == {"whole_file"}


def test_evidence_that_is_gone_or_another_is_told() -> None:
    archive = Archive()
    kept = archive.world.archive.kept
    evidence = kept.pop(archive.archived.evidence_name)
    assert archive.no_to() == {"evidence"}
    kept[archive.archived.evidence_name] = evidence.replace(b"203.0.113.7", b"203.0.113.8")
    assert archive.no_to() == {"evidence"}


def test_a_record_of_another_document_is_told_even_with_its_hash_in_the_seal() -> None:
    archive = Archive()
    kept = archive.world.archive.kept
    shown = archive.contract.documents[0].sha256.encode()
    forged = kept[archive.archived.evidence_name].replace(shown, b"0" * 64)
    kept[archive.archived.evidence_name] = forged
    archive.seal = replace(archive.seal, evidence_sha256=hashlib.sha256(forged).hexdigest())
    assert archive.no_to() == {"document_shown"}


@pytest.mark.parametrize(
    "other", [{"terms_sha256": "0" * 64}, {"contract_id": "ctr_other"}, None], ids=str
)
def test_a_seal_of_other_terms_is_told(other: dict[str, str] | None) -> None:
    archive = Archive()
    archive.seal = replace(archive.seal, **other) if other else None
    assert "terms" in archive.no_to()
