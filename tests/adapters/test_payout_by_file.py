"""Payouts by ISO 20022 files from the release to the loan: one file, one verdict, one loan."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from lending.adapters.bank_files_s3 import S3BankFiles
from lending.adapters.order_rail import OrderChannel, order_rail
from lending.adapters.rail_files import FileRail
from lending.adapters.rail_http import HttpRail
from lending.domain.records import State
from lending.usecases.book_money import BookMoney
from lending.usecases.cases import Cases
from lending.usecases.disburse_loan import SettlePayout, SubmitPayout
from lending.usecases.read_bank_file import ReadBankFile
from lending.usecases.receive_bank_fact import ReceiveBankFact
from lending.usecases.reconcile_statement import KeepDay, ReadLine
from lending.usecases.resolve_payout import ResolvePayout

from tests.adapters.buckets import new_bucket
from tests.fakes.control import FakeReconciliations
from tests.fakes.money import FakeMoney
from tests.fakes.world import World
from tests.partners.bank_desk import Desk, open_desk
from tools.partners.bank_statement import ACCOUNT

HTTP = HttpRail("http://bank.invalid")


def channel(bucket: str, by: Literal["http", "files"] = "files") -> OrderChannel:
    return OrderChannel(by, bucket, "Autolend", ACCOUNT, "", "Asia/Shanghai")


class Paying:
    """A platform whose payouts are files, and the bank that fetches them."""

    def __init__(self, folder: Path) -> None:
        self.bucket = new_bucket()
        self.bank: Desk = open_desk(folder)
        self.bank.tell("files", bucket=self.bucket)
        self.files = S3BankFiles(self.bucket)
        self.world = World()
        book, rules = self.world.book, self.world.release.profiles
        money = FakeMoney(book)
        rail = order_rail(channel(self.bucket), HTTP)
        assert isinstance(rail, FileRail)
        self.pay = SubmitPayout(book, self.world.vault, rules, rail, money)
        self.settle = SettlePayout(book, rules)
        receive = ReceiveBankFact(BookMoney(book, money, rules), money, ResolvePayout(book))
        keep = KeepDay(FakeReconciliations(), Cases(money))
        self.read = ReadBankFile(self.files, ReadLine(receive, book), keep, ACCOUNT)
        self.application_id = self.world.signed()
        assert self.world.release(self.application_id, self.world.at) == "READY"

    def attempt(self) -> str:
        return self.pay(self.application_id, 1, self.world.at).status

    def ingest(self) -> list[str]:
        at = self.world.at
        return [self.read(key, at, {"CNY": at.date()}) for key in self.files.delivered()]


@pytest.fixture
def paying(account: None, tmp_path: Path) -> Iterator[Paying]:
    yield Paying(tmp_path)


def test_a_deployment_chooses_its_channel() -> None:
    assert order_rail(channel("some-bucket", "http"), HTTP) is HTTP
    assert isinstance(order_rail(channel("some-bucket"), HTTP), FileRail)


def test_the_banks_report_opens_the_loan_and_the_file_is_sent_once(paying: Paying) -> None:
    for _ in range(3):
        assert paying.attempt() == "unknown"
    assert len(paying.bank.tell("files/run")["delivered"]) == 1
    assert paying.attempt() == "unknown"
    assert paying.ingest() == ["read"]
    assert paying.attempt() == "accepted"
    paying.settle(paying.application_id, paying.world.at)
    assert paying.world.state(paying.application_id) is State.FUNDED
    (loan,) = paying.world.book.loans.values()
    reference = f"dis-{paying.application_id}"
    assert paying.bank.booked() == [("payout", reference, -loan.principal_minor)]
    assert paying.bank.tell("files/run")["delivered"] == []
