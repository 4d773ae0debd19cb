"""The released models of this layer: read once, verified, chosen by assignment, scored at once.

A model that is refused (wrong checksum, unknown format, no valid signature) is never asked: the row
that named it is passed over, and the one that stood before it counts.
"""

from __future__ import annotations

import json

from lending_scorecard.artefact import read
from lending_scorecard.assignment import Assignments
from lending_scorecard.errors import ArtefactCorrupt
from lending_scorecard.signatures import verify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from lending_scorecard.assignment import Assignment
    from lending_scorecard.card import Score, Scorecard

FOLDER = __file__.rpartition("/python/")[0] + "/artefacts"


class Released:
    """A folder of released artefacts: `<version>.json`, `<version>.sig.json`, `keys.json`."""

    __slots__ = ("_cards", "_folder", "_keys", "refused")

    def __init__(self, folder: str = FOLDER) -> None:
        self._folder = folder
        self._cards: dict[str, Scorecard | None] = {}
        self._keys: dict[str, Any] | None = None
        self.refused: dict[str, str] = {}  # version -> why

    def card(self, version: str) -> Scorecard:
        """A verified model. Raises ArtefactCorrupt when it is absent, altered or not signed."""
        if version not in self._cards:
            try:
                self._cards[version] = self._read(version)
            except ArtefactCorrupt as cause:
                self._cards[version] = None
                self.refused[version] = str(cause)
        card = self._cards[version]
        if card is None:
            raise ArtefactCorrupt(f"{version}: {self.refused[version]}")
        return card

    def _read(self, version: str) -> Scorecard:
        if "/" in version or version.startswith("."):
            raise ArtefactCorrupt("a version is a file name")
        text = self._bytes(f"{version}.json")
        card = read(text)
        if card.version != version:
            raise ArtefactCorrupt(f"the artefact says it is {card.version!r}")
        if self._keys is None:
            self._keys = self._document("keys.json")
        verify(self._document(f"{version}.sig.json"), card.sha256, self._keys)
        return card

    def _bytes(self, name: str) -> bytes:
        try:
            with open(f"{self._folder}/{name}", "rb") as file:  # noqa: PTH123 - see `load`
                return file.read()
        except OSError as cause:
            raise ArtefactCorrupt(f"{name} cannot be read") from cause

    def _document(self, name: str) -> dict[str, Any]:
        try:
            document = json.loads(self._bytes(name))
        except ValueError as cause:
            raise ArtefactCorrupt(f"{name} is not readable JSON") from cause
        if not isinstance(document, dict):
            raise ArtefactCorrupt(f"{name} is not an object")
        return document

    def assignments(self) -> Assignments:
        """The rows of `assignment.json`. Raises ArtefactCorrupt."""
        return Assignments(self._document("assignment.json"))


class Serving:
    """What the score function holds: assignments and the models that they name."""

    __slots__ = ("_assignments", "_released")

    def __init__(self, folder: str = FOLDER) -> None:
        """Raises ArtefactCorrupt when the assignments or every model for everybody is refused."""
        self._released = Released(folder)
        self._assignments = self._released.assignments()
        for version in self._assignments.versions:
            try:
                self._released.card(version)
            except ArtefactCorrupt:
                continue  # `refused` tells; the rows that name it are passed over.
        self.standing("*", "*", "9999-12-31T23:59:59Z")

    @property
    def refused(self) -> dict[str, str]:
        """Versions that were named and not accepted, with the cause."""
        return self._released.refused

    def standing(self, market: str, product: str, at: str) -> Assignment:
        """The row that counts: the first whose champion and challenger were accepted.

        Raises ArtefactCorrupt when there is none."""
        for row in self._assignments.standing(market, product, at):
            if row.champion not in self.refused and row.challenger not in self.refused:
                return row
        raise ArtefactCorrupt(f"no model stands for {market}/{product} at {at}")

    def champion(self) -> Scorecard:
        """The model that decides for everybody, by the latest row."""
        return self._released.card(self.standing("*", "*", "9999-12-31T23:59:59Z").champion)

    def card(self, version: str) -> Scorecard:
        """A released model by its version. Raises ArtefactCorrupt."""
        return self._released.card(version)

    def score(
        self,
        features: Mapping[str, object],
        application_id: str,
        market: str,
        product: str,
        at: str,
    ) -> tuple[Score, str, list[dict[str, Any]]]:
        """(answer of the model that decides, its role, answers of those beside it).

        What stands beside never harms: a shadow that cannot score tells why instead. Raises what
        `Scorecard.evaluate` does, for the model that decides.
        """
        row = self.standing(market, product, at)
        decides, beside = row.chosen(application_id)
        answer = self._released.card(decides).evaluate(features)
        return (
            answer,
            "champion" if decides == row.champion else "challenger",
            [self._beside(version, features) for version in beside],
        )

    def _beside(self, version: str, features: Mapping[str, object]) -> dict[str, Any]:
        try:
            pd_ppm, score = self._released.card(version).brief(features)
        except (ArtefactCorrupt, TypeError, ValueError) as cause:
            return {"model": version, "failed": type(cause).__name__}
        return {"model": version, "pd_ppm": pd_ppm, "score": score}
