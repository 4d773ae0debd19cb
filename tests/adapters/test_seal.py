"""Sealing under a key of KMS, with a sandbox authority: what comes out, and what goes wrong."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from lending.adapters import aws
from lending.adapters.pades.authority_http import RevocationLists
from lending.adapters.pades.examiner import PadesExaminer
from lending.adapters.pades.trust import trust_of
from lending.domain.faults import PartnerUnavailable, Permanent, Retryable
from lending.domain.verification import judged
from lending.ports.sealing import Examined
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.signers import PdfSignatureMetadata

from tests.adapters.conftest import Calls
from tests.adapters.sealing import SEAL, Lender, lender_of
from tests.fakes.pdf import small_pdf

DRAFT = small_pdf()


@pytest.fixture(scope="module")
def lender(account: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender]:
    with lender_of(tmp_path_factory.mktemp("authority")) as one:
        yield one


def failed(examined: Examined) -> set[str]:
    return {one.check for one in examined.findings if not one.ok}


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256"])
def test_both_kinds_of_key_seal_to_the_archive_level(
    account: None, tmp_path: Any, spec: str
) -> None:
    with lender_of(tmp_path, spec) as one:
        sealed = one.sealer().seal(DRAFT, SEAL)
    examined = PadesExaminer(one.trust).examine(sealed.pdf, SEAL.claimed_at)
    assert judged(examined.findings).verdict == "VALID"
    assert (examined.level, sealed.key_id) == ("B-LTA", one.key_id)
    assert sealed.pdf.startswith(DRAFT)
    assert examined.seal is not None
    assert replace(examined.seal, claimed_at=SEAL.claimed_at) == SEAL
    assert examined.signed_at is not None
    assert examined.archived_at is not None
    assert examined.signed_at <= examined.archived_at


def test_a_seal_asks_kms_once_and_the_timestamp_service_twice(lender: Lender, calls: Calls) -> None:
    sealer = lender.sealer()
    sealer.seal(DRAFT, SEAL)  # the first one rehearses
    calls.made.clear()
    before = lender.running.partner.counts["POST /tsa"]
    sealer.seal(DRAFT, SEAL)
    assert calls.made == ["Sign"]
    assert lender.running.partner.counts["POST /tsa"] == before + 2


def test_what_an_older_key_sealed_is_recognised_after_a_rotation(lender: Lender) -> None:
    old = lender.sealer().seal(DRAFT, SEAL)
    newer = lender.rotated("RSA_2048")
    new = newer.sealer().seal(DRAFT, SEAL)
    assert (old.key_id, new.key_id) == (lender.key_id, newer.key_id)
    for sealed in (old, new):
        examined = PadesExaminer(newer.trust).examine(sealed.pdf, SEAL.claimed_at)
        assert judged(examined.findings).verdict == "VALID"
    assert failed(PadesExaminer(lender.trust).examine(new.pdf, SEAL.claimed_at)) == {"sealer"}


def test_it_is_still_proven_when_the_certificates_have_ended(account: None, tmp_path: Any) -> None:
    """Years later, with the authority's list of that day, or as of the archive timestamp."""
    with lender_of(tmp_path) as one:
        sealed = one.sealer().seal(DRAFT, SEAL)
        later = SEAL.claimed_at + timedelta(days=40)  # the sealed list's term is over
        one.running.partner.clock.offset_s = timedelta(days=40).total_seconds()
        for examiner in (PadesExaminer(one.trust), PadesExaminer(one.trust, RevocationLists())):
            examined = examiner.examine(sealed.pdf, later)
            assert judged(examined.findings).verdict == "VALID", examined.findings


@pytest.mark.parametrize("days", [5, 33])
def test_a_virtual_day_ahead_of_the_machines_clock_is_a_day_like_any_other(
    account: None, tmp_path: Any, days: int
) -> None:
    with lender_of(tmp_path) as one:
        sealer, lists = one.sealer(), RevocationLists()
        sealer.seal(DRAFT, SEAL)  # a list of today is held
        one.running.partner.clock.offset_s = timedelta(days=days).total_seconds()
        then = SEAL.claimed_at + timedelta(days=days)
        sealed = sealer.seal(DRAFT, replace(SEAL, claimed_at=then))
        for examiner in (PadesExaminer(one.trust), PadesExaminer(one.trust, lists)):
            examined = examiner.examine(sealed.pdf, then + timedelta(seconds=2))
            assert judged(examined.findings).verdict == "VALID", examined.findings


def test_a_certificate_revoked_before_is_not_believed(account: None, tmp_path: Any) -> None:
    with lender_of(tmp_path) as one:
        order = {"serial": one.issued["serial"]}
        from tools.partners.service import Call

        one.authority.revoke(Call("POST", "/_control/revocations", {}, order))
        sealed = one.sealer().seal(DRAFT, SEAL)
        assert "chain" in failed(PadesExaminer(one.trust).examine(sealed.pdf, SEAL.claimed_at))


def test_another_root_is_not_believed(lender: Lender, tmp_path: Any) -> None:
    sealed = lender.sealer().seal(DRAFT, SEAL)
    with lender_of(tmp_path) as other:
        raw = json.loads(lender.document)
        raw["roots"] = json.loads(other.document)["roots"]
        trust = trust_of(json.dumps(raw).encode())
    assert "chain" in failed(PadesExaminer(trust).examine(sealed.pdf, SEAL.claimed_at))


@pytest.mark.parametrize("mode", ["down", "drop", "drop_before", "nonsense", "garbage"])
@pytest.mark.parametrize("path", ["/tsa", "/ca.crl"])
def test_an_authority_in_trouble_is_waited_for(lender: Lender, mode: str, path: str) -> None:
    lender.mode(mode=mode, match=path)
    try:
        with pytest.raises(PartnerUnavailable):
            lender.sealer().seal(DRAFT, SEAL)
    finally:
        lender.mode(mode="ok")


@pytest.mark.parametrize(
    ("code", "status", "fault"),
    [
        ("ThrottlingException", 400, Retryable),
        ("KMSInternalException", 500, Retryable),
        ("DisabledException", 400, Retryable),
        ("KMSInvalidStateException", 400, Retryable),
        ("AccessDeniedException", 400, Permanent),
    ],
)
def test_kms_in_trouble_is_waited_for_and_a_refusal_is_not(
    lender: Lender, calls: Calls, code: str, status: int, fault: type[Exception]
) -> None:
    calls.fail("Sign", code, status)
    with pytest.raises(fault):
        lender.sealer().seal(DRAFT, SEAL)


def test_an_answer_of_kms_that_was_lost_after_signing_is_asked_for_again(lender: Lender) -> None:
    sealer, lost = lender.sealer(), []

    def lose(**_: Any) -> None:
        lost.append(1)
        raise ReadTimeoutError(endpoint_url="kms")

    events = aws.kms().meta.events
    events.register("after-call.kms.Sign", lose)
    try:
        with pytest.raises(Retryable):
            sealer.seal(DRAFT, SEAL)
    finally:
        events.unregister("after-call.kms.Sign", lose)
    assert lost
    examined = PadesExaminer(lender.trust).examine(sealer.seal(DRAFT, SEAL).pdf, SEAL.claimed_at)
    assert judged(examined.findings).verdict == "VALID"


@pytest.mark.parametrize(
    "weaker",
    [{"certify": False, "docmdp_permissions": None}, {"docmdp_permissions": MDPPerm.FILL_FORMS}],
    ids=["approved only", "forms may be filled"],
)
def test_a_seal_that_allows_changes_is_not_the_contracts(
    lender: Lender, monkeypatch: pytest.MonkeyPatch, weaker: dict[str, Any]
) -> None:
    monkeypatch.setattr(
        "lending.adapters.pades.sealer.PdfSignatureMetadata",
        lambda **wanted: PdfSignatureMetadata(**{**wanted, **weaker}),
    )
    sealed = lender.sealer().seal(DRAFT, SEAL)
    assert failed(PadesExaminer(lender.trust).examine(sealed.pdf, SEAL.claimed_at)) == {
        "certification"
    }


def test_a_certificate_of_another_key_never_seals(lender: Lender) -> None:
    raw = json.loads(lender.document)
    raw["seal"][0]["chain"] = json.loads(lender.rotated().document)["seal"][0]["chain"]
    swapped = replace(lender, document=json.dumps(raw).encode())
    with pytest.raises(Permanent, match="not that of its key"):
        swapped.sealer().seal(DRAFT, SEAL)


@pytest.mark.parametrize("text", [b"", b"{}", b'{"seal": [], "roots": [], "crl_urls": []}', b"[]"])
def test_a_malformed_trust_document_is_named(text: bytes) -> None:
    with pytest.raises(Permanent, match="trust document"):
        trust_of(text)


def test_what_is_no_pdf_is_not_sealed(lender: Lender) -> None:
    with pytest.raises(Permanent, match="cannot be sealed"):
        lender.sealer().seal(b"not a document", SEAL)
