"""How good a probability of default is: ranking (AUC, KS), accuracy (Brier), calibration (ECE)."""

import numpy as np
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    roc_auc_score,
    roc_curve,
)

from ml.population import Bools, Floats


def measure(defaulted: Bools, pd: Floats) -> dict[str, float]:
    """The four figures on one sample, both arrays of shape (n,), rounded to six places so that
    the last bits of a processor do not change the artefact."""
    false_alarm, hit, _ = roc_curve(defaulted, pd)
    return {
        "auc": round(float(roc_auc_score(defaulted, pd)), 6),
        "ks": round(float(np.max(hit - false_alarm)), 6),
        "brier": round(float(brier_score_loss(defaulted, pd)), 6),
        "ece": round(calibration_error(defaulted, pd), 6),
    }


def calibration_error(defaulted: Bools, pd: Floats, bins: int = 10) -> float:
    """Expected calibration error over `bins` equally filled bins: the mean distance between the
    predicted and the observed default rate, as a fraction."""
    order = np.argsort(pd, kind="stable")
    parts = np.array_split(order, bins)
    gaps = [abs(pd[part].mean() - defaulted[part].mean()) * part.size for part in parts]
    return float(sum(gaps) / order.size)


def error_by_chance(pd: Floats, bins: int = 10) -> float:
    """The calibration error that is expected of probabilities that are exactly right: with so many
    rows in a bin, the observed rate misses the true one by that much. Below it nothing shows."""
    parts = np.array_split(np.sort(pd), bins)
    misses = [np.sqrt(2 / np.pi * (part * (1 - part)).sum()) for part in parts]
    return float(sum(misses) / pd.size)


def by_group(
    defaulted: Bools, pd: Floats, groups: dict[str, Bools], approved_share: float
) -> dict[str, dict[str, float]]:
    """Per group: share approved when the best `approved_share` are, predicted and observed rate."""
    is_approved = pd <= np.quantile(pd, approved_share)
    return {
        name: {
            "share_of_applicants": round(float(member.mean()), 4),
            "approved": round(float(is_approved[member].mean()), 4),
            "mean_pd": round(float(pd[member].mean()), 4),
            "default_rate": round(float(defaulted[member].mean()), 4),
        }
        for name, member in groups.items()
    }


def figures(bad: Bools, pd: Floats) -> dict[str, float]:
    """All figures by which models are compared, on one sample with both outcomes.

    `tpr_at_5_fpr` is the share of bad ones caught while at most 5 % of the good ones are stopped.
    Raises ValueError when every outcome is the same: nothing can be ranked then.
    """
    if bad.all() or not bad.any():
        raise ValueError("all outcomes are the same: there is nothing to rank")
    measured = measure(bad, pd)
    false_alarm, hit, _ = roc_curve(bad, pd)
    return {
        "auc": measured["auc"],
        "ks": measured["ks"],
        "gini": round(2 * measured["auc"] - 1, 6),
        "brier": measured["brier"],
        "log_loss": round(float(log_loss(bad, np.clip(pd, 1e-15, 1 - 1e-15))), 6),
        "pr_auc": round(float(average_precision_score(bad, pd)), 6),
        "ece": measured["ece"],
        "tpr_at_1_fpr": round(float(hit[false_alarm <= 0.01].max()), 6),
        "tpr_at_5_fpr": round(float(hit[false_alarm <= 0.05].max()), 6),
    }
