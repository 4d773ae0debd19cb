"""The daily anchor: over all heads, signed, kept once, provable."""

import base64
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import pytest
from lending.domain.faults import Retryable
from lending.domain.ledger.merkle import leaf, proof, proves
from lending.usecases.accrue_loans import AccrueLoans, is_month_end
from lending.usecases.anchor_ledger import AnchorLedger

from tests.fakes.desk import Desk

AT = datetime(2026, 12, 30, 0, 10, tzinfo=UTC)


@dataclass
class FakeArchive:
    kept: dict[str, bytes] = field(default_factory=dict)
    down: bool = False

    def put(self, name: str, document: bytes) -> bool:
        if self.down:
            raise Retryable("fake: down")
        return self.kept.setdefault(name, document) is document


@dataclass
class FakeSigner:
    key_id: str = "key-1"

    def sign(self, message: bytes) -> bytes:
        return b"signed:" + message


def test_the_root_of_the_day_before_is_signed_and_kept_once() -> None:
    desk, archive = Desk(), FakeArchive()
    anchor_ledger = AnchorLedger(desk.money, FakeSigner(), archive)
    taken = anchor_ledger(AT)
    assert (taken.on, taken.loans) == (date(2026, 12, 29), 1)
    (document,) = archive.kept.values()
    told = json.loads(document)
    signature = base64.b64decode(told["signature"])
    assert signature == b"signed:" + told["anchor"].encode() == b"signed:" + taken.signed_bytes()
    head = desk.money.head(desk.loan.loan_id)
    leaves = [leaf(desk.loan.loan_id, head)]
    assert proves(leaves[0], 0, 1, proof(leaves, 0), taken.root_sha256)
    desk.hears(desk.credit())
    assert anchor_ledger(AT) == taken, "a day has one anchor, whatever was booked after it"
    assert anchor_ledger(AT.replace(day=31)).root_sha256 != taken.root_sha256
    assert len(archive.kept) == 2


def test_an_anchor_that_could_not_be_archived_is_archived_by_the_next_run() -> None:
    desk, archive = Desk(), FakeArchive(down=True)
    anchor_ledger = AnchorLedger(desk.money, FakeSigner(), archive)
    with pytest.raises(Retryable):
        anchor_ledger(AT)
    archive.down = False
    taken = anchor_ledger(AT)
    assert list(archive.kept) == ["anchors/2026-12-29.json"]
    assert list(desk.money.anchors()) == [taken]


def test_a_month_ends_with_every_loan_accrued_once() -> None:
    desk = Desk()
    accrue, loan_id = AccrueLoans(desk.money), desk.loan.loan_id
    on = desk.loan.opened_on.replace(day=30)
    before = desk.owed(on)
    assert accrue(on, AT).booked == 1
    desk.check()
    assert desk.money.books(loan_id).accrued_on == on
    entries = list(desk.money.journals(loan_id))
    assert entries[-1].kind.value == "accrual"
    assert desk.owed(on) == before, "what is owed does not depend on when it is booked"
    assert accrue(on, AT).booked == 0
    del desk.money.kept_books[loan_id]
    assert accrue(on, AT).failed == (loan_id,)


def test_a_month_end_goes_on_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lending.usecases.accrue_loans.PAGE", 2)
    desk = Desk()
    for name in ("loan_a", "loan_b", "loan_c"):
        desk.money.open(replace(desk.terms, loan_id=name))
    accrue, on = AccrueLoans(desk.money), desk.loan.opened_on.replace(day=30)
    after, pages, booked = "", 0, 0
    while pages == 0 or after:
        done = accrue(on, AT, after)
        after, pages, booked = done.after, pages + 1, booked + done.booked
    assert (pages, booked) == (3, 1)
    assert desk.money.books(desk.loan.loan_id).accrued_on == on


def test_the_last_day_of_a_month_is_told_by_the_next() -> None:
    assert is_month_end(date(2028, 2, 29))
    assert not is_month_end(date(2028, 2, 28))
    assert is_month_end(date(2026, 12, 31))
