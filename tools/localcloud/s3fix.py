"""moto's objects close their buffers quietly: a bucket outlives tests and its copies are garbage.

moto warns of each object that nobody disposed of, which is meant for its own test suite.
"""

from typing import Any

from moto.s3.models import FakeKey


def _close(self: Any) -> None:
    self.dispose()


def install() -> None:
    """Once per process."""
    FakeKey.__del__ = _close
