"""Which characters documents can be printed with: what all vendored fonts have a glyph for.

Written as ranges of code points into the render layer, so that a function needs no font library.
"""

import json
import unicodedata
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont

# Characters that show nothing or turn the order of others around have no place in a contract.
HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


def printable(fonts: Iterable[Path]) -> frozenset[int]:
    """Code points every font draws, without controls, overrides and private use."""
    found: set[int] | None = None
    for path in fonts:
        with TTFont(path, lazy=True) as font:
            points = set(font.getBestCmap())
        found = points if found is None else found & points
    return frozenset(
        point for point in found or () if unicodedata.category(chr(point)) not in HIDDEN
    )


def ranges(points: Iterable[int]) -> list[list[int]]:
    """Sorted closed ranges."""
    in_order = sorted(points)
    if not in_order:
        return []
    breaks = [at for at, (one, two) in enumerate(pairwise(in_order), 1) if two != one + 1]
    starts, ends = [0, *breaks], [*breaks, len(in_order)]
    return [[in_order[start], in_order[end - 1]] for start, end in zip(starts, ends, strict=True)]


def write(fonts_dir: Path) -> int:
    """Write `coverage.json` beside the fonts; how many characters it has."""
    points = printable(sorted(fonts_dir.glob("*.ttf")))
    text = json.dumps({"ranges": ranges(points)}, separators=(",", ":"))
    (fonts_dir / "coverage.json").write_text(text + "\n", "utf-8")
    return len(points)
