"""Calls that the local cloud makes to itself skip the socket.

The workflow interpreter and the pump are clients of the edge in the edge's own process. Their
requests are made, signed and parsed by botocore as ever; only the loopback connection between is
left out, a third of what such a call costs. Fault rules and the call log see them all.
"""

import io
import urllib.parse
from collections.abc import Iterator
from typing import Any, Protocol

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from werkzeug.wrappers import Response


class Answerer(Protocol):
    """What answers AWS requests: the edge."""

    def aws(self, environ: dict[str, Any], body: bytes) -> Response:
        """The answer to one signed AWS request."""


class _Raw(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, amt: int = 65_536, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(amt):
            yield chunk


class Shortcut:
    """Sends the requests of the clients it is installed in straight to the edge, once it is there.

    Until then they go over HTTP, and so do those to any other host.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/") + "/"
        self.edge: Answerer | None = None

    def install(self, client: Any) -> Any:
        """Patch one boto3 client; returns it."""
        client.meta.events.register_first("before-send", self._send)
        return client

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        if self.edge is None or not request.url.startswith(self._url):
            return None
        body = _bytes(request.body)
        response = self.edge.aws(_environ(request, body), body)
        headers: Any = HeadersDict(response.headers.items())
        raw: Any = _Raw(response.get_data())
        return AWSResponse(request.url, response.status_code, headers, raw)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytes | bytearray) else bytes(body.read())


def _environ(request: AWSPreparedRequest, body: bytes) -> dict[str, Any]:
    """The request as a WSGI server would hand it on."""
    url = urllib.parse.urlsplit(request.url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": urllib.parse.unquote(url.path, "latin-1") or "/",
        "REQUEST_URI": request.url,
        "RAW_URI": request.url,
        "QUERY_STRING": url.query,
        "SERVER_NAME": url.hostname or "localhost",
        "SERVER_PORT": str(url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.multithread": True,
    }
    for name, value in request.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        environ["HTTP_" + name.upper().replace("-", "_")] = text
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ
