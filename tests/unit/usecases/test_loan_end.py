"""The end of a loan: at once for whoever asks, in its row when that has followed the payment."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from lending.adapters.dynamodb.keys import LOAN_SHARDS
from lending.domain.bank_facts import Return
from lending.domain.faults import Permanent, Retryable, StaleVersion
from lending.domain.records import Loan
from lending.domain.servicing.booking import LoanBooks
from lending.usecases.follow_payment import ROUNDS_MAX, FollowPayment
from lending.usecases.publish_events import PublishEvents
from lending.usecases.remind_borrowers import EVER, RemindBorrowers, Shard

from tests.fakes.desk import DAY, Desk
from tests.fakes.system import FakeBus


def paid_off(rest: int = 0) -> tuple[Desk, date]:
    """A desk whose loan was paid off; nobody has heard of it yet."""
    desk = Desk()
    on = desk.due_on - 3 * DAY
    total = desk.closing(on) + rest
    desk.hears(desk.credit("b-all", amount_minor=total, value_on=on), on)
    return desk, on


def shown(desk: Desk) -> Loan:
    found = desk.world.book.loan(desk.loan.loan_id)
    assert found is not None
    return found


def row(desk: Desk) -> Loan:
    return desk.world.book.loans[desk.loan.loan_id]


def due(desk: Desk) -> list[Loan]:
    return [
        loan
        for shard in range(LOAN_SHARDS)
        for loan in desk.world.book.loans_due(EVER, date.max, shard)
    ]


def holding(desk: Desk) -> list[str]:
    return [
        loan.loan_id
        for shard in range(LOAN_SHARDS)
        for loan in desk.world.book.loans_holding(shard, 9)
    ]


@pytest.mark.parametrize("rest", [0, 5_000])
def test_nobody_sees_an_ended_loan_as_open_while_its_row_has_not_followed(rest: int) -> None:
    desk, on = paid_off(rest)
    assert row(desk).status == "ACTIVE_CURRENT"
    over = shown(desk)
    assert (over.status, over.next_due_on, over.bucket) == ("CLOSED_SETTLED", None, None)
    assert over.holds_money is bool(rest)
    assert due(desk) == []
    remind = RemindBorrowers(desk.world.book, desk.money, desk.books.profiles)
    for day in range(60):
        today = on + day * DAY
        made = [remind(Shard("cn", shard, today), desk.at(today)) for shard in range(LOAN_SHARDS)]
        assert not any(made)
    assert row(desk).version == 1


@pytest.mark.parametrize("rest", [0, 5_000])
def test_the_row_follows_the_event_of_the_payment_once(rest: int) -> None:
    desk, _ = paid_off(rest)
    over, events = shown(desk), tuple(desk.money.events.values())
    for _ in range(3):
        assert desk.publish(events).behind == ()
        assert row(desk) == replace(over, version=2)
    assert holding(desk) == ([desk.loan.loan_id] if rest else [])
    told = [event.kind for event in desk.world.bus.published]
    assert told == ["PaymentReceived", "LoanClosed"] * 3
    assert len({event.event_id for event in desk.world.bus.published}) == 2


def test_a_payment_that_ends_nothing_and_leaves_nothing_over_is_not_looked_into() -> None:
    desk = Desk()
    desk.hears(desk.credit())
    before = row(desk)
    desk.money.kept_books.clear()  # nobody may ask for them
    assert desk.relay().behind == ()
    assert row(desk) == before


def test_a_chargeback_that_is_faster_than_the_row_opens_the_loan_for_good() -> None:
    desk, on = paid_off()
    amount = desk.money.receipts["bank-b-all"].amount_minor
    back = Return("b-9", desk.loan.loan_id, "credit", amount, "CNY", on, "MD06", "b-all")
    desk.hears(back, on)
    opened = shown(desk)
    assert (opened.status, opened.next_due_on) == ("ACTIVE_CURRENT", desk.due_on)
    desk.relay()
    assert shown(desk) == row(desk) == opened
    told = [event.kind for event in desk.world.bus.published]
    assert told == ["PaymentReceived", "LoanClosed", "PaymentReversed", "LoanReopened"]


def test_a_chargeback_after_the_row_followed_is_not_undone_by_the_event_told_again() -> None:
    desk, on = paid_off()
    desk.relay()
    first = tuple(desk.money.events.values())
    amount = desk.money.receipts["bank-b-all"].amount_minor
    back = Return("b-9", desk.loan.loan_id, "credit", amount, "CNY", on, "MD06", "b-all")
    desk.hears(back, on)
    opened = row(desk)
    assert desk.publish(first).behind == ()
    assert shown(desk) == row(desk) == opened


def test_money_that_comes_after_the_end_puts_the_loan_on_the_list_of_those_that_hold_some() -> None:
    desk, on = paid_off()
    desk.relay()
    assert holding(desk) == []
    desk.hears(desk.credit("b-late", amount_minor=700, value_on=on + DAY), on + DAY)
    assert desk.relay().behind == ()
    assert holding(desk) == [desk.loan.loan_id]


def test_the_row_is_read_anew_when_it_was_written_meanwhile() -> None:
    desk, _ = paid_off()
    desk.money.stale = 2
    assert desk.relay().behind == ()
    assert row(desk).status == "CLOSED_SETTLED"


@pytest.mark.parametrize("fault", [StaleVersion, Permanent, Retryable])
def test_an_event_stays_in_the_outbox_until_its_loan_followed_and_holds_up_no_other(
    fault: type[Exception],
) -> None:
    desk, _ = paid_off()
    (event,) = desk.money.events.values()
    other = replace(event, event_id="other", kind="LoanReopened", data={})
    desk.world.book.events["other"] = other

    class Broken(FollowPayment):
        def __call__(self, event: object) -> None:
            if getattr(event, "event_id", "") != "other":
                raise fault("a test wants it")

    bus = FakeBus()
    publish = PublishEvents(desk.world.book, bus, Broken(desk.world.book, desk.money))
    done = publish((event, other))
    assert (done.told, done.behind) == (2, (event.event_id,))
    assert desk.world.book.acknowledged == {"other"}
    assert [one.kind for one in bus.published] == ["PaymentReceived", "LoanClosed", "LoanReopened"]
    sweep = replace(desk.world.sweep, publish=publish)
    swept = sweep(event.occurred_at + timedelta(minutes=3))
    assert [one for one in swept.failed if event.event_id in one]
    sweep = replace(desk.world.sweep, publish=desk.publish)
    assert sweep(event.occurred_at + timedelta(minutes=4)).failed == []
    assert row(desk).status == "CLOSED_SETTLED"
    assert event.event_id in desk.world.book.acknowledged


def test_a_row_that_others_change_all_the_time_is_left_for_later() -> None:
    desk, _ = paid_off()
    desk.money.stale = ROUNDS_MAX
    (event,) = desk.money.events.values()
    assert desk.relay().behind == (event.event_id,)
    assert desk.relay().behind == ()
    assert row(desk).status == "CLOSED_SETTLED"


def test_books_that_were_read_before_a_chargeback_do_not_end_the_loan_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The chargeback comes between reading the books and writing the row."""
    desk, on = paid_off()
    amount = desk.money.receipts["bank-b-all"].amount_minor
    back = Return("b-9", desk.loan.loan_id, "credit", amount, "CNY", on, "MD06", "b-all")
    books, opened = desk.money.books, list[Loan]()

    def slowly(loan_id: str) -> LoanBooks:
        found = books(loan_id)
        monkeypatch.setattr(desk.money, "books", books)
        desk.hears(back, on)
        opened.append(row(desk))
        return found

    (event,) = desk.money.events.values()
    monkeypatch.setattr(desk.money, "books", slowly)
    desk.publish.follow(event)
    assert row(desk) == opened[0]
    assert opened[0].status == "ACTIVE_CURRENT"


def test_a_loan_without_books_is_as_its_row_has_it() -> None:
    desk = Desk()
    desk.money.kept_books.clear()
    assert shown(desk) == row(desk)
