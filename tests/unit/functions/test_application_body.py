"""The body of POST /v1/applications: every plan and its parameters reach the use case whole."""

from typing import Any

import pytest
from lending.adapters.profiles import ProfileStore
from lending.domain.agreed import AddOnChoice, PlanParameters, PlanStep
from pydantic import ValidationError

from functions.account import model as account
from functions.apply.model import ApplicationBody
from tests.fakes.offers import make_offers
from tests.fakes.world import AT, REQUEST

BODY: dict[str, Any] = {
    "market": "cn",
    "product_id": "cn-auto-new",
    "channel": "web",
    "currency": "CNY",
    "amount_minor": 12_000_000,
    "term_months": 36,
    "plan": "equal_instalment",
    "purpose": "vehicle_purchase",
    "applicant": {
        "full_name": "王小明",
        "id_type": "cn_id",
        "id_no": "990202199003070017",
        "mobile": "13900001234",
        "income_monthly_minor": 2_000_000,
        "other_debt_monthly_minor": 0,
        "months_employed": 60,
        "locale": "zh-CN",
    },
    "payee": {"name": "诚信汽车", "account_no": "6222999900001118"},
    "consents": [],
}


def test_the_first_releases_body_asks_for_a_plan_without_parameters() -> None:
    request = ApplicationBody.model_validate(BODY).submission().request
    assert (request.plan, request.parameters, request.add_ons) == (
        "equal_instalment",
        PlanParameters(),
        (),
    )


def test_parameters_and_add_ons_arrive_as_they_were_sent() -> None:
    sent = {
        "plan": "step",
        "balloon_minor": 1,
        "residual_minor": 2,
        "advance_rents": 3,
        "deposit_minor": 4,
        "steps": [{"periods": 36, "weight": "3/2"}],
        "grace": {"principal_periods": 2, "interest_periods": 1},
        "add_ons": [{"code": "gap", "price_minor": 6, "financed_minor": 5}, {"code": "gps"}],
    }
    request = ApplicationBody.model_validate(BODY | sent).submission().request
    assert request.parameters == PlanParameters(1, 2, 3, 4, (PlanStep(36, "3/2"),), 2, 1)
    assert request.add_ons == (AddOnChoice("gap", 6, 5), AddOnChoice("gps"))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"plan": "bullet"}, ("plan",)),
        ({"balloon_minor": -1}, ("balloon_minor",)),
        ({"balloon_minor": 10**15}, ("balloon_minor",)),
        ({"steps": [{"periods": 1}]}, ("steps", 0, "weight")),
        ({"steps": [{"periods": 1, "weight": "-1"}]}, ("steps", 0, "weight")),
        ({"grace": {"months": 1}}, ("grace", "months")),
        ({"add_ons": [{}]}, ("add_ons", 0, "code")),
        ({"add_ons": [{"code": "gap"}] * 21}, ("add_ons",)),
        ({"first_due_on": "2026-12-24"}, ("first_due_on",)),
    ],
)
def test_a_wrong_shape_is_placed(change: dict[str, Any], place: tuple[Any, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        ApplicationBody.model_validate(BODY | change)
    assert [error["loc"] for error in refused.value.errors()] == [place]


def test_an_offer_shows_every_cost_to_its_owner() -> None:
    profile = ProfileStore(("cn",)).get("cn", AT.date())
    [offer, *_] = make_offers(REQUEST, "app_1", 30_000, profile, AT, ("off_1", "off_2", "off_3"))
    shown = account.offer(offer)
    assert shown["plan"] == "equal_instalment"
    assert shown["amount_minor"] == shown["payout_minor"] == 12_000_000
    sheet = shown["cost_sheet"]
    assert isinstance(sheet, dict)
    assert sheet["total_cost_minor"] == offer.total_interest_minor
    assert [item["code"] for item in sheet["items"]] == ["interest"]
    assert [one["code"] for one in sheet["contingencies"]] == ["late_interest", "early_settlement"]
