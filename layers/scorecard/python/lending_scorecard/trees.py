"""Ensembles of trees: exact leaf values, and Shapley values against one reference applicant.

Every split is compiled to one comparison. A number whose missing value goes right is compared as
it is (NaN <= t is false); where it goes left, its negative is compared, with the branches
exchanged; a category split becomes 0 or 1, looked up by level for all splits at once.
"""

from __future__ import annotations

import math
import struct

from lending_scorecard.tables import add

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from lending_scorecard.columns import Feature

    Told = tuple[float, dict[str, float], dict[str, float]]
    Entry = dict[str, Any]

_DEPTH_MAX = 200


class Trees:
    """baseline + scale * sum of leaves, in log-odds or probability."""

    __slots__ = (
        "_at_reference",
        "_baseline",
        "_features",
        "_layout",
        "_roots",
        "_scale",
        "_weights",
        "base",
        "space",
    )

    def __init__(
        self, entry: Entry, features: Mapping[str, Feature], reference: Sequence[Any]
    ) -> None:
        self.space: str = entry["space"]
        self._baseline = float(entry["baseline"])
        self._scale = float(entry["scale"])
        self._features = [features[name] for name in entry["features"]]
        self._layout = _Layout(self._features, entry["precision"])
        self._roots = [self._layout.compiled(tree, 0) for tree in entry["trees"]]
        self._layout.freeze()
        starts = self._layout.starts()
        self._roots = [self._layout.settled(root, starts) for root in self._roots]
        self._at_reference = self._layout.vector(reference)
        self._weights = _weights(_DEPTH_MAX)
        self.base = self.value(reference)

    def value(self, slots: Sequence[Any]) -> float:
        """The ensemble's answer in its space."""
        vector = self._layout.vector(slots)
        total = 0.0
        for node in self._roots:
            while node.__class__ is tuple:
                at, threshold, low, high = node
                node = low if vector[at] <= threshold else high
            total += node
        return self._baseline + self._scale * total

    def explain(self, slots: Sequence[Any]) -> Told:
        """The answer, each feature's Shapley value against the reference applicant, and reasons'
        weights."""
        owners = self._layout.owners
        shares = [0.0] * len(self._features)
        descent = _Descent(
            self._layout.vector(slots), self._at_reference, owners, shares, self._weights
        )
        for root in self._roots:
            descent.follow(root)
        contributions: dict[str, float] = {}
        weights: dict[str, float] = {}
        for feature, share in zip(self._features, shares, strict=True):
            absent = feature.is_missing(slots[feature.slot])
            reason = feature.missing_reason if absent else feature.reason
            add(feature.name, self._scale * share, reason, contributions, weights)
        return self.value(slots), contributions, weights


class _Layout:
    """The vector that compiled nodes index: numbers, negatives, and 0 or 1 for category splits."""

    __slots__ = ("_features", "_frozen", "_numbers", "_pick", "_round", "_splits", "owners")

    def __init__(self, features: list[Feature], precision: str) -> None:
        self._features = features
        self._round: Callable[[float], float] | None = {"double": None, "single": _single}[
            precision
        ]
        self._numbers: dict[tuple[int, bool], int] = {}  # (feature, negated) -> position
        # per feature: (levels that go left, missing goes left) -> position among its splits
        self._splits: dict[int, dict[tuple[frozenset[int], bool], int]] = {}
        self._frozen: list[tuple[int, list[tuple[float, ...]]]] = []
        self._pick: list[tuple[int, bool]] = []
        self.owners: list[int] = []

    def compiled(self, tree: Any, depth: int) -> Any:
        """A nested list as nested tuples; category positions are settled by `freeze`."""
        if isinstance(tree, int | float) and not isinstance(tree, bool):
            if not math.isfinite(tree):
                raise ValueError("a leaf must be finite")
            return float(tree)
        if depth > _DEPTH_MAX:
            raise ValueError("a tree is too deep")
        feature, threshold, missing_left, left, right = tree
        if missing_left not in (0, 1) or not 0 <= feature < len(self._features):
            raise ValueError("a split is malformed")
        low, high = self.compiled(left, depth + 1), self.compiled(right, depth + 1)
        levels = self._features[feature].levels
        if isinstance(threshold, list):
            if levels is None or any(not 0 <= code < len(levels) for code in threshold):
                raise ValueError("a split names a level that is not declared")
            known = self._splits.setdefault(feature, {})
            at = known.setdefault((frozenset(threshold), bool(missing_left)), len(known))
            return ((feature, at), 0.5, low, high)
        if levels is not None or threshold != threshold:
            raise ValueError("a split by number of a category")
        if threshold is None:  # Every number goes left.
            threshold = math.inf
        if not missing_left:
            return (self._number(feature, False), float(threshold), low, high)
        if threshold == math.inf:
            return low  # Nothing is above it, and missing goes left too.
        # value > t is -value < -t is -value <= the float below -t; NaN is not, and goes left.
        turned = math.nextafter(-float(threshold), -math.inf)
        return (self._number(feature, True), turned, high, low)

    def _number(self, feature: int, negated: bool) -> int:
        return self._numbers.setdefault((feature, negated), len(self._numbers))

    def freeze(self) -> None:
        """Settle the positions of category splits; after it `vector` may be asked for."""
        self._pick = [(self._features[f].slot, negated) for f, negated in self._numbers]
        self.owners = [feature for feature, _ in self._numbers]
        for feature, known in self._splits.items():
            levels = self._features[feature].levels or ()
            table = [
                tuple(0.0 if code in left else 1.0 for left, _ in known)
                for code in range(len(levels))
            ]
            absent = tuple(0.0 if goes_left else 1.0 for _, goes_left in known)
            self._frozen.append((self._features[feature].slot, [*table, absent, absent]))
            self.owners += [feature] * len(known)

    def settled(self, node: Any, starts: dict[int, int]) -> Any:
        """A compiled tree with plain positions everywhere."""
        if node.__class__ is not tuple:
            return node
        at, threshold, low, high = node
        if at.__class__ is tuple:
            at = starts[at[0]] + at[1]
        return (at, threshold, self.settled(low, starts), self.settled(high, starts))

    def starts(self) -> dict[int, int]:
        """Where each category's splits begin in the vector."""
        found, at = {}, len(self._numbers)
        for feature, known in self._splits.items():
            found[feature] = at
            at += len(known)
        return found

    def vector(self, slots: Sequence[Any]) -> list[float]:
        """What compiled nodes compare, of one applicant."""
        rounded = self._round
        if rounded is None:
            found = [-slots[slot] if negated else slots[slot] for slot, negated in self._pick]
        else:
            found = [
                -rounded(slots[slot]) if negated else rounded(slots[slot])
                for slot, negated in self._pick
            ]
        for slot, table in self._frozen:
            found += table[slots[slot]]
        return found


class _Descent:
    """Both applicants go down a tree at once; where they part, the feature is taken from one.

    At a leaf that needs u features of the applicant and v of the reference, the leaf's value is
    shared as Shapley's formula does: (u-1)! v! / (u+v)! to each of the u, -u! (v-1)! / (u+v)! to
    each of the v.
    """

    __slots__ = ("_owners", "_shares", "_taken", "_theirs", "_us", "_vs", "_weights", "_x")

    def __init__(
        self,
        x: list[float],
        theirs: list[float],
        owners: list[int],
        shares: list[float],
        weights: list[list[float]],
    ) -> None:
        self._x, self._theirs, self._owners = x, theirs, owners
        self._shares, self._weights = shares, weights
        self._taken = [0] * len(shares)  # 1: from the applicant, 2: from the reference
        self._us: list[int] = []
        self._vs: list[int] = []

    def follow(self, node: Any) -> None:
        """Add one tree's shares."""
        x, theirs, owners, taken = self._x, self._theirs, self._owners, self._taken
        while node.__class__ is tuple:
            at, threshold, low, high = node
            ours = low if x[at] <= threshold else high
            other = low if theirs[at] <= threshold else high
            if ours is other:
                node = ours
                continue
            owner = owners[at]
            if taken[owner]:
                node = ours if taken[owner] == 1 else other
                continue
            taken[owner] = 1
            self._us.append(owner)
            self.follow(ours)
            self._us.pop()
            taken[owner] = 2
            self._vs.append(owner)
            self.follow(other)
            self._vs.pop()
            taken[owner] = 0
            return
        self._share(node)

    def _share(self, leaf: float) -> None:
        u, v = len(self._us), len(self._vs)
        if u:
            part = leaf * self._weights[u - 1][v]
            for owner in self._us:
                self._shares[owner] += part
        if v:
            part = leaf * self._weights[v - 1][u]
            for owner in self._vs:
                self._shares[owner] -= part


def _weights(largest: int) -> list[list[float]]:
    """weights[a][b] = a! b! / (a + b + 1)!, as 1 / ((a + b + 1) * C(a + b, a))."""
    return [
        [1 / ((a + b + 1) * math.comb(a + b, a)) for b in range(largest - a + 1)]
        for a in range(largest + 1)
    ]


def _single(value: float) -> float:
    """The nearest 32-bit float, as scikit-learn's forests read their inputs."""
    try:
        return struct.unpack("f", struct.pack("f", value))[0]  # type: ignore[no-any-return]
    except OverflowError:
        return math.inf if value > 0 else -math.inf
