"""A tiny JSON client and the seven sandboxes on free ports."""

import http.client
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tools.partners.serve import start_all
from tools.partners.service import Running

type Ask = Callable[..., tuple[int, Any]]


def ask(url: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """One request on a fresh connection: (status, decoded JSON)."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        payload = None if body is None else json.dumps(body)
        connection.request(method, path, payload, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@pytest.fixture
def partners(tmp_path: Path) -> Iterator[dict[str, Running]]:
    """The seven sandboxes with seed 7."""
    running = start_all(tmp_path, seed=7)
    yield running
    for one in running.values():
        one.close()
