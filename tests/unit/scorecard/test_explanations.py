"""Contributions add up, are Shapley values where trees decide, and never lie about improvement."""

import itertools
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lending_scorecard import ArtefactCorrupt, Scorecard
from lending_scorecard.calibration import probability

TEXTS = {"zh-CN": "原因", "zh-TW": "原因", "en": "A reason."}
LEVELS = ["car", "house"]
TREES: dict[str, Any] = {
    "kind": "trees",
    "space": "log_odds",
    "baseline": -1.0,
    "scale": 1.0,
    "precision": "double",
    "features": ["a", "b", "kind"],
    "trees": [
        [0, 1.0, 1, [1, 2.0, 0, -0.5, 0.25], [2, [0], 1, 0.5, [0, 3.0, 0, 0.75, 1.5]]],
        [2, [1], 0, [1, 0.0, 1, 0.125, -0.25], [0, 2.0, 0, 0.0, [1, 1.0, 0, 0.5, 0.875]]],
        0.0625,
    ],
}
REFERENCE = {"a": 0.5, "b": 1.0, "kind": "house"}


def _body(model: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {
        "format": 2,
        "name": "test",
        "version": "1",
        "other_columns": "refuse",
        "inputs": [
            {"name": "a", "kind": "number"},
            {"name": "b", "kind": "number"},
            {"name": "kind", "kind": "category"},
        ],
        "features": [
            {"name": "a", "op": "copy", "of": ["a"], "reason": "both", "missing_reason": "thin"},
            {"name": "b", "op": "copy", "of": ["b"], "reason": "both"},
            {"name": "kind", "op": "copy", "of": ["kind"], "levels": LEVELS, "reason": None},
        ],
        "model": model,
        "calibration": None,
        "reference": REFERENCE,
        "reasons": {"both": TEXTS, "thin": TEXTS},
        "prohibited": ["sex"],
        "scaling": {"base_score": 600, "base_odds": 20, "points_to_double_odds": 20},
        **parts,
    }


def applicants() -> st.SearchStrategy[dict[str, object]]:
    number = st.none() | st.sampled_from([-math.inf, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 4.0, math.inf])
    kind = st.none() | st.sampled_from(["car", "house", "boat"])
    return st.fixed_dictionaries({"a": number, "b": number, "kind": kind})


def _shapley(card: Scorecard, row: dict[str, object]) -> dict[str, float]:
    """By definition: over all orders in which features change from the reference."""
    names = list(row)
    found = dict.fromkeys(names, 0.0)
    for order in itertools.permutations(names):
        now: dict[str, object] = dict(REFERENCE)
        for name in order:
            before = card.value(now)
            now[name] = row[name]
            found[name] += (card.value(now) - before) / math.factorial(len(names))
    return found


@settings(deadline=None)
@given(applicants())
def test_trees_are_explained_by_shapley_values(row: dict[str, object]) -> None:
    card = Scorecard(_body(TREES))
    answer = card.evaluate(row)
    expected = _shapley(card, row)
    for name, share in answer.contributions.items():
        assert share == pytest.approx(expected[name], abs=1e-12)
    total = sum(answer.contributions.values())
    assert total == pytest.approx(card.value(row) - card.base, abs=1e-12)
    assert card.base == card.value(REFERENCE)


@settings(deadline=None)  # a busy machine
@given(applicants(), st.sampled_from(["log_odds", "probability"]), st.booleans())
def test_blends_add_up_in_their_space(
    row: dict[str, object], space: str, is_calibrated: bool
) -> None:
    member = {**TREES, "trees": TREES["trees"][:1]}
    if is_calibrated:
        member["calibration"] = {
            "method": "knots", "from": "log_odds", "to": "probability",
            "x": [-2.0, 0.0, 1.0], "y": [0.05, 0.3, 0.6],
        }  # fmt: skip
    node = {
        "kind": "combine",
        "space": space,
        "intercept": 0.01,
        "weights": [0.25, 0.5],
        "members": [TREES, member],
    }
    card = Scorecard(_body(node))
    answer = card.evaluate(row)
    expected = card.value(row) - card.base
    assert sum(answer.contributions.values()) == pytest.approx(expected, abs=1e-9)


def test_several_inputs_make_one_reason_and_net_of_each_other() -> None:
    node = {
        "kind": "additive",
        "intercept": 0,
        "scale": 10,
        "terms": [
            {"axes": [{"feature": "a", "closed": "left", "edges": [1]}], "values": [-2, 5, 3]},
            {"axes": [{"feature": "b", "closed": "left", "edges": [1]}], "values": [-6, 2, 0]},
            {"axes": [{"feature": "kind", "levels": True}], "values": [0, 9, 9, 9]},
        ],
    }
    card = Scorecard(_body(node))
    assert card.evaluate({"a": 2, "b": 2}).reasons == ("both",)
    assert card.evaluate({"a": 2, "b": 0}).reasons == ("both",)  # b is at its best: it says nothing
    assert card.evaluate({"b": 0, "kind": "car"}).reasons == ("thin",)
    assert card.evaluate({"a": 0, "b": 0, "kind": "house"}).reasons == ()  # never named
    assert card.evaluate({"a": 2}).contributions == {"a": 0.5, "b": 0.0, "kind": 0.9}


def test_a_pair_is_one_term_with_its_own_reason() -> None:
    axes = [{"feature": "a", "closed": "right", "edges": [1]}, {"feature": "kind", "levels": True}]
    values = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    term = {"name": "a × kind", "axes": axes, "values": values, "reason": "both"}
    node = {"kind": "additive", "intercept": 0, "scale": 1, "terms": [term]}
    card = Scorecard(_body(node))
    cells = {(1, "house"): 1, (2, "boat"): 6, (None, None): 11, (None, "car"): 8}
    for (a, kind), expected in cells.items():
        assert card.evaluate({"a": a, "kind": kind}).contributions == {"a × kind": expected}
    assert card.evaluate({"a": 1, "kind": "car"}).reasons == ()


@pytest.mark.parametrize(
    "change",
    [
        {"calibration": {"method": "knots", "from": "log_odds", "to": "probability",
                         "x": [0, 1], "y": [0.5, 0.4]}},
        {"calibration": {"method": "knots", "from": "log_odds", "to": "probability",
                         "x": [1, 1], "y": [0.4, 0.5]}},
        {"calibration": {"method": "knots", "from": "log_odds", "to": "probability",
                         "x": [0, 1], "y": [0.4, 1.5]}},
        {"calibration": {"method": "beta"}},
        {"prohibited": ["b"]},
        {"model": {**TREES, "trees": [[0, 1.0, 2, 0, 0]]}},
        {"model": {**TREES, "trees": [[7, 1.0, 0, 0, 0]]}},
        {"model": {**TREES, "trees": [[0, [0], 0, 0, 0]]}},
        {"model": {**TREES, "trees": [[2, 1.0, 0, 0, 0]]}},
        {"model": {**TREES, "trees": [[2, [5], 0, 0, 0]]}},
        {"model": {**TREES, "trees": ["leaf"]}},
        {"model": {**TREES, "trees": [[0, 1.0, 0, 0]]}},
        {"model": {**TREES, "features": ["a", "b", "c"]}},
        {"model": {"kind": "combine", "space": "log_odds", "intercept": 0, "weights": [1],
                   "members": []}},
        {"model": {"kind": "combine", "space": "ranks", "intercept": 0, "weights": [1],
                   "members": [TREES]}},
        {"model": {"kind": "dense", "name": "n", "features": ["a"], "layers": [
            {"weights": [[1.0, 2.0]], "bias": [0.0], "activation": "relu"}]}},
        {"model": {"kind": "dense", "name": "n", "features": ["kind"], "layers": []}},
        {"version": ""},
        {"reasons": {"both": TEXTS}},
    ],
)  # fmt: skip
def test_a_model_that_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ArtefactCorrupt):
        Scorecard({**_body(TREES), **change})


def test_a_probability_stays_inside_and_platt_keeps_the_rank() -> None:
    sure = {**TREES, "space": "probability", "baseline": 0.0, "trees": [1.0]}
    assert 0 < Scorecard(_body(sure)).probability({}) < 1
    never = {**TREES, "space": "log_odds", "baseline": -1e6, "trees": []}
    assert 0 < Scorecard(_body(never)).probability({}) < 1e-12
    assert math.isnan(probability(math.nan))  # Never the least of risks.
    platt = {"method": "platt", "slope": 0.5, "offset": -1.0}
    plain, after = Scorecard(_body(TREES)), Scorecard(_body(TREES, calibration=platt))
    for row in ({"a": 0}, {"a": 9, "b": 9}, {"kind": "car"}):
        log_odds = math.log(after.probability(row) / (1 - after.probability(row)))
        assert log_odds == pytest.approx(0.5 * plain.value(row) - 1.0)
