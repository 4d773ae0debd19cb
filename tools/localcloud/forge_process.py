"""The forge's own process: imports what every function imports, then forks one worker a request.

Run by its path with the control socket as standard input; one JSON object a line:

    in   {"layers": ["...", ...]}       folders to import from before any worker starts
    in   {"id": 1, "handler": "...", "cwd": "...", "env": {...}, "path": [...], "log": "..."}
    out  {"id": 1, "pid": 4711}         then, when it ended, {"id": 1, "code": -9}

The code of a function is never imported here. Third-party packages are, for which the virtual
environment stands in in every function's path anyway, and the packages of layers: a worker
without such a layer in its path forgets what came from there. Nothing imported here may read
the environment or start a thread when it is imported.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import time
from typing import Any

# What the cold start of a function spends its time on. Nothing here reads the environment when
# it is imported; `awslambdaric` does, so that each worker imports it by itself.
PRELOADED = (
    "boto3",
    "botocore.client",
    "botocore.endpoint",
    "botocore.handlers",
    "botocore.retries.standard",
    "urllib3",
    "pydantic.main",
    "pydantic.fields",
    "pydantic.types",
    "pynamodb.connection",
    "pynamodb.models",
    "aws_lambda_powertools.logging",
    "aws_lambda_powertools.logging.formatter",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "cryptography.x509",
    "pyhanko.pdf_utils.incremental_writer",
    "pyhanko.pdf_utils.reader",
    "pyhanko.sign.signers",
    "pyhanko.sign.validation.dss",
    "typst",
    "cryptography.hazmat.primitives.ciphers.aead",
    "joserfc.jwk",
    "joserfc.jwt",
    "simplejson",
    "concurrent.futures.thread",
    "decimal",
    "fractions",
    "http.client",
    "zoneinfo",
    "xml.etree.ElementTree",
)


# Models that nearly every worker's clients are made of: parsing them is half of making one.
MODELLED = ("dynamodb", "kms", "s3", "stepfunctions", "events")


def preload() -> None:
    """Import what is there; a package that is not locked any more is only slower."""
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with contextlib.suppress(ImportError):
        remember_models()
    with contextlib.suppress(ImportError):
        send_at_once(importlib.import_module("botocore.awsrequest").AWSHTTPConnection)
    keep()


def keep() -> None:
    """What is there now is collected never again, and its pages stay shared with the workers."""
    gc.collect()
    gc.freeze()


def remember_models() -> None:
    """Each file of botocore's data is parsed once for all workers; nobody changes the result."""
    session = importlib.import_module("botocore.session")
    loader = importlib.import_module("botocore.loaders").JSONFileLoader
    loader.load_file = cache_of(loader.load_file)
    for service in MODELLED:
        session.Session().create_client(
            service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-"
        )


def cache_of(load_file: Any) -> Any:
    """`load_file(self, path)` that keeps its answers."""
    kept: dict[str, Any] = {}

    def load(self: Any, file_path: str) -> Any:
        if file_path not in kept:
            kept[file_path] = load_file(self, file_path)
        return kept[file_path]

    return load


def send_at_once(connection: Any) -> None:
    """Head and body of a request in one write: the server's thread wakes once, not twice.

    `connection` is botocore's class of plain HTTP connections, which only the local cloud uses.
    """
    request, send = connection.request, connection.send

    def held_request(
        self: Any,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        *args: Any,
        **more: Any,
    ) -> Any:
        if "Expect" in (headers or {}):  # the server is asked between head and body
            return request(self, method, url, body, headers, *args, **more)
        held = self.held = list[bytes]()
        try:
            answer = request(self, method, url, body, headers, *args, **more)
        finally:
            self.held = None
        send(self, b"".join(held))
        return answer

    def held_send(self: Any, data: Any) -> Any:
        held = getattr(self, "held", None)
        if held is None or not isinstance(data, bytes):
            return send(self, data)
        held.append(data)
        return None

    connection.request, connection.send = held_request, held_send


def import_layer(folder: str) -> set[str]:
    """Import every module of a layer; returns their names. What cannot be imported is left."""
    own = {one.name for one in pkgutil.iter_modules([folder])}
    before = set(sys.modules)
    sys.path.insert(0, folder)
    try:
        for found in pkgutil.walk_packages([folder], onerror=lambda _: None):
            with contextlib.suppress(Exception):
                importlib.import_module(found.name)
    finally:
        sys.path.remove(folder)
    return {name for name in set(sys.modules) - before if name.partition(".")[0] in own}


def forget(names: set[str]) -> None:
    """Undo imports in a worker that does not have the layer they came from."""
    for name in names:
        sys.modules.pop(name, None)


def become_worker(order: dict[str, Any]) -> None:
    """In the child: the process that `python -m awslambdaric HANDLER` would be."""
    for number in (signal.SIGINT, signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDONLY)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(null)
    os.close(log)
    os.environ.clear()
    os.environ.update(order["env"])
    time.tzset()
    os.chdir(order["cwd"])
    own = set(order["path"])
    sys.path[:] = [*order["path"], *(one for one in sys.path if one not in own)]
    sys.argv[:] = ["awslambdaric", order["handler"]]
    runpy.run_module("awslambdaric", run_name="__main__")


class Forge:
    """Answers the control socket and tells how each worker ended."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._wake, wake = socket.socketpair()
        wake.setblocking(False)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        self._inherited = (control, self._wake, wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._orders: dict[int, int] = {}
        self._layers: dict[str, set[str]] = {}
        self._unread = b""

    def serve(self) -> None:
        """Until the other side closes the control socket; then every worker is killed."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select()}
                if self._wake in ready:
                    self._wake.recv(4096)
                    self._reap()
                if self._control in ready and not self._read():
                    break
        signal.set_wakeup_fd(-1)
        for pid in self._orders:
            os.kill(pid, signal.SIGKILL)

    def _read(self) -> bool:
        received = self._control.recv(1 << 20)
        *lines, self._unread = (self._unread + received).split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "layers" in said:
                self._prepare(said["layers"])
            else:
                self._start(said)
        return bool(received)

    def _prepare(self, folders: list[str]) -> None:
        for folder in folders:
            if folder not in self._layers:
                self._layers[folder] = import_layer(folder)
        keep()

    def _start(self, order: dict[str, Any]) -> None:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                signal.set_wakeup_fd(-1)
                for one in self._inherited:
                    one.close()
                for folder, names in self._layers.items():
                    if folder not in order["path"]:
                        forget(names)
                become_worker(order)
                code = 0
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 1
            except BaseException:  # noqa: BLE001 - the child must never return into the forge
                sys.excepthook(*sys.exc_info())
            finally:
                sys.stdout.flush()
                os._exit(code)
        self._orders[pid] = order["id"]
        self._tell({"id": order["id"], "pid": pid})

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                code = os.waitstatus_to_exitcode(status)
                self._tell({"id": self._orders.pop(pid), "code": code})

    def _tell(self, said: dict[str, int]) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._control.sendall(json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    preload()
    Forge(socket.socket(fileno=os.dup(0))).serve()
