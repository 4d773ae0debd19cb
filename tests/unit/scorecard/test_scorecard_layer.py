"""The layer as a thing to ship: sealed, small, and the standard library alone."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lending_scorecard
import pytest
from lending_scorecard import ArtefactCorrupt, load

from ml import artefact

FOLDER = Path(lending_scorecard.__file__).parent
ARTEFACT = FOLDER / "artefact.json"
type Tree = dict[str, Any]


def _altered(change: Callable[[Tree], object], *, is_resealed: bool = False) -> str:
    tree: Tree = json.loads(ARTEFACT.read_text("utf-8"))
    change(tree)
    if is_resealed:
        tree["sha256"] = artefact.digest(tree["body"])
    return json.dumps(tree)


def test_the_shipped_artefact_loads_from_a_path_and_by_default() -> None:
    assert load(str(ARTEFACT)).version == load().version


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "\xff",
        _altered(lambda tree: tree["body"].update(version="9.9.9")),
        _altered(lambda tree: tree["body"]["features"][0]["bins"][0].update(points_micro=0)),
        _altered(lambda tree: tree["body"]["features"][3]["bins"][1].update({"from": 50.5})),
        _altered(lambda tree: tree.update(sha256="0" * 64)),
        _altered(lambda tree: tree.pop("sha256")),
        _altered(lambda tree: tree["body"].update(intercept_micro=float("nan"))),
    ],
)
def test_a_tampered_artefact_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "artefact.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ArtefactCorrupt):
        load(str(path))


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree["body"].update(format=2),
        lambda tree: tree["body"].pop("scaling"),
        lambda tree: tree["body"]["features"][0]["bins"].pop(1),
        lambda tree: tree["body"]["features"][0]["bins"].clear(),
        lambda tree: tree["body"]["features"][1].pop("missing_points_micro"),
        lambda tree: tree["body"]["features"][1].update(
            bins=[
                {"from": None, "to": 3.0, "points_micro": 0},
                {"from": 3.0, "to": 1.0, "points_micro": 0},
                {"from": 1.0, "to": None, "points_micro": 0},
            ]
        ),
    ],
)
def test_a_sealed_but_incomplete_artefact_is_refused(
    change: Callable[[Tree], object], tmp_path: Path
) -> None:
    path = tmp_path / "artefact.json"
    path.write_text(_altered(change, is_resealed=True), "utf-8")
    with pytest.raises(ArtefactCorrupt):
        load(str(path))


def test_an_absent_artefact_is_a_fault_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(str(tmp_path / "nowhere.json"))


def test_the_layer_stays_under_a_megabyte() -> None:
    shipped = [path for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sum(path.stat().st_size for path in shipped) < 1_000_000


def test_only_the_standard_library_is_imported() -> None:
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_loading_pulls_in_no_slow_module() -> None:
    code = (
        "import sys, json, hashlib, math, bisect; before = set(sys.modules);"
        "import lending_scorecard; lending_scorecard.load();"
        "print(*sorted(set(sys.modules) - before))"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=FOLDER.parent, capture_output=True, check=True
    )
    assert set(ran.stdout.decode().split()) <= {"__future__", "lending_scorecard"}


def test_the_bins_rise_or_fall_with_their_sign_and_nothing_prohibited_is_an_input() -> None:
    body: Tree = json.loads(ARTEFACT.read_text("utf-8"))["body"]
    for feature in body["features"]:
        points = [feature["sign"] * interval["points_micro"] for interval in feature["bins"]]
        assert points == sorted(points), feature["name"]
        assert len(points) > 1, feature["name"]
        assert feature["missing_points_micro"] >= 0
    assert not {feature["name"] for feature in body["features"]} & set(body["prohibited"])
