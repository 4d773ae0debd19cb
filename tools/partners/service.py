"""The base of every sandbox: HTTP/1.1 keep-alive JSON over a loopback port, with failure modes.

Control endpoints of each service (never subject to the failure modes):
`POST /_control/mode {mode, times?, match?, seconds?}`, `GET /_control/log` (counts by
"METHOD /path" and mode), `POST /_control/clock {offset_s}`, `POST /_control/reset`.
"""

import json
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tools.partners.failures import FailureBook, Mode
from tools.partners.journal import JsonObject

BODY_LIMIT_BYTES = 1_000_000
BINARY = ("application/timestamp-query",)


class MalformedError(Exception):
    """The request is not what the contract says; answered with 400 and this message."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `body` is the JSON object (or the form fields), empty when there is none."""

    method: str
    path: str
    query: dict[str, str]
    body: JsonObject
    authorization: str = ""
    raw: bytes = b""  # of a body that is not JSON (a timestamp query)

    def text(self, name: str, of: JsonObject | None = None) -> str:
        """A required non-empty string field of the body. Raises MalformedError."""
        value = (self.body if of is None else of).get(name)
        if not isinstance(value, str) or not value:
            raise MalformedError(f"{name} must be a non-empty string")
        return value

    def positive(self, name: str) -> int:
        """A required positive integer field of the body. Raises MalformedError."""
        value = self.body.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise MalformedError(f"{name} must be a positive integer")
        return value

    def mapping(self, name: str) -> JsonObject:
        """A required object field of the body. Raises MalformedError."""
        value = self.body.get(name)
        if not isinstance(value, dict):
            raise MalformedError(f"{name} must be an object")
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and a JSON-serializable body; `bytes` are sent as they are, as `content_type`."""

    status: int
    body: object
    content_type: str = "application/json"

    def payload(self) -> bytes:
        """What is sent."""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body, ensure_ascii=False).encode()


type Operation = Callable[[Call], Answer]


@dataclass(slots=True)
class PartnerClock:
    """Unix seconds plus the offset of the local cloud's virtual clock."""

    offset_s: float = 0.0

    def now(self) -> float:
        """Unix seconds, virtual."""
        return time.time() + self.offset_s


@dataclass(slots=True)
class Partner:
    """A named set of operations; `operations` maps "METHOD /path" or "METHOD /path/*"."""

    name: str
    operations: dict[str, Operation]
    clock: PartnerClock = field(default_factory=PartnerClock)
    on_reset: list[Callable[[], None]] = field(default_factory=list)
    failures: FailureBook = field(default_factory=FailureBook)
    counts: Counter[str] = field(default_factory=Counter)
    counts_lock: threading.Lock = field(default_factory=threading.Lock)

    def route(self, method: str, path: str) -> Operation | None:
        """The operation of a request: the exact path first, then its parent with `*`."""
        parent = path.rsplit("/", 1)[0]
        exact = self.operations.get(f"{method} {path}")
        return exact or self.operations.get(f"{method} {parent}/*")

    def answer(self, call: Call) -> Answer:
        """Process a request without failure modes; malformed ones get 400, unknown paths 404."""
        operation = self.route(call.method, call.path)
        if operation is None:
            return Answer(404, {"error": "no_such_operation"})
        try:
            return operation(call)
        except MalformedError as reason:
            return Answer(400, {"error": "malformed", "detail": str(reason)})

    def control(self, call: Call) -> Answer:
        """Answer a `/_control/...` request of the base; services add theirs to `operations`."""
        match f"{call.method} {call.path}":
            case "POST /_control/mode":
                try:
                    self.failures.set(call.body)
                except (KeyError, ValueError, TypeError) as reason:
                    return Answer(400, {"error": "malformed", "detail": str(reason)})
                return Answer(200, {"mode": call.body["mode"]})
            case "GET /_control/log":
                with self.counts_lock:
                    return Answer(200, {"counts": dict(self.counts)})
            case "POST /_control/clock":
                self.clock.offset_s = float(call.body.get("offset_s", 0.0))
                return Answer(200, {"now": self.clock.now()})
            case "POST /_control/reset":
                self.failures.clear()
                with self.counts_lock:
                    self.counts.clear()
                for reset in self.on_reset:
                    reset()
                return Answer(200, {"reset": self.name})
            case _:
                return self.answer(call)

    def count(self, call: Call, mode: Mode) -> None:
        """Count one request by its route and by the mode that met it."""
        route = call.path
        if f"{call.method} {route}" not in self.operations:
            route = route.rsplit("/", 1)[0] + "/*"
        with self.counts_lock:
            self.counts[f"{call.method} {route}"] += 1
            if mode is not Mode.OK:
                self.counts[f"mode {mode.value}"] += 1


class DroppedError(Exception):
    """Close the connection without an answer; an operation may raise it too."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is daily business of a sandbox; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # without TCP_NODELAY each keep-alive call stalls 40 ms
    wbufsize = -1  # one segment for head and body
    timeout = 120
    partner: Partner

    def do_GET(self) -> None:
        """Serve a read."""
        self._serve()

    def do_POST(self) -> None:
        """Serve a write."""
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests carry personal data: nothing is printed."""

    def _serve(self) -> None:
        try:
            call = self._read()
        except MalformedError as reason:
            self._send(Answer(400, {"error": "malformed", "detail": str(reason)}))
            return
        if call.path.startswith("/_control/"):
            self._send(self.partner.control(call))
            return
        mode, seconds = self.partner.failures.take(call.path)
        self.partner.count(call, mode)
        try:
            answer = self._respond(call, mode, seconds)
        except DroppedError:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(answer)

    def _respond(self, call: Call, mode: Mode, seconds: float) -> Answer:
        match mode:
            case Mode.DOWN:
                return Answer(503, {"error": "unavailable"})
            case Mode.DROP_BEFORE:
                raise DroppedError
            case Mode.NONSENSE:
                return Answer(200, {"status": 42, "lorem": ["ipsum", None]})
            case Mode.GARBAGE:
                return Answer(200, b"<html><body>Welcome to nginx!</body>")
            case Mode.SLOW:
                time.sleep(seconds)
            case Mode.OK | Mode.DROP:
                pass
        answer = self.partner.answer(call)
        if mode is Mode.DROP:
            raise DroppedError
        return answer

    def _read(self) -> Call:
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_LIMIT_BYTES:
            self.close_connection = True
            raise MalformedError("body too large")
        raw = self.rfile.read(length) if length else b""
        target = urlsplit(self.path)
        content_type = self.headers.get("Content-Type") or ""
        is_binary = content_type.startswith(BINARY)
        return Call(
            method=self.command,
            path=target.path,
            query={name: values[-1] for name, values in parse_qs(target.query).items()},
            body={} if is_binary else _parse(raw, content_type),
            authorization=self.headers.get("Authorization") or "",
            raw=raw if is_binary else b"",
        )

    def _send(self, answer: Answer) -> None:
        payload = answer.payload()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)
        self.wfile.flush()


def _parse(raw: bytes, content_type: str) -> JsonObject:
    if not raw:
        return {}
    try:
        if content_type.startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(raw.decode()))
        body = json.loads(raw)
    except ValueError as reason:
        raise MalformedError("body is not JSON") from reason
    if not isinstance(body, dict):
        raise MalformedError("body must be a JSON object")
    return body


@dataclass(frozen=True, slots=True)
class Running:
    """A partner that listens; `url` has no trailing slash."""

    partner: Partner
    url: str
    server: ThreadingHTTPServer

    def close(self) -> None:
        """Stop accepting and free the port."""
        self.server.shutdown()
        self.server.server_close()


def bind(port: int = 0) -> ThreadingHTTPServer:
    """A listening loopback server that has no partner yet (the issuer must know its own URL)."""
    return _Server(("127.0.0.1", port), _Handler)


def start(partner: Partner, *, port: int = 0, server: ThreadingHTTPServer | None = None) -> Running:
    """Serve `partner` on a loopback port (0 = a free one) in a daemon thread."""
    listening = server or bind(port)
    handler = type(f"{partner.name}_handler", (_Handler,), {"partner": partner})
    listening.RequestHandlerClass = handler
    threading.Thread(
        target=listening.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    ).start()
    return Running(partner, f"http://127.0.0.1:{listening.server_port}", listening)
