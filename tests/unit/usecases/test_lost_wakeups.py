"""A workflow whose wake-up was lost goes on, however far its application went meanwhile."""

import pytest
from lending.domain.records import Wait
from lending.usecases.review_application import Verdict

from tests.fakes.world import World, officer


def reviewed_in_vain(world: World) -> str:
    """Referred, approved by a person, and the engine did not hear of it."""
    application_id = world.decided(pd_ppm=150_000)
    world.workflow.tokens.add("token-1")
    world.book.park(Wait(application_id, "review", "token-1", world.at, world.at))
    world.workflow.running.add(f"origination/{application_id}")
    world.workflow.down = True
    key = world.key()
    verdict = Verdict("APPROVED", (), "")
    world.review(application_id, verdict, officer("officer-1"), world.at, lambda _: key)
    world.workflow.down = False
    assert world.workflow.answers == {}
    return application_id


def test_the_sweeper_wakes_it_in_the_state_after() -> None:
    world = World()
    reviewed_in_vain(world)
    world.sweep(world.later(minutes=1))
    assert world.workflow.answers["token-1"]["outcome"] == "APPROVED"


@pytest.mark.parametrize("steps", ["accepted", "prepared", "signed"])
def test_the_sweeper_wakes_it_when_the_customer_was_faster(steps: str) -> None:
    """Found by the fault harness: signed within the minute, it waited for its review for ever."""
    world = World()
    application_id = reviewed_in_vain(world)
    keys = [world.key() for _ in range(2)]
    if steps == "signed":
        world.sign(application_id)
    else:
        offer_id = world.book.offers(application_id)[0].offer_id
        world.accept(application_id, "sub-1", offer_id, True, world.at, lambda _: keys[0])
    if steps == "prepared":
        world.prepare(application_id, "sub-1", world.at, lambda _: keys[1])
    world.sweep(world.later(minutes=1))
    assert world.workflow.answers["token-1"]["outcome"] == "APPROVED"


def test_a_payout_whose_first_execution_failed_before_its_intent_is_started_again() -> None:
    """Its name is used up, so starting the origination again would never start it."""
    world = World()
    application_id = world.signed()
    assert world.release(application_id, world.at) == "READY"
    world.workflow.start_disbursement(application_id, 1)  # failed: the table was away too long
    assert world.sweep(world.later(minutes=1)).restarted == 0, "it may still be at work"
    at = world.later(minutes=4)
    assert world.sweep(at).restarted == 1
    started = [name for name in world.workflow.started if name.startswith("disbursement/")]
    assert len(started) == 2


def test_a_wait_older_than_workflows_wait_explains_nothing() -> None:
    """Found by the fault harness: the release of a day later failed, its first token was dead."""
    world = World()
    application_id = world.signed()
    parked_at = world.at
    world.book.park(Wait(application_id, "release", "token-1", parked_at, parked_at))
    assert world.sweep(world.later(hours=23)).restarted == 0, "it waits for a person"
    assert world.sweep(world.later(hours=2)).restarted == 1
