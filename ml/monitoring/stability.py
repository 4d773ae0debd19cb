"""Population stability: how far the shares of bins moved from a reference.

PSI = sum over bins of (actual - reference) * ln(actual / reference); shares below 1 in 10,000 count
as that. Below 0.1 is usually called stable, above 0.25 shifted (Siddiqi, Credit Risk Scorecards).
"""

from dataclasses import dataclass

import numpy as np

from ml.monitoring.observations import Texts
from ml.population import Floats

_LEAST = 1e-4
_LEVELS_MAX = 30


@dataclass(frozen=True, slots=True)
class Bins:
    """How one column is cut: by edges (numbers) or levels (texts); the last bin is missing."""

    edges: tuple[float, ...] | None
    levels: tuple[str, ...]
    labels: tuple[str, ...]

    def shares(self, column: Floats | Texts) -> Floats:
        """Share of each bin; NaN for all when the column is empty."""
        if self.edges is not None:
            numbers = np.asarray(column, dtype=np.float64)
            at = np.searchsorted(np.asarray(self.edges), numbers, side="right")
            at = np.where(np.isnan(numbers), len(self.labels) - 1, at)
        else:
            known = {level: position for position, level in enumerate(self.levels)}
            other = len(self.levels)
            at = np.array(
                [other + 1 if text == "" else known.get(text, other) for text in column.tolist()],
                dtype=np.int64,
            )
        counts = np.bincount(at, minlength=len(self.labels)).astype(np.float64)
        return counts / at.size if at.size else np.full(counts.shape, np.nan)


def number_bins(reference: Floats, count: int = 10) -> Bins:
    """Equally filled bins of the reference (ties make fewer), and one for missing."""
    known = reference[~np.isnan(reference)]
    at = np.linspace(0, 1, count + 1)[1:-1]
    edges = tuple(np.unique(np.quantile(known, at)).tolist()) if known.size else ()
    lows, highs = ("", *(f"{edge:.4g}" for edge in edges)), (*(f"{e:.4g}" for e in edges), "")
    labels = tuple(f"[{low}, {high})" for low, high in zip(lows, highs, strict=True))
    return Bins(edges, (), (*labels, "missing"))


def text_bins(reference: Texts) -> Bins:
    """The reference's levels (the most frequent 30), one for others, one for missing."""
    levels, counts = np.unique(reference[reference != ""], return_counts=True)
    chosen = levels[np.argsort(-counts, kind="stable")][:_LEVELS_MAX].tolist()
    return Bins(None, tuple(chosen), (*chosen, "other", "missing"))


def psi(reference: Floats, actual: Floats) -> float:
    """Population stability index of two vectors of shares."""
    old, new = np.maximum(reference, _LEAST), np.maximum(actual, _LEAST)
    return float(np.sum((new - old) * np.log(new / old)))
