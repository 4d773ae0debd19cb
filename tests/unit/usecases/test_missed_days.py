"""A day whose run failed to the end is taken up by the next: statements and anchors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from lending.domain.bank_facts import Statement, StatementLine
from lending.domain.faults import Retryable
from lending.domain.reconciliation import Reconciliation
from lending.usecases.anchor_ledger import AnchorLedger
from lending.usecases.cases import Cases
from lending.usecases.reconcile_statement import KeepDay, ReadLine, ReconcileStatement

from tests.fakes.desk import Desk

FIRST = date(2026, 12, 1)


@dataclass
class EmptyStatements:
    def statement(self, on: date, currency: str) -> tuple[Statement, Sequence[StatementLine]]:
        return Statement("ST", "A", currency, on, on, 0, 0, 0), []


@dataclass
class KeptDays:
    kept: dict[date, Reconciliation] = field(default_factory=dict)

    def reconciliation(self, on: date, currency: str) -> Reconciliation | None:
        return self.kept.get(on)

    def keep_reconciliation(self, done: Reconciliation, was: int) -> None:
        self.kept[done.on] = done


@pytest.mark.parametrize(
    ("done", "missed"),
    [
        ((), ()),  # a new deployment asks for no statement from before it began
        ((0, 1, 2, 3, 4, 5, 6), ()),
        ((0, 1, 3, 5, 6), (2, 4)),
        ((4,), (5, 6)),
        ((6,), ()),
    ],
)
def test_gaps_of_the_last_week_are_known(done: tuple[int, ...], missed: tuple[int, ...]) -> None:
    desk, kept = Desk(), KeptDays()
    keep = KeepDay(kept, Cases(desk.money))
    read = ReadLine(desk.receive, desk.world.book)
    reconcile = ReconcileStatement(EmptyStatements(), read, keep, "A")
    at = datetime(2026, 12, 8, 2, tzinfo=UTC)
    for day in done:
        reconcile(FIRST + timedelta(days=day), "CNY", at)
    found = reconcile.missed(FIRST + timedelta(days=7), "CNY")
    assert found == tuple(FIRST + timedelta(days=day) for day in missed)
    for day in found:
        reconcile(day, "CNY", at)
    assert reconcile.missed(FIRST + timedelta(days=7), "CNY") == ()


@dataclass
class Archive:
    kept: dict[str, bytes] = field(default_factory=dict)
    down: bool = False

    def put(self, name: str, document: bytes) -> bool:
        if self.down:
            raise Retryable("fake: down")
        return self.kept.setdefault(name, document) is document


@dataclass
class Signer:
    key_id: str = "key-1"

    def sign(self, message: bytes) -> bytes:
        return message[:8]


def test_an_anchor_that_was_never_archived_is_archived_a_day_later() -> None:
    desk, archive = Desk(), Archive(down=True)
    anchor_ledger = AnchorLedger(desk.money, Signer(), archive)
    with pytest.raises(Retryable):
        anchor_ledger(datetime(2026, 12, 30, tzinfo=UTC))
    archive.down = False
    taken = anchor_ledger(datetime(2026, 12, 31, tzinfo=UTC))
    assert taken.on == date(2026, 12, 30)
    assert sorted(archive.kept) == ["anchors/2026-12-29.json", "anchors/2026-12-30.json"]
