"""Which released model decides: dated rows, fixed by application; refused models are passed by."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from lending_scorecard import ArtefactCorrupt
from lending_scorecard.assignment import Assignments
from lending_scorecard.serving import FOLDER, Released, Serving

from ml import export
from ml.release import shelf
from ml.release.signing import LocalSigner

SHELF = Path(FOLDER)
STRONG = {"bureau_score": 800, "ltv_pct": "60"}


def _row(begins: str, champion: str, **parts: Any) -> dict[str, Any]:
    return {
        "from": begins, "market": "*", "product": "*", "champion": champion, "challenger": None,
        "challenger_share_ppm": 0, "shadow": [], **parts,
    }  # fmt: skip


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> LocalSigner:
    return LocalSigner(tmp_path_factory.mktemp("key") / "key.pem")


@pytest.fixture
def own(tmp_path: Path, signer: LocalSigner) -> Path:
    """A shelf with the shipped model as 1.0.0 and a riskier one as 2.0.0."""
    folder = tmp_path / "artefacts"
    shutil.copytree(SHELF, folder)
    body = json.loads((SHELF / "1.0.0.json").read_text())["body"]
    body["version"] = "2.0.0"
    body["model"]["intercept"] += 500_000
    export.write(folder / "2.0.0.json", body)
    shelf.sign("2.0.0", signer, folder)
    return folder


def _assign(folder: Path, *rows: dict[str, Any]) -> None:
    document = {"format": 1, "assignments": list(rows)}
    (folder / "assignment.json").write_text(json.dumps(document))


def test_what_ships_is_accepted_whole() -> None:
    assert Serving().refused == {}
    assert Serving().champion().version == "1.0.0"


def test_the_most_specific_row_counts_then_the_latest() -> None:
    rows = Assignments(
        {
            "format": 1,
            "assignments": [
                _row("2026-01-01T00:00:00Z", "a"),
                _row("2026-03-01T00:00:00Z", "b"),
                _row("2026-02-01T00:00:00Z", "c", market="cn"),
                _row("2026-01-15T00:00:00Z", "d", market="cn", product="cn-auto-new"),
            ],
        }
    )

    def champion(market: str, product: str, at: str) -> str:
        return rows.standing(market, product, at)[0].champion

    assert champion("us", "us-auto", "2026-02-15T00:00:00Z") == "a"
    assert champion("us", "us-auto", "2026-03-01T00:00:00Z") == "b"
    assert champion("cn", "cn-auto-used", "2026-04-01T00:00:00Z") == "c"
    assert champion("cn", "cn-auto-new", "2026-04-01T00:00:00Z") == "d"
    assert champion("cn", "cn-auto-new", "2026-01-10T00:00:00Z") == "a"
    assert rows.standing("cn", "cn-auto-new", "2025-12-31T23:59:59Z") == []


def test_a_challenger_gets_its_share_and_the_same_people_every_time() -> None:
    parts = {"challenger": "b", "challenger_share_ppm": 100_000}
    document = {"format": 1, "assignments": [_row("2026-01-01T00:00:00Z", "a", **parts)]}
    (row,) = Assignments(document).rows
    ids = [f"app_{number}" for number in range(20_000)]
    chosen = [row.chosen(one)[0] for one in ids]
    assert 1_800 < chosen.count("b") < 2_200
    assert chosen == [row.chosen(one)[0] for one in ids]
    assert {row.chosen(one) for one in ids} == {("a", ("b",)), ("b", ("a",))}


def test_the_score_carries_all_that_were_asked(own: Path) -> None:
    _assign(own, _row("2026-01-01T00:00:00Z", "1.0.0", shadow=["2.0.0"]))
    answer, role, beside = Serving(str(own)).score(
        STRONG, "app_1", "cn", "x", "2026-05-01T00:00:00Z"
    )
    assert (answer.model, role) == ("1.0.0", "champion")
    (other,) = beside
    assert other["model"] == "2.0.0"
    assert other["pd_ppm"] > answer.pd_ppm
    assert other["score"] < answer.score
    assert other["pd_ppm"] == Released(str(own)).card("2.0.0").evaluate(STRONG).pd_ppm


def test_rolling_back_is_a_row(own: Path) -> None:
    shelf.assign(_row("2026-02-01T00:00:00Z", "2.0.0"), own)
    assert Serving(str(own)).champion().version == "2.0.0"
    shelf.assign(shelf.rolled_back("*", "*", "2026-03-01T00:00:00Z", own), own)
    serving = Serving(str(own))
    assert serving.standing("cn", "x", "2026-02-15T00:00:00Z").champion == "2.0.0"
    assert serving.standing("cn", "x", "2026-03-02T00:00:00Z").champion == "1.0.0"


def _altered(path: Path) -> None:
    document = json.loads(path.read_text())
    document["body"]["model"]["intercept"] -= 1
    path.write_text(json.dumps(document))


def _resealed(path: Path) -> None:
    body = json.loads(path.read_text())["body"]
    body["model"]["intercept"] -= 1
    path.write_text(export.seal(body))


def _of_the_future(path: Path) -> None:
    path.write_text(export.seal({**json.loads(path.read_text())["body"], "format": 3}))


def _unsigned(path: Path) -> None:
    path.with_name("2.0.0.sig.json").unlink()


def _signed_by_a_stranger(path: Path) -> None:
    keys = json.loads(path.with_name("keys.json").read_text())
    signature = json.loads(path.with_name("2.0.0.sig.json").read_text())
    del keys[signature["key"]]
    path.with_name("keys.json").write_text(json.dumps(keys))


def _another_s_signature(path: Path) -> None:
    shutil.copy(path.with_name("1.0.0.sig.json"), path.with_name("2.0.0.sig.json"))


def _another_s_content(path: Path) -> None:
    shutil.copy(path.with_name("1.0.0.json"), path)


@pytest.mark.parametrize(
    "damage",
    [
        _altered, _resealed, _of_the_future, _unsigned, _signed_by_a_stranger,
        _another_s_signature, _another_s_content, Path.unlink,
    ],
)  # fmt: skip
def test_a_model_that_is_refused_leaves_the_one_before_in_place(own: Path, damage: Any) -> None:
    _assign(own, _row("2026-01-01T00:00:00Z", "1.0.0"), _row("2026-02-01T00:00:00Z", "2.0.0"))
    damage(own / "2.0.0.json")
    serving = Serving(str(own))
    assert set(serving.refused) == {"2.0.0"}
    assert serving.champion().version == "1.0.0"
    answer, _, _ = serving.score(STRONG, "app_1", "cn", "x", "2026-05-01T00:00:00Z")
    assert answer.model == "1.0.0"


def test_a_refused_shadow_harms_nobody(own: Path) -> None:
    _assign(own, _row("2026-01-01T00:00:00Z", "1.0.0", shadow=["2.0.0"]))
    _altered(own / "2.0.0.json")
    _, _, beside = Serving(str(own)).score(STRONG, "app_1", "cn", "x", "2026-05-01T00:00:00Z")
    assert beside == [{"model": "2.0.0", "failed": "ArtefactCorrupt"}]


def test_without_any_accepted_model_nothing_serves(own: Path) -> None:
    _altered(own / "1.0.0.json")
    with pytest.raises(ArtefactCorrupt):
        Serving(str(own))


@pytest.mark.parametrize(
    "change",
    [
        {"champion": ""},
        {"champion": 1},
        {"challenger_share_ppm": 1_000_001},
        {"challenger_share_ppm": 10},
        {"from": "2026-01-01"},
        {"product": "cn-auto-new"},
        {"weight": 1},
        {"market": "cn"},
    ],
)
def test_malformed_rows_are_refused(change: dict[str, Any]) -> None:
    document = {"format": 1, "assignments": [_row("2026-01-01T00:00:00Z", "a") | change]}
    with pytest.raises(ArtefactCorrupt):
        Assignments(document)


def test_an_unknown_format_of_assignments_is_refused() -> None:
    with pytest.raises(ArtefactCorrupt, match="unknown format"):
        Assignments({"format": 2, "assignments": []})
