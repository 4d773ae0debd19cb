"""Ledgers in files or in memory that are closed when the test ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.replay.store import SqliteLedger

type OpenLedger = Callable[[Path | None], SqliteLedger]


@pytest.fixture
def open_ledger() -> Iterator[OpenLedger]:
    opened: list[SqliteLedger] = []

    def open_one(folder: Path | None) -> SqliteLedger:
        opened.append(SqliteLedger(folder))
        return opened[-1]

    yield open_one
    for ledger in opened:
        ledger.close()
