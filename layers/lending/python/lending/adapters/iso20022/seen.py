"""Which bookings a file has shown already, in about 16 bytes each."""

from array import array
from hashlib import blake2b
from typing import Final

_SLOTS_FIRST: Final = 1024


class Seen:
    """A set of 64-bit digests with open addressing.

    A set of Python strings would take ten times the memory of a large statement. Two different
    ids collide among a million with a chance of one in 37 million; the second entry would then be
    parked for a person, not lost.
    """

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _SLOTS_FIRST))
        self._count = 0

    def add(self, *key: str) -> bool:
        """Remember a key; False when it was here before."""
        digest = blake2b("\0".join(key).encode(), digest_size=8).digest()
        value = int.from_bytes(digest) or 1  # 0 marks a free slot
        if 2 * self._count >= len(self._slots):
            self._grow()
        return self._insert(value)

    def _insert(self, value: int) -> bool:
        slots, mask = self._slots, len(self._slots) - 1
        place = value & mask
        while slots[place]:
            if slots[place] == value:
                return False
            place = (place + 1) & mask
        slots[place] = value
        self._count += 1
        return True

    def _grow(self) -> None:
        before, self._count = self._slots, 0
        self._slots = array("Q", bytes(16 * len(before)))
        for value in before:
            if value:
                self._insert(value)
