"""The booted product as a pytest fixture: once per worker, isolated by fresh subject names.

Enable it in a `conftest.py`: `pytest_plugins = ["tools.localcloud.pytest_plugin"]`.
"""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tools.localcloud import cloud as cloud_module
from tools.localcloud.cloud import Platform
from tools.localcloud.faults import InvalidFault

ROOT = Path(__file__).resolve().parents[2]
_numbers = itertools.count(1)
_GRANT = "urn:autolend:local-signin"


@dataclass(frozen=True)
class Reply:
    """One HTTP answer; `body` is its JSON, or None when it has none."""

    status: int
    headers: dict[str, str]
    body: Any


class Client:
    """Calls the REST API, the partner sandboxes and the cloud's administration over HTTP."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._http = urllib3.PoolManager(maxsize=8, timeout=60.0, retries=False)

    def token(self, subject: str, groups: tuple[str, ...] = ()) -> str:
        """A fresh access token of the issuer sandbox."""
        form = {"grant_type": _GRANT, "sub": subject, "groups": " ".join(groups)}
        url = self.platform.partners["issuer"] + "/oauth2/token"
        reply = self._http.request("POST", url, fields=form, encode_multipart=False)
        return str(reply.json()["access_token"])

    def call(
        self,
        method: str,
        path: str,
        body: object | None = None,
        *,
        subject: str | None = None,
        groups: tuple[str, ...] = (),
        key: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Calls the API as `subject` (None: without a token); `key` is the Idempotency-Key."""
        sent = {"Accept": "application/json", **(headers or {})}
        if subject is not None:
            sent["Authorization"] = f"Bearer {self.token(subject, groups)}"
        if key is not None:
            sent["Idempotency-Key"] = key
        return self._send(method, self.platform.api_url + path, body, sent)

    def partner(self, name: str, method: str, path: str, body: object | None = None) -> Reply:
        """Calls a partner sandbox, for example `("bank_rail", "POST", "/_control/mode", ...)`."""
        return self._send(method, self.platform.partners[name] + path, body, {})

    def faults(self, *rules: dict[str, Any]) -> None:
        """Replaces the fault rules of the cloud; raises InvalidFault."""
        url = f"{self.platform.url}/_localcloud/faults"
        reply = self._send("POST", url, {"rules": list(rules)}, {})
        if reply.status != 200:
            raise InvalidFault(str(reply.body))

    def _send(self, method: str, url: str, body: object | None, headers: dict[str, str]) -> Reply:
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers = {"Content-Type": "application/json", **headers}
        answer = self._http.request(method, url, body=data, headers=headers)
        parsed = json.loads(answer.data) if answer.data else None
        return Reply(answer.status, {k.lower(): v for k, v in answer.headers.items()}, parsed)


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """The whole product with a temporary state directory; boots in some seconds."""
    with cloud_module.platform(ROOT, None, printer=lambda _text: None) as booted:
        yield booted


@pytest.fixture(scope="session")
def client(platform: Platform) -> Client:
    """HTTP client of the booted product."""
    return Client(platform)


@pytest.fixture
def fresh_subject() -> Callable[[], str]:
    """Makes subject names no other test has: tests share the platform, not customers."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return lambda: f"sub-{worker}-{os.getpid()}-{next(_numbers)}"
