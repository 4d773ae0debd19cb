"""`autolend calc allocate` and `delinquency`: wire shapes, examples and refusals."""

from typing import Any

import pytest

from tools.calc.run import solve

ORDER = ["penalty", "fee", "interest", "principal"]
TWO = [
    {"due_on": "2026-05-01", "principal_minor": 10_000, "interest_minor": 500},
    {"due_on": "2026-06-01", "principal_minor": 10_000, "interest_minor": 500},
]
PAID = [{"on": "2026-05-01", "amount_minor": 12_000}]
ALLOCATE: dict[str, Any] = {"instalments": TWO, "payments": PAID, "order": ORDER}
FEE, AMOUNT = "/instalments/0/fee_minor", "/payments/0/amount_minor"
DELINQUENCY: dict[str, Any] = {
    "as_of": "2026-02-11",
    "instalments": [{"due_on": "2026-02-01", "outstanding_minor": 5_000}],
    "grace_days": 2,
    "pauses": [{"from": "2026-02-05", "to": "2026-02-08"}],
}


def refused(kind: str, asked: dict[str, Any]) -> tuple[str, str]:
    """Code and first pointer of the problem."""
    problem = solve(kind, asked)["error"]
    return problem["code"], problem["errors"][0]["pointer"]


def test_the_allocation_of_the_contract() -> None:
    assert solve("allocate", ALLOCATE) == {
        "instalments": [
            {
                "due_on": "2026-05-01",
                "paid_minor": 10_500,
                "in_advance_minor": 0,
                "late_minor": 0,
                "outstanding_minor": 0,
                "paid_on": "2026-05-01",
            },
            {
                "due_on": "2026-06-01",
                "paid_minor": 1_500,
                "in_advance_minor": 1_500,
                "late_minor": 0,
                "outstanding_minor": 9_000,
                "paid_on": None,
            },
        ],
        "payments": [
            {
                "on": "2026-05-01",
                "amount_minor": 12_000,
                "principal_minor": 11_000,
                "interest_minor": 1_000,
                "fee_minor": 0,
                "penalty_minor": 0,
                "excess_minor": 0,
                "balance_minor": 9_000,
            }
        ],
    }


@pytest.mark.parametrize(
    ("given", "outstanding"),
    [
        # Late on 1 July with 12,000: both interests first, 11,000 to principal.
        ({"mode": "vertical"}, [0, 9_000]),
        ({"mode": "horizontal"}, [0, 9_000]),
        ({"order": ["principal", "interest", "fee", "penalty"], "mode": "vertical"}, [500, 8_500]),
    ],
)
def test_a_mode_is_passed_on(given: dict[str, Any], outstanding: list[int]) -> None:
    late = [{"on": "2026-07-01", "amount_minor": 12_000}]
    answer = solve("allocate", {**ALLOCATE, "payments": late, **given})
    assert [one["outstanding_minor"] for one in answer["instalments"]] == outstanding


def test_the_future_is_passed_on() -> None:
    early = [{"on": "2026-04-01", "amount_minor": 7_001}]
    for future, paid in (
        ("next", [7_001, 0]),
        ("last", [0, 7_001]),
        ("reamortise", [3_500, 3_501]),
    ):
        answer = solve("allocate", {**ALLOCATE, "payments": early, "future": future})
        assert [one["in_advance_minor"] for one in answer["instalments"]] == paid


def test_twelve_entries_are_an_order() -> None:
    """Principal of the future before the interest that is due: the 12 entries name it."""
    timings = ("past_due", "due", "in_advance")
    order = [f"{timing}.principal" for timing in reversed(timings)]
    order += [f"{timing}.{name}" for timing in timings for name in ORDER[:3]]
    answer = solve("allocate", {**ALLOCATE, "order": order})
    assert [one["outstanding_minor"] for one in answer["instalments"]] == [8_500, 500]


def test_nothing_owed_or_nothing_paid_is_an_answer() -> None:
    nothing = solve("allocate", {"instalments": [], "payments": PAID, "order": ORDER})
    assert nothing["payments"][0]["excess_minor"] == 12_000
    unpaid = solve("allocate", {**ALLOCATE, "payments": []})
    assert [one["outstanding_minor"] for one in unpaid["instalments"]] == [10_500, 10_500]
    empty = solve("allocate", {**ALLOCATE, "instalments": [{"due_on": "2026-05-01"}]})
    assert empty["instalments"][0]["paid_on"] is None


@pytest.mark.parametrize(
    ("given", "code", "pointer"),
    [
        ({"order": ORDER[:3]}, "invalid_field", "/order"),
        ({"order": None}, "invalid_field", "/order"),
        ({"order": [*ORDER[:3], 4]}, "invalid_field", "/order/3"),
        ({"mode": "diagonal"}, "invalid_field", "/mode"),
        ({"future": "none"}, "invalid_field", "/future"),
        ({"mode": "vertical", "future": "reamortise"}, "contradiction", "/future"),
        ({"instalments": TWO[::-1]}, "invalid_field", "/instalments/1/due_on"),
        ({"instalments": [{**TWO[0], "fee_minor": -1}]}, "invalid_field", FEE),
        ({"instalments": [{**TWO[0], "fee_minor": 1.0}]}, "invalid_field", FEE),
        ({"instalments": [{**TWO[0], "fee": 1}]}, "invalid_field", "/instalments/0/fee"),
        ({"instalments": [{"due_on": "2026-02-30"}]}, "invalid_field", "/instalments/0/due_on"),
        ({"payments": [{**PAID[0], "amount_minor": -1}]}, "invalid_field", AMOUNT),
        ({"payments": [{"on": "2026-05-01"}]}, "invalid_field", AMOUNT),
        ({"unknown": 1}, "invalid_field", "/unknown"),
    ],
)
def test_a_wrong_allocation_is_refused(given: dict[str, Any], code: str, pointer: str) -> None:
    assert refused("allocate", {**ALLOCATE, **given}) == (code, pointer)


def test_the_delinquency_of_the_contract() -> None:
    assert solve("delinquency", DELINQUENCY) == {
        "oldest_unpaid_on": "2026-02-01",
        "past_due_days": 10,
        "delinquent_days": 5,
        "overdue_minor": 5_000,
        "grace_ends_on": "2026-02-03",
        "bucket": None,
    }


def test_buckets_are_found_and_may_be_open() -> None:
    for buckets in (
        [{"name": "M0", "from": 0, "to": 4}, {"name": "M1", "from": 5}],
        [{"name": "M1", "from": 5, "to": None}],
        [{"name": "M1", "from": 5, "to": 5}],
    ):
        assert solve("delinquency", {**DELINQUENCY, "buckets": buckets})["bucket"] == "M1"


def test_nothing_unpaid_is_null_and_zero() -> None:
    paid = [{"due_on": "2026-02-01", "outstanding_minor": 0}]
    buckets = [{"name": "M0", "from": 0}]
    answer = solve("delinquency", {**DELINQUENCY, "instalments": paid, "buckets": buckets})
    assert answer == {
        "oldest_unpaid_on": None,
        "past_due_days": 0,
        "delinquent_days": 0,
        "overdue_minor": 0,
        "grace_ends_on": None,
        "bucket": None,
    }


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"as_of": "2026-2-11"}, "/as_of"),
        ({"as_of": None}, "/as_of"),
        ({"grace_days": -1}, "/grace_days"),
        ({"grace_days": None}, "/grace_days"),
        ({"grace_days": True}, "/grace_days"),
        ({"grace_days": 3_652_059}, "/grace_days"),
        ({"pauses": [{"from": "2026-02-05"}]}, "/pauses/0/to"),
        ({"pauses": [{"from_on": "2026-02-05", "to": "2026-02-06"}]}, "/pauses/0/from"),
        ({"pauses": [{"from": "2026-02-05", "to": "2026-02-04"}]}, "/pauses/0/to"),
        (
            {
                "pauses": [
                    {"from": "2026-02-05", "to": "2026-02-08"},
                    {"from": "2026-02-07", "to": "2026-02-09"},
                ]
            },
            "/pauses",
        ),
        ({"buckets": [{"name": "M1", "from": 3, "to": 2}]}, "/buckets/0/to"),
        ({"buckets": [{"name": "M1", "from": -1}]}, "/buckets/0/from"),
        ({"instalments": [{"due_on": "2026-02-01"}]}, "/instalments/0/outstanding_minor"),
    ],
)
def test_a_wrong_delinquency_is_refused(given: dict[str, Any], pointer: str) -> None:
    assert refused("delinquency", {**DELINQUENCY, **given}) == ("invalid_field", pointer)
