"""Calibrations as data."""

from typing import Any, Literal

import numpy as np

from ml.export.columns import Node
from ml.population import Floats

type Space = Literal["log_odds", "probability"]


def platt(slope: float, offset: float) -> Node:
    """slope * log-odds + offset."""
    return {"method": "platt", "slope": float(slope), "offset": float(offset)}


def isotonic(fitted: Any, source: Space, target: Space = "probability") -> Node:
    """A fitted IsotonicRegression (increasing) from `source` to `target`, as its knots.

    Where it holds two values at one x, scikit-learn interpolates to the later; so do knots.
    """
    x: Floats = np.asarray(fitted.X_thresholds_, dtype=np.float64)
    y: Floats = np.asarray(fitted.y_thresholds_, dtype=np.float64)
    if not fitted.increasing_:
        raise ValueError("calibration would reverse the ranking")
    keep = np.append(np.diff(x) > 0, True)
    return {
        "method": "knots",
        "from": source,
        "to": target,
        "x": x[keep].tolist(),
        "y": np.maximum.accumulate(y[keep]).tolist(),
    }
