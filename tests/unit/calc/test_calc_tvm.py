"""`autolend calc tvm` through its requests: arguments, defaults and refusals."""

from typing import Any

import pytest

from tools.calc.run import solve

DATES = ["2024-01-01", "2024-12-31"]

# One request of every function and its value; derivations beside them.
REQUESTS: dict[str, tuple[dict[str, Any], str]] = {
    # 1000 / ((1.1^2 - 1) / (0.1 * 1.1^2)) = 1210 / 2.1
    "pmt": ({"rate": "0.1", "nper": 2, "pv": "1000"}, "-576.1904761904761904761904762"),
    "ipmt": ({"rate": "0.1", "per": 1, "nper": 2, "pv": "1000"}, "-100"),
    "ppmt": ({"rate": "0.1", "per": 1, "nper": 2, "pv": "1000"}, "-476.1904761904761904761904762"),
    # 100 in the first year, then a tenth of 1000 - 476.19...
    "cumipmt": (
        {"rate": "0.1", "nper": 2, "pv": "1000", "start": 1, "end": 2},
        "-152.3809523809523809523809524",
    ),
    "cumprinc": ({"rate": "0.1", "nper": 2, "pv": "1000", "start": 1, "end": 2}, "-1000"),
    "pv": ({"rate": "0.25", "nper": 2, "pmt": "-100"}, "144"),  # 80 + 64
    "fv": ({"rate": "0.5", "nper": 2, "pmt": "-100"}, "250"),
    "nper": ({"rate": "0.1", "pmt": "0", "pv": "-100", "fv": "121"}, "2"),
    "rate": ({"nper": 2, "pmt": "0", "pv": "-100", "fv": "121"}, "0.1"),
    "npv": ({"rate": "0.25", "flows": ["-100", "100", 100]}, "44"),
    "irr": ({"flows": ["-100", "0", "121"]}, "0.1"),
    "xnpv": ({"rate": "0.1", "flows": ["-100", "110"], "dates": DATES}, "0"),  # 365 days
    "xirr": ({"flows": ["-100", "110"], "dates": DATES}, "0.1"),
    "effect": ({"nominal_pct": "20", "periods_per_year": 2}, "0.21"),
    "nominal": ({"effective_pct": "21", "periods_per_year": "2"}, "0.2"),
}
RATED = ("pmt", "ipmt", "ppmt", "cumipmt", "cumprinc", "pv", "fv", "nper", "npv", "xnpv")
TIMED = ("pmt", "ipmt", "ppmt", "cumipmt", "cumprinc", "pv", "fv", "nper", "rate")


def ask(function: str, **arguments: Any) -> dict[str, Any]:
    return solve("tvm", {"function": function, **arguments})


def refusal(answer: dict[str, Any]) -> tuple[str, str]:
    problem = answer["error"]
    return problem["code"], problem["errors"][0]["pointer"]


@pytest.mark.parametrize("function", REQUESTS)
def test_every_function_answers(function: str) -> None:
    arguments, value = REQUESTS[function]
    assert ask(function, **arguments) == {"value": value}


@pytest.mark.parametrize("function", REQUESTS)
def test_every_argument_without_a_default_is_needed(function: str) -> None:
    arguments, _ = REQUESTS[function]
    optional = {"pv", "fv"} if function in {"pv", "fv", "nper"} else {"fv"}
    for name in arguments.keys() - optional:
        rest = {key: value for key, value in arguments.items() if key != name}
        assert refusal(ask(function, **rest)) == ("invalid_field", f"/{name}")


@pytest.mark.parametrize("function", REQUESTS)
def test_arguments_of_other_functions_contradict(function: str) -> None:
    arguments, _ = REQUESTS[function]
    extra: dict[str, Any] = {"nominal_pct": 1, "effective_pct": 1, "dates": DATES, "flows": [1]}
    extra |= {"per": 1, "start": 1, "end": 1, "nper": 2, "pmt": 1, "rate": "0.1"}
    own = {"rate"} if function in RATED else set()
    for name in extra.keys() - arguments.keys() - own:
        assert refusal(ask(function, **arguments, **{name: extra[name]})) == (
            "contradiction",
            f"/{name}",
        )
    if function not in TIMED:
        assert refusal(ask(function, **arguments, when="end")) == ("contradiction", "/when")


@pytest.mark.parametrize("function", RATED)
def test_a_rate_may_be_given_a_year(function: str) -> None:
    arguments, _ = REQUESTS[function]
    periodic = {**arguments, "rate": "0.005"}
    yearly = {key: value for key, value in arguments.items() if key != "rate"}
    yearly |= {"annual_rate_pct": "6", "periods_per_year": "12"}
    assert ask(function, **yearly) == ask(function, **periodic)
    assert refusal(ask(function, **yearly, rate="0.005")) == ("contradiction", "/rate")
    assert refusal(ask(function, **periodic, periods_per_year=12)) == (
        "contradiction",
        "/periods_per_year",
    )
    del yearly["periods_per_year"]
    assert refusal(ask(function, **yearly)) == ("invalid_field", "/periods_per_year")


@pytest.mark.parametrize("function", TIMED)
def test_payments_may_come_at_the_beginning(function: str) -> None:
    arguments, value = REQUESTS[function]
    assert ask(function, **arguments, when="end") == {"value": value}
    at_beginning = ask(function, **arguments, when="begin")
    without_payment = arguments.get("pmt") == "0"
    assert (at_beginning == {"value": value}) is (without_payment or function == "cumprinc")
    assert refusal(ask(function, **arguments, when="middle")) == ("invalid_field", "/when")


def test_the_first_payment_at_the_beginning_bears_no_interest() -> None:
    arguments, _ = REQUESTS["ipmt"]
    assert ask("ipmt", **arguments, when="begin") == {"value": "0"}
    payment = ask("pmt", **REQUESTS["pmt"][0], when="begin")
    assert ask("ppmt", **arguments, when="begin") == payment


@pytest.mark.parametrize(
    ("function", "change", "expected", "at"),
    [
        ("pmt", {"nper": 0}, "invalid_field", "/nper"),
        ("pmt", {"nper": "-1"}, "invalid_field", "/nper"),
        ("pmt", {"rate": "-1"}, "invalid_field", "/rate"),
        ("pmt", {"rate": 0.1}, "invalid_field", "/rate"),
        ("pmt", {"rate": "1e-2"}, "invalid_field", "/rate"),
        ("pmt", {"rate": None}, "invalid_field", "/rate"),
        ("pmt", {"pv": True}, "invalid_field", "/pv"),
        ("pmt", {"function": "sln"}, "invalid_field", "/function"),
        ("pmt", {"guess": "0.1"}, "invalid_field", "/guess"),
        ("pv", {"nper": "-1"}, "invalid_field", "/nper"),
        ("ipmt", {"per": 0}, "invalid_field", "/per"),
        ("ipmt", {"per": 3}, "invalid_field", "/per"),
        ("ipmt", {"per": "1.5"}, "invalid_field", "/per"),
        ("cumipmt", {"start": 0}, "invalid_field", "/start"),
        ("cumipmt", {"start": 2, "end": 1}, "invalid_field", "/end"),
        ("cumprinc", {"end": 3}, "invalid_field", "/end"),
        ("nper", {"fv": "-121"}, "no_solution", ""),
        ("nper", {"rate": "0"}, "no_solution", ""),
        ("rate", {"nper": 0}, "invalid_field", "/nper"),
        ("rate", {"fv": "-121"}, "no_solution", ""),
        ("rate", {"fv": "0"}, "no_solution", ""),
        ("npv", {"flows": []}, "invalid_field", "/flows"),
        ("npv", {"flows": "100"}, "invalid_field", "/flows"),
        ("irr", {"flows": ["100", "100"]}, "no_solution", ""),
        ("irr", {"flows": ["0", "0"]}, "no_solution", ""),
        ("irr", {"flows": ["-100"]}, "no_solution", ""),
        ("xirr", {"dates": ["2024-01-01"]}, "invalid_field", "/dates"),
        ("xirr", {"dates": ["2024-01-01", "2023-12-31"]}, "invalid_field", "/dates/1"),
        ("xnpv", {"dates": ["2024-01-01", "2024-02-30"]}, "invalid_field", "/dates/1"),
        ("effect", {"periods_per_year": 0}, "invalid_field", "/periods_per_year"),
        ("effect", {"nominal_pct": "-200"}, "invalid_field", "/nominal_pct"),
        ("nominal", {"effective_pct": "-100"}, "invalid_field", "/effective_pct"),
    ],
)
def test_what_is_wrong_is_named(
    function: str, change: dict[str, Any], expected: str, at: str
) -> None:
    arguments, _ = REQUESTS[function]
    answer = solve("tvm", {"function": function, **arguments, **change})
    assert refusal(answer) == (expected, at)


def test_a_yearly_rate_below_all_is_named_as_it_was_given() -> None:
    answer = ask("npv", annual_rate_pct="-1200", periods_per_year=12, flows=[1])
    assert refusal(answer) == ("invalid_field", "/annual_rate_pct")


@pytest.mark.parametrize("function", ["pmt", "ipmt", "cumipmt", "fv", "pv"])
@pytest.mark.parametrize("rate", ["0", "0.00", 0])
def test_zero_rates_are_allowed(function: str, rate: str | int) -> None:
    arguments, _ = REQUESTS[function]
    assert "value" in ask(function, **(arguments | {"rate": rate}))
    assert ask("pmt", rate=rate, nper=3, pv="100", fv="20") == {"value": "-40"}
    assert ask("nper", rate=rate, pmt="-30", pv="100") == {"value": "3.333333333333333333333333333"}
