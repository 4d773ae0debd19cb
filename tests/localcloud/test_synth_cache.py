"""The synthesis cache: keyed by the sources, made once, pruned."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tools.localcloud import synth_cache
from tools.localcloud.synth_cache import KEPT, SynthFailed, assembly, node_executable, source_hash

# Stands in for `python -m infra.app`: counts its runs and writes an assembly to CDK_OUTDIR.
FAKE_APP = """
import os, pathlib, sys, time
runs = pathlib.Path("runs.txt")
with runs.open("a") as log:
    log.write("run\\n")
time.sleep(float(os.environ.get("FAKE_SLEEP_S", "0")))
if pathlib.Path("infra/broken.py").exists():
    sys.exit("no such construct")
out = pathlib.Path(os.environ["CDK_OUTDIR"])
(out / "manifest.json").write_text("{}")
(out / "node.txt").write_text(os.environ["JSII_NODE"])
"""
COMMAND = ("fake_app.py",)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    for folder in ("infra", "statemachines", "functions", "layers/lending", "layers/scorecard"):
        (project / folder).mkdir(parents=True)
    (project / "infra" / "app.py").write_text("one")
    (project / "cdk.json").write_text("{}")
    (project / "fake_app.py").write_text(FAKE_APP)
    return project


def runs(root: Path) -> int:
    return len((root / "runs.txt").read_text().splitlines())


def test_the_same_sources_are_synthesized_once(root: Path, tmp_path: Path) -> None:
    first = assembly(root, tmp_path / "cache", COMMAND)
    second = assembly(root, tmp_path / "cache", COMMAND)
    assert first == second
    assert runs(root) == 1
    assert (first / "manifest.json").exists()
    assert first.name == source_hash(root, COMMAND)
    assert Path((first / "node.txt").read_text()).exists()


@pytest.mark.parametrize(
    "path", ["infra/app.py", "functions/apply.py", "layers/lending/routes.json", "uv.lock"]
)
def test_any_source_changes_the_hash(root: Path, path: str) -> None:
    before = source_hash(root)
    (root / path).write_text("changed")
    assert source_hash(root) != before


def test_byte_code_and_unrelated_files_do_not(root: Path) -> None:
    before = source_hash(root)
    (root / "infra" / "__pycache__").mkdir()
    (root / "infra" / "__pycache__" / "app.cpython-313.pyc").write_bytes(b"x")
    (root / "README.md").write_text("x")
    assert source_hash(root) == before


def test_moving_text_between_files_changes_the_hash(root: Path) -> None:
    (root / "infra" / "a").write_text("xy")
    (root / "infra" / "b").write_text("")
    before = source_hash(root)
    (root / "infra" / "a").write_text("x")
    (root / "infra" / "b").write_text("y")
    assert source_hash(root) != before


def test_a_failure_shows_its_output_and_leaves_nothing(root: Path, tmp_path: Path) -> None:
    (root / "infra" / "broken.py").write_text("")
    with pytest.raises(SynthFailed, match="no such construct"):
        assembly(root, tmp_path / "cache", COMMAND)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [".lock"]


def test_the_newest_assemblies_are_kept(root: Path, tmp_path: Path) -> None:
    made = []
    for number in range(KEPT + 2):
        (root / "infra" / "app.py").write_text(str(number))
        made.append(assembly(root, tmp_path / "cache", COMMAND))
        os.utime(made[-1], (number, number))
    assert [path.exists() for path in made] == [False, False, True, True, True]


def test_two_processes_synthesize_once(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_SLEEP_S", "0.3")
    monkeypatch.setenv("PYTHONPATH", str(Path(synth_cache.__file__).parents[2]))
    script = textwrap.dedent(
        f"""
        from pathlib import Path
        from tools.localcloud.synth_cache import assembly
        print(assembly(Path({str(root)!r}), Path({str(tmp_path / "cache")!r}), {COMMAND!r}))
        """
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert outputs[0] == outputs[1] != ""
    assert runs(root) == 1


def test_the_locked_node_is_there() -> None:
    assert os.access(node_executable(), os.X_OK)
