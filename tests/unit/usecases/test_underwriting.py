"""Findings, decision, review and parked workflows."""

from dataclasses import replace
from typing import Literal

import pytest
from lending.domain.records import Actor, State
from lending.domain.waiting import WAITING_STATES, answer, wait_of
from lending.ports.partners import BureauReport
from lending.usecases.refusal import NotAllowed
from lending.usecases.review_application import Verdict

from tests.fakes.world import AT, FINDINGS, GOOD, OWNER, PURPOSES, World, officer, ok

YES = Verdict("APPROVED", (), "income checked")
NO = Verdict("DECLINED", ("reviewer_declined",), "")


def test_findings_hold_what_the_partners_said_and_the_models_inputs() -> None:
    world = World()
    application_id = world.submitted()
    found = world.identify(application_id, AT)
    assert (found.identity, found.age_years, found.missing) == ("match", 36, ())
    assert found.valuation_minor == 16_000_000
    assert found.features["bureau_score"] == 720
    assert found.features["ltv_pct"] == "75.00"
    assert found.features["months_employed"] == 60
    consents = world.book.applications[application_id].request.consent_ids
    assert world.bureau.asked_with == [consents[PURPOSES.index("bureau_query")]]


def test_other_debt_is_the_higher_of_declared_and_known() -> None:
    world = World()
    world.bureau.result = BureauReport("rep", True, 700, 0, 0, 900_000, 10)
    found = world.identify(world.submitted(), AT)
    assert found.other_debt_monthly_minor == 900_000


@pytest.mark.parametrize("partner", ["identity", "bureau", "valuation"])
def test_an_outage_is_a_finding_and_refers(partner: str) -> None:
    world = World()
    getattr(world, partner).down = True
    application_id = world.submitted()
    found = world.identify(application_id, AT)
    assert found.missing == (partner,)
    assert world.decide(application_id, found, GOOD, (), AT).outcome == "REFERRED"
    assert world.state(application_id) == State.MANUAL_REVIEW


def test_a_decision_is_one_commit_with_gapless_transitions_and_is_made_once() -> None:
    world = World()
    application_id = world.submitted()
    before = world.book.commits
    first = world.decide(application_id, FINDINGS, GOOD, (), AT)
    assert world.book.commits == before + 1
    moves = world.book.transitions(application_id)
    assert [move.seq for move in moves] == [1, 2, 3, 4]
    assert [move.to_state for move in moves][-1] == State.APPROVED
    again = world.decide(application_id, None, None, ("identify",), world.later(minutes=5))
    assert again == first
    assert world.book.commits == before + 1
    assert 1 <= len(world.book.offers(application_id)) <= 4


@pytest.mark.parametrize("failed", [("identify",), ("score",)])
def test_a_task_that_gave_up_refers(failed: tuple[str, ...]) -> None:
    world = World()
    application_id = world.submitted()
    findings = None if failed == ("identify",) else FINDINGS
    assert world.decide(application_id, findings, None, failed, AT).outcome == "REFERRED"
    decision = world.book.decision(application_id)
    assert decision is not None
    assert decision.queue == "data_missing"


def test_deciding_a_withdrawn_application_says_so() -> None:
    world = World()
    application_id = world.submitted()
    ok(world.withdraw(application_id, OWNER, AT, lambda _: world.key()))
    assert world.decide(application_id, FINDINGS, GOOD, (), AT).outcome == "WITHDRAWN"


def test_a_decline_gives_its_reasons_in_the_event() -> None:
    world = World()
    application_id = world.decided(pd_ppm=500_000)
    assert world.state(application_id) == State.DECLINED
    event = world.book.events[f"{application_id}-ApplicationDeclined-4"]
    assert event.data["reasons"] == ["pd_too_high"]
    view = world.view(application_id, OWNER)
    assert [reason.text for reason in view.reasons] == ["综合评分未达到要求"]


@pytest.mark.parametrize(("verdict", "state"), [(YES, State.APPROVED), (NO, State.DECLINED)])
def test_a_review_decides_and_wakes_the_workflow(verdict: Verdict, state: State) -> None:
    world = World()
    application_id = world.decided(pd_ppm=150_000)
    assert world.state(application_id) == State.MANUAL_REVIEW
    world.workflow.tokens.add("token-1")
    assert world.park(application_id, "review", "token-1", AT) is False
    ok(world.review(application_id, verdict, officer("officer-1"), AT, lambda _: world.key()))
    assert world.state(application_id) == state
    assert world.workflow.answers["token-1"]["outcome"] == state.value
    decision = world.book.decision(application_id)
    assert decision is not None
    assert (decision.number, decision.decided_by) == (2, Actor("officer", "officer-1"))
    assert bool(world.book.offers(application_id)) == (state == State.APPROVED)


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict("DECLINED", (), ""),
        Verdict("DECLINED", ("because",), ""),
        Verdict("DECLINED", ("pd_too_high",) * 5, ""),
        Verdict("APPROVED", ("pd_too_high",), ""),
    ],
)
def test_a_verdict_needs_true_reasons(verdict: Verdict) -> None:
    world = World()
    application_id = world.decided(pd_ppm=150_000)
    someone = officer("officer-1")
    refused = world.review(application_id, verdict, someone, AT, lambda _: world.key())
    assert isinstance(refused, NotAllowed)
    assert refused.kind == "invalid"
    assert world.state(application_id) == State.MANUAL_REVIEW


def test_a_review_of_what_nobody_scored_is_priced_at_the_riskiest_band_of_the_machine() -> None:
    world = World()
    world.bureau.down = True
    application_id = world.submitted()
    world.decide(application_id, world.identify(application_id, AT), None, ("score",), AT)
    ok(world.review(application_id, YES, officer("officer-1"), AT, lambda _: world.key()))
    offers = world.book.offers(application_id)
    # The top band the machine approves; 20 bps of funding more above three years.
    assert {(offer.term_months > 36, offer.annual_rate_bps) for offer in offers} == {
        (False, 1280),
        (True, 1300),
    }


def test_there_is_nothing_to_review_in_an_approved_application() -> None:
    world = World()
    someone = officer("officer-1")
    refused = world.review(world.decided(), YES, someone, AT, lambda _: world.key())
    assert isinstance(refused, NotAllowed)
    assert refused.code == "illegal_state"


def test_a_workflow_that_parks_late_is_answered_at_once() -> None:
    world = World()
    application_id = world.signed()
    world.workflow.tokens.add("late")
    assert world.park(application_id, "customer", "late", AT) is True
    assert world.workflow.answers["late"] == {
        "application_id": application_id,
        "outcome": "SIGNED",
    }
    assert not world.book.waits


def test_a_newer_token_replaces_the_older() -> None:
    world = World()
    application_id = world.decided()
    world.workflow.tokens |= {"old", "new"}
    world.park(application_id, "customer", "old", AT)
    world.park(application_id, "customer", "new", AT)
    world.sign(application_id)
    assert set(world.workflow.answers) == {"new"}


@pytest.mark.parametrize("name", ["review", "customer", "release"])
@pytest.mark.parametrize("state", list(State))
def test_every_wait_has_an_answer_in_every_state(
    name: Literal["review", "customer", "release"], state: State
) -> None:
    is_waiting = state in WAITING_STATES[name]
    assert (answer(name, state) is None) == is_waiting
    assert (wait_of(state) == name) == is_waiting


def test_the_riskiest_is_declined_by_pd_when_the_model_gives_no_reason() -> None:
    world = World()
    application_id = world.submitted()
    scored = replace(GOOD, pd_ppm=999_999, reasons=("past_delinquency",))
    assert world.decide(application_id, FINDINGS, scored, (), AT).outcome == "DECLINED"
    decision = world.book.decision(application_id)
    assert decision is not None
    assert decision.reasons == ("past_delinquency",)
