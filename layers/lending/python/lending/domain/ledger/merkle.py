"""The daily anchor: one hash over the heads of all loans (a Merkle tree as in RFC 9162, 2.1).

Signed and kept where nobody can delete it, it proves later what the whole ledger was on a day;
a proof of log2(loans) hashes shows one loan's head to be part of it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lending.domain.ledger.journal import Head, canonical_json, instant_text

_LEAF, _NODE = b"\x00", b"\x01"  # a leaf can never pass for a node


@dataclass(frozen=True, slots=True)
class Anchor:
    """The root over the heads of `loans` loans, taken at the end of a business date."""

    on: date
    taken_at: datetime
    loans: int
    root_sha256: str

    def signed_bytes(self) -> bytes:
        """What a signature over the anchor covers."""
        return canonical_json(
            {
                "on": self.on.isoformat(),
                "taken_at": instant_text(self.taken_at),
                "loans": self.loans,
                "root_sha256": self.root_sha256,
            }
        )


def leaf(loan_id: str, head: Head) -> bytes:
    """What the tree holds of one loan."""
    return canonical_json([loan_id, head.seq, head.sha256])


class Tree:
    """The root over leaves that are added one by one; memory grows with their logarithm."""

    def __init__(self) -> None:
        self.count = 0
        self._peaks: list[tuple[int, bytes]] = []  # full subtrees (leaves, hash), largest first

    def add(self, data: bytes) -> None:
        """One more leaf, to the right."""
        self.count += 1
        size, digest = 1, _hash(_LEAF + data)
        while self._peaks and self._peaks[-1][0] == size:
            digest = _hash(_NODE + self._peaks.pop()[1] + digest)
            size *= 2
        self._peaks.append((size, digest))

    def root(self) -> str:
        """The root so far; of no leaves the hash of nothing."""
        if not self._peaks:
            return _hash(b"").hex()
        digest = self._peaks[-1][1]
        for _, left in reversed(self._peaks[:-1]):
            digest = _hash(_NODE + left + digest)
        return digest.hex()


def anchor(on: date, taken_at: datetime, heads: Iterable[tuple[str, Head]]) -> Anchor:
    """The anchor over all heads, in ascending order of loan id.

    Raises:
        ValueError: the loan ids do not ascend.
    """
    tree, before = Tree(), ""
    for loan_id, head in heads:
        if loan_id <= before:
            raise ValueError(f"{loan_id} comes after {before}: loan ids ascend")
        tree.add(leaf(loan_id, head))
        before = loan_id
    return Anchor(on, taken_at, tree.count, tree.root())


def proof(leaves: Sequence[bytes], index: int) -> tuple[str, ...]:
    """The hashes that lead from leaf `index` to the root, lowest first."""
    if len(leaves) == 1:
        return ()
    left = _split(len(leaves))
    if index < left:
        return (*proof(leaves[:left], index), _root(leaves[left:]))
    return (*proof(leaves[left:], index - left), _root(leaves[:left]))


def proves(data: bytes, index: int, count: int, path: Sequence[str], root: str) -> bool:
    """Whether the path shows `data` to be leaf `index` of the `count` under the root."""
    if not 0 <= index < count:
        return False
    try:
        return _climb(data, index, count, [bytes.fromhex(step) for step in path]).hex() == root
    except ValueError:
        return False


def _climb(data: bytes, index: int, count: int, path: list[bytes]) -> bytes:
    """The root that the path leads to.

    Raises:
        ValueError: the path is too long or too short for a tree of that size.
    """
    if count == 1:
        if path:
            raise ValueError("the path is too long")
        return _hash(_LEAF + data)
    if not path:
        raise ValueError("the path is too short")
    left, sibling = _split(count), path[-1]
    if index < left:
        return _hash(_NODE + _climb(data, index, left, path[:-1]) + sibling)
    return _hash(_NODE + sibling + _climb(data, index - left, count - left, path[:-1]))


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _root(leaves: Sequence[bytes]) -> str:
    tree = Tree()
    for data in leaves:
        tree.add(data)
    return tree.root()


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
