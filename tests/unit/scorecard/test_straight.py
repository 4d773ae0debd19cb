"""The compiled short way answers what the long way does, bit for bit.

A twin of an artefact that declares its inputs in another order takes the long way.
"""

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import lending_scorecard
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lending_scorecard import MissingColumn, Scorecard, UnknownFeature
from lending_scorecard.columns import Columns
from lending_scorecard.straight import compiled
from lending_scorecard.tables import Additive

PACKAGE = Path(lending_scorecard.__file__).parent
CHAMPION = json.loads((PACKAGE.parents[1] / "artefacts/1.0.0.json").read_text("utf-8"))["body"]
TEXTS = {"zh-CN": "理由", "zh-TW": "理由", "en": "reason"}


def _term(feature: str, cells: list[int], **more: Any) -> dict[str, Any]:
    edges = [float(edge) for edge in range(len(cells) - 2)]
    axis = {"feature": feature, "closed": "left", "edges": edges}
    return {"axes": [axis], "values": cells, **more}


def _input(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, **more}


def _body(inputs: list[dict[str, Any]], terms: list[dict[str, Any]]) -> dict[str, Any]:
    reasons = ["alone", "both", "other"]
    features = [
        {"name": one["name"], "op": "copy", "of": [one["name"]], "reason": reasons[at % 3]}
        for at, one in enumerate(inputs)
    ]
    model = {"kind": "additive", "intercept": 7, "scale": 1_000, "terms": terms}
    return CHAMPION | {
        "inputs": inputs,
        "features": features,
        "model": model,
        "reasons": dict.fromkeys(reasons, TEXTS),
        "calibration": {"method": "platt", "slope": 0.9, "offset": 0.1},
    }


EQUAL = _body(  # Two tables have a reason in common, three cells weigh the same.
    [
        _input("a", "number"),
        _input("b", "decimal"),
        _input("c", "integer"),
        _input("d", "number"),
    ],
    [
        _term("a", [-3, 0, 5, 9, 5]),
        _term("b", [-2, 5, 6, 4]),
        _term("c", [1, 5, 7, 2]),
        _term("d", [-4, 3, 5, 2]),
    ],
)
MISSING_CODES = _body(
    [_input("a", "integer", missing_codes=[2]), _input("b", "number", absent="refuse")],
    [_term("a", [-3, 0, 5, 9, 4]), _term("b", [-2, 6, 5, 4])],
)


def _twin(body: dict[str, Any]) -> Scorecard:
    return Scorecard(body | {"inputs": body["inputs"][::-1]})


def _goes_short(body: dict[str, Any]) -> bool:
    columns = Columns(body)
    return compiled(columns, Additive(body["model"], columns.features), 4) is not None


NUMBERS = (
    st.integers(-3, 12)
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.none()
    | st.decimals(-5, 900, places=2).map(str)
    | st.sampled_from([True, Decimal("2.50"), "", "1e3", "٣", "-1.", ".5", "--1", b"1", 10**400])
)


def _rows(names: list[str], bureau: bool = False) -> st.SearchStrategy[dict[str, object]]:
    usual = dict.fromkeys(names, NUMBERS)
    if bureau:
        percent = st.decimals(0, 200, places=2).map(str) | st.none()
        usual |= {
            name: percent if name.endswith("_pct") else st.integers(0, 900) | st.none()
            for name in names
        }
    return st.fixed_dictionaries({}, optional=usual | {"stranger": st.integers()}) | (
        st.fixed_dictionaries(usual)
    )


def _answer(card: Scorecard, row: dict[str, object]) -> object:
    try:
        told = card.evaluate(row)
        return told, list(told.contributions), card.brief(row), card.value(row)
    except (TypeError, ValueError):
        return "refused"  # Of two columns that cannot be read, either way may name another.


CASES = {
    name: (body, Scorecard(body), _twin(body))
    for name, body in {"champion": CHAMPION, "equal": EQUAL, "codes": MISSING_CODES}.items()
}


@pytest.mark.parametrize("case", CASES)
@settings(deadline=None)
@given(data=st.data())
def test_the_short_way_answers_what_the_long_way_does(case: str, data: st.DataObject) -> None:
    body, card, twin = CASES[case]
    names = [one["name"] for one in body["inputs"]]
    row = data.draw(_rows(names) | _rows(names, bureau=True))
    assert _answer(card, row) == _answer(twin, row)


@pytest.mark.parametrize("case", CASES)
def test_inputs_in_another_order_take_the_long_way(case: str) -> None:
    body, _, _ = CASES[case]
    assert _goes_short(body)
    assert not _goes_short(body | {"inputs": body["inputs"][::-1]})


def test_equal_weights_keep_the_order_of_the_artefact_and_shared_ones_are_added() -> None:
    told = Scorecard(EQUAL).evaluate({"a": 1.5, "b": "0.5", "c": 0, "d": 1})
    assert told.contributions == {"a": 0.005, "b": 0.005, "c": 0.005, "d": 0.005}
    assert told.reasons == ("alone", "both", "other")  # a and d share the first.


@pytest.mark.parametrize("name", ['"]; raise SystemExit #', "row\nimport os", "x0", "é"])
def test_nothing_of_an_artefact_becomes_code(name: str) -> None:
    inputs = [_input(name, "number"), _input("b", "number")]
    card = Scorecard(_body(inputs, [_term(name, [-3, 5, 2]), _term("b", [-3, 5, 2])]))
    assert card.evaluate({name: 0.5, "b": -1}).contributions == {name: 0.005, "b": -0.003}


def test_what_is_not_an_input_or_not_there_is_refused_by_name() -> None:
    card = Scorecard(MISSING_CODES)
    with pytest.raises(UnknownFeature, match="c"):
        card.evaluate({"a": 1, "b": 1, "c": 1})
    with pytest.raises(MissingColumn, match="b"):
        card.evaluate({"a": 1})
    assert card.evaluate({"a": 2, "b": 0}).contributions["a"] == 0.004  # A code for missing.


@pytest.mark.parametrize("term", [{"feature": "b", "slope": 0.1, "centre": 0, "missing": 0}, None])
def test_other_models_take_the_long_way(term: dict[str, Any] | None) -> None:
    inputs = [_input("a", "number"), _input("b", "number")]
    body = _body(inputs, [_term("a", [-3, 5, 2]), *([term] if term else [])])
    assert not _goes_short(body)
    assert Scorecard(body).evaluate({"a": math.inf, "b": 0}).contributions["a"] == 0.005
