"""`autolend calc business-day`: given lists, China's calendar, and refusals."""

from typing import Any

import pytest

from tools.calc.run import solve


def asked(**fields: Any) -> dict[str, Any]:
    return solve("business-day", fields)


def test_an_adjustment_answers_for_the_given_date() -> None:
    saturday = {"op": "adjust", "date": "2026-01-31"}
    assert asked(**saturday) == {"date": "2026-02-02", "is_business_day": False}
    assert asked(**saturday, convention="modified_following")["date"] == "2026-01-30"
    assert asked(**saturday, working_days=["2026-01-31"]) == {
        "date": "2026-01-31",
        "is_business_day": True,
    }
    assert asked(**saturday, weekend=["fri"], holidays=[])["is_business_day"] is True
    assert asked(**saturday, weekend=[])["is_business_day"] is True
    assert asked(**saturday, holidays=["2026-02-02", "2026-02-03"])["date"] == "2026-02-04"
    # Fields of an adjustment that decide nothing may be given.
    assert asked(**saturday, end_of_month=True)["date"] == "2026-02-02"


def test_an_advance_steps_and_adjusts() -> None:
    friday = {"op": "advance", "date": "2026-01-30"}
    assert asked(**friday, n=1, unit="day") == {"date": "2026-02-02", "is_business_day": True}
    assert asked(**friday, n=-1, unit="week")["date"] == "2026-01-23"
    assert asked(**friday, n=1, unit="month", convention="preceding")["date"] == "2026-02-27"
    assert asked(**friday, n=1, unit="month", end_of_month=True)["date"] == "2026-02-27"
    assert asked(**friday, n=1, unit="year")["date"] == "2027-02-01"


def test_china_is_built_in() -> None:
    golden_week = {"op": "adjust", "date": "2026-10-03", "calendar": "CN"}
    assert asked(**golden_week) == {"date": "2026-10-08", "is_business_day": False}
    worked = {"op": "adjust", "date": "2026-09-20", "calendar": "CN"}
    assert asked(**worked) == {"date": "2026-09-20", "is_business_day": True}
    # 30 September, then 8, 9 and the Saturday 10 October are worked.
    third = {"op": "advance", "date": "2026-09-30", "calendar": "CN", "n": 3, "unit": "day"}
    assert asked(**third)["date"] == "2026-10-10"


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({"op": "move"}, "invalid_field", "/op"),
        ({"date": "2026-02-30"}, "invalid_field", "/date"),
        ({"convention": "backward"}, "invalid_field", "/convention"),
        ({"convention": None}, "invalid_field", "/convention"),
        ({"calendar": "cn"}, "invalid_field", "/calendar"),
        ({"calendar": None}, "invalid_field", "/calendar"),
        ({"weekend": ["saturday"]}, "invalid_field", "/weekend/0"),
        (
            {"weekend": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]},
            "invalid_field",
            "/weekend",
        ),
        ({"holidays": "2026-01-01"}, "invalid_field", "/holidays"),
        ({"holidays": ["2026-01-32"]}, "invalid_field", "/holidays/0"),
        ({"currency": "CNY"}, "invalid_field", "/currency"),
        ({"n": 1}, "contradiction", "/n"),
        ({"unit": "day"}, "contradiction", "/unit"),
        ({"calendar": "CN", "holidays": []}, "contradiction", "/holidays"),
        ({"calendar": "CN", "working_days": []}, "contradiction", "/working_days"),
        ({"calendar": "CN", "weekend": ["sun"]}, "contradiction", "/weekend"),
        ({"calendar": "CN", "date": "2023-12-31"}, "invalid_field", "/date"),
        ({"calendar": "CN", "date": "2028-01-01"}, "invalid_field", "/date"),
        ({"op": "advance", "unit": "day"}, "invalid_field", "/n"),
        ({"op": "advance", "n": 1}, "invalid_field", "/unit"),
        ({"op": "advance", "n": None, "unit": "day"}, "invalid_field", "/n"),
        ({"op": "advance", "n": "1", "unit": "day"}, "invalid_field", "/n"),
        ({"op": "advance", "n": 1.0, "unit": "day"}, "invalid_field", "/n"),
        ({"op": "advance", "n": 100_001, "unit": "day"}, "invalid_field", "/n"),
        ({"op": "advance", "n": 1, "unit": "quarter"}, "invalid_field", "/unit"),
        ({"op": "advance", "n": 9_000, "unit": "year"}, "invalid_field", "/date"),
    ],
)
def test_a_wrong_request_is_refused(fields: dict[str, Any], code: str, pointer: str) -> None:
    problem = asked(**{"op": "adjust", "date": "2026-03-02", **fields})["error"]
    assert (problem["code"], problem["errors"][0]["pointer"]) == (code, pointer)
