"""`autolend release`: what must hold before a model stands on the shelf, and who signs it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from lending_scorecard.serving import FOLDER, Serving

from ml import export
from ml.release import checks, command, shelf
from tools.cli.main import parser

ROWS = [{"bureau_score": 500 + step * 3, "ltv_pct": f"{50 + step}.00"} for step in range(120)]


def _body(version: str = "2.0.0") -> dict[str, Any]:
    text = (Path(FOLDER) / "1.0.0.json").read_text("utf-8")
    body: dict[str, Any] = {**json.loads(text)["body"], "version": version}
    body["model"]["intercept"] += 200_000
    return body


def _train(folder: Path, body: dict[str, Any]) -> None:
    """A folder as training leaves it."""
    folder.mkdir(exist_ok=True)
    export.write(folder / "model.json", body)
    card = checks.candidate(folder).card
    answers = [card.probability(row) for row in ROWS]
    (folder / "parity.json").write_text(json.dumps({"rows": ROWS, "pd": answers}))
    (folder / "card.html").write_text("<h1>Model card</h1>")


@pytest.fixture
def own_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "layer/artefacts"
    folder.mkdir(parents=True)
    for name in ("1.0.0.json", "1.0.0.sig.json", "keys.json", "assignment.json"):
        (folder / name).write_bytes((Path(FOLDER) / name).read_bytes())
    for function in (shelf.check, shelf.place, shelf.sign, shelf.assign, shelf.proven):
        defaults = function.__defaults__ or ()
        monkeypatch.setattr(
            function,
            "__defaults__",
            tuple(folder if one == shelf.SHELF else one for one in defaults),
        )
    defaults = shelf.rolled_back.__defaults__ or ()
    monkeypatch.setattr(shelf.rolled_back, "__defaults__", (*defaults[:-1], folder))
    monkeypatch.setattr(shelf, "SHELF", folder)
    return folder


def _release(*arguments: str, key: Path | None = None) -> int:
    top, _ = parser(["release"])
    signing = ["--key", str(key)] if key else []
    return command.release(top.parse_args(["release", *arguments, *signing]))


def test_a_model_is_checked_signed_and_stands_beside(
    own_shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _train(tmp_path / "model", _body())
    key = tmp_path / "key.pem"
    assert _release(str(tmp_path / "model"), "--from", "2026-06-01T00:00:00Z", key=key) == 0
    told = capsys.readouterr().out
    for name in ("parity", "monotonicity", "card", "fairness", "size", "signed"):
        assert f"  {name}" in told
    row = Serving(str(own_shelf)).standing("cn", "x", "2026-06-02T00:00:00Z")
    assert (row.champion, row.shadow) == ("1.0.0", ("2.0.0",))
    assert key.stat().st_mode & 0o077 == 0


def test_kms_signs_a_champion_and_a_roll_back_takes_it_off(
    account: None, own_shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = boto3.client("kms").create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_3072")
    _train(tmp_path / "model", _body())
    arguments = ("--role", "champion", "--kms", key["KeyMetadata"]["KeyId"])
    assert _release(str(tmp_path / "model"), *arguments, "--from", "2026-06-01T00:00:00Z") == 0
    assert "by kms-" in capsys.readouterr().out
    assert Serving(str(own_shelf)).champion().version == "2.0.0"
    assert _release("--roll-back", "--from", "2026-06-02T00:00:00Z") == 0
    assert Serving(str(own_shelf)).champion().version == "1.0.0"


def test_a_challenger_gets_a_share(own_shelf: Path, tmp_path: Path) -> None:
    _train(tmp_path / "model", _body())
    arguments = ("--role", "challenger", "--share-ppm", "250000", "--market", "us")
    assert _release(str(tmp_path / "model"), *arguments, key=tmp_path / "key.pem") == 0
    serving = Serving(str(own_shelf))
    assert serving.standing("us", "x", "9999-12-31T23:59:59Z").share_ppm == 250_000
    assert serving.standing("cn", "x", "9999-12-31T23:59:59Z").challenger is None


@pytest.mark.parametrize(("role", "status"), [("shadow", 0), ("challenger", 1), ("champion", 1)])
def test_only_a_shadow_may_have_reasons_without_words(
    role: str, status: int, own_shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = _body()
    code = sorted(body["reasons"])[0]
    body["reasons"][code] = {**body["reasons"][code], "zh-TW": code.replace("_", " ")}
    _train(tmp_path / "model", body)
    before = sorted(path.name for path in own_shelf.iterdir())
    arguments = ("--role", role, "--share-ppm", "250000")
    assert _release(str(tmp_path / "model"), *arguments, key=tmp_path / "key.pem") == status
    told = capsys.readouterr().out
    assert (f"no text for {code} (zh-TW)" in told) == bool(status)
    assert (sorted(path.name for path in own_shelf.iterdir()) == before) == bool(status)


def _rising_back(folder: Path) -> None:
    """Points that fall once where risk must rise."""
    body = _body()
    values = body["model"]["terms"][3]["values"]
    values[2], values[3] = values[3], values[2]
    _train(folder, body)


def _unfair(folder: Path) -> None:
    body = _body()
    body["metrics"]["groups"]["sex"]["female"]["approved"] = 0.5
    _train(folder, body)


def _silent(folder: Path) -> None:
    body = _body()
    body["metrics"]["groups"] = {}
    _train(folder, body)


def _unfair_to_the_rest(folder: Path) -> None:
    """By the ratio that training measured, whatever the group approved most often says."""
    body = _body()
    body["metrics"]["groups"]["region"] = {
        "north": {"approved": 0.70, "share": 0.5, "air": 1.26},
        "south": {"approved": 0.55, "share": 0.5, "air": 0.79},
    }
    _train(folder, body)


def _unfair_to_the_best(folder: Path) -> None:
    """Well off beside the rest together, which does not stand in for the group approved most."""
    body = _body()
    body["metrics"]["groups"]["region"] = {
        "north": {"approved": 0.85, "share": 0.2, "air": 1.28},
        "south": {"approved": 0.60, "share": 0.3, "air": 0.86},
        "west": {"approved": 0.70, "share": 0.5, "air": 1.02},
    }
    _train(folder, body)


def _large(folder: Path) -> None:
    body = _body()
    body["training"]["note"] = "x" * 1_000_000
    _train(folder, body)


def _off(folder: Path) -> None:
    document = json.loads((folder / "parity.json").read_text())
    document["pd"][7] += 1e-9
    (folder / "parity.json").write_text(json.dumps(document))


def _few(folder: Path) -> None:
    document = json.loads((folder / "parity.json").read_text())
    trimmed = {name: column[:99] for name, column in document.items()}
    (folder / "parity.json").write_text(json.dumps(trimmed))


def _tampered(folder: Path) -> None:
    text = (folder / "model.json").read_text()
    (folder / "model.json").write_text(text.replace("2.0.0", "2.0.1"))


def _other_card(folder: Path) -> None:
    _train(folder, {**_body(), "card": "0" * 64})


@pytest.mark.parametrize(
    ("damage", "names"),
    [
        (_rising_back, "monotonicity: ltv_pct"),
        (_unfair, "fairness: sex=female"),
        (_silent, "fairness: metrics.groups says nothing"),
        (_unfair_to_the_rest, "fairness: region=south"),
        (_unfair_to_the_best, "fairness: region=south is approved 0.706"),
        (_large, "size"),
        (_off, "parity"),
        (_few, "parity"),
        (_tampered, "artefact"),
        (_other_card, "card"),
        (lambda folder: (folder / "card.html").unlink(), "card"),
        (lambda folder: (folder / "parity.json").unlink(), "parity"),
        (lambda folder: (folder / "model.json").unlink(), "artefact"),
        (lambda folder: _train(folder, _body("1.0.0")), "version: 1.0.0 is released"),
        (lambda folder: _train(folder, _body("../2")), "version"),
    ],
)
def test_what_does_not_hold_is_named_and_nothing_is_written(
    own_shelf: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[Path], Any],
    names: str,
) -> None:
    folder = tmp_path / "model"
    _train(folder, _body())
    damage(folder)
    before = {path.name: path.read_bytes() for path in own_shelf.iterdir()}
    assert _release(str(folder), "--role", "champion", key=tmp_path / "key.pem") == 1
    assert f"not released: {names}" in capsys.readouterr().out
    assert {path.name: path.read_bytes() for path in own_shelf.iterdir()} == before


WHY = "the file holds no protected attribute"


def test_where_nothing_could_be_measured_a_sentence_is_kept_with_the_row(
    own_shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "model"
    _silent(folder)
    (folder / "spec.yaml").write_text("columns: {income: {}, month: {role: time}}")
    stated = ("--fairness-unmeasured", WHY)
    assert _release(str(folder), *stated, key=tmp_path / "key.pem") == 0
    assert f"not measured: {WHY}" in capsys.readouterr().out
    rows = json.loads((own_shelf / "assignment.json").read_text("utf-8"))["assignments"]
    assert rows[-1]["note"] == f"fairness of 2.0.0 not measured: {WHY}"
    assert Serving(str(own_shelf)).card("2.0.0").version == "2.0.0"


@pytest.mark.parametrize(
    ("spec", "sentence", "names"),
    [
        ("columns: {income: {}}", "none", "say in a sentence"),
        ("columns: {income: {}, age: {protected: true}}", WHY, "nothing about age, which"),
        ("columns: [income]", WHY, "malformed"),
        (None, WHY, "it was measured"),
    ],
)
def test_a_sentence_does_not_stand_in_for_what_could_be_measured(
    own_shelf: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    spec: str | None,
    sentence: str,
    names: str,
) -> None:
    folder = tmp_path / "model"
    if spec is None:
        _train(folder, _body())
    else:
        _silent(folder)
        (folder / "spec.yaml").write_text(spec)
    stated = ("--fairness-unmeasured", sentence)
    assert _release(str(folder), *stated, key=tmp_path / "key.pem") == 1
    assert names in capsys.readouterr().out
    assert not (own_shelf / "2.0.0.json").exists()


def test_a_check_alone_writes_nothing(own_shelf: Path, tmp_path: Path) -> None:
    _train(tmp_path / "model", _body())
    assert _release(str(tmp_path / "model"), "--check-only", key=tmp_path / "key.pem") == 0
    assert not (own_shelf / "2.0.0.json").exists()
    assert not (tmp_path / "key.pem").exists()


def test_nothing_stood_before_the_first(own_shelf: Path) -> None:
    assert _release("--roll-back") == 1
