"""POST /v1/quotes and GET /v1/products as a caller sees them: proxy events in, JSON out."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lending.domain.profile import MarketProfile

from functions.quote import wiring as wired
from functions.quote.handler import handler

ROOT = Path(__file__).parents[3]
QUOTED = re.compile(r"/v1/quotes [^\n]* -d '(\{.*?\})'", re.DOTALL)
AT_MS = int(datetime(2026, 11, 24, 2, tzinfo=UTC).timestamp() * 1000)
GOOD: dict[str, Any] = {
    "market": "cn",
    "product_id": "cn-auto-new",
    "amount_minor": 12_000_000,
    "term_months": 36,
    "plan": "equal_instalment",
    "currency": "CNY",
}
SHARED = {name: value for name, value in GOOD.items() if name != "plan"}
STEPS = [{"periods": 12, "weight": "1"}, {"periods": 24, "weight": "3/2"}]


@pytest.fixture(autouse=True)
def markets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETS", "cn,us")
    wired.wiring.cache_clear()


def call(method: str, path: str, body: object = None) -> tuple[int, Any]:
    event = {
        "httpMethod": method,
        "resource": path,
        "path": path,
        "headers": {},
        "body": None if body is None else json.dumps(body),
        "requestContext": {"requestId": "r-1", "requestTimeEpoch": AT_MS},
    }
    answer = handler(event)
    return answer["statusCode"], json.loads(answer["body"])


def quote(**changes: Any) -> tuple[int, Any]:
    return call("POST", "/v1/quotes", {**GOOD, **changes})


def several(*plans: dict[str, Any], **shared: Any) -> tuple[int, Any]:
    return call("POST", "/v1/quotes", {**SHARED, **shared, "plans": list(plans)})


def pointers(answer: tuple[int, Any]) -> list[str]:
    status, body = answer
    assert status == 422, body
    return [error["pointer"] for error in body["errors"]]


def test_the_first_call_of_the_readme_is_answered_as_it_always_was() -> None:
    status, body = quote()
    assert status == 200
    assert {name: body[name] for name in GOOD} == GOOD
    assert body["is_indicative"] is True
    assert body["principal_minor"] == 12_000_000
    assert body["annual_rate_bps"] == body["apr_bps"] == 980
    rows = body["plan_rows"]
    assert len(rows) == 36
    assert sum(row["principal_minor"] for row in rows) == 12_000_000
    assert body["total_interest_minor"] == sum(row["interest_minor"] for row in rows)
    assert body["instalment_minor"] == rows[0]["total_minor"] == 386_080
    assert rows[0]["due_on"] == "2026-12-24"
    assert rows[-1]["balance_minor"] == 0


@pytest.mark.parametrize(
    ("document", "calls"), [("README.md", 1), ("docs/how-to/call-the-api.md", 2)]
)
def test_the_calls_of_the_documents_are_answered(document: str, calls: int) -> None:
    bodies = QUOTED.findall((ROOT / document).read_text("utf-8"))
    assert len(bodies) == calls
    for body in bodies:
        status, answer = call("POST", "/v1/quotes", json.loads(body))
        assert status == 200, answer


def test_a_quote_states_every_cost() -> None:
    status, body = quote(
        product_id="cn-auto-lease",
        plan="lease",
        residual_minor=3_000_000,
        deposit_minor=1_200_000,
        advance_rents=2,
        add_ons=[{"code": "gps"}],
        vehicle_price_minor=15_000_000,
        down_payment_minor=3_000_000,
    )
    assert status == 200, body
    assert body["parameters"] == {
        "residual_minor": 3_000_000,
        "deposit_minor": 1_200_000,
        "advance_rents": 2,
    }
    assert [(fee["code"], fee["payee"]) for fee in body["fees"]] == [("handling_fee", "lessor")]
    assert body["add_ons"][0]["in_all_in_cost"] is True
    assert {one["code"] for one in body["contingent_fees"]} == {"late_interest", "excess_mileage"}
    sheet = body["cost_sheet"]
    assert sum(item["total_minor"] for item in sheet["items"]) == body["total_cost_minor"]
    assert sheet["annual_cost"] == {"basis": "irr_nominal", "pct": body["rates"]["nominal_pct"]}
    assert float(body["rates"]["effective_pct"]) > float(body["rates"]["nominal_pct"])
    assert body["apr_bps"] <= body["apr_cap_bps"] == 2_400
    assert [row["kind"] for row in body["plan_rows"]][:2] == ["advance", "instalment"]
    assert body["plan_rows"][-1]["kind"] == "residual"


def test_four_plans_stand_side_by_side() -> None:
    status, body = several(
        {"plan": "equal_instalment"},
        {"plan": "equal_principal"},
        {"plan": "balloon", "balloon_minor": 4_000_000, "term_months": 24},
        {"plan": "step", "steps": STEPS},
    )
    assert status == 200, body
    assert [plan["plan"] for plan in body["plans"]] == [
        "equal_instalment", "equal_principal", "balloon", "step",
    ]  # fmt: skip
    for plan, compared in zip(body["plans"], body["comparison"], strict=True):
        rows = plan["plan_rows"]
        assert compared["first_instalment_minor"] == rows[0]["total_minor"]
        assert compared["last_instalment_minor"] == rows[-1]["total_minor"]
        assert compared["total_cost_minor"] == plan["total_cost_minor"]
        less = plan["total_cost_minor"] - body["plans"][0]["total_cost_minor"]
        assert compared["difference"]["total_cost_minor"] == less
    costs = [plan["total_cost_minor"] for plan in body["plans"]]
    ranks = [one["rank"] for one in body["comparison"]]
    assert sorted(range(4), key=costs.__getitem__) == sorted(range(4), key=ranks.__getitem__)
    assert body["plans"][2]["term_months"] == 24


def test_a_loan_and_a_lease_can_be_compared() -> None:
    lease = {
        "plan": "lease",
        "product_id": "cn-auto-lease",
        "residual_minor": 3_000_000,
        "add_ons": [{"code": "gps"}],
    }
    status, body = several({"plan": "equal_instalment"}, lease)
    assert status == 200, body
    assert [plan["product_id"] for plan in body["plans"]] == ["cn-auto-new", "cn-auto-lease"]
    alone = quote(**lease)[1]
    assert body["plans"][1] == alone


def test_one_plan_of_several_is_that_plan() -> None:
    status, body = several({"plan": "equal_instalment"})
    assert status == 200
    assert body["plans"] == [quote()[1]]
    assert body["comparison"][0]["rank"] == 1


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"market": "zz"}, ["/market"]),
        ({"product_id": "zz"}, ["/product_id"]),
        ({"currency": "USD"}, ["/currency"]),
        ({"amount_minor": 1}, ["/amount_minor"]),
        ({"term_months": 599}, ["/term_months"]),
        ({"plan": "bullet"}, ["/plan"]),
        ({"plan": None}, ["/plan"]),
        ({"plan": "flat"}, ["/plan"]),
        ({"plan": "balloon"}, ["/balloon_minor"]),
        ({"balloon_minor": 1}, ["/balloon_minor"]),
        ({"surprise": 1}, ["/surprise"]),
        ({"plan": "step", "steps": [{"periods": 36, "weight": "x"}]}, ["/steps/0/weight"]),
        ({"plan": "step", "steps": [{"periods": 36, "weight": "1/0"}]}, ["/steps/0/weight"]),
        ({"plan": "step", "steps": [{"periods": 0, "weight": "1"}]}, ["/steps/0/periods"]),
        ({"grace": {"principal_periods": 9}}, ["/grace/principal_periods"]),
        ({"first_due_on": "2026-11-24"}, ["/first_due_on"]),
        ({"first_due_on": "2026-02-30"}, ["/first_due_on"]),
        ({"vehicle_price_minor": 14_000_000}, ["/amount_minor"]),
        ({"down_payment_minor": 1}, ["/vehicle_price_minor"]),
        ({"add_ons": [{"code": "purchase_tax"}]}, ["/vehicle_price_minor"]),
        ({"add_ons": [{"code": "zz"}]}, ["/add_ons/0/code"]),
        (
            {"amount_minor": 1, "term_months": 1, "currency": "EUR"},
            ["/currency", "/amount_minor", "/term_months"],
        ),
        ({"plans": [{"plan": "equal_principal"}]}, ["/plans"]),
    ],
)
def test_every_wrong_field_is_named(change: dict[str, Any], wanted: list[str]) -> None:
    assert pointers(quote(**change)) == wanted


@pytest.mark.parametrize(
    ("plans", "shared", "wanted"),
    [
        ([], {}, ["/plans"]),
        ([{"plan": "equal_instalment"}] * 5, {}, ["/plans"]),
        ([{"plan": "bullet"}], {}, ["/plans/0/plan"]),
        ([{"term_months": 12}], {}, ["/plans/0/plan"]),
        ([{"plan": "equal_instalment"}, {"plan": "balloon"}], {}, ["/plans/1/balloon_minor"]),
        # What the plans share is named once, what one of them says where it says it.
        ([{"plan": "equal_instalment"}, {"plan": "equal_principal"}], {"amount_minor": 1},
         ["/amount_minor"]),
        ([{"plan": "equal_instalment", "amount_minor": 1}, {"plan": "flat"}], {},
         ["/plans/0/amount_minor", "/plans/1/plan"]),
        ([{"plan": "equal_instalment", "product_id": "zz"}], {}, ["/plans/0/product_id"]),
        ([{"plan": "balloon", "balloon_minor": 1}], {"balloon_minor": 1}, ["/balloon_minor"]),
        ([{"plan": "equal_instalment"}], {"grace": {"principal_periods": 1}}, ["/grace"]),
    ],
)  # fmt: skip
def test_a_wrong_field_of_one_of_several_plans_is_named(
    plans: list[dict[str, Any]], shared: dict[str, Any], wanted: list[str]
) -> None:
    assert pointers(several(*plans, **shared)) == wanted


def test_nothing_above_the_cap_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flat 9.8 % over 12 months costs 17.62 % a year: within 24 %, above 17 %."""
    flat = {"product_id": "cn-consumer", "plan": "flat", "term_months": 12}
    assert quote(**flat)[0] == 200
    get = wired.ProfileStore.get
    monkeypatch.setattr(wired.ProfileStore, "get", lambda *args: capped(get(*args)))
    status, body = quote(**flat)
    assert (status, body["code"]) == (409, "above_rate_cap")
    assert [error["pointer"] for error in body["errors"]] == ["/plan"]
    assert "17" not in body["errors"][0]["detail"]
    status, body = several(
        {"plan": "equal_instalment"}, {"plan": "flat", "term_months": 12}, product_id="cn-consumer"
    )
    assert (status, body["code"]) == (409, "above_rate_cap")
    assert [error["pointer"] for error in body["errors"]] == ["/plans/1/plan"]


def capped(profile: MarketProfile) -> MarketProfile:
    return replace(profile, apr_cap_bps=1_700)


def test_products_show_what_can_be_asked_for() -> None:
    status, body = call("GET", "/v1/products")
    assert status == 200
    found = {one["product_id"]: one for one in body["products"]}
    assert {"cn-auto-new", "cn-auto-nev", "cn-auto-used", "cn-consumer", "us-auto"} <= set(found)
    new = found["cn-auto-new"]
    assert new["plans"] == ["equal_instalment", "equal_principal", "balloon", "step"]
    options = {option["plan"]: option for option in new["plan_options"]}
    assert options["balloon"] == {
        "plan": "balloon",
        "max_term_months": 36,
        "balloon_max_bps": 4_000,
    }
    assert options["step"]["step_ratio_max"] == "3"
    assert new["early_settlement"]["waivers"] == ["trade_in"]
    tax = next(one for one in new["add_ons"] if one["code"] == "purchase_tax")
    assert (tax["payee"], tax["price"]["pct"]) == ("tax_authority", "10")
    american = found["us-auto-lease"]["plan_options"]
    assert american == [
        {
            "plan": "lease",
            "max_term_months": 60,
            "residual_max_bps": 7_000,
            "deposit_max_bps": 1_000,
            "advance_rents_max": 1,
        }
    ]
    lease = found["cn-auto-lease"]
    assert next(one for one in lease["add_ons"] if one["code"] == "gps")["is_required"] is True
    assert lease["fees"][0]["payee"] == "lessor"
    assert new["add_on_finance"] == {
        "cap_bps": 8_000,
        "above_minor": 20_000_000,
        "cap_above_bps": 7_000,
    }
    assert found["us-auto"]["add_on_finance"] is None


def test_every_product_can_be_quoted_in_each_of_its_plans() -> None:
    """With parameters at their limits, all at once as far as they are of one plan."""
    _, body = call("GET", "/v1/products")
    for product in body["products"]:
        for option in product["plan_options"]:
            term = option["max_term_months"]
            amount = product["min_amount_minor"]
            asked: dict[str, Any] = {
                "market": product["market"],
                "product_id": product["product_id"],
                "currency": product["currency"],
                "amount_minor": amount,
                "term_months": term,
                "plan": option["plan"],
            }
            for limit, name in (
                ("balloon_max_bps", "balloon_minor"),
                ("residual_max_bps", "residual_minor"),
                ("deposit_max_bps", "deposit_minor"),
            ):
                if limit in option:
                    asked[name] = amount * option[limit] // 10_000
            if "advance_rents_max" in option:
                asked["advance_rents"] = option["advance_rents_max"]
            if "steps_max" in option:
                asked["steps"] = [
                    {"periods": term - 1, "weight": "1"},
                    {"periods": 1, "weight": option["step_ratio_max"]},
                ]
            required = [one for one in product["add_ons"] if one["is_required"]]
            asked["add_ons"] = [{"code": one["code"]} for one in required]
            status, answer = call("POST", "/v1/quotes", asked)
            if status == 409:
                assert answer["code"] == "above_rate_cap"
                continue
            assert status == 200, (asked, answer)
            rows = answer["plan_rows"]
            assert sum(row["principal_minor"] for row in rows) == answer["principal_minor"]
