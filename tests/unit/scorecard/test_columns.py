"""Raw values and declared transforms: what becomes which number, what is missing or refused."""

import math
from decimal import Decimal
from typing import Any

import pytest
from lending_scorecard import MissingColumn, UnknownFeature
from lending_scorecard.columns import Columns

INPUTS = [
    {"name": "income", "kind": "number"},
    {"name": "debt", "kind": "number", "missing_codes": [96, 98, "n/a"]},
    {"name": "months", "kind": "integer"},
    {"name": "share", "kind": "decimal"},
    {"name": "purpose", "kind": "category", "missing_codes": ["#DIV/0!"]},
    {"name": "title", "kind": "category"},
    {"name": "opened", "kind": "date"},
    {"name": "applied", "kind": "date"},
]


def _columns(*features: dict[str, Any], **parts: Any) -> Columns:
    body = {"inputs": INPUTS, "features": features, "other_columns": "ignore", "prohibited": []}
    return Columns({**body, **parts})


def _value(feature: dict[str, Any], row: dict[str, object]) -> Any:
    columns = _columns({"name": "f", **feature})
    return columns.slots(row)[columns.features["f"].slot]


def _same(one: Any, other: Any) -> bool:
    return bool(one == other or (one != one and other != other))


NAN = math.nan


@pytest.mark.parametrize(
    ("feature", "row", "expected"),
    [
        ({"op": "copy", "of": ["income"]}, {"income": "12.50"}, 12.5),
        ({"op": "copy", "of": ["income"]}, {"income": " 1e3 "}, 1000.0),
        ({"op": "copy", "of": ["income"]}, {"income": ""}, NAN),
        ({"op": "copy", "of": ["income"]}, {"income": Decimal("2.5")}, 2.5),
        ({"op": "copy", "of": ["income"]}, {}, NAN),
        ({"op": "copy", "of": ["income"]}, {"income": "-inf"}, -math.inf),
        ({"op": "copy", "of": ["income"]}, {"income": 10**400}, math.inf),
        ({"op": "copy", "of": ["debt"]}, {"debt": 96}, NAN),
        ({"op": "copy", "of": ["debt"]}, {"debt": "98"}, NAN),
        ({"op": "copy", "of": ["debt"]}, {"debt": "n/a"}, NAN),
        ({"op": "copy", "of": ["debt"]}, {"debt": 97}, 97),
        ({"op": "ratio", "of": ["debt", "income"]}, {"debt": 1, "income": 4}, 0.25),
        ({"op": "ratio", "of": ["debt", "income"]}, {"debt": 1, "income": 0}, NAN),
        ({"op": "ratio", "of": ["debt", "income"]}, {"debt": 1}, NAN),
        ({"op": "difference", "of": ["debt", "income"]}, {"debt": 1, "income": 4}, -3),
        ({"op": "difference", "of": ["debt", "income"]}, {"debt": "inf", "income": "inf"}, NAN),
        ({"op": "product", "of": ["debt", "income"]}, {"debt": 2, "income": 4}, 8),
        ({"op": "sum", "of": ["debt", "income", "months"]}, {"debt": 2, "income": 4}, NAN),
        ({"op": "minimum", "of": ["debt", "income"]}, {"debt": 2}, 2),
        ({"op": "maximum", "of": ["debt", "income"]}, {}, NAN),
        ({"op": "log", "of": ["income"]}, {"income": 0}, NAN),
        ({"op": "log", "of": ["income"]}, {"income": math.e}, 1.0),
        ({"op": "log1p", "of": ["income"]}, {"income": -1}, NAN),
        ({"op": "log1p", "of": ["income"]}, {"income": 0}, 0.0),
        ({"op": "scale", "of": ["income"], "factor": 2, "offset": 1}, {"income": 3}, 7),
        ({"op": "clip", "of": ["income"], "low": 0, "high": None}, {"income": -3}, 0),
        ({"op": "clip", "of": ["income"], "low": 0, "high": 9}, {}, NAN),
        ({"op": "within", "of": ["income"], "low": 0, "high": 9}, {"income": 10}, NAN),
        ({"op": "codes_to_missing", "of": ["months"], "codes": [0]}, {"months": 0}, NAN),
        ({"op": "fill", "of": ["income"], "value": 5}, {}, 5),
        ({"op": "is_missing", "of": ["purpose"]}, {"purpose": "#DIV/0!"}, 1.0),
        ({"op": "missing_count", "of": ["purpose", "income", "opened"]}, {"income": 1}, 2.0),
        ({"op": "is_any_of", "of": ["purpose"], "values": ["car"]}, {"purpose": "car"}, 1.0),
        ({"op": "is_any_of", "of": ["purpose"], "values": ["car"]}, {}, NAN),
        (
            {"op": "map", "of": ["purpose"], "to": {"car": 2}, "unseen": -1, "missing": None},
            {"purpose": "boat"},
            -1,
        ),
        ({"op": "length", "of": ["title"]}, {"title": "nurse"}, 5),
        ({"op": "leading_number", "of": ["title"]}, {"title": "10+ years"}, 10.0),
        ({"op": "leading_number", "of": ["title"]}, {"title": "about -2.5.1"}, -2.5),
        ({"op": "leading_number", "of": ["title"]}, {"title": "none"}, NAN),
        ({"op": "date_part", "of": ["opened"], "part": "months"}, {"opened": "Jul-1999"}, 23994),
        ({"op": "date_part", "of": ["opened"], "part": "day"}, {"opened": "1999-07"}, NAN),
        ({"op": "date_part", "of": ["opened"], "part": "day"}, {"opened": "1999-07-31T10"}, 31),
        ({"op": "copy", "of": ["purpose"], "levels": ["a", "car"]}, {"purpose": "car"}, 1),
        ({"op": "copy", "of": ["purpose"], "levels": ["a", "car"]}, {"purpose": "boat"}, 2),
        ({"op": "copy", "of": ["purpose"], "levels": ["a", "car"]}, {}, 3),
        ({"op": "copy", "of": ["purpose"], "levels": ["7", "8"]}, {"purpose": 8.0}, 1),
        ({"op": "text", "of": ["months"], "levels": ["36"]}, {"months": 36}, 0),
        ({"op": "lower", "of": ["title"], "levels": ["nurse"]}, {"title": " Nurse"}, 0),
        ({"op": "prefix", "of": ["title"], "length": 2, "levels": ["nu"]}, {"title": "nurse"}, 0),
        (
            {"op": "join", "of": ["title", "purpose"], "levels": ["x|car"]},
            {"title": "x", "purpose": "car"},
            0,
        ),
        (
            {
                "op": "regroup", "of": ["title"], "to": {"x": "y"}, "unseen": "keep",
                "missing": "none", "levels": ["y", "z", "none"],
            },
            {"title": "z"},
            1,
        ),
    ],
)  # fmt: skip
def test_a_feature_is_what_it_is_declared_to_be(
    feature: dict[str, Any], row: dict[str, object], expected: object
) -> None:
    assert _same(_value(feature, row), expected)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"income": "12,5"}, ValueError),
        ({"income": "1_000"}, ValueError),
        ({"income": True}, TypeError),
        ({"income": [1]}, TypeError),
        ({"months": "36"}, TypeError),
        ({"months": 36.5}, ValueError),
        ({"share": "1e3"}, ValueError),
        ({"purpose": True}, TypeError),
        ({"purpose": {}}, TypeError),
        ({"opened": "31.7.1999"}, ValueError),
        ({"opened": "1999-13"}, ValueError),
        ({"opened": 1999}, TypeError),
    ],
)
def test_what_cannot_be_read_is_refused_by_the_name_of_its_column(
    row: dict[str, object], error: type[Exception]
) -> None:
    (name,) = row
    with pytest.raises(error, match=name):
        _columns().slots(row)


def test_strict_artefacts_refuse_other_columns_and_demanded_ones_must_be_there() -> None:
    with pytest.raises(UnknownFeature) as other:
        _columns(other_columns="refuse").slots({"income": 1, "sex": "F"})
    assert other.value.args == ("sex",)
    demanding = _columns(inputs=[{"name": "income", "kind": "number", "absent": "refuse"}])
    assert demanding.slots({"income": None})[0] != 0
    with pytest.raises(MissingColumn) as missing:
        demanding.slots({})
    assert missing.value.args == ("income",)


@pytest.mark.parametrize(
    "feature",
    [
        {"name": "f", "op": "eval", "of": ["income"]},
        {"name": "f", "op": "ratio", "of": ["income"]},
        {"name": "f", "op": "ratio", "of": ["income", "purpose"]},
        {"name": "f", "op": "sum", "of": []},
        {"name": "f", "op": "copy", "of": ["nowhere"]},
        {"name": "f", "op": "copy", "of": ["income"], "levels": ["a"]},
        {"name": "f", "op": "copy", "of": ["purpose"], "levels": ["a", "a"]},
        {"name": "income", "op": "log", "of": ["income"]},
        {"name": "f", "op": "date_part", "of": ["opened"], "part": "hour"},
        {"name": "f", "op": "copy", "of": ["income"], "sign": 3},
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(feature: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        _columns(feature)
