"""Files that are cut, bent, huge or meant to harm end with a named case, in bounded memory."""

import io
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.adapters.iso20022 import stream
from lending.adapters.iso20022.reports import read_report
from lending.adapters.iso20022.seen import Seen
from lending.domain.bank_facts import Flaw, Problem, Statement, StatementLine
from lending.ports.bank import FileItem

from tests.adapters.bank_messages import Entry, Pieces, Report, Stmt, Verdict, camt053, camt054

STATEMENT = b"".join(
    camt053(
        Stmt(
            [Entry("1.00", bank_reference="BK-1"), Entry("2.00", bank_reference="BK-2")],
            closing="1003.00",
        )
    )
)
WHOLE = [
    STATEMENT,
    b"".join(camt054(Entry(), Entry(bank_reference="BK-2"))),
    Report((Verdict(), Verdict(reference="dis-2")), group="PART").xml(),
]


def read(raw: bytes) -> list[FileItem]:
    return list(read_report(io.BytesIO(raw)))


def end_of(raw: bytes) -> Problem:
    *_, end = read(raw)
    assert isinstance(end, Problem)
    assert end.is_whole
    return end


@pytest.mark.parametrize("raw", WHOLE, ids=["camt.053", "camt.054", "pain.002"])
def test_a_file_cut_anywhere_is_never_taken_for_whole(raw: bytes) -> None:
    stripped = raw.rstrip()
    assert not any(isinstance(item, Problem) for item in read(stripped))
    for length in range(len(stripped)):
        end = end_of(stripped[:length])
        assert end.flaw is (Flaw.TRUNCATED if length else Flaw.EMPTY), length


def test_the_place_of_a_break_is_named() -> None:
    broken = STATEMENT.replace(b"BK-2</AcctSvcrRef>", b"BK-2</Wrong>")
    line = broken[: broken.index(b"BK-2")].count(b"\n") + 1
    end = end_of(broken)
    assert end.flaw is Flaw.MALFORMED
    assert end.at.startswith(f"line {line}, column ")


@given(st.data())
def test_a_bent_file_is_read_to_an_end_without_a_crash(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        match data.draw(st.sampled_from(["flip", "drop", "double"])):
            case "flip":
                raw[place] = data.draw(st.integers(0, 255))
            case "drop":
                del raw[place : place + data.draw(st.integers(1, 40))]
            case "double":
                raw[place:place] = raw[place : place + data.draw(st.integers(1, 200))]
        if not raw:
            return
    for item in read(bytes(raw)):
        assert item is not None


@given(st.binary(max_size=300))
def test_noise_is_a_case(raw: bytes) -> None:
    assert end_of(raw).flaw in Flaw


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE Document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&d;</Document>"""
EXTERNAL = b"""<!DOCTYPE Document SYSTEM "file:///etc/passwd">
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>"""


@pytest.mark.parametrize("raw", [BOMB, EXTERNAL, b" " * 16380 + EXTERNAL])
def test_document_types_and_entities_are_refused_unread(raw: bytes) -> None:
    assert end_of(raw).flaw is Flaw.FORBIDDEN_MARKUP


def test_a_document_type_split_over_two_reads_is_seen() -> None:
    cut = EXTERNAL.index(b"TYPE")

    class Slow:
        pieces = iter([EXTERNAL[:cut], EXTERNAL[cut:]])

        def read(self, amount: int = -1, /) -> bytes:
            return next(self.pieces, b"")

    *_, end = read_report(Slow())
    assert isinstance(end, Problem)
    assert end.flaw is Flaw.FORBIDDEN_MARKUP


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp037"])
def test_another_encoding_cannot_hide_anything(encoding: str) -> None:
    text = STATEMENT.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"')
    assert end_of(text.encode(encoding)).flaw in {Flaw.MALFORMED, Flaw.TRUNCATED}
    hidden = f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + EXTERNAL.decode().encode(
        encoding
    )
    assert end_of(hidden).flaw in {Flaw.MALFORMED, Flaw.TRUNCATED}


def test_a_declared_latin_file_is_read_as_utf8() -> None:
    said = STATEMENT.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"')
    assert read(said) == read(STATEMENT)
    assert read(b"\xef\xbb\xbf" + STATEMENT) == read(STATEMENT)


def stuffed(piece: bytes, times: int, before: bytes = b"<Stmt>") -> Pieces:
    head, tail = STATEMENT.split(before, 1)

    def pieces() -> Iterator[bytes]:
        yield head
        for _ in range(times):
            yield piece
        yield before + tail

    return Pieces(pieces())


@pytest.mark.parametrize(
    ("source", "detail"),
    [
        (stuffed(b"<a>", 100, b"<Id>ST-1"), "depth or elements"),
        (stuffed(b"<a/>", stream.NODES_MAX + 1, b"<Id>ST-1"), "depth or elements"),
        (stuffed(b"x" * 1000, 10_000, b"ST-1"), "text or tag"),
        (stuffed(b" " * 1000, 10_000), "text or tag"),
        (stuffed(b' a="1"', 400_000, b"><Id>ST-1"), "text or tag"),
        (stuffed(b"<!-- x -->", 200_000), "text or tag"),
    ],
    ids=["nesting", "elements", "text", "blank", "attributes", "comments"],
)
def test_what_has_no_end_is_cut_off_early(source: Pieces, detail: str) -> None:
    *_, end = read_report(source)
    assert isinstance(end, Problem)
    assert (end.flaw, end.detail) == (Flaw.TOO_LARGE, detail)
    assert source.size < 2_500_000


def test_a_file_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "FILE_BYTES_MAX", 500)
    assert end_of(STATEMENT).detail == "file"


@pytest.mark.parametrize(
    ("raw", "flaw"),
    [
        (b"<a/>", Flaw.WRONG_MESSAGE),
        (b"<Document/>", Flaw.WRONG_MESSAGE),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"/>', Flaw.WRONG_MESSAGE),
        (b'<Other xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>', Flaw.WRONG_MESSAGE),
        (STATEMENT.replace(b"BkToCstmrStmt", b"BkToCstmrAcctRpt"), Flaw.WRONG_MESSAGE),
        (STATEMENT.replace(b"GrpHdr", b"GrpHead"), Flaw.MISSING_FIELD),
        (STATEMENT.replace(b"<MsgId>M-053</MsgId>", b""), Flaw.MISSING_FIELD),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>', Flaw.MISSING_FIELD),
        (STATEMENT + STATEMENT, Flaw.MALFORMED),
        (STATEMENT + b"garbage", Flaw.MALFORMED),
    ],
)
def test_another_message_or_a_headless_one_is_not_read(raw: bytes, flaw: Flaw) -> None:
    assert end_of(raw).flaw is flaw


def test_elements_of_another_namespace_are_not_entries() -> None:
    foreign = STATEMENT.replace(b"<Ntry>", b'<Ntry xmlns="urn:other">', 1)
    lines = [item for item in read(foreign) if isinstance(item, StatementLine)]
    assert [line.bank_reference for line in lines] == ["BK-2"]
    assert end_of(foreign).flaw is Flaw.TOTALS_MISMATCH


def peak_bytes(entries: int) -> tuple[int, int]:
    """Largest memory and file size of reading a statement with so many entries of 1.00."""
    template = Entry("1.00", bank_reference="BK-@", remittance="repayment of loan @").xml().encode()
    first, second, third = template.split(b"@")
    empty = b"".join(camt053(Stmt(opening="0.00", closing=f"{entries}.00")))
    head, tail = empty.split(b"</Stmt>")

    def pieces() -> Iterator[bytes]:
        yield head
        for number in range(entries):
            told = str(number).encode()
            yield first + told + second + told + third
        yield b"</Stmt>" + tail

    source = Pieces(pieces())
    count, end = 0, None
    tracemalloc.start()
    try:
        for item in read_report(source):
            count, end = count + 1, item
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(end, Statement)
    assert (end.lines, count) == (entries, entries + 2)
    return peak, source.size


def test_a_statement_of_30_000_entries_is_read_in_bounded_memory() -> None:
    small, _ = peak_bytes(1_000)
    large, size = peak_bytes(30_000)
    assert size > 12_000_000
    assert large < 4_000_000
    # What grows is the memory of which bookings were seen: at most 3 x 16 bytes while it doubles.
    assert large - small < 30_000 * 60


def test_seen_remembers_every_key() -> None:
    seen = Seen()
    keys = [("acct", f"BK-{number}") for number in range(20_000)]
    assert all(seen.add(*key) for key in keys)
    assert not any(seen.add(*key) for key in keys)
    assert seen.add("acctB", "K-1")
    assert seen.add("acct", "BK-20000")
