"""The customer's right to a person; what an officer may decide alone; overrides by two people."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from lending.domain.faults import NotFound
from lending.domain.reasons import RIGHTS, TEXTS, right_text
from lending.domain.records import Application, Refusal, State
from lending.domain.review import ReviewCase
from lending.usecases.refusal import NotAllowed
from lending.usecases.release_for_funding import approvers
from lending.usecases.review_application import Verdict

from tests.fakes.world import AT, OWNER, REQUEST, SUBMISSION, World, officer

YES = Verdict("APPROVED", (), "payslips seen")
OVER = replace(YES, override_code="new_facts")
NO = Verdict("DECLINED", ("past_delinquency",), "still so")
SENIOR = officer("senior-1", "senior_underwriter")
BIG = replace(
    SUBMISSION,
    request=replace(
        REQUEST,
        amount_minor=60_000_000,
        down_payment_minor=20_000_000,
        vehicle=REQUEST.vehicle and replace(REQUEST.vehicle, price_minor=80_000_000),
    ),
    applicant=replace(SUBMISSION.applicant, income_monthly_minor=9_000_000),
)


def dear() -> World:
    """A world in which the car is worth its price."""
    world = World()
    world.valuation.minor = 80_000_000
    return world


def ask(world: World, application_id: str, *grounds: str, at: Any = AT) -> Any:
    key = world.key()
    wanted = grounds or ("automated_decision",)
    return world.request_review(application_id, OWNER, wanted, at, lambda _: key)


def review(world: World, application_id: str, verdict: Verdict, who: Any = None) -> Any:
    key = world.key()
    return world.review(application_id, verdict, who or officer(), AT, lambda _: key)


def confirm(world: World, application_id: str, who: Any, approved: bool = True) -> Any:
    key = world.key()
    return world.confirm_override(application_id, approved, who, AT, lambda _: key)


def test_a_declined_customer_is_told_reasons_rights_and_times() -> None:
    world = World()
    application_id = world.decided(pd_ppm=500_000)
    view = world.view(application_id, OWNER)
    assert [right.code for right in view.rights] == [
        "explanation",
        "human_review",
        "credit_file_objection",
    ]
    assert view.decision is not None
    assert view.decision.basis is not None
    notice = view.decision.basis.notice
    assert notice is not None
    assert notice.send_by == (AT + timedelta(days=30)).isoformat()
    assert world.view(world.decided(), OWNER).rights == ()


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW", "en"])
def test_every_reason_and_right_has_words(locale: str) -> None:
    assert {one.value for one in Refusal} <= TEXTS.keys()
    assert all(locale in texts for texts in (*TEXTS.values(), *RIGHTS.values()))
    assert right_text("human_review", locale)


def test_a_request_starts_the_clock_and_is_listed_until_somebody_answers() -> None:
    world = World()
    application_id = world.decided(pd_ppm=500_000)
    case = ask(world, application_id)
    assert case.answer_by == AT + timedelta(hours=72)
    assert world.book.open_reviews(10) == (case,)
    assert not case.is_late(case.answer_by)
    assert case.is_late(case.answer_by + timedelta(seconds=1))
    assert world.sweep(case.answer_by).late_reviews == 0
    assert world.sweep(case.answer_by + timedelta(seconds=1)).late_reviews == 1
    done = review(world, application_id, NO)
    assert isinstance(done, Application)
    assert done.state == State.DECLINED
    assert world.book.reviews[application_id].status == "UPHELD"
    assert world.book.open_reviews(10) == ()
    record = world.book.decision(application_id)
    assert record is not None
    assert (record.number, record.decided_by.id) == (2, "officer-1")
    assert f"{application_id}-ApplicationDeclined-5" in world.book.events
    assert ask(world, application_id).code == "already_requested"


def test_who_may_ask_and_when() -> None:
    world = World()
    approved = world.decided()
    assert ask(world, approved).code == "illegal_state"
    declined = world.decided(pd_ppm=500_000)
    refused = ask(world, declined, "automated_decision", "because")
    assert [one.pointer for one in refused.problems] == ["/grounds/1"]
    late = ask(world, declined, at=AT + timedelta(days=60, seconds=1))
    assert late.code == "too_late"
    with pytest.raises(NotFound):
        world.request_review(declined, "somebody", (), AT, lambda _: world.key())
    # Without a request nobody decides a second time.
    assert review(world, declined, NO).code == "illegal_state"


def test_an_override_of_the_machine_takes_two_people_and_leaves_its_trace() -> None:
    world = World()
    application_id = world.decided(pd_ppm=175_000)
    world.book.decisions[application_id, 1] = replace(
        world.book.decisions[application_id, 1], outcome="DECLINED"
    )
    assert [one.pointer for one in review(world, application_id, YES).problems] == [
        "/override_code"
    ]
    case = review(world, application_id, OVER)
    assert isinstance(case, ReviewCase)
    assert (case.status, world.state(application_id)) == ("PROPOSED", State.MANUAL_REVIEW)
    assert review(world, application_id, OVER).code == "illegal_state"
    assert confirm(world, application_id, officer("officer-2")).code == "no_authority"
    same = officer("officer-1", "senior_underwriter")
    assert confirm(world, application_id, same).code == "four_eyes"
    done = confirm(world, application_id, SENIOR)
    assert isinstance(done, Application)
    assert done.state == State.APPROVED
    record = world.book.decision(application_id)
    assert record is not None
    assert record.basis is not None
    override = record.basis.override
    assert override is not None
    assert (override.code, override.proposed_by, override.confirmed_by) == (
        "new_facts",
        "officer-1",
        "senior-1",
    )
    assert approvers(record) == {"officer-1", "senior-1"}
    assert world.book.reviews[application_id].status == "CLOSED"


def test_a_customer_s_request_can_be_granted() -> None:
    world = World()
    application_id = world.decided(pd_ppm=181_000)
    ask(world, application_id)
    # Above every authority: the second person may not either.
    assert review(world, application_id, OVER).status == "PROPOSED"
    done = confirm(world, application_id, SENIOR)
    # No price band covers this risk: an override is no price.
    assert isinstance(done, NotAllowed)
    assert done.code == "no_price_for_risk"
    back = confirm(world, application_id, SENIOR, approved=False)
    assert (back.status, back.code) == ("OPEN", "")
    assert review(world, application_id, NO).state == State.DECLINED


def test_beyond_the_own_limit_a_second_person_confirms() -> None:
    world = dear()
    application_id = world.decided(pd_ppm=150_000, submission=BIG)
    assert world.state(application_id) == State.MANUAL_REVIEW
    nobody = officer("officer-9", "operations")
    assert review(world, application_id, YES, nobody).code == "no_authority"
    assert review(world, application_id, OVER).status == "PROPOSED"
    assert confirm(world, application_id, SENIOR).state == State.APPROVED
    # Who may decide it alone needs no code, and is told so.
    world = dear()
    other = world.decided(pd_ppm=150_000, submission=BIG)
    assert review(world, other, OVER, SENIOR).code == "invalid_field"
    assert review(world, other, YES, SENIOR).state == State.APPROVED


def test_nobody_overrides_a_rule_of_the_market() -> None:
    world = World()
    poor = replace(
        SUBMISSION, applicant=replace(SUBMISSION.applicant, income_monthly_minor=800_000)
    )
    application_id = world.decided(submission=poor)
    assert world.state(application_id) == State.DECLINED
    ask(world, application_id, "data_wrong")
    assert review(world, application_id, OVER, SENIOR).code == "hard_rule"


def test_a_code_we_do_not_know_is_refused() -> None:
    world = World()
    application_id = world.decided(pd_ppm=150_000)
    refused = review(world, application_id, replace(YES, override_code="because"))
    assert [one.pointer for one in refused.problems] == ["/override_code"]


def test_an_override_that_is_not_confirmed_leaves_the_review_open() -> None:
    world = dear()
    application_id = world.decided(pd_ppm=150_000, submission=BIG)
    review(world, application_id, OVER)
    assert confirm(world, application_id, SENIOR, approved=False).status == "CLOSED"
    assert world.state(application_id) == State.MANUAL_REVIEW
    assert review(world, application_id, NO).state == State.DECLINED


@pytest.mark.parametrize("name", ["officer-1", "senior-1"])
def test_nobody_of_an_override_releases_its_payout(name: str) -> None:
    world = dear()
    application_id = world.decided(pd_ppm=150_000, submission=BIG)
    review(world, application_id, OVER)
    confirm(world, application_id, SENIOR)
    world.sign(application_id)
    assert world.release(application_id, AT) == "HELD"
    key = world.key()
    refused = world.release_held(application_id, True, name, AT, lambda _: key)
    assert isinstance(refused, NotAllowed)
    assert refused.code == "four_eyes"
    key = world.key()
    done = world.release_held(application_id, True, "operator-1", AT, lambda _: key)
    assert isinstance(done, Application)
    assert done.state == State.READY_TO_FUND
