"""Every rail keeps the same promises: doubt is said, and only "not received" permits to send."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3
from lending.adapters import partner_http
from lending.adapters.bank_files_s3 import S3BankFiles
from lending.adapters.iso20022.written import OurAccount
from lending.adapters.rail_files import FileRail
from lending.adapters.rail_http import HttpRail
from lending.ports.bank import DebitAnswer, DebitOrder, Payer, PaymentRail, PayoutOrder
from lending.ports.partners import Payee, Rail, RailAnswer

from tests.adapters.buckets import new_bucket
from tests.adapters.partner_server import PartnerServer, Script
from tests.fakes.partners import FakeRail
from tests.partners.conftest import ask
from tools.partners import service
from tools.partners.bank_rail import BankRail

ORDER = PayoutOrder("dis-app_1", 12_000_000, "CNY", Payee("王小明 & Co", "6222000011112222"), "car")
DEBIT = DebitOrder(
    "deb-1", 350_000, "CNY", Payer("王小明", "6222999", "man-1"), date(2026, 1, 2), "instalment 1"
)


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[service.Running]:
    running = service.start(BankRail(tmp_path).partner())
    yield running
    running.close()


@pytest.fixture(params=["fake", "http", "files"])
def rail(request: pytest.FixtureRequest) -> PaymentRail:
    """The three implementations, each with a bank that never heard of anything."""
    match request.param:
        case "http":
            return HttpRail(request.getfixturevalue("bank").url)
        case "files":
            bucket = request.getfixturevalue("bucket")
            ours = OurAccount("Autolend", "LENDER1", "BKCHCNBJ")
            return FileRail(S3BankFiles(bucket), ours, Clock(), "Asia/Shanghai")
    return FakeRail()


@pytest.fixture
def bucket(account: None) -> str:
    """An empty bucket."""
    return new_bucket()


def test_what_was_never_sent_was_not_received(rail: PaymentRail) -> None:
    assert rail.query(reference="dis-app_9") == RailAnswer("not_received")
    assert rail.query_debit(reference="deb-9") == DebitAnswer("not_received")


def test_what_was_sent_is_never_not_received_again(rail: PaymentRail) -> None:
    first = rail.submit(ORDER)
    assert first.status in {"accepted", "unknown"}
    assert rail.query(reference=ORDER.reference).status in {"accepted", "unknown"}
    assert rail.submit(ORDER).status in {"accepted", "unknown"}
    assert rail.query(reference="dis-app_2") == RailAnswer("not_received")


def test_the_older_port_is_served_too(rail: PaymentRail) -> None:
    older: Rail = rail  # type: ignore[assignment]  # all three have both
    answer = older.pay(
        reference="dis-app_3",
        amount_minor=1,
        currency="CNY",
        payee=ORDER.payee,
        purpose=ORDER.purpose,
    )
    assert answer.status in {"accepted", "unknown"}


def test_a_collection_is_pending_until_the_bank_has_a_verdict(bank: service.Running) -> None:
    rail = HttpRail(bank.url)
    assert rail.debit(DEBIT) == DebitAnswer("pending")
    assert rail.query_debit(reference="deb-1") == DebitAnswer("collected")
    poor = replace(DEBIT, reference="deb-2", payer=replace(DEBIT.payer, account_no="10001"))
    assert rail.debit(poor) == DebitAnswer("pending")
    assert rail.query_debit(reference="deb-2") == DebitAnswer("failed", "AM04")
    closed = replace(DEBIT, reference="deb-3", payer=replace(DEBIT.payer, account_no="10000"))
    assert rail.debit(closed) == DebitAnswer("failed", "account_closed")
    ask(bank.url, "POST", "/_control/returns", {"kind": "debit", "reference": "deb-1"})
    assert rail.query_debit(reference="deb-1") == DebitAnswer("collected", returned="MD06")


def test_a_returned_payout_stays_accepted_and_says_so(bank: service.Running) -> None:
    rail = HttpRail(bank.url)
    assert rail.submit(ORDER) == RailAnswer("accepted")
    body = {"kind": "payout", "reference": ORDER.reference, "reason": "AC06"}
    ask(bank.url, "POST", "/_control/returns", body)
    assert rail.query(reference=ORDER.reference) == RailAnswer("accepted", returned="AC06")


@pytest.mark.parametrize(
    ("move", "known"), [("timeout_before_accept", False), ("timeout_after_accept", True)]
)
def test_a_time_out_is_doubt_that_a_question_resolves(
    bank: service.Running, move: str, known: bool
) -> None:
    rail = HttpRail(bank.url)
    ask(bank.url, "POST", "/_control/rules", {"do": move, "times": 2})
    assert rail.submit(ORDER).status == "unknown"
    assert rail.debit(DEBIT).status == "unknown"
    assert rail.query(reference=ORDER.reference).status == ("accepted" if known else "not_received")
    assert rail.query_debit(reference=DEBIT.reference).status == (
        "collected" if known else "not_received"
    )
    assert rail.submit(ORDER) == RailAnswer("accepted")
    assert rail.debit(DEBIT) == DebitAnswer("pending")
    statement = ask(bank.url, "GET", f"/statements/{datetime.now(UTC).date()}?currency=CNY")[1]
    assert [line["kind"] for line in statement["lines"]] == ["payout", "collection"]


def test_an_unsure_or_absent_bank_is_doubt(bank: service.Running) -> None:
    rail = HttpRail(bank.url)
    rail.submit(ORDER)
    rail.debit(DEBIT)
    ask(bank.url, "POST", "/_control/rules", {"do": "query_unknown", "times": 2})
    assert rail.query(reference=ORDER.reference).status == "unknown"
    assert rail.query_debit(reference=DEBIT.reference).status == "unknown"
    ask(bank.url, "POST", "/_control/mode", {"mode": "down"})
    assert rail.submit(ORDER).status == "unknown"
    assert rail.debit(DEBIT).status == "unknown"
    assert rail.query_debit(reference=DEBIT.reference).status == "unknown"


@pytest.fixture(scope="module")
def server() -> Iterator[PartnerServer]:
    running = PartnerServer()
    yield running
    running.close()


@pytest.fixture
def partner(server: PartnerServer, monkeypatch: pytest.MonkeyPatch) -> Script:
    short = urllib3.Timeout(connect=1.0, read=0.2)
    monkeypatch.setattr(partner_http, "_TIMEOUT", short)
    server.script = Script()
    return server.script


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"reference": "deb-1", "status": "pending"}),
        (202, {"reference": "deb-2", "status": "pending"}),
        (202, {"reference": "deb-1", "status": "collected"}),
        (202, {"status": "pending"}),
        (202, b"{"),
        (400, {"reference": "deb-1", "status": "rejected", "reason": "x"}),
        (422, {"reference": "deb-2", "status": "rejected", "reason": "x"}),
        (422, {"reference": "deb-1", "status": "rejected"}),
        (409, {"reference": "deb-1"}),
        (500, {}),
    ],
)
def test_any_doubt_about_a_collection_is_unknown_and_it_is_sent_once(
    server: PartnerServer, partner: Script, answer: tuple[int, object]
) -> None:
    partner.say(answer)
    assert HttpRail(server.url).debit(DEBIT).status == "unknown"
    assert len(partner.seen) == 1
    assert partner.seen[0] == ("POST", "/debits", {
        "reference": "deb-1", "amount_minor": 350_000, "currency": "CNY", "due_on": "2026-01-02",
        "payer": {"name": "王小明", "account_no": "6222999", "mandate_id": "man-1"},
        "purpose": "instalment 1",
    })  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, {"reference": "deb-1", "status": "collected"}), DebitAnswer("collected")),
        (
            (200, {"reference": "deb-1", "status": "failed", "reason": "AM04"}),
            DebitAnswer("failed", "AM04"),
        ),
        (
            (200, {"reference": "deb-1", "status": "collected", "returned": "MD06"}),
            DebitAnswer("collected", returned="MD06"),
        ),
        (
            (200, {"reference": "deb-1", "status": "collected", "returned": ["odd"]}),
            DebitAnswer("collected", returned="NARR"),
        ),
        ((404, {"reference": "deb-1"}), DebitAnswer("not_received")),
        ((404, {}), None),
        ((404, {"reference": "deb-2"}), None),
        ((200, {"reference": "deb-2", "status": "collected"}), None),
        ((200, {"reference": "deb-1", "status": "not_received"}), None),
        ((410, {"reference": "deb-1"}), None),
    ],
)
def test_only_the_banks_own_word_is_the_fate_of_a_collection(
    server: PartnerServer, partner: Script, answer: tuple[int, Any], expected: DebitAnswer | None
) -> None:
    partner.say(answer)
    found = HttpRail(server.url).query_debit(reference="deb-1")
    if expected is None:
        assert found.status == "unknown"
    else:
        assert found == expected


def test_an_order_that_no_file_can_hold_is_a_no_and_nothing_is_sent(bucket: str) -> None:
    rail = FileRail(S3BankFiles(bucket), OurAccount("L", "LENDER1", ""), Clock(), "UTC")
    answer = rail.submit(replace(ORDER, payee=Payee("a\x00b", "1")))
    assert answer == RailAnswer("rejected", "unwritable_payee_name")
    assert rail.query(reference=ORDER.reference) == RailAnswer("not_received")


def test_a_reference_with_other_orders_is_not_sent_again(bucket: str) -> None:
    rail = FileRail(S3BankFiles(bucket), OurAccount("L", "LENDER1", ""), Clock(), "UTC")
    assert rail.submit(ORDER) == RailAnswer("unknown", "sent")
    assert rail.submit(ORDER) == RailAnswer("unknown", "sent_before")
    other = replace(ORDER, amount_minor=1)
    assert rail.submit(other) == RailAnswer("unknown", "reference_reused")


def test_a_debit_is_put_once_and_pending_until_a_report(bucket: str) -> None:
    rail = FileRail(S3BankFiles(bucket), OurAccount("L", "LENDER1", ""), Clock(), "UTC")
    bad = replace(DEBIT, payer=replace(DEBIT.payer, mandate_id="m" * 36))
    assert rail.debit(bad) == DebitAnswer("failed", "unwritable_mandate_id")
    assert rail.query_debit(reference=DEBIT.reference) == DebitAnswer("not_received")
    for _ in range(2):
        assert rail.debit(DEBIT) == DebitAnswer("pending")
    assert rail.query_debit(reference=DEBIT.reference) == DebitAnswer("pending")
    other = replace(DEBIT, amount_minor=1)
    assert rail.debit(other) == DebitAnswer("unknown", "reference_reused")
    assert boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix="outbox/")["KeyCount"] == 1


def test_files_that_cannot_be_reached_are_doubt(account: None) -> None:
    rail = FileRail(S3BankFiles("no-such-bucket"), OurAccount("L", "LENDER1", ""), Clock(), "UTC")
    assert rail.submit(ORDER).status == "unknown"
    assert rail.debit(DEBIT).status == "unknown"
    assert rail.query_debit(reference=DEBIT.reference).status == "unknown"
