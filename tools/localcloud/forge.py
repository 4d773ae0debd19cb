"""Starts workers from one process that has already imported what every function imports.

A cold start costs about half a second of processor time, nearly all of it imports of the same
packages; thirty environments start in the first minute. A fork of a prepared process costs a
tenth of that and shares its memory. `Launched` is what a worker needs of either way.
"""

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_SCRIPT = Path(__file__).with_name("forge_process.py")
_START_TIMEOUT_S = 20.0
_CLOSE_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Order:
    """One worker: its handler, asset folder, whole environment, import path and log file."""

    handler: str
    cwd: Path
    env: Mapping[str, str]
    path: Sequence[str]
    log: Path


class Launched(Protocol):
    """A started worker process."""

    pid: int

    def poll(self) -> int | None:
        """Exit code, negative for a signal; None while it runs."""

    def wait(self) -> int:
        """Wait for the end and return the exit code."""

    def kill(self) -> None:
        """SIGKILL. Raises ProcessLookupError when it has ended."""


class Launcher(Protocol):
    """Starts worker processes."""

    def prepare(self, layers: Sequence[Path]) -> None:
        """These folders will be in the paths of workers; it does not wait for anything."""

    def start(self, order: Order) -> Launched:
        """Start one worker."""

    def close(self) -> None:
        """End what starts workers."""


class ForgeClosed(Exception):
    """The forge has ended; the next order starts a new one."""


class FreshInterpreters:
    """Each worker is a new interpreter: where processes cannot be forked from a prepared one."""

    def prepare(self, layers: Sequence[Path]) -> None:
        """Nothing is imported before a worker is there."""

    def start(self, order: Order) -> "subprocess.Popen[bytes]":
        """As Lambda does: `python -m awslambdaric HANDLER`, in the asset's folder."""
        with order.log.open("ab") as log:
            return subprocess.Popen(
                # -S: no .pth of the environment may lead to code outside asset and layers.
                [sys.executable, "-S", "-m", "awslambdaric", order.handler],
                cwd=order.cwd,
                env={**order.env, "PYTHONPATH": os.pathsep.join(order.path)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def close(self) -> None:
        """Nothing is kept between starts."""


class Forked:
    """A worker that the forge made; its end is told by the forge."""

    def __init__(self) -> None:
        self.pid = 0
        self._started = threading.Event()
        self._ended = threading.Event()
        self._code: int | None = None

    def told(self, said: Mapping[str, int]) -> None:
        """Take in one line of the forge."""
        if "pid" in said:
            self.pid = said["pid"]
        else:
            self._code = said["code"]
            self._ended.set()
        self._started.set()

    def started(self, timeout_s: float) -> bool:
        """Whether it has a process, or had one, within `timeout_s`."""
        return self._started.wait(timeout_s) and bool(self.pid)

    def poll(self) -> int | None:
        """Exit code, negative for a signal; None while it runs."""
        return self._code

    def wait(self) -> int:
        """Wait for the end and return the exit code."""
        self._ended.wait()
        assert self._code is not None
        return self._code

    def kill(self) -> None:
        """SIGKILL. Raises ProcessLookupError when it has ended."""
        if self._code is not None:
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, signal.SIGKILL)


class _Prepared:
    """One prepared process, its control socket and the workers it made."""

    def __init__(self, packages: Path, layers: Sequence[Path]) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-u", str(_SCRIPT)],
                env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(packages)},
                stdin=theirs.fileno(),
            )
        self._numbers = itertools.count(1)
        self._workers: dict[int, Forked] = {}
        self._lock = threading.Lock()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.prepare(layers)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def prepare(self, layers: Sequence[Path]) -> None:
        if layers:
            with self._lock:
                self._say({"layers": [str(layer) for layer in layers]})

    def _say(self, line: Mapping[str, object]) -> None:
        # A dead process answers nothing, which `started` tells.
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps(line).encode() + b"\n")

    def start(self, order: Order) -> Forked:
        worker = Forked()
        with self._lock:
            number = next(self._numbers)
            self._workers[number] = worker
            said = {
                "id": number,
                "handler": order.handler,
                "cwd": str(order.cwd),
                "env": dict(order.env),
                "path": list(order.path),
                "log": str(order.log),
            }
            self._say(said)
        if not worker.started(_START_TIMEOUT_S):
            raise ForgeClosed(order.handler)
        return worker

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._listener.join(_CLOSE_TIMEOUT_S)
        self._process.kill()

    def _listen(self) -> None:
        with contextlib.suppress(OSError), self._control, self._control.makefile("rb") as lines:
            for line in lines:
                said = json.loads(line)
                self._workers[said["id"]].told(said)
                if "code" in said:
                    del self._workers[said["id"]]
        self._process.wait()
        # Killed from outside: its workers live on, but nobody could tell of their end.
        for worker in list(self._workers.values()):
            if worker.pid:
                with contextlib.suppress(ProcessLookupError):
                    worker.kill()
            worker.told({"code": -signal.SIGKILL})


class Forge:
    """The prepared process, started with the first order and again when it was killed."""

    def __init__(self, packages: Path) -> None:
        self._packages = packages
        self._lock = threading.Lock()
        self._prepared: _Prepared | None = None
        self._layers: list[Path] = []

    def prepare(self, layers: Sequence[Path]) -> None:
        """Start importing, if there are new ones; orders wait until it is done."""
        new = [layer for layer in layers if layer not in self._layers]
        self._layers += new
        self._ready().prepare(new)

    def start(self, order: Order) -> Forked:
        """Fork one worker. Raises ForgeClosed when two forges in a row do not answer."""
        prepared = self._ready()
        try:
            return prepared.start(order)
        except ForgeClosed:
            self._drop(prepared)
            return self._ready().start(order)

    def close(self) -> None:
        """End the forge and with it every worker."""
        with self._lock:
            prepared, self._prepared = self._prepared, None
        if prepared is not None:
            prepared.close()

    def _drop(self, prepared: _Prepared) -> None:
        """Never use this one again; its workers end with it."""
        with self._lock:
            if self._prepared is prepared:
                self._prepared = None
        prepared.close()

    def _ready(self) -> _Prepared:
        with self._lock:
            if self._prepared is None or not self._prepared.alive:
                self._prepared = _Prepared(self._packages, self._layers)
            return self._prepared


def launcher(packages: Path) -> Launcher:
    """The forge where a prepared process may be forked safely, else fresh interpreters.

    macOS forbids much of its own framework code after a fork, so only Linux forks.
    """
    return Forge(packages) if sys.platform == "linux" else FreshInterpreters()
