"""The platform's logger, writing where a test can read."""

import io
import json
from typing import Any

import pytest
from lending.entrypoint.observability import logger


class Lines:
    """The log lines so far."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    def parsed(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """What was logged during the test."""
    stream = io.StringIO()
    monkeypatch.setattr(logger().registered_handler, "stream", stream)
    logger().setLevel("DEBUG")
    return Lines(stream)
