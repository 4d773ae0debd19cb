"""Lambda: one real `awslambdaric` process per warm environment, one small Runtime API each.

The protocol is the Lambda Runtime API of 2018-06-01: the process asks for the next invocation and
posts its response or error.
"""

import contextlib
import http.server
import json
import os
import queue
import random
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tools.localcloud.forge import Launcher, Order

type Status = Literal["response", "error"]
type Result = tuple[Status, bytes]

_RUNTIME_PATH = "/2018-06-01/runtime"
_POLL_GRACE_S = 10.0
# Not the system's randomness: asking for it hands the interpreter to another thread.
_NUMBERS = random.Random()


@dataclass(frozen=True)
class FunctionSpec:
    """What the template says about one function, resolved.

    `code` is the unpacked asset directory; `python_path` are directories of layers, first wins.
    `environment` is the function's whole environment except the variables Lambda itself sets.
    """

    name: str
    arn: str
    handler: str
    code: Path
    python_path: Sequence[Path]
    environment: Mapping[str, str]
    timeout_s: float = 3.0
    memory_mb: int = 128
    reserved_concurrency: int | None = None
    role: str = ""
    dead_letter_arn: str | None = None


@dataclass
class AsyncConfig:
    """`AWS::Lambda::EventInvokeConfig`: retries and destinations of asynchronous invocations."""

    max_retries: int = 2
    on_failure_arn: str | None = None
    on_success_arn: str | None = None


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def _exit_error(code: int | None) -> bytes:
    reason = f"signal: {-code}" if code is not None and code < 0 else f"exit status {code}"
    return _error("Runtime.ExitError", f"Runtime exited with error: {reason}")


class _RuntimeServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    worker: "Worker"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A killed process breaks its connection; that is not an error of the server."""


class _RuntimeHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Delayed acknowledgements would add 40 ms to each call.
    disable_nagle_algorithm = True
    server: _RuntimeServer

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the base class names the argument."""

    def _reply(self, code: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        # One write, so that the process wakes once.
        self._headers_buffer.append(b"\r\n" + body)  # type: ignore[attr-defined]
        self.flush_headers()

    def do_GET(self) -> None:
        worker = self.server.worker
        worker.ready.set()
        job = worker.jobs.get()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": job.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(job.deadline_s * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": worker.spec.arn,
            "Lambda-Runtime-Trace-Id": _trace_id(),
        }
        self._reply(200, job.payload, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status: Status = "error" if self.path.endswith("/error") else "response"
        worker = self.server.worker
        if self.path.startswith(f"{_RUNTIME_PATH}/init/"):
            worker.broken = True
            worker.ready.set()
        worker.results.put((status, body))
        self._reply(202, b'{"status":"OK"}')


def _trace_id() -> str:
    return f"Root=1-{int(time.time()):08x}-{_NUMBERS.getrandbits(96):024x}"


@dataclass(frozen=True)
class _Job:
    request_id: str
    payload: bytes
    deadline_s: float


class Worker:
    """One execution environment: a process, its Runtime API and its own access key."""

    def __init__(self, spec: FunctionSpec, log_path: Path, launcher: Launcher) -> None:
        self.spec = spec
        self.access_key = "LC" + uuid.uuid4().hex[:18].upper()
        self.jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self.results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self.ready = threading.Event()
        self.broken = False
        self._server = _RuntimeServer(("127.0.0.1", 0), _RuntimeHandler)
        self._server.worker = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        path = [str(spec.code), *(str(directory) for directory in spec.python_path)]
        order = Order(spec.handler, spec.code, self._environment(), path, log_path)
        self.process = launcher.start(order)
        threading.Thread(target=self._watch, daemon=True).start()

    def _environment(self) -> dict[str, str]:
        spec = self.spec
        host, port = self._server.server_address[:2]
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": tempfile.gettempdir(),
            "TZ": ":UTC",
            "LANG": "en_US.UTF-8",
            **spec.environment,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_LAMBDA_RUNTIME_API": f"{host!s}:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": spec.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "_HANDLER": spec.handler,
            "LAMBDA_TASK_ROOT": str(spec.code),
            "PYTHONUNBUFFERED": "1",
        }

    def _watch(self) -> None:
        code = self.process.wait()
        self.ready.set()
        self.results.put(("error", _exit_error(code)))
        self._server.shutdown()
        self._server.server_close()

    @property
    def alive(self) -> bool:
        """Whether the process can take another invocation."""
        return not self.broken and self.process.poll() is None

    def run(self, payload: bytes, request_id: str) -> Result:
        """Runs one invocation; a process that takes too long is killed."""
        # Lambda does not count the start of the environment against the function's timeout.
        self.ready.wait(_POLL_GRACE_S)
        timeout_s = self.spec.timeout_s
        self.jobs.put(_Job(request_id, payload, time.time() + timeout_s))
        try:
            return self.results.get(timeout=timeout_s)
        except queue.Empty:
            self.kill()
            message = f"RequestId: {request_id} Error: Task timed out after {timeout_s:.2f} seconds"
            return "error", _error("Sandbox.Timedout", message)

    def kill(self) -> None:
        """Kills the process; safe to repeat. It takes no further invocation from now on."""
        self.broken = True
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()


class Throttled(Exception):
    """The function's reserved concurrency is zero."""


@dataclass
class Function:
    """A deployed function and its pool of warm workers (the last used one is taken first)."""

    spec: FunctionSpec
    log_path: Path
    concurrency: int
    launcher: Launcher
    async_config: AsyncConfig = field(default_factory=AsyncConfig)
    workers: dict[str, Worker] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(max(1, self.concurrency))
        self._closed = False

    @property
    def name(self) -> str:
        """Function name."""
        return self.spec.name

    @property
    def arn(self) -> str:
        """Unqualified function ARN."""
        return self.spec.arn

    @property
    def timeout_s(self) -> float:
        """Seconds one invocation may take."""
        return self.spec.timeout_s

    def invoke(self, payload: bytes) -> Result:
        """Runs one synchronous invocation, waiting for a free environment.

        Raises Throttled when the template reserves no concurrency.
        """
        if self.spec.reserved_concurrency == 0:
            raise Throttled(self.name)
        request_id = str(uuid.UUID(int=_NUMBERS.getrandbits(128), version=4))
        with self._slots:
            worker = self._take()
            result = worker.run(payload or b"{}", request_id)
            self._give_back(worker)
        if result[0] == "error":
            self._log(request_id, result[1])
        return result

    def warm(self) -> None:
        """Starts one environment if there is none and waits until it is ready."""
        with self._slots:
            worker = self._take()
            worker.ready.wait(_POLL_GRACE_S)
            self._give_back(worker)

    def kill_worker(self, access_key: str) -> bool:
        """Kills the environment that owns `access_key`; False when it is not of this function."""
        worker = self.workers.get(access_key)
        if worker is None:
            return False
        worker.kill()
        return True

    def close(self) -> None:
        """Kills every environment."""
        with self._lock:
            self._closed = True
            workers = list(self.workers.values())
            self._idle.clear()
        for worker in workers:
            worker.kill()

    def recycle(self, spec: FunctionSpec) -> None:
        """Replaces code and configuration; environments of the old code end after their work."""
        with self._lock:
            self.spec = spec
            old, self._idle = self._idle, []
        for worker in old:
            self._forget(worker)
            worker.kill()

    def _take(self) -> Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    return worker
                self.workers.pop(worker.access_key, None)
            spec = self.spec
        worker = Worker(spec, self.log_path, self.launcher)
        with self._lock:
            self.workers[worker.access_key] = worker
            closed = self._closed
        if closed:
            worker.kill()
        return worker

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            usable = worker.alive and worker.spec is self.spec and not self._closed
            if usable:
                self._idle.append(worker)
        if not usable:
            worker.kill()
            self._forget(worker)

    def _forget(self, worker: Worker) -> None:
        with self._lock:
            self.workers.pop(worker.access_key, None)

    def _log(self, request_id: str, body: bytes) -> None:
        error = json.loads(body) if body else {}
        line = {
            "type": "platform.report",
            "requestId": request_id,
            "function": self.name,
            "errorType": error.get("errorType"),
            "errorMessage": error.get("errorMessage"),
        }
        with self.log_path.open("ab") as log:
            log.write(json.dumps(line).encode() + b"\n")
