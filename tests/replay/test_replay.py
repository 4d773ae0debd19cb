"""Months of invented loans through the ledger: each named, the books whole, a kill no matter."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from lending.domain.ledger.accounts import Account
from lending.domain.ledger.chain import Broken
from lending.domain.servicing.account import AccountStatus, status
from lending.usecases.verify_ledger import Verified, VerifyLedger

from tests.replay.conftest import OpenLedger
from tests.replay.data import Loan, every_kind, many, write
from tools.cli.main import main
from tools.replay.files import BadRow, loans, minor, months
from tools.replay.report import compare, violations
from tools.replay.run import OtherData, Replay
from tools.replay.store import FILE, SqliteLedger

ROOT = Path(__file__).parents[2]


type Replayed = Callable[..., Replay]


@pytest.fixture
def replayed(open_ledger: OpenLedger) -> Replayed:
    def run_all(folder: Path, invented: list[Loan], limit: int | None = None) -> Replay:
        run = Replay(open_ledger(None), *write(folder, invented), limit)
        run.run()
        return run

    return run_all


@pytest.fixture
def whole(tmp_path: Path, replayed: Replayed) -> Replay:
    return replayed(tmp_path, every_kind())


def test_every_month_has_its_name(whole: Replay) -> None:
    counts = {name: count for name, (count, _) in whole.tallies("reason").items()}
    assert counts == {
        # 1001: 4, 1007: 3, 1002, 1008, 1009: 2 each, and one each of 1003 to 1006, 1010 and 1011.
        "as_reported": 19,
        "nothing_paid_and_owed": 5,
        "nothing_paid_and_nothing_due": 1,
        "settled": 1,
        "settled_above": 1,
        "settled_interest_waived": 1,
        "charged_off": 2,
        "earlier_payment_returned": 1,
        "balance_raised": 1,
        "net_of_returns": 1,
        "recovered_after_write_off": 1,
        "more_interest_than_days": 1,
        "less_interest_than_days": 1,
        "no_months_in_the_file": 1,
    }
    assert violations(whole) == []


def test_the_whole_ledger_can_be_proved(whole: Replay) -> None:
    proved = VerifyLedger(whole.ledger)()
    assert isinstance(proved, Verified)
    assert (proved.loans, proved.anchors) == (12, 1)
    assert proved.root_sha256 == whole.root()
    assert sum(line.balance_minor for line in proved.trial_balance) == 0


def test_loans_end_as_the_file_says(whole: Replay) -> None:
    def stands(loan_id: str) -> AccountStatus:
        return status(whole.ledger.books(f"loan_{loan_id}").account)

    assert [stands(one) for one in ("1001", "1003", "1004", "1005")] == [
        AccountStatus.ACTIVE,
        AccountStatus.CLOSED,
        AccountStatus.CLOSED,
        AccountStatus.CLOSED,
    ]
    assert stands("1006") is stands("1010") is AccountStatus.WRITTEN_OFF
    compared = compare(whole)
    assert dict(compared.months_off) == {0: 3}
    assert compared.defaults[True, True] == 2
    assert compared.defaults[True, False] == compared.defaults[False, True] == 0


def test_the_balance_follows_the_file_to_half_a_day_of_interest(whole: Replay) -> None:
    regular = every_kind()[0]
    account = whole.ledger.books("loan_1001").account
    assert abs(account.principal_minor - regular.balance) <= 4 * 101


def test_a_returned_payment_is_taken_back_by_linked_entries(whole: Replay) -> None:
    entries = list(whole.ledger.journals("loan_1007"))
    assert any(entry.reverses for entry in entries)
    owed = whole.ledger.books("loan_1007").account.principal_minor
    assert abs(owed - every_kind()[6].balance) <= 4 * 101


def test_what_is_above_the_pay_off_is_held_for_the_customer(whole: Replay) -> None:
    held = whole.ledger.books("loan_1004").account.suspense_minor
    assert 100 < held <= 5_000


def test_a_limit_takes_the_first_loans_only(tmp_path: Path, replayed: Replayed) -> None:
    run = replayed(tmp_path, every_kind(), limit=2)
    assert list(run.ledger.loan_ids()) == ["loan_1001", "loan_1002"]
    assert run.rows_done == 8


def test_running_again_changes_nothing(tmp_path: Path, open_ledger: OpenLedger) -> None:
    paths = write(tmp_path, every_kind())
    ledger = open_ledger(None)
    Replay(ledger, *paths).run()
    before = list(ledger.connection.iterdump())
    again = Replay(ledger, *paths)
    again.run()
    assert list(ledger.connection.iterdump()) == before
    assert again.booked == 0
    assert again.trial.out_of_balance() == {}
    assert violations(again) == []


def test_two_runs_give_the_same_ledger_and_other_data_another(
    tmp_path: Path, replayed: Replayed
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    invented = every_kind()
    first = replayed(tmp_path / "a", invented).root()
    assert replayed(tmp_path / "b", invented).root() == first
    invented[0].pay(24_001)
    assert replayed(tmp_path / "b", invented).root() != first


def test_a_state_of_other_data_is_refused(tmp_path: Path, open_ledger: OpenLedger) -> None:
    ledger = open_ledger(None)
    paths = write(tmp_path, every_kind())
    Replay(ledger, *paths, 2)
    with pytest.raises(OtherData):
        Replay(ledger, *paths, 3)
    with pytest.raises(OtherData):
        Replay(ledger, *write(tmp_path, every_kind()[:3]), 2)


def _start(state: Path, loans_path: Path, months_path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "tools.cli.main", "replay", "--state", str(state)),
            *("--loans", str(loans_path), "--data", str(months_path)),
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/lending/python'}"},
    )


def _rows_done(state: Path) -> int:
    """How far a running replay is, read from outside."""
    if not (state / FILE).exists():
        return 0
    connection = sqlite3.connect(f"file:{state / FILE}?mode=ro", uri=True)
    try:
        row = connection.execute("SELECT value FROM mark WHERE name = 'rows'").fetchone()
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()
    return 0 if row is None else int(row[0])


def test_a_kill_in_the_middle_and_going_on_ends_in_the_same_ledger(
    tmp_path: Path, open_ledger: OpenLedger, replayed: Replayed
) -> None:
    invented = many(count=60, months=24)
    paths = write(tmp_path, invented)
    rows = sum(len(loan.months) for loan in invented)
    state = tmp_path / "state"
    killed_at = []
    for wanted in (rows // 4, rows // 2):
        process = _start(state, *paths)
        while _rows_done(state) < wanted and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        killed_at.append(_rows_done(state))
    assert 0 < killed_at[0] < killed_at[1] < rows
    assert _start(state, *paths).wait() == 0
    uninterrupted = replayed(tmp_path, invented)
    ledger = open_ledger(state)
    assert [*ledger.heads()] == [*uninterrupted.ledger.heads()]
    going_on = Replay(ledger, *paths)
    assert going_on.root() == uninterrupted.root()
    for prefix in ("reason", "late", "roll", "cash", "opened"):
        assert going_on.tallies(prefix) == uninterrupted.tallies(prefix)


def _command(state: Path, *more: str) -> int:
    return main([*more[:1], "--state", str(state), *more[1:]])


def test_the_commands_print_the_same_hash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loans_path, months_path = write(tmp_path, every_kind())
    state = tmp_path / "state"
    given = ("--loans", str(loans_path), "--data", str(months_path))
    assert _command(state, "replay", *given) == 0
    printed = capsys.readouterr().out
    assert printed.strip().endswith("replay: 12 loans, 36 months: books balanced")
    assert _command(state, "verify-ledger") == 0
    proved = capsys.readouterr().out
    assert "whole: 12 loans" in proved
    line = next(one for one in printed.splitlines() if one.startswith("ledger sha256 "))
    assert line in proved.splitlines()


def _forge(state: Path, *statements: str) -> None:
    """What somebody with access to the file could do."""
    with sqlite3.connect(state / FILE) as connection:
        for table in ("fact", "journal", "anchor", "anchored"):
            for action in ("UPDATE", "DELETE"):
                connection.execute(f"DROP TRIGGER {table}_no_{action}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


FORGERIES = {
    "journal of a loan": (
        """UPDATE journal SET body = replace(body, '"payment"', '"settlement"')
        WHERE loan_id = 'loan_1002' AND seq = 3""",
        "loan_1002 entry 3: hash",
    ),
    "entry gone": ("DELETE FROM journal WHERE loan_id = 'loan_1001' AND seq = 2", "entry 3: gap"),
    "newest entry gone": (
        "DELETE FROM journal WHERE loan_id = 'loan_1001' AND seq = 9",
        "loan_1001 entry 8: head",
    ),
    "fact gone": (
        "DELETE FROM fact WHERE loan_id = 'loan_1002' AND transaction_id LIKE '%001-payment'",
        "loan_1002: state",
    ),
    "amount of a fact": (
        "UPDATE fact SET body = replace(body, '24000', '23000') WHERE loan_id = 'loan_1001'",
        "loan_1001: state",
    ),
    "state": (
        """UPDATE loan SET books = replace(books, '"disbursed":1', '"disbursed":2')
        WHERE loan_id = 'loan_1001'""",
        "loan_1001: state",
    ),
    "loan gone": ("DELETE FROM loan WHERE loan_id = 'loan_1012'", "loan_1012: anchor"),
    "middle loan gone": ("DELETE FROM loan WHERE loan_id = 'loan_1005'", "loan_1005 entry"),
    "anchor": ("UPDATE anchor SET root_sha256 = 'ab'", "all loans: anchor"),
    "unreadable": ("UPDATE journal SET body = 'x' WHERE seq = 1", "loan_1001: unreadable"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_file_is_named_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    statement, expected = FORGERIES[name]
    state = tmp_path / "state"
    paths = write(tmp_path, every_kind())
    ledger = SqliteLedger(state)
    Replay(ledger, *paths).run()
    ledger.close()
    _forge(state, statement)
    assert _command(state, "verify-ledger") == 1
    printed = capsys.readouterr().out
    assert "broken: " in printed
    assert expected in printed.replace("\n", " ")


def test_a_ledger_rebuilt_from_forged_facts_no_longer_holds_what_was_anchored(
    tmp_path: Path, replayed: Replayed
) -> None:
    """Even a complete and consistent rewrite differs from the anchor."""
    honest = replayed(tmp_path, every_kind())
    invented = every_kind()
    invented[0].months[1] = (*invented[0].months[1][:2], 24_001)
    forged = replayed(tmp_path, invented)
    connection = forged.ledger.connection
    for table in ("anchor", "anchored"):
        connection.execute(f"DROP TRIGGER {table}_no_DELETE")
        connection.execute(f"DELETE FROM {table}")
    (kept,) = honest.ledger.anchors()
    forged.ledger.keep_anchor(kept, honest.ledger.anchored(kept.on))
    broken = VerifyLedger(forged.ledger)()
    assert isinstance(broken, Broken)
    assert (broken.loan_id, broken.flaw) == ("loan_1001", "anchor")


def test_without_a_ledger_there_is_nothing_to_prove(tmp_path: Path) -> None:
    assert _command(tmp_path / "nowhere", "verify-ledger") == 1


def test_cash_of_the_file_and_of_the_books_must_agree(whole: Replay) -> None:
    whole.ledger.connection.execute("UPDATE tally SET amount_minor = 1 WHERE name = 'cash in'")
    assert len(violations(whole)) == 2
    whole.ledger.connection.execute("INSERT INTO tally VALUES ('reason unexplained', 1, 0)")
    assert len(violations(whole)) == 3


def test_funding_and_clearing_are_what_the_files_say(whole: Replay) -> None:
    lines = {line.account: line.balance_minor for line in whole.trial.lines()}
    assert lines[Account.FUNDING] == -whole.tallies("opened")["loans"][1]


@pytest.mark.parametrize(
    ("text", "cents"),
    [("10000.0", 1_000_000), ("24.57", 2_457), ("-0.5", -50), ("7", 700), ("1.230", 123)],
)
def test_amounts_are_read_exactly(text: str, cents: int) -> None:
    assert minor(text) == cents


@pytest.mark.parametrize("text", ["", "1,000", "1e3", "0.123", "$5", " 5", "--5"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        minor(text)


def test_a_malformed_row_is_named_by_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loans_path, months_path = write(tmp_path, every_kind())
    lines = months_path.read_text().splitlines()
    lines[3] = lines[3].replace("240.0", "240.0x")
    months_path.write_text("\n".join(lines))
    with pytest.raises(BadRow, match=r"months\.csv line 4"):
        list(months(months_path))
    given = ("--loans", str(loans_path), "--data", str(months_path))
    assert _command(tmp_path / "state", "replay", *given) == 1
    assert "line 4" in capsys.readouterr().out
    loans_path.write_text("loan_id\n1\n")
    with pytest.raises(BadRow, match="line 2"):
        list(loans(loans_path))
