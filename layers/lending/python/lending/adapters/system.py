"""Clock and ids of a real process."""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS: Final = 80


class SystemClock:
    """The machine's clock, aware UTC."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


class UlidIds:
    """ULIDs: 48 bits of milliseconds and 80 random bits, sortable also within a millisecond."""

    def __init__(self, clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._clock_ms = clock_ms
        self._last = 0

    def new(self, prefix: str) -> str:
        """`<prefix>_<26 characters of Crockford base 32>`, greater than every earlier one."""
        fresh = (self._clock_ms() << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
        # A clock that stands still or steps back must not break the order within a process.
        self._last = max(fresh, self._last + 1)
        value, characters = self._last, []
        for _ in range(26):
            value, digit = divmod(value, 32)
            characters.append(_ALPHABET[digit])
        return f"{prefix}_{''.join(reversed(characters))}"
