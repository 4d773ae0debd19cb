"""Workers of the forge are what new interpreters would be: own environment, path, log and end."""

import json
import os
import signal
import sys
import sysconfig
from collections.abc import Iterator
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
}), flush=True)
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
