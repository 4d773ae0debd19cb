"""What comes off a group's log-odds, so that it is approved as often as the rule wants."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lending_scorecard import Scorecard

from ml import dataset, export, fairness, members, quality
from ml.dataset import Bound, Fairness, SpecRefused

RULES = Fairness(0.7, (), {}, 0.8, (), None)


def _ratio(log_odds: np.ndarray, group: np.ndarray) -> float:
    approved = np.zeros(log_odds.size, dtype=bool)
    approved[np.argsort(log_odds, kind="stable")[: round(0.7 * log_odds.size)]] = True
    return float(approved[group].mean() / approved[~group].mean())


@pytest.mark.parametrize(("people", "spare"), [(4_000, 0.03), (300, 0.09)])
def test_a_group_gets_the_least_that_keeps_the_rule_and_more_where_chance_is_large(
    people: int, spare: float
) -> None:
    rng = np.random.default_rng(1)
    group = np.arange(10_000) < people
    log_odds = rng.normal(size=10_000) + 0.9 * group
    (less,) = fairness.smallest_offsets(RULES, log_odds, [group])
    assert _ratio(log_odds, group) < 0.8
    assert _ratio(log_odds - less * group, group) >= 0.8 + spare
    assert _ratio(log_odds - (less - 0.04) * group, group) < 0.8 + spare
    assert fairness.smallest_offsets(RULES, log_odds - 2 * group, [group]) == [0.0]


@pytest.mark.parametrize("is_below", [True, False])
def test_an_offset_and_its_node_agree_on_both_sides_of_a_bound(is_below: bool) -> None:
    offset = members.Offset(1, Bound("b", 3.0, is_below), 0.25)
    values = np.array([[0.0, one] for one in (2.0, np.nextafter(3, 2), 3.0, 4.0, np.nan)])
    names = ["a", "b"]
    card = Scorecard(
        export.body(
            name="x",
            version="1",
            target="bad",
            trained_at="2026-01-01T00:00:00Z",
            inputs=[{"name": name, "kind": "number"} for name in names],
            features=[{"name": name, "op": "copy", "of": [name]} for name in names],
            model=offset.node(),
            reasons={},
            training={},
        )
    )
    told = [card.value(dict(zip(names, row, strict=True))) for row in values.tolist()]
    assert told == offset.log_odds(values).tolist()
    assert told == [-0.25 * is_below] * 2 + [-0.25 * (not is_below)] * 2 + [0.0]


@pytest.mark.parametrize(
    "entry",
    ["{feature: AGE}", "{feature: AGE, below: 25, from: 62}", "{feature: AGE, above: 62}"],
)
def test_an_offset_that_says_no_side_is_refused(entry: str) -> None:
    text = Path(dataset.__file__).with_name("datasets") / "retail_credit_br.yaml"
    changed = text.read_text("utf-8").replace("{feature: AGE, below: 25}", entry)
    with pytest.raises(SpecRefused, match="offset"):
        dataset.parse(changed)


def test_the_error_by_chance_is_what_right_probabilities_show() -> None:
    rng = np.random.default_rng(2)
    pd = rng.beta(2, 8, 5_000)
    seen = [quality.calibration_error(rng.random(5_000) < pd, pd) for _ in range(40)]
    assert quality.error_by_chance(pd) == pytest.approx(np.mean(seen), rel=0.15)


def test_a_bound_is_told_in_words() -> None:
    bounds = [Bound("AGE", 25, True), replace(Bound("AGE", 62, True), is_below=False)]
    assert json.dumps([str(one) for one in bounds]) == '["AGE below 25", "AGE from 62"]'
