"""Workers of the forge are what new interpreters would be: own environment, path, log and end."""

import json
import os
import signal
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tools.localcloud.forge import Forge, FreshInterpreters, Launcher, Order

PACKAGES = Path(sysconfig.get_paths()["purelib"])
# Stands in awslambdaric's place: `python -m awslambdaric HANDLER` of this folder.
PROGRAM = """
import json, os, signal, sys
order = sys.argv[1]
print(json.dumps({
    "pid": os.getpid(), "argv": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ),
    "first": sys.path[:2], "leaked": "lending" in sys.modules,
    "known": sorted(name for name in sys.modules if name.partition(".")[0] == "layered"),
}), flush=True)
if order == "import":
    import layered.sound
    print(layered.sound.__file__, layered.sound.PID == os.getpid(), flush=True)
    sys.exit(0)
if order == "wait":
    signal.pause()
if order == "raise":
    raise RuntimeError("the handler is missing")
sys.exit(int(order))
"""


@pytest.fixture(params=["fresh", "forged"])
def workers(request: pytest.FixtureRequest) -> Iterator[Launcher]:
    if request.param == "forged" and sys.platform != "linux":
        pytest.fail("the forge is for Linux; run this file there")
    made: Launcher = Forge(PACKAGES) if request.param == "forged" else FreshInterpreters()
    yield made
    made.close()


def order(folder: Path, handler: str) -> Order:
    package = folder / "awslambdaric"
    if not package.exists():  # written once: a worker may be reading it
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(PROGRAM)
    env = {"ONLY": "this", "PATH": os.environ["PATH"]}
    return Order(handler, folder, env, [str(folder), str(PACKAGES)], folder / "log")


def said(folder: Path) -> dict[str, object]:
    told: dict[str, object] = json.loads((folder / "log").read_text().splitlines()[0])
    return told


def test_a_worker_has_only_its_own_world(workers: Launcher, tmp_path: Path) -> None:
    worker = workers.start(order(tmp_path, "7"))
    assert worker.wait() == 7
    assert worker.poll() == 7
    world = said(tmp_path)
    assert world["pid"] == worker.pid
    assert world["argv"] == ["7"]
    assert world["cwd"] == str(tmp_path)
    assert not world["leaked"]
    environment = world["env"]
    assert isinstance(environment, dict)
    assert environment["ONLY"] == "this"
    assert set(environment) <= {"ONLY", "PATH", "PYTHONPATH", "LC_CTYPE"}


def test_an_error_is_in_the_log_and_the_code(workers: Launcher, tmp_path: Path) -> None:
    assert workers.start(order(tmp_path, "raise")).wait() == 1
    assert "the handler is missing" in (tmp_path / "log").read_text()


def test_a_killed_worker_is_told_of_and_the_next_one_starts(
    workers: Launcher, tmp_path: Path
) -> None:
    worker = workers.start(order(tmp_path, "wait"))
    assert worker.poll() is None
    worker.kill()
    assert worker.wait() == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)
    assert workers.start(order(tmp_path, "0")).wait() == 0


def test_a_forge_killed_from_outside_takes_its_workers_along_and_is_replaced(
    tmp_path: Path,
) -> None:
    forge = Forge(PACKAGES)
    worker = forge.start(order(tmp_path, "wait"))
    parent = int(Path(f"/proc/{worker.pid}/stat").read_text().split()[3])
    os.kill(parent, signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL
    assert forge.start(order(tmp_path, "0")).wait() == 0
    forge.close()


def test_closing_ends_every_worker(tmp_path: Path) -> None:
    forge = Forge(PACKAGES)
    started = [forge.start(order(tmp_path, "wait")) for _ in range(3)]
    forge.close()
    assert [worker.wait() for worker in started] == [-signal.SIGKILL] * 3


def layer(folder: Path) -> Path:
    """A layer with a module that can be imported and one that cannot."""
    package = folder / "python" / "layered"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "sound.py").write_text("import os\nPID = os.getpid()\n")
    (package / "broken.py").write_text("raise RuntimeError('not in this world')\n")
    return package.parent


def test_a_layer_is_imported_once_for_the_workers_that_have_it(tmp_path: Path) -> None:
    ours, forge = layer(tmp_path), Forge(PACKAGES)
    forge.prepare([])
    forge.prepare([ours])
    plain = order(tmp_path, "import")
    having = replace(plain, path=[plain.path[0], str(ours), str(PACKAGES)])
    for killed in (False, True):  # a new forge knows the layers of the one before
        (tmp_path / "log").unlink(missing_ok=True)
        assert forge.start(having).wait() == 0
        _, told = (tmp_path / "log").read_text().splitlines()
        assert said(tmp_path)["known"] == ["layered", "layered.sound"], killed
        assert told == f"{ours}/layered/sound.py False"
        worker = forge.start(order(tmp_path, "wait"))
        parent = int(Path(f"/proc/{worker.pid}/stat").read_text().split()[3])
        os.kill(parent, signal.SIGKILL)
        worker.wait()
    forge.close()


def test_a_worker_without_the_layer_knows_nothing_of_it(tmp_path: Path) -> None:
    ours, forge = layer(tmp_path), Forge(PACKAGES)
    forge.prepare([ours])
    assert forge.start(order(tmp_path, "import")).wait() == 1
    assert said(tmp_path)["known"] == []
    assert "No module named 'layered'" in (tmp_path / "log").read_text()
    forge.close()
