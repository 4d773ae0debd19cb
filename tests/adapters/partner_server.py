"""A partner on localhost that answers whatever a test wants, byte by byte."""

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Script:
    """Answers in order; the last one is repeated. `seen` are the requests."""

    answers: list[tuple[int, bytes]] = field(default_factory=list)
    delay_s: float = 0.0
    hang_up: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[str, str, Any]] = field(default_factory=list)

    def say(self, *answers: tuple[int, object]) -> None:
        """Answer these statuses and JSON documents (bytes are sent as they are)."""
        self.answers = [
            (status, body if isinstance(body, bytes) else json.dumps(body).encode())
            for status, body in answers
        ]

    def next(self) -> tuple[int, bytes]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class PartnerServer:
    """Listens on a free port of the loopback until `close`."""

    def __init__(self) -> None:
        self.script = Script()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                script = owner.script
                script.seen.append((self.command, self.path, json.loads(raw) if raw else None))
                time.sleep(script.delay_s)
                if script.hang_up:
                    self.close_connection = True
                    return
                status, body = script.next()
                self.send_response(status)
                for name, value in script.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = _answer  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Quiet."""

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up on a long answer is what some tests are about."""
