"""`autolend export-ledger`: what the books hold as CSV, loan by loan, from any ledger."""

import csv
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from lending.domain.ledger.export import JOURNAL_COLUMNS, STATEMENT_COLUMNS

from tests.replay.conftest import OpenLedger
from tests.replay.data import every_kind, write
from tools.cli.main import main
from tools.replay.run import Replay

type Export = Callable[..., tuple[int, str]]


@pytest.fixture
def export(
    tmp_path: Path, open_ledger: OpenLedger, capsys: pytest.CaptureFixture[str]
) -> tuple[Replay, Export]:
    state = tmp_path / "state"
    run = Replay(open_ledger(state), *write(tmp_path, every_kind()), None)
    run.run()

    def command(*more: str) -> tuple[int, str]:
        code = main(["export-ledger", "--state", str(state), *more])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run, command


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_posting_of_every_loan_is_a_line_and_debits_are_credits(
    export: tuple[Replay, Export],
) -> None:
    run, command = export
    code, text = command()
    assert (code, tuple(text.splitlines()[0].split(","))) == (0, JOURNAL_COLUMNS)
    rows, ledger = rows_of(text), run.ledger
    debit, credit = (
        sum(int(row[column]) for row in rows) for column in ("debit_minor", "credit_minor")
    )
    assert debit == credit > 0
    lines = Counter(row["loan_id"] for row in rows)
    assert lines == {
        loan_id: sum(len(entry.postings) for entry in ledger.journals(loan_id))
        for loan_id in ledger.loan_ids()
        if list(ledger.journals(loan_id))
    }


def test_one_loan_and_its_statement_go_to_a_file(
    export: tuple[Replay, Export], tmp_path: Path
) -> None:
    run, command = export
    out = tmp_path / "statement.csv"
    asked = ("--loan", "loan_1001", "--out", str(out))
    assert command(*asked) == (0, "")
    assert {row["loan_id"] for row in rows_of(out.read_text("utf-8"))} == {"loan_1001"}
    assert command(*asked, "--statement") == (0, "")
    rows = rows_of(out.read_text("utf-8"))
    assert tuple(rows[0]) == STATEMENT_COLUMNS
    assert len(rows) == len(list(run.ledger.journals("loan_1001")))


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (("--loan", "loan_none"), "loan_none"),
        (("--statement",), "--loan"),
        (("--state", "nowhere"), "no such ledger"),
    ],
)
def test_what_is_not_there_is_said_and_fails(
    export: tuple[Replay, Export], asked: tuple[str, ...], word: str
) -> None:
    code, text = export[1](*asked)
    assert code == 1
    assert word in text
