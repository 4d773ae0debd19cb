"""From log-odds to probabilities that come true: rising, so ranks and reasons stay."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from ml import export
from ml.export.columns import Node
from ml.population import Bools, Floats

FLATTEST = 0.02  # Slope that a bent line keeps, so that nobody is tied.
FARTHEST = 15.0  # Log-odds; nobody is beyond.


def calibrate(log_odds: Floats, bad: Bools, bends: tuple[float, ...] = ()) -> Node:
    """A rising map from log-odds to probability, learned from rows the model was not fitted on:
    a line in log-odds (Platt), with a slope of its own between each two of `bends`.

    Raises ValueError when the model ranks backwards on them."""
    platt = LogisticRegression(C=1e6, solver="newton-cholesky", tol=1e-10, max_iter=200)
    platt.fit(log_odds.reshape(-1, 1), bad)
    slope, offset = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    if slope <= 0:
        raise ValueError("calibration reversed the ranking of the model")
    return _bent(log_odds, bad, bends, slope, offset) if bends else export.platt(slope, offset)


def _bent(
    log_odds: Floats, bad: Bools, bends: tuple[float, ...], slope: float, offset: float
) -> Node:
    """The likeliest line of such pieces, from a straight one on."""
    edges = np.array([-FARTHEST, *bends, FARTHEST])
    pieces = np.clip(log_odds[:, None], edges[:-1], edges[1:]) - edges[:-1]
    pieces[:, 0] -= edges[1] - edges[0]  # From the first bend down.

    def unlikely(line: Floats) -> tuple[float, Floats]:
        told = line[0] + pieces @ line[1:]
        off = expit(told) - bad
        loss = np.logaddexp(0, told) - told * bad
        return float(loss.mean()), np.array([off.mean(), *(off @ pieces / bad.size)])

    count = edges.size - 1
    found = minimize(
        unlikely,
        np.array([slope * bends[0] + offset, *[slope] * count]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None), *[(FLATTEST, None)] * count],
        options={"ftol": 1e-12, "gtol": 1e-8, "maxiter": 500},
    ).x
    rises = np.diff(edges) * found[1:]
    y = found[0] + np.concatenate([[-rises[0]], np.cumsum(np.concatenate([[0.0], rises[1:]]))])
    return {
        "method": "knots",
        "from": "log_odds",
        "to": "log_odds",
        "x": edges.tolist(),
        "y": y.tolist(),
    }


def calibrated(calibration: Node, log_odds: Floats) -> Floats:
    """Probabilities as the evaluator computes them."""
    if calibration["method"] == "platt":
        return np.asarray(expit(calibration["slope"] * log_odds + calibration["offset"]))
    return np.asarray(expit(np.interp(log_odds, calibration["x"], calibration["y"])))
