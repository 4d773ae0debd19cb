"""Files of the bank from S3 to the books: whole or parked, each booking in them once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import boto3
import pytest
from lending.adapters.bank_files_s3 import S3BankFiles
from lending.domain.faults import Retryable
from lending.domain.receipts import Receipt
from lending.usecases.cases import Cases
from lending.usecases.read_bank_file import ReadBankFile
from lending.usecases.reconcile_statement import KeepDay, ReadLine

from tests.adapters.bank_messages import DAY, Entry, Stmt, camt053
from tests.adapters.buckets import new_bucket
from tests.fakes.control import FakeReconciliations
from tests.fakes.desk import Desk
from tools.partners.bank_statement import ACCOUNT, pain002

AT = datetime(2026, 11, 25, 2, tzinfo=UTC)
TODAY = {"CNY": date(2026, 11, 25)}


class Channel:
    """An inbox with a funded loan behind it."""

    def __init__(self) -> None:
        self.bucket = new_bucket()
        self.files = S3BankFiles(self.bucket)
        self.desk = Desk()
        self.kept = FakeReconciliations()
        read = ReadLine(self.desk.receive, self.desk.world.book)
        keep = KeepDay(self.kept, Cases(self.desk.money))
        self.read = ReadBankFile(self.files, read, keep, ACCOUNT)

    def deliver(self, text: bytes, name: str = "one.xml") -> str:
        key = f"inbox/{name}"
        boto3.client("s3").put_object(Bucket=self.bucket, Key=key, Body=text)
        return self.read(key, AT, TODAY)

    def cases(self) -> list[str]:
        return [one.case for one in self.desk.money.open_cases(99)]

    def statement(self, **changes: Any) -> bytes:
        entry = Entry(remittance=self.desk.loan.loan_id)
        return b"".join(camt053(Stmt([entry], closing="1100.00", **changes)))

    def credited(self) -> int:
        return sum(
            one.amount_minor
            for one in self.desk.money.receipts.values()
            if one.outcome == "credited"
        )


@pytest.fixture
def channel(account: None) -> Iterator[Channel]:
    yield Channel()


def test_a_statement_is_read_once_however_often_it_comes(channel: Channel) -> None:
    text = channel.statement()
    assert channel.deliver(text) == "read"
    done = channel.kept.reconciliation(date.fromisoformat(DAY), "CNY")
    assert done is not None
    assert (done.explained.amount_minor, done.balances, done.source) == (10_000, True, "file")
    assert channel.deliver(text) == "known"
    assert channel.deliver(text, "two.xml") == "known"
    assert (channel.credited(), channel.cases()) == (10_000, [])
    assert channel.read("inbox/one.xml", AT, TODAY) == "gone"


def test_a_run_that_broke_off_begins_again_and_books_nothing_twice(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise Retryable("fake: down")

    text = channel.statement()
    with monkeypatch.context() as patch:
        patch.setattr(S3BankFiles, "finish", down)
        with pytest.raises(Retryable):
            channel.deliver(text)
    assert channel.credited() == 10_000
    assert channel.read("inbox/one.xml", AT, TODAY) == "read"
    assert channel.credited() == 10_000


@pytest.mark.parametrize(
    ("bend", "case"),
    [
        (lambda text: text[: len(text) // 2], "truncated"),
        (lambda _: b"", "empty"),
        (lambda text: text.replace(b"</BookgDt>", b"</BookDt>", 1), "malformed"),
        (lambda text: text.replace(b"1100.00", b"1100.01"), "totals_mismatch"),
        (lambda text: text.replace(b"CNY", b"CHF"), "unknown_currency"),
        (lambda text: text.replace(DAY.encode(), b"2027-01-01"), "future_dated"),
    ],
)
def test_a_file_that_cannot_be_used_is_parked_by_name_and_once(
    channel: Channel, bend: Any, case: str
) -> None:
    for _ in range(2):
        assert channel.deliver(bend(channel.statement())) == "parked"
    assert channel.cases() == [case]
    assert (channel.credited(), channel.kept.kept) == (0, {})


def test_another_account_and_another_body_are_parked(channel: Channel) -> None:
    other = channel.statement().replace(ACCOUNT.encode(), b"OTHER")
    assert channel.deliver(other) == "parked"
    assert channel.deliver(channel.statement()) == "read"
    changed = channel.statement().replace(b"100.00", b"200.00").replace(b"1200.00", b"1200.00")
    assert channel.deliver(changed.replace(b"1100.00", b"1200.00")) == "parked"
    assert sorted(channel.cases()) == ["other_account", "same_id_other_body"]


def test_an_entry_that_cannot_be_read_is_a_case_and_the_rest_is_used(channel: Channel) -> None:
    loan_id = channel.desk.loan.loan_id
    entries = [Entry(remittance=loan_id), Entry(bank_reference="BK-2", booked_on="", value_on="")]
    text = b"".join(camt053(Stmt(entries, closing="1200.00")))
    assert channel.deliver(text) == "read"
    done = channel.kept.reconciliation(date.fromisoformat(DAY), "CNY")
    assert done is not None
    assert (done.explained.amount_minor, done.unexplained.lines) == (10_000, 1)
    assert done.unexplained.amount_minor == 10_000, "what is left of the balance"
    assert channel.cases() == ["missing_field"]


def verdict(reason: str) -> bytes:
    return pain002("dis-app_1", [], "R-1", AT.timestamp(), group_reason=reason).encode()


def test_a_file_that_the_bank_knew_before_says_nothing_about_the_first(channel: Channel) -> None:
    assert channel.deliver(verdict("DUPL")) == "read"
    assert channel.cases() == ["batch_rejected"]
    assert channel.desk.resolved == []


def test_a_rejected_file_rejects_its_order(channel: Channel) -> None:
    desk = channel.desk
    payout = desk.world.book.disbursements[desk.application_id]
    text = pain002(payout.reference, [], "R-1", AT.timestamp(), group_reason="FF01").encode()
    assert channel.deliver(text) == "read"
    # It was accepted before: the bank contradicts itself, and nobody guesses.
    assert channel.cases() == ["fate_contradicted"]


def test_receipts_of_files_say_so(channel: Channel) -> None:
    channel.deliver(channel.statement())
    found: list[Receipt] = [*channel.desk.money.receipts.values()]
    assert [(one.source, one.stated_on) for one in found] == [("file", date.fromisoformat(DAY))]
