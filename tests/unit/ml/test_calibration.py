"""Probabilities come true, in one line or in several, and ranks stay."""

import numpy as np
import pytest
from scipy.special import expit

from ml import quality
from ml.calibration import calibrate, calibrated


def test_a_straight_line_is_found() -> None:
    rng = np.random.default_rng(1)
    score = rng.normal(-1, 0.7, 40_000)
    bad = rng.random(score.size) < expit(0.3 + 1.4 * score)
    found = calibrate(score, bad)
    assert (found["slope"], found["offset"]) == pytest.approx((1.4, 0.3), abs=0.06)


def test_where_risk_bends_a_bent_line_follows_it_and_never_falls() -> None:
    rng = np.random.default_rng(2)
    score = rng.normal(-1, 0.7, 40_000)
    risk = np.interp(score, [-6, -1.2, -1.1, -0.9, 4], [-6, -1.5, -0.8, -0.9, 3.2])
    bad = rng.random(score.size) < expit(risk)
    straight = calibrated(calibrate(score, bad), score)
    bent = calibrated(calibrate(score, bad, (-1.2, -1.1, -0.9)), score)
    assert quality.calibration_error(bad, bent) < 0.006
    assert quality.calibration_error(bad, bent) < quality.calibration_error(bad, straight) / 2
    assert (np.diff(bent[np.argsort(score)]) > 0).all()


def test_a_model_that_ranks_backwards_is_not_calibrated() -> None:
    score = np.linspace(-2, 2, 400)
    for bends in ((), (0.0,)):
        with pytest.raises(ValueError, match="reversed"):
            calibrate(score, score < 0.1 * np.sin(50 * score), bends)
