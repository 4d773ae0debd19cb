"""Finding the platform that runs here, and moving its clock."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import urllib3

ADVANCE_TIMEOUT_S = 1800.0


@dataclass(frozen=True, slots=True)
class Running:
    """Where a platform answers. `api_url` is the front door, `url` the local cloud itself."""

    pid: int
    url: str
    api_url: str
    partners: dict[str, str]


def state_dir(root: Path) -> Path:
    """Where the state of this checkout's platform is kept."""
    return root / ".autolend"


def announce(root: Path, running: Running) -> None:
    """Let other commands find this platform."""
    state_dir(root).mkdir(exist_ok=True)
    _file(root).write_text(json.dumps(asdict(running)), "utf-8")


def retire(root: Path) -> None:
    """The platform of this process is gone."""
    _file(root).unlink(missing_ok=True)


def find(root: Path) -> Running | None:
    """The platform that runs from this checkout; None when there is none."""
    try:
        found = Running(**json.loads(_file(root).read_text("utf-8")))
        os.kill(found.pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return found


def let_days_pass(running: Running, days: int) -> None:
    """Move the clock of the platform day by day; returns when each day's work is done.

    Raises:
        RuntimeError: it did not answer with success.
    """
    http = urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=ADVANCE_TIMEOUT_S))
    answer = http.request("POST", f"{running.url}/_localcloud/advance", json={"days": days})
    if answer.status != 200:
        raise RuntimeError(f"advance answered {answer.status}: {answer.data[:300]!r}")


def advance(root: Path, days: int) -> int:
    """The `advance` command."""
    running = find(root)
    if running is None:
        print("nothing runs here: start it with `make run`")
        return 1
    let_days_pass(running, days)
    print(f"{days} days later: reminders are sent, deadlines passed")
    return 0


def _file(root: Path) -> Path:
    return state_dir(root) / "running.json"
