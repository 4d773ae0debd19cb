"""Every way to alter a sealed contract that was measured, and what our verifier says to it.

An independent reader (poppler's pdfsig) is asked too where it is installed; the end of the run
says so when it is not. It is content with a shadow revision and with a cut document: we are not.
"""

import hashlib
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lending.adapters.pades.examiner import PadesExaminer
from lending.domain.verification import Verdict, evidence_findings, file_findings, judged
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.adapters.sealing import SEAL, Lender, lender_of
from tests.fakes.pdf import small_pdf

DRAFT = small_pdf("what was shown")
EVIDENCE = json.dumps(
    {
        "documents": [
            {
                "kind": "contract",
                "bytes": len(DRAFT),
                "sha256": hashlib.sha256(DRAFT).hexdigest(),
            }
        ]
    }
).encode()


@pytest.fixture(scope="module")
def lender(account: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender]:
    with lender_of(tmp_path_factory.mktemp("authority")) as one:
        yield one


@pytest.fixture(scope="module")
def sealed(lender: Lender) -> bytes:
    from dataclasses import replace

    seal = replace(SEAL, evidence_sha256=hashlib.sha256(EVIDENCE).hexdigest())
    return lender.sealer().seal(DRAFT, seal).pdf


def verdict(
    lender: Lender, pdf: bytes, recorded: str | None = None, evidence: bytes | None = EVIDENCE
) -> Verdict:
    examined = PadesExaminer(lender.trust).examine(pdf, SEAL.claimed_at)
    sealed_sha256 = None if examined.seal is None else examined.seal.evidence_sha256
    return judged(
        examined.findings
        + file_findings(pdf, recorded)
        + evidence_findings(pdf, sealed_sha256, evidence)
    )


def no_to(told: Verdict) -> set[str]:
    return {one.check for one in told.findings if one.ok is False}


def untouched(pdf: bytes) -> bytes:
    return pdf


def one_bit(pdf: bytes) -> bytes:
    at = pdf.index(b"what was shown")
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


def another_time(pdf: bytes) -> bytes:
    at = pdf.index(b"/M (D") + 11  # the colon is written as an octal escape
    return pdf[:at] + b"9" + pdf[at + 1 :]


def another_reason(pdf: bytes) -> bytes:
    return pdf.replace(b"terms sha256 " + b"a" * 64, b"terms sha256 " + b"c" * 64, 1)


def shadow_revision(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page: Any = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = generic.NumberObject(90)
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def cut(pdf: bytes) -> bytes:
    return pdf[:-1500]


def cut_to_the_signature(pdf: bytes) -> bytes:
    """Exactly the first revision, which viewers call valid."""
    ends = [at for at in range(len(pdf)) if pdf.startswith(b"%%EOF", at)]
    return pdf[: ends[1] + 6]


def longer(pdf: bytes) -> bytes:
    return pdf + b"\n% and more\n"


def unsigned(_: bytes) -> bytes:
    return DRAFT


def garbage(_: bytes) -> bytes:
    return b"\x00" * 4096


def test_the_sealed_document_is_valid(lender: Lender, sealed: bytes) -> None:
    told = verdict(lender, sealed, hashlib.sha256(sealed).hexdigest())
    assert (told.verdict, told.reasons) == ("VALID", ())


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (one_bit, {"signature", "document_shown"}),
        (another_time, {"signature"}),
        (another_reason, {"signature"}),
        (shadow_revision, {"changes", "nothing_after"}),
        (cut, set()),  # what is left may be read as an earlier revision, or not at all
        (cut_to_the_signature, {"level"}),
        (longer, {"nothing_after"}),
        (unsigned, {"signature"}),
        (garbage, {"signature"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_tampering_is_caught_without_any_record(
    lender: Lender, sealed: bytes, tamper: Any, found: set[str]
) -> None:
    told = verdict(lender, tamper(sealed))
    assert told.verdict == "INVALID"
    assert found <= no_to(told)
    assert told.reasons


def test_a_swapped_older_version_is_not_the_archived_one(lender: Lender, sealed: bytes) -> None:
    older = lender.sealer().seal(small_pdf("an older version"), SEAL).pdf
    told = verdict(lender, older, hashlib.sha256(sealed).hexdigest())
    assert {"whole_file", "evidence"} <= no_to(told)


def test_evidence_of_something_else_does_not_match(lender: Lender, sealed: bytes) -> None:
    assert no_to(verdict(lender, sealed, evidence=EVIDENCE + b" ")) == {"evidence"}
    for malformed in (b"{}", b"[]", b"not json"):
        sha256 = hashlib.sha256(malformed).hexdigest()
        (found,) = evidence_findings(sealed, sha256, malformed)
        assert (found.ok, found.detail) == (False, "the record is malformed")


def test_without_record_and_evidence_it_says_what_was_not_asked(
    lender: Lender, sealed: bytes
) -> None:
    told = verdict(lender, sealed, evidence=None)
    assert told.verdict == "VALID"
    assert {one.check for one in told.findings if one.ok is None} == {"whole_file", "evidence"}


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (untouched, "valid"),
        (one_bit, "digest mismatch"),
        (another_time, "digest mismatch"),
        (another_reason, "digest mismatch"),
        # What it is content with is why our own questions are asked: see above for each.
        (shadow_revision, "valid"),
        (cut, "valid"),
        (cut_to_the_signature, "valid"),
        (longer, "valid"),
        (unsigned, "unsigned"),
        (garbage, "unreadable"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_an_independent_reader_says_of_each(
    sealed: bytes, tamper: Any, told: str, tmp_path: Path, not_checked: list[str]
) -> None:
    if shutil.which("pdfsig") is None:
        not_checked.append("signatures by an independent reader: pdfsig (poppler-utils)")
    else:
        assert told_by_pdfsig(tamper(sealed), tmp_path) == told
    assert len(PdfFileReader(io.BytesIO(sealed)).embedded_signatures) == 2


def test_an_independent_reader_is_content_with_a_swapped_older_version(
    lender: Lender, tmp_path: Path, not_checked: list[str]
) -> None:
    """Only the recorded hash tells them apart: `whole_file` above."""
    if shutil.which("pdfsig") is None:
        not_checked.append("a swapped version by an independent reader: pdfsig (poppler-utils)")
        return
    older = lender.sealer().seal(small_pdf("an older version"), SEAL).pdf
    assert told_by_pdfsig(older, tmp_path) == "valid"


def told_by_pdfsig(pdf: bytes, folder: Path) -> str:
    """Its words, because it ends with 0 whatever it finds."""
    path = folder / "one.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True)
    words = {
        "Digest Mismatch": "digest mismatch",
        "Signature is Valid": "valid",
        "does not contain any signatures": "unsigned",
    }
    found = (told for part, told in words.items() if part in done.stdout)
    return next(found, "unreadable")
