"""Sealing after the last signature: never SIGNED without its document, never two documents."""

import hashlib
import json
from dataclasses import replace
from datetime import date

import pytest
from lending.domain.customer import customer_id_of
from lending.domain.faults import PartnerUnavailable, Permanent, Retryable, StaleVersion
from lending.domain.records import State

from tests.fakes.world import CUSTOMER, OWNER, World, ok
from tests.unit.usecases.test_signing import GUARANTOR, with_guarantor


def confirmed(world: World) -> str:
    application_id = world.decided()
    world.confirm_all(application_id)
    return application_id


def events(world: World) -> list[str]:
    return [one.kind for one in world.book.events.values()]


def test_the_contract_is_signed_when_document_and_evidence_lie_in_the_archive() -> None:
    world = World()
    application_id = confirmed(world)
    assert world.book.contracts[application_id].status == "CONFIRMED"
    assert "ContractSigned" not in events(world)
    assert world.seal(application_id, world.at) == "SEALED"
    contract = world.book.contracts[application_id]
    archived = contract.archived
    assert archived is not None
    assert (contract.status, contract.signed_at) == ("SIGNED", world.at)
    sealed, evidence = (
        world.archive.kept[name] for name in (archived.name, archived.evidence_name)
    )
    assert hashlib.sha256(sealed).hexdigest() == archived.sha256
    assert hashlib.sha256(evidence).hexdigest() == archived.evidence_sha256
    assert archived.evidence_sha256.encode() in sealed
    assert events(world).count("ContractSigned") == 1


def test_who_signed_finds_contract_and_cost_sheet_in_their_documents() -> None:
    world = World()
    application_id = confirmed(world)
    assert world.book.documents.of_customer(CUSTOMER) == ()
    world.seal(application_id, world.at)
    signed = world.book.contracts[application_id]
    assert signed.archived is not None
    contract, sheet = world.book.documents.of_customer(CUSTOMER)
    assert (contract.kind, contract.store, contract.sha256, contract.object_version) == (
        "contract",
        "archive",
        signed.archived.sha256,
        signed.archived.object_version,
    )
    assert (sheet.kind, sheet.store, sheet.number) == ("cost_sheet", "issued", contract.number)
    assert sheet.name == signed.documents[1].name
    assert contract.signed_at == world.at
    assert contract.retain_until == date(2034, 11, 24)  # 36 months, then five years
    assert world.seal(application_id, world.at) == "SEALED"
    assert len(world.book.documents.of_customer(CUSTOMER)) == 2


def test_who_signed_too_finds_it_under_their_own_account() -> None:
    world = World()
    application_id = with_guarantor(world)
    for owner in (OWNER, GUARANTOR.subject):
        wanted = world.signature(world.prompted(application_id, owner))
        ok(world.confirm(application_id, owner, wanted, world.at, lambda _: world.key()))
    assert world.seal(application_id, world.at) == "SEALED"
    mine = world.book.documents.of_customer(customer_id_of(GUARANTOR.subject))
    assert [one.kind for one in mine] == ["contract", "cost_sheet"]
    theirs = world.book.documents.of_customer(CUSTOMER)
    assert [one.sha256 for one in theirs] == [one.sha256 for one in mine]
    assert world.book.documents.of_customer("") == ()


def test_the_evidence_tells_what_was_shown_read_sent_and_from_where() -> None:
    world = World()
    application_id = confirmed(world)
    world.seal(application_id, world.at)
    contract = world.book.contracts[application_id]
    assert contract.archived is not None
    told = json.loads(world.archive.kept[contract.archived.evidence_name])
    assert (told["contract_id"], told["terms_sha256"]) == (
        contract.contract_id,
        contract.terms_sha256,
    )
    assert [one["sha256"] for one in told["documents"]] == [
        one.sha256 for one in contract.documents
    ]
    (signer,) = told["signers"]
    assert signer["address"] == "203.0.113.7"
    assert signer["otp"]["channel"] == "sms:*******1234"
    assert signer["disclosures"] == ["all_in_cost", "electronic_signature"]
    assert {seen["kind"] for seen in signer["viewed"]} == {"contract", "cost_sheet"}
    text = json.dumps(told)
    for personal in ("13900001234", "王小明", "990202199003070017", "123456"):
        assert personal not in text


def test_sealing_again_changes_nothing() -> None:
    world = World()
    application_id = confirmed(world)
    world.seal(application_id, world.at)
    before = world.book.contracts[application_id]
    assert world.seal(application_id, world.at) == "SEALED"
    assert world.book.contracts[application_id] == before
    assert (world.sealer.seals, len(world.archive.kept)) == (1, 2)


def test_a_timestamp_service_that_is_down_is_waited_for() -> None:
    world = World()
    application_id = confirmed(world)
    world.sealer.down = 2
    for _ in range(2):
        with pytest.raises(PartnerUnavailable):
            world.seal(application_id, world.at)
        assert world.book.contracts[application_id].status == "CONFIRMED"
    assert world.seal(application_id, world.at) == "SEALED"


@pytest.mark.parametrize("what", ["contract.pdf", "evidence.json"])
def test_an_answer_lost_after_the_archive_kept_it_gives_no_second_document(what: str) -> None:
    world = World()
    application_id = confirmed(world)
    world.archive.answer_lost = what
    with pytest.raises(Retryable):
        world.seal(application_id, world.at)
    first = dict(world.archive.kept)
    assert world.seal(application_id, world.at) == "SEALED"
    archived = world.book.contracts[application_id].archived
    assert archived is not None
    assert first.items() <= world.archive.kept.items()
    assert hashlib.sha256(world.archive.kept[archived.name]).hexdigest() == archived.sha256


def test_a_commit_lost_to_another_worker_leaves_one_contract() -> None:
    world = World()
    application_id = confirmed(world)
    contract = world.book.contracts[application_id]
    world.seal(application_id, world.at)
    done = world.book.contracts[application_id]
    late = replace(world.seal, book=_Earlier(world.book, application_id, contract))
    with pytest.raises(StaleVersion):
        late(application_id, world.at)
    assert world.book.contracts[application_id] == done
    assert len(world.archive.kept) == 2


class _Earlier:
    """A reader that still sees the contract as it was."""

    def __init__(self, book: object, application_id: str, contract: object) -> None:
        self._book, self._id, self._contract = book, application_id, contract

    def file(self, application_id: str) -> object:
        found = self._book.file(application_id)  # type: ignore[attr-defined]
        return replace(found, contract=self._contract)

    def commit(self, change: object) -> None:
        self._book.commit(change)  # type: ignore[attr-defined]


def test_a_strange_object_in_the_archive_is_never_taken_for_the_contract() -> None:
    world = World()
    application_id = confirmed(world)
    contract_id = world.book.contracts[application_id].contract_id
    world.archive.kept[f"contracts/{contract_id}/1/contract.pdf"] = b"%PDF strange"
    with pytest.raises(Permanent, match="another document"):
        world.seal(application_id, world.at)
    assert world.book.contracts[application_id].status == "CONFIRMED"


def test_a_draft_that_changed_is_not_sealed() -> None:
    world = World()
    application_id = confirmed(world)
    for key in world.drafts.kept:
        world.drafts.kept[key] += b" "
    with pytest.raises(Permanent, match="not what was confirmed"):
        world.seal(application_id, world.at)
    assert world.sealer.seals == 0


def test_terms_other_than_the_accepted_ones_are_not_sealed() -> None:
    world = World()
    application_id = confirmed(world)
    contract = world.book.contracts[application_id]
    world.book.contracts[application_id] = replace(contract, terms_sha256="0" * 64)
    with pytest.raises(Permanent, match="not confirmed"):
        world.seal(application_id, world.at)


def test_an_application_that_ended_is_not_sealed() -> None:
    world = World()
    application_id = confirmed(world)
    ok(world.withdraw(application_id, OWNER, world.at, lambda _: world.key()))
    assert world.seal(application_id, world.at) == State.WITHDRAWN.value
    assert not world.archive.kept
