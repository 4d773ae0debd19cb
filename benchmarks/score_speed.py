"""One score with reasons by the champion, against scikit-learn's own predict_proba on one row.

All in this process, in turns, so that a busy machine slows all: medians of many single calls, the
least of the rounds' medians, and the median of the rounds' ratios. Targets: 10 us for the champion,
250 times faster than scikit-learn, both the pipeline that it was exported from, which answers the
same probability, and boosted trees (200 with 16 leaves, on the same inputs).
"""

import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import lending_scorecard
import numpy as np
from lending_scorecard import Scorecard
from sklearn.ensemble import HistGradientBoostingClassifier

from ml import export, specification
from ml.population import simulate
from ml.train_scorecard import matrix, train

CHAMPION_US = 10.0
TIMES = 250.0
CHAMPION = "champion, score with reasons"
OWN = "its scikit-learn pipeline"
BOOSTED = "scikit-learn, 200 trees"
ROUNDS, CALLS, SLOW_CALLS = 15, 2_000, 8


def median_us(call: Callable[[], object], calls: int) -> float:
    """Median wall time of one call."""
    taken = []
    for _ in range(calls):
        began = time.perf_counter_ns()
        call()
        taken.append(time.perf_counter_ns() - began)
    return statistics.median(taken) / 1000


def main() -> int:
    """Print the figures; 1 when a target is missed."""
    spec = specification.read()
    population = simulate(np.random.default_rng(1), 20_000)
    values = matrix(spec, population)
    booster = HistGradientBoostingClassifier(
        max_iter=200, max_leaf_nodes=16, early_stopping=False,
        monotonic_cst=[feature.sign for feature in spec.features],
    ).fit(values, population.defaulted)  # fmt: skip
    pipeline = train(spec).pipeline
    champion = lending_scorecard.load()
    names = [feature.name for feature in spec.features]
    inputs = [{"name": name, "kind": "number"} for name in names]
    features = [{"name": name, "op": "copy", "of": [name]} for name in names]
    node = export.hgb(booster, [export.Column(name) for name in names])
    body = export.body(
        name="challenger", version="1", target="default", trained_at="", inputs=inputs,
        features=features, model=node, reasons={}, training={},
        reference=dict(zip(names, np.nanmedian(values, axis=0).tolist(), strict=True)),
    )  # fmt: skip
    challenger = Scorecard(body)
    row = {
        "bureau_score": 590, "delinquencies_24m": 1, "enquiries_6m": 3, "ltv_pct": "92.50",
        "pti_pct": "11.20", "dti_pct": "35.00", "term_months": 60, "months_employed": 40,
        "vehicle_age_years": 2,
    }  # fmt: skip
    one = np.array([[float(row[name]) for name in names]])
    cases: dict[str, tuple[Callable[[], object], int]] = {
        CHAMPION: (lambda: champion.evaluate(row), CALLS),
        "champion, score alone": (lambda: champion.brief(row), CALLS),
        "200 trees, score alone": (lambda: challenger.brief(row), CALLS // 10),
        "200 trees, with Shapley reasons": (lambda: challenger.evaluate(row), SLOW_CALLS * 3),
        OWN: (lambda: pipeline.predict_proba(one), SLOW_CALLS),
        BOOSTED: (lambda: booster.predict_proba(one), SLOW_CALLS),
    }
    best: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, (call, calls) in cases.items():
            best[name].append(median_us(call, calls))
    least = {name: min(found) for name, found in best.items()}
    for name, found in least.items():
        print(f"{name:34} {found:10.1f} us")
    ours = least[CHAMPION]
    ratios = {name: times(best[name], best[CHAMPION]) for name in (OWN, BOOSTED)}
    fast = ours <= CHAMPION_US
    print(f"champion {ours:.1f} us, target {CHAMPION_US:g}: {'ok' if fast else 'MISSED'}")
    for name, ratio in ratios.items():
        print(f"{ratio:.0f} times {name}, target {TIMES:g}: {'ok' if ratio >= TIMES else 'MISSED'}")
    return 0 if fast and min(ratios.values()) >= TIMES else 1


def times(theirs: list[float], ours: list[float]) -> float:
    """How many times longer they take: the median over the rounds."""
    return statistics.median(one / own for one, own in zip(theirs, ours, strict=True))


if __name__ == "__main__":
    sys.exit(main())
