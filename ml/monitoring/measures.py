"""What is measured of a set of observations; a figure of too few rows is None."""

from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from ml import quality
from ml.monitoring.observations import Observations
from ml.population import Bools, Floats

ROWS_MIN = 30  # Below it a rate says nothing.
_OUTCOMES_MIN = 5  # goods and bads wanted for a ranking


def rate(column: Floats) -> float | None:
    """Mean of what is known."""
    known = column[~np.isnan(column)]
    return rounded(known.mean()) if known.size >= ROWS_MIN else None


def rounded(value: Any) -> float:
    """Six places: enough to read, and the same on every processor."""
    return round(float(value), 6)


def performance(seen: Observations) -> dict[str, float | None]:
    """Ranking and calibration where outcomes are known."""
    known = ~np.isnan(seen.bad)
    found = outcomes(seen.pd[known], seen.bad[known] == 1)
    return {"rows": int(known.sum()), **found}


def outcomes(pd: Floats, bad: Bools) -> dict[str, float | None]:
    """AUC, Brier, ECE, mean PD and bad rate of one model on known outcomes."""
    names = ("auc", "brier", "ece", "mean_pd", "bad_rate")
    if pd.size < ROWS_MIN:
        return dict.fromkeys(names)
    enough = min(int(bad.sum()), int((~bad).sum())) >= _OUTCOMES_MIN
    return {
        "auc": rounded(roc_auc_score(bad, pd)) if enough else None,
        "brier": rounded(np.mean((pd - bad) ** 2)),
        "ece": rounded(quality.calibration_error(bad, pd)),
        "mean_pd": rounded(pd.mean()),
        "bad_rate": rounded(bad.mean()),
    }


def by_group(seen: Observations) -> dict[str, dict[str, Any]]:
    """Attribute -> groups with approval, PD and bad rate, and the lowest approval ratio (AIR)."""
    found: dict[str, dict[str, Any]] = {}
    for attribute, column in seen.groups.items():
        groups: dict[str, Any] = {}
        for name in sorted(set(column.tolist()) - {""}):
            part = seen.only(column == name)
            known = ~np.isnan(part.bad)
            groups[name] = {
                "rows": len(part),
                "approval_rate": rate(part.approved),
                "mean_pd": rounded(part.pd.mean()),
                "bad_rate": rate(part.bad),
                # of those with an outcome: 1 = as predicted, above 1 = worse than predicted
                "bad_to_pd": rounded(part.bad[known].mean() / part.pd[known].mean())
                if known.sum() >= ROWS_MIN
                else None,
            }
        found[attribute] = {"groups": groups, **_impact(groups)}
    return found


def _impact(groups: dict[str, Any]) -> dict[str, Any]:
    """Adverse impact ratio: lowest approval rate over the highest, and whose it is."""
    rates = {
        name: one["approval_rate"]
        for name, one in groups.items()
        if one["approval_rate"] is not None
    }
    if len(rates) < 2 or not max(rates.values()):
        return {"air": None, "air_of": None}
    lowest = min(rates, key=rates.__getitem__)
    return {"air": rounded(rates[lowest] / max(rates.values())), "air_of": lowest}


def beside(seen: Observations, approved_share: float) -> dict[str, dict[str, Any]]:
    """Each model that was scored beside, against the one that decided, on the same applications.

    `swap_in` and `swap_out` are shares of applications that only it, or only the deciding model,
    would have approved, were the best `approved_share` approved by each.
    """
    found: dict[str, dict[str, Any]] = {}
    for version, column in seen.beside.items():
        both = ~np.isnan(column)
        if both.sum() < ROWS_MIN:
            continue
        ours, theirs, bad = seen.pd[both], column[both], seen.bad[both]
        known = ~np.isnan(bad)
        yes = ours <= np.quantile(ours, approved_share)
        its = theirs <= np.quantile(theirs, approved_share)
        found[version] = {
            "rows": int(both.sum()),
            "mean_pd": rounded(theirs.mean()),
            "mean_pd_deciding": rounded(ours.mean()),
            "rank_agreement": rounded(_rank_correlation(ours, theirs)),
            "swap_in": rounded((its & ~yes).mean()),
            "swap_out": rounded((yes & ~its).mean()),
            "performance": outcomes(theirs[known], bad[known] == 1),
            "performance_deciding": outcomes(ours[known], bad[known] == 1),
        }
    return found


def _rank_correlation(one: Floats, other: Floats) -> float:
    """Spearman's, ties by order."""
    ours, theirs = (np.argsort(np.argsort(column, kind="stable")) for column in (one, other))
    if one.size < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return 1.0 if np.array_equal(one, other) else 0.0
    return float(np.corrcoef(ours, theirs)[0, 1])
