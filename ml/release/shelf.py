"""The shelf of released models in the layer: artefacts, signatures, trusted keys, assignments."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lending_scorecard.artefact import read
from lending_scorecard.assignment import Assignments
from lending_scorecard.errors import ArtefactCorrupt
from lending_scorecard.serving import Released, Serving

from ml.release.checks import CHECKS, SIZE_MAX, Candidate, CheckFailed, fairness
from ml.release.signing import Signer, signature

SHELF = Path(__file__).resolve().parents[2] / "layers/scorecard/artefacts"


def check(one: Candidate, because: str | None = None, shelf: Path = SHELF) -> dict[str, str]:
    """Every check's finding; `because` says why fairness cannot be measured. Raises CheckFailed at
    the first that does not hold."""
    found = {name: held(one) for name, held in CHECKS.items()}
    found["fairness"] = fairness(one, because)
    found["size"] = _size(one, shelf)
    return found


def _size(one: Candidate, shelf: Path) -> str:
    layer = sum(
        path.stat().st_size
        for path in shelf.parent.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    known = shelf / f"{one.card.version}.json"
    total = layer + len(one.text) - (known.stat().st_size if known.exists() else 0)
    if total > SIZE_MAX:
        raise CheckFailed(f"size: the layer would hold {total} bytes, more than {SIZE_MAX}")
    return f"{len(one.text)} bytes, layer {total}"


def place(one: Candidate, signer: Signer, shelf: Path = SHELF, *, replace: bool = False) -> Path:
    """Sign and put on the shelf; what is written is read back as the function will.

    Raises CheckFailed when that version stands there with another content.
    """
    version = one.card.version
    if "/" in version or version.startswith(".") or not version:
        raise CheckFailed(f"version: {version!r} cannot name a file")
    path = shelf / f"{version}.json"
    if path.exists() and path.read_bytes() != one.text and not replace:
        raise CheckFailed(f"version: {version} is released with another content")
    shelf.mkdir(parents=True, exist_ok=True)
    _write(path, one.text)
    sign(version, signer, shelf)
    return path


def sign(version: str, signer: Signer, shelf: Path = SHELF) -> None:
    """Sign what lies on the shelf under a version, and trust the signer's key.

    Raises ArtefactCorrupt when the evaluator refuses it."""
    card = read((shelf / f"{version}.json").read_bytes())
    keys = read_document(shelf / "keys.json", {})
    write_document(shelf / "keys.json", {**keys, signer.key_id: signer.public})
    write_document(shelf / f"{version}.sig.json", signature(signer, card.sha256))
    Released(str(shelf)).card(version)
    _drop_unused_keys(shelf)


def _drop_unused_keys(shelf: Path) -> None:
    """A key that signed nothing on the shelf is trusted for nothing."""
    used = {read_document(path, {}).get("key") for path in shelf.glob("*.sig.json")}
    keys = read_document(shelf / "keys.json", {})
    write_document(shelf / "keys.json", {name: key for name, key in keys.items() if name in used})


def assign(row: Mapping[str, Any], shelf: Path = SHELF) -> None:
    """Add a row. Raises CheckFailed when it is malformed or names a model that is not accepted;
    nothing is written then."""
    path = shelf / "assignment.json"
    document = read_document(path, {"format": 1, "assignments": []})
    changed = {**document, "assignments": [*document["assignments"], dict(row)]}
    released = Released(str(shelf))
    try:
        for version in Assignments(changed).versions:
            released.card(version)
    except ArtefactCorrupt as cause:
        raise CheckFailed(f"assignment: {cause}") from cause
    write_document(path, changed)


def rolled_back(market: str, product: str, at: str, shelf: Path = SHELF) -> dict[str, Any]:
    """A row from `at` that names what stood before the row that counts there now.

    Raises CheckFailed when nothing stood before."""
    standing = Assignments(read_document(shelf / "assignment.json", {})).standing(
        market, product, at
    )
    before = [row for row in standing[1:] if row.champion != standing[0].champion]
    if not before:
        raise CheckFailed("roll-back: no other model stood before")
    return {
        "from": at,
        "market": market,
        "product": product,
        "champion": before[0].champion,
        "challenger": None,
        "challenger_share_ppm": 0,
        "shadow": [],
        "note": f"roll-back of {standing[0].champion}",
    }


def proven(shelf: Path = SHELF) -> Serving:
    """The shelf as the score function loads it. Raises CheckFailed when anything is refused."""
    try:
        serving = Serving(str(shelf))
    except ArtefactCorrupt as cause:
        raise CheckFailed(f"shelf: {cause}") from cause
    if serving.refused:
        raise CheckFailed(f"shelf: refused {serving.refused}")
    return serving


def read_document(path: Path, absent: dict[str, Any]) -> dict[str, Any]:
    """A JSON object, or `absent` when there is no such file."""
    if not path.exists():
        return absent
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


def write_document(path: Path, document: Mapping[str, Any]) -> None:
    """Put a JSON object in place at once."""
    _write(path, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())


def _write(path: Path, text: bytes) -> None:
    beside = path.with_suffix(path.suffix + ".new")
    beside.write_bytes(text)
    os.replace(beside, path)  # noqa: PTH105 - atomic on every platform
