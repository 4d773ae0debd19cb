"""What comes off a group's log-odds, so that it is approved as often as the rule wants."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lending_scorecard import Scorecard

from ml import dataset, export, fairness, four_fifths, quality
from ml.dataset import Bound, Fairness, SpecRefused
from ml.offsets import Offset, Offsets

RULES = Fairness(0.7, (), {}, 0.8, (), None)


def _least(log_odds: np.ndarray, members: dict[str, dict[str, np.ndarray]]) -> float:
    return fairness.least_ratio(fairness.by_group(RULES, members, log_odds, None))


def _parts(group: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    return {"region": {"one": group, "other": ~group}}


@pytest.mark.parametrize(("people", "spare"), [(4_000, 0.03), (300, 0.09)])
def test_a_group_gets_the_least_that_keeps_the_rule_and_more_where_chance_is_large(
    people: int, spare: float
) -> None:
    rng = np.random.default_rng(1)
    group = np.arange(10_000) < people
    parts, log_odds = _parts(group), rng.normal(size=10_000) + 0.9 * group
    (less,) = fairness.smallest_offsets(RULES, log_odds, parts, [group])
    assert _least(log_odds, parts) < 0.8
    assert _least(log_odds - less * group, parts) >= 0.8 + spare
    assert _least(log_odds - (less - 0.04) * group, parts) < 0.8 + spare
    assert fairness.smallest_offsets(RULES, log_odds - 1.1 * group, parts, [group]) == [0.0]


def test_the_rule_is_that_of_a_release_so_the_best_off_count_whoever_the_rest_are() -> None:
    rng = np.random.default_rng(2)
    kind = np.arange(9_000) % 3
    log_odds = rng.normal(size=9_000) + np.array([0.0, 0.45, 0.9])[kind]
    parts = {"region": {str(one): kind == one for one in range(3)}}
    less = fairness.smallest_offsets(RULES, log_odds, parts, [kind == 1, kind == 2])
    moved = fairness.moved(log_odds, less, [kind == 1, kind == 2])
    told = fairness.by_group(RULES, parts, moved, None)["region"]
    assert all(one.ratio >= 0.83 for one in four_fifths.comparisons("region", told))
    assert 0 <= less[0] < less[1]
    # To the rest together it would have been enough to move the last, and less far.
    alone = fairness.moved(log_odds, [0.0, less[1] - 0.16], [kind == 1, kind == 2])
    assert fairness.by_group(RULES, parts, alone, None)["region"]["2"]["air"] >= 0.8
    assert _least(alone, parts) < 0.8


def test_where_the_likeliest_are_taken_they_are_the_approved() -> None:
    score = np.linspace(0, 1, 100)
    parts = _parts(score > 0.85)
    low = fairness.by_group(RULES, parts, score, None)["region"]
    high = fairness.by_group(replace(RULES, takes_high=True), parts, score, None)["region"]
    assert (low["one"]["approved"], high["one"]["approved"]) == (0.0, 1.0)


def test_offsets_that_cannot_help_are_not_taken() -> None:
    rng = np.random.default_rng(3)
    group = np.arange(5_000) < 1_000
    log_odds = rng.normal(size=5_000) + 2 * group
    assert fairness.smallest_offsets(RULES, log_odds, _parts(group), [~group]) == [0.0]
    assert fairness.smallest_offsets(RULES, log_odds, _parts(group), []) == []


OFFSETS = (
    Offset(0, Bound("a", 25, True), 0.3),
    Offset(0, Bound("a", 62, True), 0.1),
    Offset(1, Bound("b", 6, False), 0.2),
)


def _offsets(between: tuple[float, float] | None) -> Offsets:
    return Offsets(OFFSETS, between)


@pytest.mark.parametrize("between", [None, (-0.9, -0.7)])
def test_offsets_and_their_node_agree_on_both_sides_of_every_bound(
    between: tuple[float, float] | None,
) -> None:
    values = np.array(
        [
            [a, b, score]
            for a in (np.nextafter(25, 0), 25, np.nextafter(62, 0), 62, np.nan)
            for b in (5, 6, 7, np.nan)
            for score in np.linspace(-3, 2, 41)
        ]
    )
    line = {"feature": "score", "slope": 1.0, "centre": 0.0, "missing": 0.0}
    model = {"kind": "additive", "intercept": 0, "scale": 1, "terms": [line]}
    names = ["a", "b", "score"]
    card = Scorecard(
        export.body(
            name="x",
            version="1",
            target="bad",
            trained_at="2026-01-01T00:00:00Z",
            inputs=[{"name": name, "kind": "number"} for name in names],
            features=[{"name": name, "op": "copy", "of": [name]} for name in names],
            model=_offsets(between).node(model),
            reasons={},
            training={},
        )
    )
    told = [card.value(dict(zip(names, row, strict=True))) for row in values.tolist()]
    ours = _offsets(between).applied(values[:, 2], values)
    assert told == pytest.approx(ours.tolist(), abs=1e-13)
    # Everybody beyond two bounds has both off, and who is missing none.
    off = dict(zip(map(tuple, values[:, :2].tolist()), (values[:, 2] - ours).tolist(), strict=True))
    if between is None:
        assert off[(62, 6)] == pytest.approx(0.2)
        assert off[(25, 5)] == pytest.approx(0.1)


def test_near_a_cut_offsets_are_whole_and_far_from_it_nothing_moves_and_ranks_stay() -> None:
    score = np.linspace(-3, 2, 5_001)
    young = np.column_stack([np.full(score.size, 20.0), np.full(score.size, 1.0)])
    near, everywhere = _offsets((-0.9, -0.7)), _offsets(None)
    moved = near.applied(score, young)
    assert (np.diff(moved) > 0).all()
    whole = (score >= -0.5) & (score <= -0.3)
    assert moved[whole] == pytest.approx(everywhere.applied(score, young)[whole])
    far = (score < -0.95) | (score > -0.25)
    assert moved[far] == pytest.approx(score[far])
    for cut in (-0.9, -0.8, -0.7):  # The same people are approved as with offsets everywhere.
        same = (moved <= cut - 1e-9) == (everywhere.applied(score, young) <= cut - 1e-9)
        assert same.all()


def test_nobody_is_moved_by_no_offsets() -> None:
    node = {"kind": "additive", "intercept": 0, "scale": 1, "terms": []}
    assert Offsets().node(node) is node
    assert Offsets().applied(np.array([1.5]), np.array([[1.0]])).tolist() == [1.5]


@pytest.mark.parametrize(
    "entry",
    ["{feature: AGE}", "{feature: AGE, below: 25, from: 62}", "{feature: AGE, above: 62}"],
)
def test_an_offset_that_says_no_side_is_refused(entry: str) -> None:
    text = Path(dataset.__file__).with_name("datasets") / "retail_credit_br.yaml"
    changed = text.read_text("utf-8").replace("{feature: AGE, below: 25}", entry)
    with pytest.raises(SpecRefused, match="offset"):
        dataset.parse(changed)


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ("offsets_between: [0.75, 0.8]", "offsets_between: two shares around 0.7"),
        ("offsets_between: [0.6, 1.0]", "offsets_between"),
        ("offsets_between: [0.7, 0.7]", "offsets_between"),
        ("offsets_between: [0.65]", "offsets_between"),
        ("offsets_between: [0.65, 0.7, 0.75]", "offsets_between"),
        ("offsets_between: [low, high]", "offsets_between"),
        ("offsets_between: 0.7", "offsets_between"),
        ("offsets_between: near", "offsets_between"),
        ("takes: high", "takes"),
        ("takes: most", "takes"),
        ("least_ratio: 0.7", "a release asks for 0.8"),
        ("least_ratio: much", "the specification is incomplete"),
    ],
)
def test_a_rule_milder_than_a_release_or_offsets_away_from_the_decision_are_refused(
    entry: str, names: str
) -> None:
    text = Path(dataset.__file__).with_name("datasets") / "retail_credit_br.yaml"
    changed = text.read_text("utf-8").replace("offsets_between: [0.65, 0.75]", entry)
    with pytest.raises(SpecRefused, match=names):
        dataset.parse(changed)


def test_the_error_by_chance_is_what_right_probabilities_show() -> None:
    rng = np.random.default_rng(2)
    pd = rng.beta(2, 8, 5_000)
    seen = [quality.calibration_error(rng.random(5_000) < pd, pd) for _ in range(40)]
    assert quality.error_by_chance(pd) == pytest.approx(np.mean(seen), rel=0.15)


def test_a_bound_is_told_in_words() -> None:
    bounds = [Bound("AGE", 25, True), replace(Bound("AGE", 62, True), is_below=False)]
    assert json.dumps([str(one) for one in bounds]) == '["AGE below 25", "AGE from 62"]'
