"""Which released model decides, and which are scored beside it: dated data, deterministic by id.

`assignment.json` holds rows {from, market, product, champion, challenger, challenger_share_ppm,
shadow}; "*" is any market or product. Of the rows that have begun, the one for exactly this product
and market wins over one for the market, over one for all; among equals the latest. A row that
names an earlier version is a roll-back.
"""

from __future__ import annotations

import hashlib

from lending_scorecard.errors import ArtefactCorrupt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MICRO = 1_000_000
ANY = "*"
_KEYS = frozenset(
    ("from", "market", "product", "champion", "challenger", "challenger_share_ppm", "shadow")
)


class Assignment:
    """One row. `at` is the instant it begins, in ISO 8601 with Z, so that texts compare."""

    __slots__ = ("at", "challenger", "champion", "market", "product", "shadow", "share_ppm")

    def __init__(self, row: dict[str, Any]) -> None:
        """Raises KeyError, TypeError or ValueError when it is malformed."""
        if unknown := row.keys() - _KEYS - {"note", "by"}:
            raise ValueError(f"unknown: {sorted(unknown)}")
        self.at: str = row["from"]
        self.market: str = row["market"]
        self.product: str = row["product"]
        self.champion: str = row["champion"]
        self.challenger: str | None = row["challenger"]
        self.share_ppm: int = row["challenger_share_ppm"]
        self.shadow: tuple[str, ...] = tuple(row["shadow"])
        if len(self.at) != 20 or self.at[10] != "T" or self.at[19] != "Z":
            raise ValueError(f"from must be an instant in UTC, not {self.at!r}")
        if self.market == ANY != self.product:
            raise ValueError("a product without its market")
        if not 0 <= self.share_ppm <= MICRO or (self.share_ppm and not self.challenger):
            raise ValueError("a share needs a challenger and is at most a million ppm")
        texts = (self.market, self.product, self.champion, *self.shadow)
        if not all(isinstance(text, str) and text for text in texts):
            raise ValueError("names must be text")

    @property
    def versions(self) -> tuple[str, ...]:
        """All models that this row names, the champion first."""
        named = (self.champion, *((self.challenger,) if self.challenger else ()), *self.shadow)
        return tuple(dict.fromkeys(named))

    def chosen(self, application_id: str) -> tuple[str, tuple[str, ...]]:
        """(the version that decides, those scored beside it) for one application.

        The same application always gets the same answer: its id is hashed with the row's
        challenger, so that two experiments in a row do not pick the same people.
        """
        decides = self.champion
        if self.challenger and _draw(f"{self.challenger}|{application_id}") < self.share_ppm:
            decides = self.challenger
        return decides, tuple(version for version in self.versions if version != decides)


def _draw(text: str) -> int:
    """A number in 0..999,999, the same for the same text everywhere."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % MICRO


class Assignments:
    """All rows, in the order they begin."""

    __slots__ = ("rows",)

    def __init__(self, document: dict[str, Any]) -> None:
        """Raises ArtefactCorrupt when it is malformed or no row is for everybody."""
        try:
            if document["format"] != 1:
                raise ArtefactCorrupt(f"unknown format {document['format']!r} of assignments")
            rows = [Assignment(row) for row in document["assignments"]]
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as cause:
            raise ArtefactCorrupt(f"the assignments are malformed: {cause!r}") from cause
        if not any(row.market == ANY for row in rows):
            raise ArtefactCorrupt("no assignment is for every market")
        self.rows = sorted(rows, key=lambda row: row.at)

    def standing(self, market: str, product: str, at: str) -> list[Assignment]:
        """Rows that apply at an instant, the one that counts first, then those it came after."""
        found = [
            row
            for row in self.rows
            if row.at <= at and row.market in (ANY, market) and row.product in (ANY, product)
        ]
        found.sort(key=lambda row: (row.product != ANY, row.market != ANY, row.at), reverse=True)
        return found

    @property
    def versions(self) -> tuple[str, ...]:
        """Every version that any row names."""
        return tuple(dict.fromkeys(version for row in self.rows for version in row.versions))
