"""Append-only JSON lines: what a sandbox must remember across a restart."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

type JsonObject = dict[str, Any]


class Journal:
    """One file of JSON objects, one a line, only ever appended to (or cleared as a whole)."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = threading.Lock()
        if path.exists() and (text := path.read_bytes()) and not text.endswith(b"\n"):
            path.write_bytes(text + b"\n")  # ends a torn line, so that the next one stands alone

    def __iter__(self) -> Iterator[JsonObject]:
        """Yield the stored objects in order; a torn last line (killed mid-write) is left out."""
        if not self._path.exists():
            return
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue

    def append(self, entry: JsonObject) -> None:
        """Write one object through to the operating system before returning."""
        line = json.dumps(entry, ensure_ascii=False) + "\n"
        with self._lock:
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode())
            finally:
                os.close(handle)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._path.unlink(missing_ok=True)
