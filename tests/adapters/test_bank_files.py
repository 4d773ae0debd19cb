"""Files to and from the bank through S3: sent once, taken whole or not at all, known when again."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import IncompleteReadError
from lending.adapters import aws
from lending.adapters.bank_files_s3 import S3BankFiles
from lending.adapters.iso20022.pain001 import pain001
from lending.adapters.iso20022.reports import read_report
from lending.adapters.iso20022.written import Batch, OurAccount
from lending.adapters.rail_files import FileRail
from lending.domain.bank_facts import (
    BatchStatus,
    Flaw,
    PayoutStatus,
    Problem,
    Statement,
    StatementLine,
)
from lending.domain.faults import NotFound, Permanent, Retryable
from lending.ports.bank import PayoutOrder
from lending.ports.partners import Payee, RailAnswer

from tests.adapters.bank_messages import Entry, Stmt, camt053
from tests.adapters.buckets import new_bucket
from tests.adapters.conftest import Calls
from tests.partners.bank_desk import Desk, open_desk
from tools.partners.bank_statement import FileFlaw

STATEMENT = b"".join(camt053(Stmt([Entry()], closing="1100.00")))
OTHER = b"".join(camt053(Stmt([Entry(amount="7.00")], closing="1007.00")))


@dataclass(frozen=True)
class Bucket:
    """The bucket as the bank and an operator see it."""

    name: str
    files: S3BankFiles

    def put(self, key: str, body: bytes) -> str:
        boto3.client("s3").put_object(Bucket=self.name, Key=key, Body=body)
        return key

    def body(self, key: str) -> bytes:
        found: bytes = boto3.client("s3").get_object(Bucket=self.name, Key=key)["Body"].read()
        return found

    def keys(self, prefix: str = "") -> list[str]:
        page = boto3.client("s3").list_objects_v2(Bucket=self.name, Prefix=prefix)
        return [found["Key"] for found in page.get("Contents", [])]


@pytest.fixture
def bucket(account: None) -> Bucket:
    name = new_bucket()
    return Bucket(name, S3BankFiles(name))


def test_a_file_is_sent_once_for_ever(bucket: Bucket) -> None:
    files = bucket.files
    assert not files.was_sent("dis-app_1")
    assert files.send("dis-app_1", b"<one/>", "f1") == "sent"
    assert files.was_sent("dis-app_1")
    assert files.send("dis-app_1", b"<one made later/>", "f1") == "sent_before"
    assert files.send("dis-app_1", b"<two/>", "f2") == "other_orders"
    assert bucket.keys("outbox/") == ["outbox/dis-app_1.xml"]
    assert bucket.body("outbox/dis-app_1.xml") == b"<one/>"
    assert files.send("a/../b c", b"<three/>", "f3") == "sent"
    assert bucket.keys("outbox/a") == ["outbox/a%2F..%2Fb%20c.xml"]


def test_a_whole_file_is_described_and_its_items_follow(bucket: Bucket) -> None:
    key = bucket.put("inbox/statement.xml", STATEMENT)
    assert bucket.files.delivered() == (key,)
    file = bucket.files.inspect(key)
    assert (file.kind, file.message_id, file.problem) == ("camt.053.001.08", "M-053", None)
    assert (file.size_bytes, file.items) == (len(STATEMENT), 2)
    line, end = bucket.files.items(file)
    assert isinstance(line, StatementLine)
    assert isinstance(end, Statement)


@pytest.mark.parametrize(
    ("body", "flaw"),
    [
        (b"", Flaw.EMPTY),
        (STATEMENT[:-40], Flaw.TRUNCATED),
        (STATEMENT.replace(b"</Ntry>", b"</Entry>"), Flaw.MALFORMED),
        (STATEMENT.replace(b"1100.00", b"1100.01"), Flaw.TOTALS_MISMATCH),
        (b"reference;amount\nloan_1;100", Flaw.MALFORMED),
        (b"<Document/>" + b" " * 200_000, Flaw.WRONG_MESSAGE),
    ],
)
def test_a_broken_file_is_named_and_never_begun(bucket: Bucket, body: bytes, flaw: Flaw) -> None:
    file = bucket.files.inspect(bucket.put("inbox/f.xml", body))
    assert file.problem is not None
    assert (file.problem.flaw, file.size_bytes) == (flaw, len(body))
    with pytest.raises(Permanent, match=flaw.value):
        list(bucket.files.items(file))
    with pytest.raises(Permanent, match=flaw.value):
        bucket.files.claim(file)
    bucket.files.set_aside(file)
    assert bucket.files.delivered() == ()
    assert bucket.body(f"parked/{file.sha256}/f.xml") == body


def test_a_file_delivered_twice_is_recognised_under_any_name(bucket: Bucket) -> None:
    files = bucket.files
    first = files.inspect(bucket.put("inbox/a.xml", STATEMENT))
    assert files.claim(first) == "new"
    # A crash here: the message is known, but nobody finished it.
    assert files.claim(first) == "unfinished"
    files.finish(first)
    again = files.inspect(bucket.put("inbox/b.xml", STATEMENT))
    assert files.claim(again) == "done"
    files.finish(again)
    assert files.delivered() == ()
    assert bucket.keys("archive/") == [
        f"archive/{first.sha256}/a.xml",
        f"archive/{first.sha256}/b.xml",
    ]


def test_the_same_message_id_with_another_content_is_used_by_nobody(bucket: Bucket) -> None:
    files = bucket.files
    first = files.inspect(bucket.put("inbox/a.xml", STATEMENT))
    assert files.claim(first) == "new"
    other = files.inspect(bucket.put("inbox/b.xml", OTHER))
    assert files.claim(other) == "other_body"
    assert files.claim(first) == "unfinished"


def test_a_file_that_changed_since_it_was_inspected_is_not_read(bucket: Bucket) -> None:
    file = bucket.files.inspect(bucket.put("inbox/a.xml", STATEMENT))
    bucket.put("inbox/a.xml", OTHER)
    with pytest.raises(Retryable, match="changed meanwhile"):
        list(bucket.files.items(file))
    bucket.files.finish(file)  # must not take the new one away
    assert bucket.files.delivered() == ("inbox/a.xml",)


def test_finishing_after_a_crash_in_the_middle_of_it(bucket: Bucket) -> None:
    file = bucket.files.inspect(bucket.put("inbox/a.xml", STATEMENT))
    bucket.files.claim(file)
    for _ in range(2):
        bucket.files.finish(file)
    assert bucket.files.delivered() == ()
    with pytest.raises(NotFound):
        bucket.files.inspect("inbox/a.xml")


def test_the_inbox_is_listed_in_pages(bucket: Bucket) -> None:
    keys = [bucket.put(f"inbox/{number}.xml", b"x") for number in range(5)]
    first = bucket.files.delivered(limit=3)
    assert first == tuple(keys[:3])
    assert bucket.files.delivered(after=first[-1]) == tuple(keys[3:])


def test_two_banks_share_a_bucket_by_prefix(bucket: Bucket) -> None:
    other = S3BankFiles(bucket.name, "bank-b/")
    bucket.put("bank-b/inbox/a.xml", STATEMENT)
    assert bucket.files.delivered() == ()
    file = other.inspect(other.delivered()[0])
    assert other.claim(file) == "new"
    other.finish(file)
    assert bucket.keys("bank-b/archive/") == [f"bank-b/archive/{file.sha256}/a.xml"]


@pytest.mark.parametrize(
    ("operation", "use"),
    [
        ("PutObject", lambda files: files.send("a", b"x", "f")),
        ("HeadObject", lambda files: files.was_sent("a")),
        ("ListObjectsV2", lambda files: files.delivered()),
        ("GetObject", lambda files: files.inspect("inbox/a.xml")),
    ],
)
def test_trouble_of_s3_is_a_fault_with_a_verdict(
    bucket: Bucket, calls: Calls, operation: str, use: Callable[[S3BankFiles], Any]
) -> None:
    bucket.put("inbox/a.xml", STATEMENT)
    calls.fail(operation, "SlowDown", 503)
    with pytest.raises(Retryable, match=operation):
        use(bucket.files)
    calls.fail(operation, "AccessDenied", 403)
    with pytest.raises(Permanent, match=f"{operation}: AccessDenied"):
        use(bucket.files)


def test_a_connection_that_breaks_off_is_no_truncated_file(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = bucket.put("inbox/a.xml", STATEMENT)
    whole = aws.s3().get_object

    class Cut:
        """Half of the body, then nothing, of a response that promised more."""

        def __init__(self, body: bytes) -> None:
            self._body = io.BytesIO(body[: len(body) // 2])

        def read(self, amount: int) -> bytes:
            if chunk := self._body.read(amount):
                return chunk
            raise IncompleteReadError(actual_bytes=1, expected_bytes=2)

        def close(self) -> None:
            """Nothing to close."""

    def get_object(**request: Any) -> Any:
        answer = whole(**request)
        return {**answer, "Body": Cut(answer["Body"].read())}

    monkeypatch.setattr(aws.s3(), "get_object", get_object)
    with pytest.raises(Retryable, match="IncompleteReadError"):
        bucket.files.inspect(key)


ORDER = PayoutOrder("dis-app_1", 12_000_000, "CNY", Payee("Dealer", "6222000011112222"), "a car")


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def desk(bucket: Bucket, tmp_path: Path) -> Desk:
    """A sandbox bank that fetches from and delivers to the bucket."""
    running = open_desk(tmp_path)
    running.tell("files", bucket=bucket.name)
    return running


def test_a_payout_goes_to_the_bank_as_a_file_and_its_verdict_comes_back(
    bucket: Bucket, desk: Desk
) -> None:
    rail = FileRail(bucket.files, OurAccount("Autolend", "LENDER1", "BKCHCNBJ"), Clock(), "UTC")
    gone = replace(ORDER, reference="dis-app_2", payee=Payee("Gone", "6222000000000000"))
    for order in (ORDER, gone):
        assert rail.submit(order) == RailAnswer("unknown", "sent")
        assert rail.query(reference=order.reference) == RailAnswer("unknown", "sent")
    delivered = desk.tell("files/run")["delivered"]
    assert desk.tell("files/run")["delivered"] == []  # each file is executed once
    assert sorted(delivered) == list(bucket.files.delivered())
    told = [item for key in delivered for item in bucket.files.items(bucket.files.inspect(key))]
    assert desk.booked() == [("payout", "dis-app_1", -12_000_000)]
    (line,) = desk.ask("GET", "/statements/2026-11-24?currency=CNY")[1]["lines"]
    assert told == [
        PayoutStatus("dis-app_1", "accepted", bank_reference=line["bank_reference"]),
        PayoutStatus("dis-app_2", "rejected", reason="account_closed"),
    ]


def test_a_batch_is_executed_order_by_order_and_a_message_id_once(
    bucket: Bucket, desk: Desk
) -> None:
    second = replace(ORDER, reference="dis-app_2", amount_minor=50)
    at = Clock().now()
    ours = OurAccount("Autolend", "LENDER1", "")
    batch = Batch("M-1", at, date(2026, 11, 24), ours, (ORDER, second))
    bucket.files.send("M-1", pain001(batch), "f")
    bucket.put("outbox/again.xml", pain001(replace(batch, orders=(ORDER,))))
    # "M-1.xml" comes before "again.xml" by name.
    first, duplicate = desk.tell("files/run")["delivered"]
    told = [list(bucket.files.items(bucket.files.inspect(key))) for key in (first, duplicate)]
    assert [item.reference for item in told[0] if isinstance(item, PayoutStatus)] == [
        "dis-app_1",
        "dis-app_2",
    ]
    assert told[1] == [BatchStatus("M-1", "", "rejected", "DUPL")]
    assert desk.booked() == [("payout", "dis-app_1", -12_000_000), ("payout", "dis-app_2", -50)]


def test_the_days_statement_comes_as_a_file_that_agrees_with_the_books(
    bucket: Bucket, desk: Desk
) -> None:
    desk.pay()
    desk.tell("credits", reference="loan_1", amount_minor=500, currency="CNY")
    desk.tell("bookings", amount_minor=-30, currency="CNY")
    key = desk.tell("files/statement", day="2026-11-24", currency="CNY")["key"]
    file = bucket.files.inspect(key)
    assert bucket.files.claim(file) == "new"
    *lines, end = bucket.files.items(file)
    assert [
        (line.kind.value, line.reference, line.amount_minor)
        for line in lines
        if isinstance(line, StatementLine)
    ] == desk.booked()
    assert isinstance(end, Statement)
    assert end.closing_minor == -11_999_530
    bucket.files.finish(file)
    again = desk.tell("files/statement", day="2026-11-24", currency="CNY", name="again.xml")["key"]
    assert bucket.files.claim(bucket.files.inspect(again)) == "done"


FLAWS = {
    FileFlaw.TRUNCATED: Flaw.TRUNCATED,
    FileFlaw.MALFORMED: Flaw.MALFORMED,
    FileFlaw.WRONG_TOTAL: Flaw.TOTALS_MISMATCH,
    FileFlaw.ENTITY: Flaw.FORBIDDEN_MARKUP,
    FileFlaw.DUPLICATE_ENTRY: Flaw.DUPLICATE_ENTRY,
    FileFlaw.WRONG_CURRENCY: Flaw.CURRENCY_MISMATCH,
    FileFlaw.NEGATIVE_AMOUNT: Flaw.NEGATIVE_AMOUNT,
}


@pytest.mark.parametrize("flaw", FileFlaw)
def test_each_flaw_of_a_statement_has_its_case(bucket: Bucket, desk: Desk, flaw: FileFlaw) -> None:
    desk.pay()
    key = desk.tell("files/statement", day="2026-11-24", currency="CNY", flaw=flaw.value)["key"]
    found = read_report(io.BytesIO(bucket.body(key)))
    assert FLAWS[flaw] in {item.flaw for item in found if isinstance(item, Problem)}
