"""What holds a payout by name: four eyes, split drawdowns, an unverified or changed payee."""

from dataclasses import replace
from typing import Any

import pytest
from lending.adapters.profiles import ProfileStore
from lending.domain.faults import Permanent, StaleVersion
from lending.domain.records import Application, Release, State
from lending.domain.release import ReleaseRules, release_rules
from lending.ports.book import Change
from lending.ports.partners import Payee
from lending.usecases.change_payee import ConfirmPayee, WantPayee
from lending.usecases.refusal import NotAllowed

from tests.fakes.world import SUBMISSION, World

NEW = Payee("Other Dealer", "6222000011112222")
NEAR = 45_000_000  # the limit of one person is 50,000,000
DEAR = 100_000_000  # what the cars are worth
OLD_ACCOUNT = SUBMISSION.payee.account_no


def near(minor: int = NEAR) -> Any:
    """An application just below the limit, for a car of its price."""
    request = SUBMISSION.request
    assert request.vehicle is not None
    price = minor * 10 // 6
    vehicle = replace(request.vehicle, price_minor=price)
    asked = replace(request, amount_minor=minor, vehicle=vehicle, down_payment_minor=price - minor)
    applicant = replace(SUBMISSION.applicant, income_monthly_minor=minor // 4)
    return replace(SUBMISSION, request=asked, applicant=applicant)


class Desk:
    """People of operations."""

    def __init__(self, world: World) -> None:
        self.world = world
        rules = ProfileStore(("cn", "us"))
        self.want = WantPayee(world.book, world.vault, world.ids)
        self.confirm = ConfirmPayee(world.book, world.vault, rules, world.rail)

    def wants(self, application_id: str, who: str = "op-1") -> Release | NotAllowed:
        return self.want(application_id, NEW, who, lambda _: self.world.key())

    def confirms(
        self, application_id: str, who: str = "op-2", *, approved: bool = True
    ) -> Release | NotAllowed:
        key = self.world.key()
        return self.confirm(application_id, approved, who, self.world.at, lambda _: key)

    def releases(self, application_id: str, *, approved: bool = True) -> Application | NotAllowed:
        world, key = self.world, self.world.key()
        return world.release_held(application_id, approved, "op-3", world.at, lambda _: key)


def code(result: object) -> str:
    assert isinstance(result, NotAllowed), result
    return result.code


def paid_to(world: World, application_id: str) -> Payee:
    assert world.pay(application_id, 1, world.at).status == "accepted"
    return world.rail.payees[-1]


def test_the_bank_must_know_the_payees_account_as_theirs() -> None:
    world = World()
    application_id = world.signed()
    world.rail.strangers.add(OLD_ACCOUNT)
    assert world.release(application_id, world.at) == "HELD"
    assert world.book.releases[application_id].holds == ("payee_not_verified",)
    desk = Desk(world)
    assert code(desk.releases(application_id)) == "payee_not_verified"
    revoked = desk.releases(application_id, approved=False)
    assert isinstance(revoked, Application)
    assert (revoked.state, world.rail.paid) == (State.REVOKED, {})


def test_a_bank_that_cannot_say_is_asked_again_and_nothing_is_held() -> None:
    world = World()
    application_id = world.signed()
    world.rail.down = True
    with pytest.raises(Exception, match="bank_rail"):
        world.release(application_id, world.at)
    assert world.book.releases == {}
    world.rail.down = False
    assert world.release(application_id, world.at) == "READY"


def test_a_changed_payee_needs_a_second_person_and_waits_a_day() -> None:
    world = World()
    application_id = world.signed()
    desk = Desk(world)
    assert not isinstance(desk.wants(application_id), NotAllowed)
    assert world.release(application_id, world.at) == "HELD"
    assert "payee_change_unconfirmed" in world.book.releases[application_id].holds
    assert code(desk.confirms(application_id, "op-1")) == "four_eyes"
    assert code(desk.releases(application_id)) == "payee_change_unconfirmed"
    done = desk.confirms(application_id)
    assert not isinstance(done, NotAllowed)
    assert done.payee_check == "match"
    assert world.release(application_id, world.at) == "HELD"
    assert world.book.releases[application_id].holds == ("payee_cooling",)
    assert code(desk.releases(application_id)) == "payee_cooling"
    assert world.release(application_id, world.later(hours=23)) == "HELD"
    assert world.release(application_id, world.later(hours=1)) == "READY"
    assert paid_to(world, application_id) == NEW
    assert code(desk.wants(application_id)) == "illegal_state"


def test_a_change_that_is_rejected_leaves_the_old_payee() -> None:
    world = World()
    application_id = world.signed()
    desk = Desk(world)
    desk.wants(application_id)
    assert not isinstance(desk.confirms(application_id, approved=False), NotAllowed)
    assert code(desk.confirms(application_id)) == "illegal_state"
    assert world.release(application_id, world.at) == "READY"
    assert paid_to(world, application_id).account_no == OLD_ACCOUNT


def test_a_later_application_does_not_change_who_an_earlier_one_pays() -> None:
    world = World()
    first = world.signed()
    payee = replace(SUBMISSION.payee, account_no="6222999988887777")
    world.submitted(replace(SUBMISSION, payee=payee))
    assert world.release(first, world.at) == "READY"
    assert paid_to(world, first).account_no == OLD_ACCOUNT


def test_nothing_is_paid_to_a_payee_that_was_not_released() -> None:
    for changes in ({"payee_check": "mismatch"}, {"payee_check": ""}, {"wanted_payee_id": "pay_x"}):
        world = World()
        application_id = world.signed()
        world.release(application_id, world.at)
        known = world.book.releases[application_id]
        bent = replace(known, version=known.version + 1, **changes)
        world.book.commit(Change(release=bent, release_was=known.version))
        with pytest.raises(Permanent, match="not verified"):
            world.pay(application_id, 1, world.at)
        assert world.rail.paid == {}


def test_loans_split_to_stay_below_the_limit_are_held_and_released_by_a_person() -> None:
    world = World()
    world.valuation.minor = DEAR
    first, second, small = world.signed(near()), world.signed(near()), world.signed()
    assert world.release(first, world.at) == "READY"
    assert world.release(second, world.at) == "HELD"
    assert world.book.releases[second].holds == ("split_drawdown",)
    assert world.release(small, world.at) == "READY", "far below the limit nobody counts"
    released = Desk(world).releases(second)
    assert isinstance(released, Application)
    assert released.state is State.READY_TO_FUND
    borrower = world.book.watched[f"borrower#{released.customer_id}"]
    assert [one for _, one, _ in borrower.releases] == [first, second]


def test_after_the_watch_period_a_second_loan_is_no_split() -> None:
    world = World()
    world.valuation.minor = DEAR
    first, second = world.signed(near()), world.signed(near())
    assert world.release(first, world.at) == "READY"
    assert world.release(second, world.later(days=31)) == "READY"


def test_of_two_releases_at_the_same_moment_one_is_made_to_look_again() -> None:
    world = World()
    world.valuation.minor = DEAR
    first, second = world.signed(near()), world.signed(near())
    watches = world.book.watches
    world.book.watches = lambda keys: tuple(  # type: ignore[method-assign]  # before the other's
        replace(one, releases=(), version=0) for one in watches(keys)
    )
    assert world.release(first, world.at) == "READY"
    with pytest.raises(StaleVersion):
        world.release(second, world.at)


def test_above_the_limit_a_second_person_releases_as_ever() -> None:
    world = World()
    world.valuation.minor = DEAR
    application_id = world.signed(near(60_000_000))
    assert world.release(application_id, world.at) == "HELD"
    assert world.book.releases[application_id].holds == ("four_eyes",)
    assert isinstance(Desk(world).releases(application_id), Application)
    assert paid_to(world, application_id).account_no == OLD_ACCOUNT


@pytest.mark.parametrize(
    "changes",
    [
        {"near_limit_bps": 0},
        {"near_limit_bps": 10_001},
        {"watch_days": -1},
        {"watch_max": {"borrower": 1}},
        {"payee_cooling_hours": "24"},
    ],
)
def test_rules_that_make_no_sense_are_refused(changes: dict[str, Any]) -> None:
    good = {
        "near_limit_bps": 8_000,
        "watch_days": 30,
        "watch_max": {"borrower": 1, "vehicle": 1, "payee": 5},
        "payee_cooling_hours": 24,
    }
    assert isinstance(release_rules(good), ReleaseRules)
    with pytest.raises((ValueError, TypeError)):
        release_rules(good | changes)
