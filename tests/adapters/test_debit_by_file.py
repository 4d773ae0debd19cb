"""Debits by ISO 20022 files from the due day to the books: one file, one verdict, drawn once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import boto3
import pytest
from lending.adapters.bank_files_s3 import S3BankFiles
from lending.adapters.order_rail import OrderChannel, order_rail
from lending.adapters.rail_http import HttpRail
from lending.usecases.cases import Cases
from lending.usecases.read_bank_file import ReadBankFile
from lending.usecases.reconcile_statement import KeepDay, ReadLine

from tests.adapters.buckets import new_bucket
from tests.fakes.control import FakeReconciliations
from tests.fakes.desk import DAY
from tests.partners.bank_desk import open_desk
from tests.unit.usecases.test_auto_debit import DUE, Drawing
from tools.partners.bank_statement import ACCOUNT, pain002


class ByFile:
    """A loan whose customer gave a mandate, debited by files, and the bank that fetches them."""

    def __init__(self, folder: Path) -> None:
        self.bucket = new_bucket()
        self.bank = open_desk(folder, webhooks=False)
        self.bank.tell("files", bucket=self.bucket)
        self.files = S3BankFiles(self.bucket)
        self.drawing = Drawing()
        channel = OrderChannel("files", self.bucket, "Autolend", ACCOUNT, "", "Asia/Shanghai")
        rail = order_rail(channel, HttpRail("http://bank.invalid"))
        self.drawing.collect = replace(self.drawing.collect, rail=rail)
        desk = self.drawing.desk
        keep = KeepDay(FakeReconciliations(), Cases(desk.money))
        self.read = ReadBankFile(self.files, ReadLine(desk.receive, desk.world.book), keep, ACCOUNT)
        self.on(DUE)

    def on(self, day: date) -> None:
        """The bank's clock."""
        self.bank.clock.at = self.drawing.desk.at(day).timestamp()

    def fetches(self) -> int:
        """The bank takes what is new; how many reports it delivers."""
        return len(self.bank.tell("files/run")["delivered"])

    def ingest(self, day: date) -> list[str]:
        at = self.drawing.desk.at(day)
        return [self.read(key, at, {"CNY": day}) for key in self.files.delivered()]

    def states(self) -> list[str]:
        return self.drawing.states()

    def cases(self) -> list[str]:
        return [one.case for one in self.drawing.desk.money.open_cases(9)]


@pytest.fixture
def by_file(account: None, tmp_path: Path) -> Iterator[ByFile]:
    yield ByFile(tmp_path)


def test_a_debit_is_one_file_and_its_booking_pays_the_instalment(by_file: ByFile) -> None:
    drawing = by_file.drawing
    assert drawing.run(DUE) == 1
    assert drawing.run(DUE) == 0
    assert by_file.states() == ["PENDING"]
    assert by_file.fetches() == 1
    assert by_file.ingest(DUE) == ["read"]
    assert by_file.states() == ["PENDING"], "accepted by the bank is not drawn"
    by_file.on(DUE + DAY)
    by_file.bank.run()
    by_file.bank.tell("files/statement", day=DUE.isoformat(), currency="CNY")
    assert by_file.ingest(DUE + DAY) == ["read"]
    assert by_file.states() == ["COLLECTED"]
    assert drawing.desk.kinds().count("PaymentReceived") == 1
    assert by_file.cases() == []
    assert drawing.days(DUE + DAY, 5) == [0] * 5
    assert by_file.fetches() == 0


def test_a_refused_debit_has_failed_and_is_repeated_under_another_reference(
    by_file: ByFile,
) -> None:
    by_file.bank.tell("rules", do="reject", on="debit", times=1, reason="AC01")
    drawing = by_file.drawing
    drawing.run(DUE)
    assert by_file.fetches() == 1
    assert by_file.ingest(DUE) == ["read"]
    (attempt,) = drawing.desk.money.attempts.values()
    assert (attempt.state.value, attempt.reason) == ("FAILED", "AC01")
    # The same fate by another channel, which says the amount too, is no contradiction.
    told = drawing.desk.money.receipts[f"ref-{attempt.reference}-failed"]
    assert (told.amount_minor, told.currency) == (attempt.amount_minor, "CNY")
    assert by_file.cases() == []


@pytest.mark.parametrize(("reason", "state"), [("FF01", "FAILED"), ("DUPL", "PENDING")])
def test_a_file_refused_as_a_whole_drew_nothing_unless_the_bank_had_it_before(
    by_file: ByFile, reason: str, state: str
) -> None:
    by_file.drawing.run(DUE)
    (attempt,) = by_file.drawing.desk.money.attempts.values()
    at_s = by_file.bank.clock.at
    text = pain002(attempt.reference, [], "R-1", at_s, group_reason=reason, of="pain.008.001.08")
    boto3.client("s3").put_object(Bucket=by_file.bucket, Key="inbox/no.xml", Body=text.encode())
    assert by_file.ingest(DUE) == ["read"]
    assert by_file.states() == [state]
    assert by_file.cases() == ([] if state == "FAILED" else ["batch_rejected"])


def test_an_outbox_that_cannot_be_reached_is_doubt_and_the_order_is_sent_later(
    by_file: ByFile,
) -> None:
    drawing, rail = by_file.drawing, by_file.drawing.collect.rail
    away = replace(rail, files=S3BankFiles("no-such-bucket"))  # type: ignore[type-var]
    drawing.collect = replace(drawing.collect, rail=away)
    drawing.run(DUE)
    assert by_file.states() == ["UNKNOWN"]
    assert by_file.fetches() == 0
    drawing.collect = replace(drawing.collect, rail=rail)
    assert drawing.run(DUE) == 1
    assert by_file.states() == ["PENDING"]
    assert by_file.fetches() == 1
