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

from ml import export

FOLDER = Path(lending_scorecard.__file__).parent
LAYER = FOLDER.parents[1]
ARTEFACT = LAYER / "artefacts/1.0.0.json"
type Tree = dict[str, Any]


def _altered(change: Callable[[Tree], object], *, is_resealed: bool = False) -> str:
    tree: Tree = json.loads(ARTEFACT.read_text("utf-8"))
    change(tree)
    if is_resealed:
        tree["sha256"] = export.digest(tree["body"])
    return json.dumps(tree)


def _table(tree: Tree, position: int) -> Tree:
    table: Tree = tree["body"]["model"]["terms"][position]
    return table


def _axis(tree: Tree, position: int) -> Tree:
    axis: Tree = _table(tree, position)["axes"][0]
    return axis


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
        _altered(lambda tree: _table(tree, 0).update(values=[0])),
        _altered(lambda tree: _axis(tree, 3)["edges"].__setitem__(1, 50.5)),
        _altered(lambda tree: tree.update(sha256="0" * 64)),
        _altered(lambda tree: tree.pop("sha256")),
        _altered(lambda tree: tree["body"]["scaling"].update(base_odds=float("nan"))),
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
        lambda tree: tree["body"].update(format=1),
        lambda tree: tree["body"].update(format=3),
        lambda tree: tree["body"].pop("scaling"),
        lambda tree: tree["body"]["model"].update(kind="neural"),
        lambda tree: tree["body"]["model"].update(intercept=0.5),
        lambda tree: tree["body"]["inputs"].pop(1),
        lambda tree: tree["body"]["inputs"].append({"name": "sex", "kind": "integer"}),
        lambda tree: tree["body"]["inputs"][0].update(kind="text"),
        lambda tree: tree["body"]["features"][0].update(op="eval"),
        lambda tree: tree["body"]["features"][0].update(sign=2),
        lambda tree: tree["body"]["features"][0].update(reason="unheard_of"),
        lambda tree: tree["body"]["reasons"]["past_delinquency"].pop("zh-TW"),
        lambda tree: tree["body"].update(calibration={"method": "platt", "slope": 0, "offset": 0}),
        lambda tree: _axis(tree, 0).update(feature="unheard_of"),
        lambda tree: _axis(tree, 0).update(closed="neither"),
        lambda tree: _axis(tree, 0)["edges"].pop(1),
        lambda tree: _axis(tree, 0)["edges"].clear(),
        lambda tree: _axis(tree, 1).update(edges=[3.0, 1.0, 2.0]),
        lambda tree: _table(tree, 1)["values"].pop(),
        lambda tree: _table(tree, 1)["values"].__setitem__(0, 0.5),
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
    shipped = [path for path in LAYER.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sum(path.stat().st_size for path in shipped) < 1_000_000


def test_only_the_standard_library_is_imported() -> None:
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            packages = {name.partition(".")[0] for name in names} - {"lending_scorecard"}
            assert packages <= sys.stdlib_module_names


def test_loading_pulls_in_no_slow_module() -> None:
    code = (
        "import sys, json, hashlib, math, bisect, base64; before = set(sys.modules);"
        "import lending_scorecard; lending_scorecard.load();"
        "print(*sorted(set(sys.modules) - before))"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=FOLDER.parent, capture_output=True, check=True
    )
    modules = set(ran.stdout.decode().split()) - {"__future__"}
    own = {"artefact", "assignment", "calibration", "card", "columns", "errors", "inputs"}
    own |= {"serving", "signatures", "straight", "tables"}
    assert modules == {"lending_scorecard"} | {f"lending_scorecard.{name}" for name in own}


def test_the_bins_rise_or_fall_with_their_sign_and_nothing_prohibited_is_an_input() -> None:
    body: Tree = json.loads(ARTEFACT.read_text("utf-8"))["body"]
    for feature, table in zip(body["features"], body["model"]["terms"], strict=True):
        *known, missing = table["values"]
        points = [feature["sign"] * value for value in known]
        assert points == sorted(points), feature["name"]
        assert len(points) > 1, feature["name"]
        assert missing >= 0
    assert not {entry["name"] for entry in body["inputs"]} & set(body["prohibited"])
