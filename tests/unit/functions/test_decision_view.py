"""What a customer sees of a decision: reasons, what would do instead, rights; never their risk."""

import json
from dataclasses import replace

from functions.account import model
from tests.fakes.world import AT, OWNER, SUBMISSION, World

POOR = replace(
    SUBMISSION,
    applicant=replace(SUBMISSION.applicant, income_monthly_minor=800_000, locale="zh-TW"),
)


def test_a_declined_customer_sees_what_would_be_approved() -> None:
    world = World()
    application_id = world.decided(submission=POOR)
    shown = model.application(world.view(application_id, OWNER))
    decision = json.loads(json.dumps(shown))["decision"]
    assert [one["text"] for one in decision["reasons"]] == ["負債收入比過高"]
    assert decision["counter_offers"]
    for one in decision["counter_offers"]:
        assert "pd_ppm" not in one
        assert one["changes"]
    assert {right["code"] for right in decision["notice"]["rights"]} >= {"human_review"}
    assert all("您" in right["text"] for right in decision["notice"]["rights"])
    assert decision["review_request"] is None
    key = world.key()
    world.request_review(application_id, OWNER, ("data_wrong",), AT, lambda _: key)
    again = model.application(world.view(application_id, OWNER))["decision"]
    assert isinstance(again, dict)
    assert again["review_request"]["status"] == "OPEN"


def test_an_approved_customer_sees_how_the_offers_differ() -> None:
    world = World()
    decision = model.application(world.view(world.decided(), OWNER))["decision"]
    assert isinstance(decision, dict)
    assert [one["differs"] for one in decision["alternatives"]] == [
        "asked",
        "shorter",
        "longer",
        "own_share",
    ]
    assert decision["notice"] is None
    assert decision["counter_offers"] == []


def test_a_decision_from_before_there_were_policies_is_shown_without_them() -> None:
    world = World()
    application_id = world.decided()
    number = (application_id, 1)
    world.book.decisions[number] = replace(world.book.decisions[number], basis=None)
    decision = model.application(world.view(application_id, OWNER))["decision"]
    assert isinstance(decision, dict)
    assert decision["counter_offers"] == []
