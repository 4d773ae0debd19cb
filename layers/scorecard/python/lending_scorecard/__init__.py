"""The model layer: probability of default, score and reasons from a checksummed JSON artefact.

Standard library only, because it is loaded in the cold start of a function: no numpy, no pickle.
docs/model-artefact.md describes what an artefact may hold; `ml.export` writes it; scikit-learn and
EBM agree with this evaluator within 1e-12 (tests/adapters/test_model_parity.py).

    card = load()
    card.evaluate({"bureau_score": 712, "ltv_pct": "92.50", "pti_pct": "11.20"}).pd_ppm
"""

from __future__ import annotations

from lending_scorecard.artefact import read
from lending_scorecard.card import Score, Scorecard
from lending_scorecard.errors import ArtefactCorrupt, MissingColumn, UnknownFeature

__all__ = ["ArtefactCorrupt", "MissingColumn", "Score", "Scorecard", "UnknownFeature", "load"]


def load(path: str | None = None, version: str | None = None) -> Scorecard:
    """Read and verify an artefact: by path, a released one by version, else the champion.

    Raises ArtefactCorrupt when it is not the artefact that its sha256 was taken of, or (released
    ones) not signed by a trusted key; OSError when a path cannot be read.
    """
    if path is None:
        from lending_scorecard.serving import Released, Serving

        return Serving().champion() if version is None else Released().card(version)
    with open(path, "rb") as file:  # noqa: PTH123 - pathlib alone would double the cold start.
        return read(file.read())
