"""Reminders, events, notices and the sweeper."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lending.domain.faults import PartnerUnavailable, Retryable
from lending.domain.records import Application, State, Wait
from lending.domain.servicing.booking import Booking, book
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.usecases.remind_borrowers import Shard

from tests.fakes.book import aged
from tests.fakes.world import AT, CUSTOMER, World


def days(world: World, count: int) -> list[int]:
    """Run the daily sweep of every shard for some days; reminders made a day."""
    made = []
    for _ in range(count):
        at = world.later(days=1)
        shards = [one for one in world.plan_reminders(at) if one.market == "cn"]
        made.append(sum(world.remind(shard, at) for shard in shards))
    return made


def test_each_instalment_is_reminded_of_four_times_month_after_month() -> None:
    world = World()
    world.funded()
    assert sum(days(world, 31)) == 4
    assert sum(days(world, 31)) == 4
    kinds = [reminder.kind for reminder in world.book.reminders.values()]
    assert kinds == ["T-7", "T-3", "T-1", "T0"] * 2


def test_a_sweep_that_runs_twice_or_not_at_all_reminds_once() -> None:
    world = World()
    world.funded()
    days(world, 26)  # 24 December is the first due date: T-7 has passed
    at = world.at
    shards = [one for one in world.plan_reminders(at) if one.market == "cn"]
    assert sum(world.remind(shard, at) for shard in shards) == 0
    missed = world.later(days=4)
    late = sum(world.remind(one, missed) for one in world.plan_reminders(missed))
    assert late == 1


@pytest.mark.parametrize(
    ("paid_minor", "left_minor"), [(0, 0), (1, 1), (-1, 0)], ids=["nothing", "a part", "all"]
)
def test_a_reminder_asks_for_what_is_still_owed_and_not_for_what_is_paid(
    paid_minor: int, left_minor: int
) -> None:
    world = World()
    world.funded()
    (loan,) = world.book.loans.values()
    instalment = loan.plan[0].total_minor
    if paid_minor:
        ledger = world.book.ledger
        amount = instalment if paid_minor < 0 else paid_minor
        paid = Transaction("pay-1", TransactionKind.PAYMENT, loan.opened_on, AT, "CNY", amount)
        before = ledger.books(loan.loan_id)
        booking = book(ledger.terms(loan.loan_id), before, paid, loan.opened_on)
        assert isinstance(booking, Booking)
        ledger.commit(loan.loan_id, before, booking)
    days(world, 31)
    asked = {reminder.amount_minor for reminder in world.book.reminders.values()}
    assert asked == (set() if paid_minor < 0 else {instalment - left_minor})


def test_each_market_has_its_own_business_date() -> None:
    evening_in_new_york = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
    dates = {one.market: one.business_date for one in World().plan_reminders(evening_in_new_york)}
    assert (dates["cn"].day, dates["us"].day) == (25, 24)


def test_a_loan_of_another_market_is_left_to_its_own_shard() -> None:
    world = World()
    world.funded()
    loan = next(iter(world.book.loans.values()))
    assert loan.next_due_on is not None
    for shard in range(8):
        assert world.remind(Shard("us", shard, loan.next_due_on), AT) == 0


def test_events_are_acknowledged_only_when_the_bus_took_them() -> None:
    world = World()
    world.decided()
    events = tuple(world.book.events.values())
    world.bus.refuse = {"ApplicationApproved"}
    with pytest.raises(Retryable):
        world.publish(events)
    assert {e.kind for e in world.bus.published} == {"ApplicationSubmitted"}
    world.bus.refuse = set()
    assert world.sweep(world.later(minutes=3)).published == 1
    assert world.sweep(world.later(minutes=3)).published == 0


def test_a_sweep_asks_for_each_state_once_and_leaves_alone_what_it_expired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    application_id = world.decided()
    asked = list[State]()
    listed = world.book.applications_in

    def counted(state: State, limit: int) -> tuple[Application, ...]:
        asked.append(state)
        return listed(state, limit)

    monkeypatch.setattr(world.book, "applications_in", counted)
    started = dict(world.workflow.started)
    swept = world.sweep(world.later(days=40))
    assert (swept.expired, swept.restarted, swept.failed) == (1, 0, [])
    assert world.book.application(application_id).state is State.EXPIRED
    assert world.workflow.started == started
    assert len(asked) == len(set(asked)) > 0


def test_a_customer_is_told_once_in_their_language() -> None:
    world = World()
    application_id = world.decided()
    data = {"application_id": application_id}
    assert world.notify("ApplicationApproved", "evt-1", CUSTOMER, data, AT) is True
    assert world.notify("ApplicationApproved", "evt-1", CUSTOMER, data, AT) is False
    assert "您的申请已通过" in world.messenger.sent["evt-1"]["text"]
    assert world.notify("ApplicationSubmitted", "evt-2", CUSTOMER, data, AT) is False


def test_a_notice_that_could_not_be_sent_is_sent_on_the_next_delivery() -> None:
    world = World()
    world.decided()
    world.messenger.down = True
    with pytest.raises(PartnerUnavailable):
        world.notify("ApplicationApproved", "evt-1", CUSTOMER, {}, AT)
    world.messenger.down = False
    assert world.notify("ApplicationApproved", "evt-1", CUSTOMER, {}, AT) is True
    assert world.messenger.calls == 1


def test_nobody_is_told_after_an_erasure() -> None:
    world = World()
    world.decided()
    world.vault.erase(CUSTOMER, AT)
    assert world.notify("ApplicationApproved", "evt-1", CUSTOMER, {}, AT) is False
    assert not world.messenger.sent


def test_amounts_and_dates_are_in_the_notice() -> None:
    world = World()
    world.decided()
    data = {"amount_minor": 365_812, "currency": "CNY", "due_on": "2026-12-24"}
    world.notify("InstalmentReminderDue", "evt-1", CUSTOMER, data, AT)
    assert (
        world.messenger.sent["evt-1"]["text"] == "【Autolend】提醒:2026-12-24 应还款 CNY 3,658.12。"
    )


def test_an_offer_nobody_takes_expires_and_ends_its_workflow() -> None:
    world = World()
    application_id = world.decided()
    world.workflow.tokens.add("token-1")
    world.park(application_id, "customer", "token-1", AT)
    assert world.sweep(world.later(days=29)).expired == 0
    assert world.sweep(world.later(days=2)).expired == 1
    assert world.state(application_id) == State.EXPIRED
    assert world.workflow.answers["token-1"]["outcome"] == "EXPIRED"


def test_a_review_is_never_expired_by_the_clock() -> None:
    world = World()
    application_id = world.decided(pd_ppm=150_000)
    world.sweep(world.later(days=60))
    assert world.state(application_id) == State.MANUAL_REVIEW


def test_a_workflow_that_died_is_started_again_under_another_name() -> None:
    world = World()
    application_id = world.signed()
    assert world.sweep(world.later(seconds=30)).restarted == 0, "it may still be at work"
    assert world.sweep(world.later(minutes=5)).restarted == 1
    names = [name for name in world.workflow.started if application_id in name]
    assert len(names) == 2
    world.sweep(world.later(seconds=30))
    assert len(world.workflow.started) == 2, "at most one restart in ten minutes"


def test_a_workflow_at_work_or_held_is_left_alone() -> None:
    world = World()
    application_id = world.signed()
    world.workflow.running.add(f"origination/{application_id}")
    assert world.sweep(world.later(minutes=5)).restarted == 0
    world.workflow.running.clear()
    deadline_at = AT + timedelta(days=1)
    world.book.park(Wait(application_id, "release", "held", deadline_at, AT))
    assert world.sweep(world.later(minutes=5)).restarted == 0


def test_after_a_restart_every_live_application_has_its_workflow_again() -> None:
    world = World()
    waiting, approved, signed = world.decided(pd_ppm=150_000), world.decided(), world.signed()
    declined = world.decided(pd_ppm=900_000)
    world.workflow.started.clear()
    world.sweep(world.at, after_restart=True)
    wanted = {f"origination/{one}" for one in (waiting, approved, signed)}
    assert set(world.workflow.started) == wanted
    assert f"origination/{declined}" not in world.workflow.started


def test_one_corrupt_application_does_not_stop_the_sweep() -> None:
    world = World()
    broken, fine = world.decided(), world.decided()
    known = world.book.applications[broken]
    world.book.applications[broken] = replace(known, request=replace(known.request, market="zz"))
    swept = world.sweep(world.later(days=31))
    assert (swept.expired, len(swept.failed)) == (1, 1)
    assert world.state(fine) == State.EXPIRED
    aged(world.book, fine, AT)
