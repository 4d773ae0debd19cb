"""All candidates in one table, each judged by rows that it was not fitted on, and the choice."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.special import expit, logit

from ml import members, quality, workers
from ml.candidates import CANDIDATES
from ml.dataset import DatasetSpec
from ml.members import Matrix
from ml.population import Floats, Integers
from ml.training import Problem, contenders

type Timed = tuple[Floats, float]  # log-odds of the judged rows, processor seconds

WITHIN = 0.25  # Standard errors of the deciding figure: nearer than that, the blend is preferred.


def compare(
    setting: Problem, *, is_fast: bool = False
) -> tuple[list[dict[str, Any]], dict[str, tuple[Integers, Floats]]]:
    """The table of all candidates over the folds, and the out-of-fold log-odds of servable ones."""
    recipes = contenders(setting.spec)
    classical = () if is_fast else setting.spec.comparison
    answers: dict[str, list[Floats]] = {name: [] for name in (*recipes, *classical)}
    seconds = dict.fromkeys(answers, 0.0)
    for fold in setting.cut.folds:
        for name, (told, taken) in _judged(setting, fold, classical).items():
            answers[name].append(told)
            seconds[name] += taken
    rows = np.concatenate([judged for _, judged in setting.cut.folds])
    table = [
        {
            "name": name,
            "title": CANDIDATES[name].title if name in CANDIDATES else name,
            "servable": name in recipes,
            "cpu_seconds": round(seconds[name], 1),
            **quality.figures(setting.bad[rows], np.asarray(expit(np.concatenate(parts)))),
        }
        for name, parts in answers.items()
    ]
    return table, {name: (rows, np.concatenate(answers[name])) for name in recipes}


def _judged(
    setting: Problem, fold: tuple[Integers, Integers], classical: tuple[str, ...]
) -> dict[str, Timed]:
    """Every candidate over one fold."""
    spec, matrix, recipes = setting.spec, Matrix.of(setting.spec), contenders(setting.spec)
    values, _ = setting.matrix(fold[0])

    def served(name: str) -> Timed:
        learned, judged = fold
        return _timed(
            lambda: members.blend(
                recipes[name],
                matrix,
                values[learned],
                setting.bad[learned],
                np.ones(learned.size),
                1,
            ).log_odds(values[judged])
        )

    def compared(name: str) -> Timed:
        learned, judged = fold[0][-CANDIDATES[name].limit :], fold[1]
        return _timed(
            lambda: _log_odds(
                CANDIDATES[name].fit(matrix, values[learned], setting.bad[learned])(values[judged])
            )
        )

    alone = [name for name in recipes if name != "blend"]
    timed = dict(zip(alone, workers.each(served, alone), strict=True))
    if "blend" in recipes:
        timed["blend"] = _mixed(spec, {name: told for name, (told, _) in timed.items()}), 0.0
    # One after the other: these change the filters of warnings.
    return timed | {name: compared(name) for name in classical}


def _timed(work: Callable[[], Floats]) -> Timed:
    began = time.thread_time()
    told = work()
    return told, time.thread_time() - began


def _log_odds(pd: Floats) -> Floats:
    return np.asarray(logit(np.clip(pd, 1e-6, 1 - 1e-6)))


def _mixed(spec: DatasetSpec, fitted: Mapping[str, Floats]) -> Floats:
    weights = [float(member.get("weight", 1)) for member in spec.members]
    names = [str(member.get("name", member["kind"])) for member in spec.members]
    return np.asarray(
        sum(w * fitted[name] for w, name in zip(weights, names, strict=True)) / sum(weights)
    )


def choose(spec: DatasetSpec, table: list[dict[str, Any]], events: int) -> str:
    """The servable candidate with the best figure over `events` events; the blend when chance may
    well explain the difference: the mean of several models is the safer one on later data."""
    figure = {row["name"]: row[spec.metric] for row in table if row["servable"]}
    best = max(figure, key=lambda name: figure[name])
    error = (figure[best] * (1 - figure[best]) / max(events, 1)) ** 0.5
    return "blend" if figure.get("blend", -1.0) >= figure[best] - WITHIN * error else best
