"""The figures of a monitoring run, as one JSON-able tree."""

from typing import Any

import numpy as np

from ml.monitoring import alarms, measures
from ml.monitoring.alarms import Threshold
from ml.monitoring.observations import Observations
from ml.monitoring.stability import Bins, number_bins, psi, text_bins


class NothingToMonitor(Exception):
    """Too few rows, or no reference to compare with; the text says which."""


def build(
    seen: Observations, limits: dict[str, Threshold], approved_share: float = 0.7
) -> dict[str, Any]:
    """Reference against everything after it, and month by month.

    Raises NothingToMonitor when the reference or the rest is smaller than 30 rows.
    """
    reference, later = seen.only(seen.is_reference), seen.only(~seen.is_reference)
    for name, part in (("reference", reference), ("analysis", later)):
        if len(part) < measures.ROWS_MIN:
            raise NothingToMonitor(f"the {name} has {len(part)} rows, {measures.ROWS_MIN} wanted")
    bins = {
        **{name: number_bins(column) for name, column in reference.numbers.items()},
        **{name: text_bins(column) for name, column in reference.texts.items()},
    }
    cut = number_bins(reference.pd)
    report: dict[str, Any] = {
        "rows": len(seen),
        "models": sorted(set(seen.model.tolist())),
        "reference": _period(reference, reference, cut, bins),
        "analysis": _period(later, reference, cut, bins),
        "score_bins": _shares(cut, reference.pd, later.pd),
        "feature_bins": {
            name: _shares(one, _column(reference, name), _column(later, name))
            for name, one in bins.items()
        },
        "months": [
            {
                "month": month,
                "period": "reference" if bool(part.is_reference.all()) else "analysis",
                **_period(part, reference, cut, bins),
            }
            for month in seen.months()
            for part in [seen.only(seen.month == month)]
        ],
        "beside": measures.beside(later, approved_share),
        "calibration": _deciles(later),
        "thresholds": {
            name: {"side": one.side, "warning": one.warning, "alarm": one.alarm}
            for name, one in limits.items()
        },
    }
    report["alarms"] = alarms.judged(report, limits)
    return report


def _column(seen: Observations, name: str) -> Any:
    return seen.numbers[name] if name in seen.numbers else seen.texts[name]


def _period(
    part: Observations, reference: Observations, cut: Bins, bins: dict[str, Bins]
) -> dict[str, Any]:
    enough = len(part) >= measures.ROWS_MIN
    return {
        "rows": len(part),
        "score_psi": _psi(cut, reference.pd, part.pd) if enough else None,
        "feature_psi": {
            name: _psi(one, _column(reference, name), _column(part, name)) if enough else None
            for name, one in bins.items()
        },
        "approval_rate": measures.rate(part.approved),
        "mean_pd": measures.rounded(part.pd.mean()),
        "performance": measures.performance(part),
        "groups": measures.by_group(part),
    }


def _psi(bins: Bins, reference: Any, actual: Any) -> float:
    return measures.rounded(psi(bins.shares(reference), bins.shares(actual)))


def _shares(bins: Bins, reference: Any, actual: Any) -> list[dict[str, Any]]:
    return [
        {
            "bin": label,
            "reference": measures.rounded(before),
            "analysis": measures.rounded(after),
        }
        for label, before, after in zip(
            bins.labels, bins.shares(reference), bins.shares(actual), strict=True
        )
    ]


def _deciles(part: Observations, count: int = 10) -> list[dict[str, float]]:
    """Predicted and observed rates of equally filled groups by PD."""
    known = ~np.isnan(part.bad)
    pd, bad = part.pd[known], part.bad[known]
    if pd.size < measures.ROWS_MIN:
        return []
    order = np.argsort(pd, kind="stable")
    return [
        {
            "mean_pd": measures.rounded(pd[one].mean()),
            "bad_rate": measures.rounded(bad[one].mean()),
            "rows": int(one.size),
        }
        for one in np.array_split(order, count)
    ]
