"""Reports of the bank: right ones become facts, wrong entries become cases of their own."""

import io
from datetime import date
from typing import Any

import pytest
from lending.adapters.iso20022.reports import read_report
from lending.domain.bank_facts import (
    BatchStatus,
    CollectionStatus,
    Credit,
    FileHead,
    Flaw,
    LineKind,
    PayoutStatus,
    Problem,
    Return,
    Statement,
    StatementLine,
)
from lending.ports.bank import FileItem

from tests.adapters.bank_messages import (
    Entry,
    Report,
    Stmt,
    Verdict,
    balance,
    camt053,
    camt054,
    detail,
)

DAY = date(2026, 11, 24)


def statement(*entries: Entry, **changes: Any) -> list[FileItem]:
    """Items of a one-statement file, without its head."""
    raw = b"".join(camt053(Stmt(entries, **changes)))
    head, *items = read_report(io.BytesIO(raw))
    assert head == FileHead("camt.053.001.08", "M-053")
    return items


def notification(*entries: Entry) -> list[FileItem]:
    head, *items = read_report(io.BytesIO(b"".join(camt054(*entries))))
    assert head == FileHead("camt.054.001.08", "M-054")
    return items


def status(report: Report) -> list[FileItem]:
    head, *items = read_report(io.BytesIO(report.xml()))
    assert head == FileHead("pain.002.001.10", "M-002")
    return items


def only_line(entry: Entry) -> StatementLine:
    line, end = statement(entry, balances=NO_SUM)
    assert isinstance(line, StatementLine)
    assert isinstance(end, Statement | Problem)
    return line


# Balances that fit no entry: for tests that look at one line only, the sum is wrong on purpose.
NO_SUM = balance("OPBD", "0.00") + balance("CLBD", "0.00")


def test_a_statement_gives_its_lines_and_then_its_balances() -> None:
    # 1000.00 + 250.50 - 120000.00 + 0.01 = -118749.49
    items = statement(
        Entry("250.50", bank_reference="BK-1", remittance="loan_1"),
        Entry("120000.00", "DBIT", "BK-2", "dis-app_1", "ICDT"),
        Entry("0.01", bank_reference="BK-3", reference="loan_2", booked_on="2026-11-23"),
        closing="-118749.49",
    )
    assert items == [
        StatementLine("ST-1", 1, LineKind.CREDIT, "BK-1", "loan_1", 25050, "CNY", DAY, DAY, True),
        StatementLine(
            "ST-1", 2, LineKind.PAYOUT, "BK-2", "dis-app_1", -12000000, "CNY", DAY, DAY, True
        ),
        StatementLine(
            "ST-1", 3, LineKind.CREDIT, "BK-3", "loan_2", 1, "CNY", date(2026, 11, 23), DAY, True
        ),
        Statement("ST-1", "LENDER1", "CNY", DAY, DAY, 100000, -11874949, 3),
    ]


def test_an_empty_day_and_several_accounts_are_statements_too() -> None:
    raw = b"".join(
        camt053(
            Stmt(statement_id="A"),
            Stmt([Entry()], "0.00", "100.00", "B"),
            Stmt([Entry(currency="USD", bank_reference="BK-9")], "1.00", "101.00", "C", "USD",
                 balances=balance("OPBD", "1.00", "USD") + balance("CLBD", "101.00", "USD")),
        )
    )  # fmt: skip
    ends = [item for item in read_report(io.BytesIO(raw)) if isinstance(item, Statement)]
    assert [(end.statement_id, end.currency, end.lines) for end in ends] == [
        ("A", "CNY", 0),
        ("B", "CNY", 1),
        ("C", "USD", 1),
    ]


@pytest.mark.parametrize(
    ("entry", "kind", "reference"),
    [
        (Entry(family="RCDT", reference="e2e"), LineKind.CREDIT, "e2e"),
        (Entry(family="RRCT", remittance=" loan 7 "), LineKind.CREDIT, "loan 7"),
        (Entry(family="RCDT"), LineKind.CREDIT, ""),
        (Entry(sign="DBIT", family="ICDT", reference="r"), LineKind.PAYOUT, "r"),
        (Entry(sign="DBIT", family="IRCT", reference="r"), LineKind.PAYOUT, "r"),
        (Entry(family="IDDT", sub_family="ESDD", reference="r"), LineKind.COLLECTION, "r"),
        (Entry(family="ICDT", sub_family="RRTN", reference="r"), LineKind.PAYOUT_RETURN, "r"),
        (Entry(family="RCDT", reason="AC04", reference="r"), LineKind.PAYOUT_RETURN, "r"),
        (Entry(family="ICDT", reversal=True, reference="r"), LineKind.PAYOUT_RETURN, "r"),
        (Entry(sign="DBIT", family="IDDT", sub_family="UPDD", reference="r"),
         LineKind.COLLECTION_RETURN, "r"),
        (Entry(sign="DBIT", family="RCDT", reversal=True, reference="r"),
         LineKind.CREDIT_RETURN, "r"),
        (Entry(sign="DBIT", family="MCOP", sub_family="CHRG"), LineKind.OTHER, ""),
        (Entry(family="MCOP", sub_family="INTR"), LineKind.OTHER, ""),
        (Entry(sign="DBIT", family="RCDT"), LineKind.OTHER, ""),  # direction contradicts family
        (Entry(family="ICDT"), LineKind.OTHER, ""),
        (Entry(family="IDDT", sub_family="UPDD"), LineKind.OTHER, ""),
    ],
)  # fmt: skip
def test_bank_codes_say_what_a_booking_was(entry: Entry, kind: LineKind, reference: str) -> None:
    line = only_line(entry)
    assert (line.kind, line.reference) == (kind, reference)


def test_dates_may_carry_a_time_or_a_zone_and_stay_the_banks_own_day() -> None:
    line = only_line(Entry(booked_on="2026-11-24+08:00"))
    assert line.booked_on == DAY
    raw = b"".join(camt053(Stmt([Entry()], closing="1100.00")))
    timed = raw.replace(
        b"<BookgDt><Dt>2026-11-24</Dt>", b"<BookgDt><DtTm>2026-11-24T23:59:59.5-10:00</DtTm>"
    )
    lines = [item for item in read_report(io.BytesIO(timed)) if isinstance(item, StatementLine)]
    assert lines[0].booked_on == DAY


def test_a_pending_entry_is_shown_but_moves_no_balance() -> None:
    line, end = statement(Entry(status="PDNG"))
    assert isinstance(line, StatementLine)
    assert not line.is_booked
    assert isinstance(end, Statement)


def test_a_batch_booking_becomes_one_line_a_detail() -> None:
    details = (
        detail(reference="p-1", amount="60.00", bank_reference="BK-7"),
        detail(reference="p-2", amount="50.00"),
        detail(reference="p-3", amount="10.00", sign="CRDT"),
    )
    # 60 + 50 - 10 out = 100 out
    batch = Entry("100.00", "DBIT", "BK-5", family="ICDT", details=details)
    *lines, end = statement(batch, closing="900.00")
    assert isinstance(end, Statement)
    assert [
        (line.bank_reference, line.reference, line.amount_minor)
        for line in lines
        if isinstance(line, StatementLine)
    ] == [("BK-7", "p-1", -6000), ("BK-5/2", "p-2", -5000), ("BK-5/3", "p-3", 1000)]


GOOD = Entry("1.00", bank_reference="BK-GOOD")
CASES = [
    (Entry(amount=""), Flaw.MISSING_FIELD, "Amt"),
    (Entry(amount="1,00"), Flaw.MALFORMED_AMOUNT, "Amt"),
    (Entry(amount="1.005"), Flaw.INEXACT_AMOUNT, "Amt"),
    (Entry(amount="-1.00"), Flaw.NEGATIVE_AMOUNT, "Amt"),
    (Entry(amount="0.00"), Flaw.ZERO_AMOUNT, "Amt"),
    (Entry(currency="USD"), Flaw.CURRENCY_MISMATCH, "Amt"),
    (Entry(currency="XXX"), Flaw.UNKNOWN_CURRENCY, "Amt"),
    (Entry(sign=""), Flaw.MISSING_FIELD, "CdtDbtInd"),
    (Entry(sign="PLUS"), Flaw.UNKNOWN_CODE, "CdtDbtInd"),
    (Entry(status=""), Flaw.MISSING_FIELD, "Sts/Cd"),
    (Entry(status="DONE"), Flaw.UNKNOWN_CODE, "Sts/Cd"),
    (Entry(booked_on="", value_on=""), Flaw.MISSING_FIELD, "BookgDt"),
    (Entry(booked_on="2026-02-30"), Flaw.MALFORMED_FIELD, "BookgDt"),
    (Entry(value_on="tomorrow"), Flaw.MALFORMED_FIELD, "ValDt"),
    (Entry(bank_reference=""), Flaw.MISSING_FIELD, "AcctSvcrRef"),
    (Entry(bank_reference="BK#1"), Flaw.MALFORMED_FIELD, "AcctSvcrRef"),
    (Entry(family="not a code"), Flaw.MALFORMED_FIELD, "BkTxCd/Domn/Fmly/Cd"),
    (Entry(details=(detail(amount="99.00"),)), Flaw.DETAILS_MISMATCH, "NtryDtls/TxDtls/Amt"),
    (Entry(details=(detail(amount="60.00"), detail(amount="41.00"))),
     Flaw.DETAILS_MISMATCH, "NtryDtls/TxDtls"),
    (Entry(details=(detail(amount="60.00"), detail())),
     Flaw.MISSING_FIELD, "AmtDtls/TxAmt/Amt"),
    (Entry(details=(detail(amount="60.00"), detail(amount="40.00", currency="USD"))),
     Flaw.CURRENCY_MISMATCH, "NtryDtls/TxDtls/Amt"),
]  # fmt: skip


@pytest.mark.parametrize(("flawed", "flaw", "field"), CASES)
@pytest.mark.parametrize("first", [True, False])
def test_a_flawed_entry_is_one_case_and_the_others_are_used(
    flawed: Entry, flaw: Flaw, field: str, first: bool
) -> None:
    entries = (flawed, GOOD) if first else (GOOD, flawed)
    items = statement(*entries, closing="1101.00")  # as if the flawed entry had moved 100.00
    cases = [item for item in items if isinstance(item, Problem) and not item.is_whole]
    lines = [item for item in items if isinstance(item, StatementLine)]
    assert [(case.flaw, case.detail) for case in cases] == [(flaw, field)]
    assert cases[0].at == f"entry {1 if first else 2}"
    assert [line.bank_reference for line in lines] == ["BK-GOOD"]


def test_a_case_carries_the_ids_that_a_person_needs_and_no_amount() -> None:
    case = statement(Entry(amount="1.005", bank_reference="BK-1", reference="loan_1"))[0]
    assert case == Problem(
        Flaw.INEXACT_AMOUNT, "entry 1", "Amt", bank_reference="BK-1", reference="loan_1"
    )


def test_an_entry_told_twice_is_credited_once_and_shown() -> None:
    line, case, end = statement(Entry(), Entry(), closing="1200.00")
    assert isinstance(line, StatementLine)
    assert isinstance(case, Problem)
    assert (case.flaw, case.at, case.bank_reference) == (Flaw.DUPLICATE_ENTRY, "entry 2", "BK-1")
    assert isinstance(end, Statement)  # the bank's own sum has both: a person must look


@pytest.mark.parametrize(
    ("changes", "flaw", "detail"),
    [
        ({"closing": "1000.01"}, Flaw.TOTALS_MISMATCH, "Stmt/Bal"),
        ({"balances": balance("OPBD", "1000.00")}, Flaw.MISSING_FIELD, "Stmt/Bal"),
        ({"balances": balance("CLBD", "1000.00")}, Flaw.MISSING_FIELD, "Stmt/Bal"),
        ({"balances": balance("ITBD", "1000.00")}, Flaw.MISSING_FIELD, "Stmt/Bal"),
        ({"balances": balance("OPBD", "x") + balance("CLBD", "1.00")},
         Flaw.MALFORMED_AMOUNT, "Stmt/Bal/Amt"),
        ({"balances": balance("OPBD", "1.00", "USD") + balance("CLBD", "1.00")},
         Flaw.CURRENCY_MISMATCH, "Stmt/Bal/Amt"),
        ({"statement_id": ""}, Flaw.MISSING_FIELD, "Stmt/Id"),
        ({"summary": "<TxsSummry><TtlNtries><NbOfNtries>1</NbOfNtries></TtlNtries></TxsSummry>"},
         Flaw.TOTALS_MISMATCH, "Stmt/TxsSummry/TtlNtries/NbOfNtries"),
    ],
)  # fmt: skip
def test_a_statement_that_contradicts_itself_is_not_used_at_all(
    changes: dict[str, str], flaw: Flaw, detail: str
) -> None:
    end = statement(**changes)[-1]
    assert end == Problem(flaw, "statement 1", detail, is_whole=True)


def test_pages_of_a_statement_open_and_close_with_interim_balances() -> None:
    page = balance("ITBD", "5.00") + balance("ITBD", "105.00")
    assert isinstance(statement(Entry(), balances=page)[-1], Statement)
    first = balance("PRCD", "5.00") + balance("ITBD", "105.00")
    assert isinstance(statement(Entry(), balances=first)[-1], Statement)


def test_the_same_statement_twice_in_a_file_is_not_used() -> None:
    raw = b"".join(camt053(Stmt(statement_id="A"), Stmt(statement_id="A")))
    end = list(read_report(io.BytesIO(raw)))[-1]
    assert end == Problem(Flaw.DUPLICATE_ENTRY, "statement 2", "Stmt/Id", is_whole=True)


def test_a_notification_gives_facts() -> None:
    assert notification(
        Entry("10.00", bank_reference="BK-1", remittance="loan_1"),
        Entry("20.00", "DBIT", "BK-2", "dis-1", "ICDT"),
        Entry("30.00", "CRDT", "BK-3", "deb-1", "IDDT", "ESDD"),
        Entry("20.00", "CRDT", "BK-4", "dis-1", "ICDT", "RRTN", reason="AC04"),
        Entry("30.00", "DBIT", "BK-5", "deb-1", "IDDT", "UPDD", reason="MD06"),
        Entry("10.00", "DBIT", "BK-6", "loan_1", "RCDT", "RRTN", reason="FOCR"),
    ) == [
        Credit("BK-1", "loan_1", 1000, "CNY", DAY),
        PayoutStatus("dis-1", "accepted", 2000, "CNY", "BK-2", DAY),
        CollectionStatus("deb-1", "collected", 3000, "CNY", "BK-3", DAY),
        Return("BK-4", "dis-1", "payout", 2000, "CNY", DAY, "AC04"),
        Return("BK-5", "deb-1", "collection", 3000, "CNY", DAY, "MD06"),
        Return("BK-6", "loan_1", "credit", 1000, "CNY", DAY, "FOCR"),
    ]


def test_a_notification_of_nobody_knows_what_is_a_case_and_a_pending_one_a_line() -> None:
    case, line = notification(
        Entry("3.00", "DBIT", "BK-1", family="MCOP", sub_family="CHRG"),
        Entry("3.00", bank_reference="BK-2", status="PDNG"),
    )
    assert case == Problem(Flaw.UNCLASSIFIED, "entry 1", "BkTxCd", bank_reference="BK-1")
    assert isinstance(line, StatementLine)
    assert not line.is_booked


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ACSC", "accepted"),
        ("ACCC", "accepted"),
        ("RJCT", "rejected"),
        ("CANC", "rejected"),
        ("ACSP", "pending"),
        ("ACCP", "pending"),
        ("ACTC", "pending"),
        ("ACWC", "pending"),
        ("PDNG", "pending"),
        ("RCVD", "pending"),
    ],
)
def test_only_a_settled_order_is_accepted(code: str, expected: str) -> None:
    assert status(Report((Verdict(code=code, amount="120000.00"),))) == [
        PayoutStatus("dis-app_1", expected, 12000000, "CNY", "BK-1"),  # type: ignore[arg-type]
    ]


def test_a_rejection_carries_its_reason_from_the_order_or_its_batch() -> None:
    own = Report((Verdict(code="RJCT", reason="AC04", bank_reference=""),))
    assert status(own) == [PayoutStatus("dis-app_1", "rejected", reason="AC04")]
    for word, kept in (("account_closed", "account_closed"), ("Mr Wang is dead", "NARR")):
        raw = own.xml().replace(b"<Cd>AC04</Cd>", f"<Prtry>{word}</Prtry>".encode())
        *_, told = read_report(io.BytesIO(raw))
        assert told == PayoutStatus("dis-app_1", "rejected", reason=kept)
    whole = Report(group="RJCT", group_reason="DUPL")
    assert status(whole) == [BatchStatus("M-001", "", "rejected", "DUPL")]
    batch = Report((Verdict(code="", bank_reference=""),), batch="RJCT")
    assert set(status(batch)) == {
        PayoutStatus("dis-app_1", "rejected"),
        BatchStatus("M-001", "M-001", "rejected"),
    }


@pytest.mark.parametrize(
    ("verdict", "flaw", "field"),
    [
        (Verdict(reference=""), Flaw.MISSING_FIELD, "OrgnlEndToEndId"),
        (Verdict(reference="a#b"), Flaw.MALFORMED_FIELD, "OrgnlEndToEndId"),
        (Verdict(code="WHAT"), Flaw.UNKNOWN_CODE, "TxSts"),
        (Verdict(code=""), Flaw.MISSING_FIELD, "PmtInfSts"),
        (Verdict(amount="1.2.3"), Flaw.MALFORMED_AMOUNT, "OrgnlTxRef/Amt/InstdAmt"),
        (Verdict(reference="ok"), Flaw.DUPLICATE_ENTRY, "OrgnlEndToEndId"),
    ],
)
def test_a_flawed_verdict_is_a_case_and_the_others_are_used(
    verdict: Verdict, flaw: Flaw, field: str
) -> None:
    good, case = status(Report((Verdict(reference="ok"), verdict)))
    assert isinstance(good, PayoutStatus)
    assert isinstance(case, Problem)
    assert (case.flaw, case.detail, case.at, case.is_whole) == (flaw, field, "entry 2", False)


def test_an_unknown_status_of_a_whole_file_is_a_case() -> None:
    assert status(Report(group="HMMM")) == [Problem(Flaw.UNKNOWN_CODE, "head", "GrpSts")]


def test_a_reader_may_accept_some_messages_only() -> None:
    raw = Report(group="RJCT").xml()
    (only,) = read_report(io.BytesIO(raw), "camt.053.001.08", "camt.054.001.08")
    assert only == Problem(
        Flaw.WRONG_MESSAGE,
        "root element",
        "not one of camt.053.001.08, camt.054.001.08",
        is_whole=True,
    )
