"""Decisions of a real table with what became of them: as a file to train on, and watched."""

import csv
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.adapters.profiles import ProfileStore
from lending.domain.servicing.booking import accrue
from lending.domain.servicing.opening import account_terms, opening_bookings, opening_facts
from lending.ports.book import Change
from lending.ports.ledger import LedgerOpening

from ml import dataset, frame, specification, training
from ml.monitoring.report import build
from tests.adapters import samples
from tests.adapters.samples import AT, FINDINGS
from tools.cli import history, monitoring
from tools.cli.main import main

PROFILE = ProfileStore(("cn",)).get("cn", AT.date())
OPENED = date(2026, 11, 24)
FEATURES: dict[str, int | str | None] = {
    **dict.fromkeys(history.FEATURES),
    "bureau_score": 640,
    "ltv_pct": "75.50",
}


def _decide(book: DynamoBook, number: int, **other: object) -> str:
    """Store one application with its decision; answers its id."""
    name = f"app_{number:026d}"
    findings = replace(FINDINGS, features=FEATURES, market="cn", product_id="cn-car-new")
    change = {"application_id": name, "findings": findings, "decision_id": f"dec_{number}"} | other
    loan = f"loan_{number:026d}" if change.get("outcome", "APPROVED") == "APPROVED" else None
    book.commit(
        Change(
            application=samples.application(name, loan_id=loan),
            transitions=(samples.transition(1, name),),
            decision=samples.decision(**change),
        )
    )
    return name


def _lend(table: str, number: int, through: date | None) -> None:
    """Open the loan of an application and take its books to a day on which nothing was paid."""
    loan = samples.loan(f"loan_{number:026d}", application_id=f"app_{number:026d}",
                        disbursement_reference=f"dis-{number}")  # fmt: skip
    terms = account_terms(loan, PROFILE.servicing)
    payout = samples.disbursement(
        reference=loan.disbursement_reference, amount_minor=loan.principal_minor
    )
    facts = opening_facts(loan, samples.offer(principal_minor=loan.principal_minor), payout, AT)
    opening = LedgerOpening(terms, opening_bookings(terms, facts, loan.opened_on))
    DynamoBook(table).commit(Change(loan=loan, ledger=opening))
    if through is not None:
        ledger = DynamoLedger(table)
        before = ledger.books(loan.loan_id)
        booking = accrue(terms, before, through, AT)
        assert booking is not None
        ledger.commit(loan.loan_id, before, booking)


@pytest.fixture
def table(table_name: str) -> str:
    """A loan that went bad, one that is seasoned, one too young to say, and two without a loan."""
    book = DynamoBook(table_name)
    for number, through in (
        (1, OPENED + timedelta(days=150)),
        (2, OPENED + timedelta(days=25)),
        (3, None),
    ):
        _decide(book, number, decided_at=AT + timedelta(days=number))
        _lend(table_name, number, through)
    _decide(book, 4, outcome="DECLINED", reasons=("credit_history_weak",))
    _decide(book, 5, outcome="REFERRED", scored=None)
    return table_name


def _read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def _command(table: str, tmp_path: Path, *more: str) -> list[dict[str, str]]:
    arguments = ["history", "--table", table, "--out", str(tmp_path / "h.csv"), *more]
    assert main([*arguments, "--seasoned-days", "20"]) == 0
    return _read(tmp_path / "h.csv")


def test_known_outcomes_and_declined_applications_become_files(table: str, tmp_path: Path) -> None:
    lines = _command(table, tmp_path, "--rejects", str(tmp_path / "r.csv"))
    assert [(line["application_id"][-1], line["bad_90_24"]) for line in lines] == [
        ("1", "1"), ("2", "0"),
    ]  # fmt: skip
    first = lines[0]
    assert (first["decided_on"], first["bureau_score"], first["ltv_pct"], first["pti_pct"]) == (
        "2026-11-25", "640", "75.50", "",
    )  # fmt: skip
    assert (first["age_band"], first["decision"], first["override_reason"]) == (
        "25 to 61", "APPROVED", "new_facts",
    )  # fmt: skip
    (declined,) = _read(tmp_path / "r.csv")
    assert declined["application_id"].endswith("4")
    assert "bad_90_24" not in declined
    assert _command(table, tmp_path, "--market", "us") == []


def test_the_file_is_what_the_specification_reads(table: str, tmp_path: Path) -> None:
    """Every feature of the model that ships is in it, and nothing that nobody declared."""
    _command(table, tmp_path)
    spec, rows = dataset.find("platform_events"), frame.read(tmp_path / "h.csv")
    told = frame.quality(spec, rows)
    assert told["undeclared_columns"] == []
    assert {one.name for one in spec.used} == set(history.FEATURES)
    assert {one.name for one in specification.read().features} == set(history.FEATURES)
    assert frame.outcomes(spec, rows).tolist() == [True, False]
    with pytest.raises(frame.DataRefused, match="too few rows"):
        training.problem(spec, rows)


def test_a_history_trains_the_specification_of_the_platform(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(5)
    lines = []
    for at in range(900):
        score, ltv = int(rng.integers(450, 800)), float(rng.integers(50, 110))
        bad = int(rng.random() < 1 / (1 + np.exp((score - 560) / 60 - (ltv - 80) / 20)))
        day = (date(2026, 1, 1) + timedelta(days=at // 3)).isoformat()
        lines.append([f"app_{at}", day, "cn", "cn-car-new", score, 0, 1, ltv, 10, 30, 36, 24, 0,
                      "25 to 61", 600, 50_000, "APPROVED", "", bad])  # fmt: skip
    history._write(tmp_path / "h.csv", (*history.COLUMNS, history.OUTCOME), lines)
    history._write(tmp_path / "r.csv", history.COLUMNS, [line[:-1] for line in lines[:50]])
    arguments = ["train", "platform_events", "--data", str(tmp_path / "h.csv"), "--fast"]
    rejects = ["--rejects", str(tmp_path / "r.csv")]
    assert main([*arguments, *rejects, "--out", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    evaluate = ["evaluate", str(tmp_path / "out"), "--data", str(tmp_path / "h.csv"), "--json"]
    assert main(evaluate) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["auc"] > 0.7
    assert told["withheld"] == ["sex"]


def test_decisions_of_a_table_are_watched(table: str) -> None:
    seen = monitoring.from_table(table, bad_days=90, seasoned_days=20)
    ours = seen.only(~seen.is_reference)
    assert len(ours) == 4  # The one without a score says nothing of the model.
    assert sorted(ours.approved.tolist()) == [0, 1, 1, 1]
    assert sorted(ours.bad[np.isfinite(ours.bad)].tolist()) == [0, 1]
    assert set(ours.groups["age"]) == {"25 to 61"}
    assert np.nanmax(ours.numbers["ltv_pct"]) == 75.5
    assert set(ours.beside) == {"test-0", "test-2"}
    assert np.isnan(ours.beside["test-2"]).all()  # It failed, and said so.
    with pytest.raises(monitoring.NothingToMonitor, match="4 rows, 30 wanted"):
        build(seen, {})


def _nothing_runs(_: Path) -> None:
    return None


def test_nothing_scored_and_nothing_running_is_said(
    table_name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(monitoring.NothingToMonitor, match=table_name):
        monitoring.from_table(table_name, 90, 365)
    monkeypatch.setattr("tools.cli.running.find", _nothing_runs)
    assert main(["history", "--out", str(tmp_path / "h.csv")]) == 1
    assert "nothing runs here" in capsys.readouterr().err
