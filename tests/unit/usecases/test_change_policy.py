"""A policy changes by draft, back-test, another person's yes and a date; and back at once."""

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lending.adapters.policies import shipped_document
from lending.adapters.profiles import ProfileStore
from lending.domain.faults import NotFound, StaleVersion
from lending.domain.records import State
from lending.domain.underwriting.change import Activation, Timeline
from lending.usecases.change_policy import (
    ActivatePolicy,
    ApprovePolicy,
    BackTestPolicy,
    DraftPolicy,
    RollBackPolicy,
)
from lending.usecases.refusal import NotAllowed
from lending.usecases.reproduce_decision import ReproduceDecision

from tests.fakes.world import AT, CUSTOMER, OWNER, SUBMISSION, World

DAYS = (AT.date(), AT.date())


def stricter(version: str = "cn-policy-2") -> dict[str, Any]:
    """Nobody above 2 % is approved by the machine."""
    document = copy.deepcopy(dict(shipped_document("cn")))
    document["version"] = version
    first, *others = document["tables"]["matrix"]["rows"]
    first["when"] = {"pd_ppm": {"at_most": 20_000}}
    between = {
        **copy.deepcopy(first),
        "id": "M0",
        "when": {"pd_ppm": {"at_least": 20_001, "at_most": 60_000}},
        "then": {"action": "refer"},
        "reason": "pd_too_high",
    }
    others[0] |= {"then": {"action": "refer"}, "reason": "pd_too_high"}
    document["tables"]["matrix"]["rows"] = [first, between, *others]
    return document


class Risk:
    """The use cases over one world."""

    def __init__(self) -> None:
        self.world = World()
        store, rules = self.world.policies, ProfileStore(("cn", "us"))
        self.draft_it = DraftPolicy(store, rules)
        self.test_it = BackTestPolicy(store, rules, self.world.book)
        self.approve_it = ApprovePolicy(store, rules)
        self.activate_it = ActivatePolicy(store)
        self.back = RollBackPolicy(store)

    def draft(self, document: dict[str, Any], by: str = "ann") -> Any:
        key = self.world.key()
        return self.draft_it("cn", document, by, AT, lambda _: key)

    def tested(self, version: str = "cn-policy-2") -> Any:
        key = self.world.key()
        return self.test_it("cn", version, DAYS, "ann", AT, lambda _: key)

    def approve(self, by: str, version: str = "cn-policy-2", approved: bool = True) -> Any:
        key = self.world.key()
        return self.approve_it("cn", version, approved, "", by, AT, lambda _: key)

    def activate(self, at: datetime, version: str = "cn-policy-2") -> Any:
        key = self.world.key()
        return self.activate_it("cn", version, at, "ann", AT, lambda _: key)

    def roll_back(self, at: datetime) -> Any:
        key = self.world.key()
        return self.back("cn", "too strict", "ann", at, lambda _: key)

    def approved(self, version: str = "cn-policy-2") -> None:
        self.draft(stricter(version))
        self.tested(version)
        assert self.approve("bob", version).status == "APPROVED"


def test_a_draft_becomes_the_policy_step_by_step_and_is_taken_back_at_once() -> None:
    risk = Risk()
    world = risk.world
    before = world.decided(pd_ppm=30_000)
    assert world.state(before) == State.APPROVED
    risk.approved()
    tomorrow = AT + timedelta(days=1)
    risk.activate(tomorrow)
    assert world.policies.active("cn", AT).version == "cn-policy-1"
    assert world.policies.active("cn", tomorrow).version == "cn-policy-2"
    world.at = tomorrow
    after = world.decided(pd_ppm=30_000)
    assert world.state(after) == State.MANUAL_REVIEW
    risk.roll_back(tomorrow + timedelta(seconds=1))
    world.at = tomorrow + timedelta(seconds=1)
    assert world.state(world.decided(pd_ppm=30_000)) == State.APPROVED
    # What was decided in between stays explained by the version it was decided by.
    again = ReproduceDecision(
        ProfileStore(("cn", "us")), world.policies, world.scoring, world.rules_archive
    )
    for application_id, version in ((before, "cn-policy-1"), (after, "cn-policy-2")):
        record = world.book.decision(application_id)
        assert record is not None
        assert record.basis is not None
        assert record.basis.policy_version == version
        assert again(record).is_same
        altered = replace(record.basis, exposure=replace(record.basis.exposure, loans=5))
        assert not again(replace(record, basis=altered)).is_same


def test_the_back_test_tells_who_would_be_decided_otherwise() -> None:
    risk = Risk()
    ids = [risk.world.decided(pd_ppm=pd) for pd in (500_000, 10_000, 30_000, 150_000)]
    risk.draft(stricter())
    report = risk.tested().back_test
    assert (report["decisions"], report["left_out"]) == (4, 0)
    assert (report["before"]["approved"], report["after"]["approved"]) == (2, 1)
    swaps = {(one["from"], one["to"]): one["count"] for one in report["swaps"]}
    assert swaps == {
        ("APPROVED", "APPROVED"): 1,
        ("APPROVED", "REFERRED"): 1,
        ("DECLINED", "DECLINED"): 1,
        ("REFERRED", "REFERRED"): 1,
    }
    assert report["swapped_out"] == [f"dec_{ids[2].removeprefix('app_')}-1"]
    assert report["expected_loss_change_minor"] < 0
    assert report["unfair_prices"] == []


def test_nobody_approves_their_own_draft_nor_one_without_back_test() -> None:
    risk = Risk()
    risk.draft(stricter())
    assert risk.approve("bob").code == "not_back_tested"
    risk.tested()
    assert risk.approve("ann").code == "four_eyes"
    assert risk.activate(AT).code == "illegal_state"
    assert risk.approve("bob", approved=False).status == "REJECTED"
    assert risk.approve("bob").code == "illegal_state"
    assert risk.world.policies.version("cn", "cn-policy-2") is None


def test_a_bad_draft_is_refused_with_pointers_into_the_body() -> None:
    risk = Risk()
    document = stricter()
    document["tables"]["limits"]["rows"][0]["then"]["dti_cap_bps"] = 9_000
    document["tables"]["matrix"]["rows"][0]["when"]["shoe_size"] = {"at_most": 40}
    refused = risk.draft(document)
    assert isinstance(refused, NotAllowed)
    assert [one.pointer for one in refused.problems] == [
        "/document/tables/matrix/rows/0/when/shoe_size"
    ]
    del document["tables"]["matrix"]["rows"][0]["when"]["shoe_size"]
    assert [one.pointer for one in risk.draft(document).problems] == [
        "/document/tables/limits/rows/0/then/dti_cap_bps"
    ]
    assert risk.draft({**stricter(), "version": "cn-policy-1"}).kind == "invalid"


def test_there_is_no_way_into_the_past() -> None:
    risk = Risk()
    risk.approved()
    refused = risk.activate(AT - timedelta(seconds=1))
    assert [one.pointer for one in refused.problems] == ["/effective_from"]
    assert risk.roll_back(AT).code == "nothing_before"
    with pytest.raises(NotFound):
        risk.activate(AT, "cn-policy-9")


def test_going_back_twice_leads_two_versions_back_and_voids_what_was_planned() -> None:
    def at(hours: int) -> datetime:
        return datetime(2026, 11, 24, hours, tzinfo=UTC)

    def entry(version: str, hour: int, kind: str = "activated") -> Activation:
        return Activation(version, at(hour), "ann", at(hour), kind)  # type: ignore[arg-type]

    timeline = Timeline("cn", (entry("two", 1), entry("three", 2), entry("four", 9)))
    assert timeline.before(at(3), "one") == "two"
    timeline = replace(
        timeline, activations=(*timeline.activations, entry("two", 3, "rolled_back"))
    )
    assert timeline.in_force(at(10), "one") == "two"
    assert timeline.before(at(4), "one") == "one"
    timeline = replace(
        timeline, activations=(*timeline.activations, entry("one", 4, "rolled_back"))
    )
    assert timeline.before(at(5), "one") is None


def test_two_steps_at_the_same_time_are_one() -> None:
    risk = Risk()
    drafted = risk.draft(stricter())
    key = risk.world.key()
    risk.world.policies.keep(key, version=replace(drafted, row_version=2))
    with pytest.raises(StaleVersion):
        risk.world.policies.keep(risk.world.key(), version=replace(drafted, row_version=2))


def test_a_person_s_other_loans_and_applications_count() -> None:
    world = World()
    funded = world.funded()
    other = world.submit(SUBMISSION, OWNER, CUSTOMER, world.later(minutes=1), lambda _: world.key())
    assert not isinstance(other, NotAllowed)
    application_id = world.decided()
    record = world.book.decision(application_id)
    assert record is not None
    assert record.basis is not None
    exposure = record.basis.exposure
    assert (exposure.loans, exposure.loans_minor) == (1, 12_000_000)
    # Of two undecided ones the older counts for the younger, never the other way round.
    assert (exposure.applications, exposure.applications_minor) == (1, 12_000_000)
    loan_id = world.book.applications[funded].loan_id
    assert loan_id is not None
    assert world.book.principal_owed_minor(loan_id) == 12_000_000
