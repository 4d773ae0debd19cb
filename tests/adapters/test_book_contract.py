"""What every Book must do: the same suite over the fake and over DynamoDB."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.keys import LOAN_SHARDS
from lending.domain.faults import Permanent, StaleVersion
from lending.domain.records import Loan, ReplyKey, State
from lending.domain.review import asked, ended, proposed
from lending.ports.book import ApplicationFile, Book, Change

from tests.adapters import samples
from tests.adapters.samples import APP, AT, LOAN
from tests.fakes.book import FakeBook
from tests.fakes.world import REQUEST


@pytest.fixture(params=["fake", "dynamodb"])
def book(request: pytest.FixtureRequest) -> Book:
    if request.param == "fake":
        return FakeBook()
    return DynamoBook(request.getfixturevalue("table_name"))


def due(book: Book, due_from: date, due_to: date) -> list[Loan]:
    """Over all shards."""
    found = [book.loans_due(due_from, due_to, shard) for shard in range(LOAN_SHARDS)]
    return [loan for shard in found for loan in shard]


def everything() -> Change:
    """One of each kind of record in one change."""
    return Change(
        application=samples.application(),
        transitions=(samples.transition(),),
        decision=samples.decision(),
        offers=(samples.offer(), samples.offer("off_2", term_months=24)),
        contract=samples.contract(),
        disbursement=samples.disbursement(),
        loan=samples.loan(),
        reminders=(samples.reminder(),),
        events=(samples.event(),),
        reply=samples.reply(),
    )


def test_every_record_is_read_back_as_it_was_written(book: Book) -> None:
    change = everything()
    book.commit(change)
    assert book.application(APP) == change.application
    assert book.transitions(APP) == change.transitions
    assert book.decision(APP) == change.decision
    assert book.offers(APP) == change.offers
    assert book.contract(APP) == change.contract
    assert book.disbursement(APP) == change.disbursement
    assert book.loan(LOAN) == change.loan
    assert change.reply is not None
    assert book.reply(change.reply.key) == change.reply
    assert book.pending_events(AT + timedelta(hours=1), 10) == change.events


def test_filled_optional_fields_are_read_back_too(book: Book) -> None:
    terminal = samples.application(
        state=State.FUNDED,
        deadline_at=None,
        accepted_offer_id="off_1",
        contract_id="ctr_1",
        loan_id=LOAN,
        request=replace(REQUEST, vehicle=None, down_payment_minor=0),
    )
    signed = samples.contract(status="SIGNED", signed_at=AT)
    paid = samples.disbursement(status="REJECTED", resolved_at=AT, reason="账户关闭")
    referred = samples.decision(
        outcome="REFERRED", reasons=("a", "b"), queue="identity", scored=None, note="看一下"
    )
    book.commit(
        Change(
            application=terminal,
            transitions=(samples.transition(),),
            contract=signed,
            disbursement=paid,
            decision=referred,
        )
    )
    assert book.application(APP) == terminal
    assert book.contract(APP) == signed
    assert book.disbursement(APP) == paid
    assert book.decision(APP) == referred


def test_an_offers_time_zone_survives_because_its_hash_covers_it(book: Book) -> None:
    book.commit(replace(samples.opening(), offers=(samples.offer(),)))
    (stored,) = book.offers(APP)
    assert stored.expires_at.isoformat() == samples.IN_SHANGHAI.isoformat()


def test_what_nobody_wrote_is_absent(book: Book) -> None:
    assert book.application(APP) is None
    assert book.transitions(APP) == ()
    assert book.decision(APP) is None
    assert book.offers(APP) == ()
    assert book.contract(APP) is None
    assert book.disbursement(APP) is None
    assert book.loan(LOAN) is None
    assert book.wait(APP, "review") is None
    assert book.reply(ReplyKey("sub-1", "POST /", "k")) is None
    assert book.overdue_applications(AT, 10) == ()
    assert book.pending_events(AT, 10) == ()
    assert due(book, date(2020, 1, 1), date(2030, 1, 1)) == []


def test_a_second_writer_of_the_same_version_loses(book: Book) -> None:
    book.commit(samples.opening())
    book.commit(samples.moved())
    with pytest.raises(StaleVersion):
        book.commit(samples.moved())
    with pytest.raises(StaleVersion):
        book.commit(samples.opening())
    stored = book.application(APP)
    assert stored is not None
    assert (stored.version, stored.state) == (2, State.SCREENING)
    assert [one.seq for one in book.transitions(APP)] == [1, 2]


@pytest.mark.parametrize(
    "change",
    [
        samples.moved(),
        Change(contract=samples.contract(version=2), contract_was=1),
        Change(disbursement=samples.disbursement(version=2), disbursement_was=1),
        Change(loan=samples.loan(version=2), loan_was=1),
    ],
    ids=["application", "contract", "disbursement", "loan"],
)
def test_a_version_that_is_not_stored_is_stale(book: Book, change: Change) -> None:
    with pytest.raises(StaleVersion):
        book.commit(change)


@pytest.mark.parametrize(
    "repeated",
    [
        {"contract": samples.contract()},
        {"disbursement": samples.disbursement()},
        {"loan": samples.loan()},
        {"decision": samples.decision()},
        {"offers": (samples.offer(),)},
        {"reminders": (samples.reminder(),)},
        {"documents": (samples.document(),)},
        {"events": (samples.event(),)},
        {"reply": samples.reply()},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_exists_is_not_written_again_and_nothing_beside_it(
    book: Book, repeated: dict[str, Any]
) -> None:
    book.commit(Change(**repeated))
    beside = samples.opening("app_2")
    with pytest.raises(StaleVersion):
        book.commit(replace(beside, **repeated))
    assert book.application("app_2") is None
    assert book.transitions("app_2") == ()
    book.commit(beside)


def test_versions_advance_one_record_at_a_time(book: Book) -> None:
    book.commit(Change(contract=samples.contract()))
    tried = samples.contract(version=2, status="VIEWED")
    book.commit(Change(contract=tried, contract_was=1))
    assert book.contract(APP) == tried
    book.commit(Change(loan=samples.loan()))
    closed = samples.loan(version=2, status="CLOSED_SETTLED", next_due_on=None)
    book.commit(Change(loan=closed, loan_was=1))
    assert book.loan(LOAN) == closed


@pytest.mark.parametrize(
    "change",
    [
        Change(application_was=1),
        Change(contract_was=1),
        Change(application=samples.application(version=2), application_was=2),
        Change(contract=samples.contract(version=0)),
        Change(transitions=(samples.transition(),)),
        Change(application=samples.application()),
        replace(samples.moved(), transitions=(samples.transition(3),)),
        replace(samples.moved(), transitions=(samples.transition(2), samples.transition(3))),
    ],
)
def test_a_change_that_contradicts_itself_is_refused(book: Book, change: Change) -> None:
    with pytest.raises(Permanent):
        book.commit(change)


def test_several_moves_in_one_change(book: Book) -> None:
    book.commit(samples.opening())
    twice = Change(
        application=samples.application(version=3),
        application_was=1,
        transitions=(samples.transition(2), samples.transition(3)),
    )
    book.commit(twice)
    assert [one.seq for one in book.transitions(APP)] == [1, 2, 3]


def test_the_newest_decision_is_by_number_not_by_text(book: Book) -> None:
    for number in (9, 10, 2):
        book.commit(Change(decision=samples.decision(number)))
    newest = book.decision(APP)
    assert newest is not None
    assert newest.number == 10


def test_an_overdue_application_is_found_after_its_deadline_and_not_before(book: Book) -> None:
    book.commit(samples.opening(deadline_at=AT))
    assert book.overdue_applications(AT, 10) == ()
    assert [
        one.application_id for one in book.overdue_applications(AT + timedelta(microseconds=1), 10)
    ] == [APP]


def test_overdue_applications_come_oldest_first_over_all_shards_and_states(book: Book) -> None:
    for number in range(12):
        state = State.SUBMITTED if number % 2 else State.MANUAL_REVIEW
        late = AT + timedelta(minutes=(number * 7) % 12)
        book.commit(samples.opening(f"app_{number}", deadline_at=late, state=state))
    book.commit(samples.opening("app_done", state=State.WITHDRAWN, deadline_at=AT))
    book.commit(samples.opening("app_free", deadline_at=None))
    found = book.overdue_applications(AT + timedelta(hours=1), 50)
    assert len(found) == 12
    deadlines = [one.deadline_at for one in found]
    assert deadlines == sorted(d for d in deadlines if d is not None)
    assert book.overdue_applications(AT + timedelta(hours=1), 5) == found[:5]


def test_applications_of_a_state_are_listed_without_deadlines_last(book: Book) -> None:
    book.commit(samples.opening("app_free", deadline_at=None))
    book.commit(samples.opening("app_late", deadline_at=AT + timedelta(days=2)))
    book.commit(samples.opening("app_soon", deadline_at=AT + timedelta(days=1)))
    book.commit(samples.opening("app_else", state=State.APPROVED))
    found = [one.application_id for one in book.applications_in(State.SUBMITTED, 10)]
    assert found == ["app_soon", "app_late", "app_free"]
    assert len(book.applications_in(State.SUBMITTED, 2)) == 2


def test_an_application_that_moved_on_leaves_its_old_state(book: Book) -> None:
    book.commit(samples.opening())
    book.commit(samples.moved())
    assert book.applications_in(State.SUBMITTED, 10) == ()
    assert len(book.applications_in(State.SCREENING, 10)) == 1
    ended = Change(
        application=samples.application(version=3, state=State.WITHDRAWN, deadline_at=None),
        application_was=2,
        transitions=(samples.transition(3),),
    )
    book.commit(ended)
    assert book.applications_in(State.SCREENING, 10) == ()
    assert book.overdue_applications(AT + timedelta(days=999), 10) == ()


def test_events_wait_oldest_first_until_they_are_acknowledged(book: Book) -> None:
    events = tuple(samples.event(number) for number in range(9, 0, -1))
    book.commit(Change(events=events))
    later = AT + timedelta(hours=1)
    assert book.pending_events(later, 50) == tuple(reversed(events))
    assert book.pending_events(later, 2) == tuple(reversed(events))[:2]
    assert book.pending_events(AT + timedelta(seconds=3), 50) == (events[-1], events[-2])
    book.acknowledge(events[:4])
    assert book.pending_events(later, 50) == tuple(reversed(events[4:]))
    book.acknowledge(events)
    book.acknowledge((*events, samples.event(99)))  # swept away meanwhile, or never stored
    assert book.pending_events(later, 50) == ()
    with pytest.raises(StaleVersion):
        book.commit(Change(events=events[:1]))


def test_each_loan_due_is_in_exactly_one_shard(book: Book) -> None:
    day = date(2026, 12, 24)
    for number in range(20):
        book.commit(Change(loan=samples.loan(f"loan_{number}", next_due_on=day)))
    shards = [book.loans_due(day, day, shard) for shard in range(LOAN_SHARDS)]
    found = [loan.loan_id for shard in shards for loan in shard]
    assert sorted(found) == sorted(f"loan_{number}" for number in range(20))
    assert sum(bool(shard) for shard in shards) > 1
    assert shards[0] == () or shards[0][0].plan == samples.loan().plan


def test_only_live_loans_in_the_closed_range_are_due(book: Book) -> None:
    first, last = date(2026, 12, 24), date(2026, 12, 31)
    for name, day in [
        ("early", first - timedelta(days=1)),
        ("first", first),
        ("last", last),
        ("late", last + timedelta(days=1)),
        ("none", None),
    ]:
        book.commit(Change(loan=samples.loan(f"loan_{name}", next_due_on=day)))
    closed = samples.loan("loan_closed", next_due_on=first, status="CLOSED_SETTLED")
    book.commit(Change(loan=closed))
    assert {loan.loan_id for loan in due(book, first, last)} == {"loan_first", "loan_last"}


def test_due_loans_of_a_shard_come_by_date(book: Book) -> None:
    start = date(2026, 12, 24)
    for number in range(30):
        day = start + timedelta(days=(number * 11) % 30)
        book.commit(Change(loan=samples.loan(f"loan_{number}", next_due_on=day)))
    for shard in range(LOAN_SHARDS):
        found = book.loans_due(start, start + timedelta(days=30), shard)
        days = [loan.next_due_on for loan in found]
        assert days == sorted(d for d in days if d is not None)


def test_there_is_no_ninth_shard(book: Book) -> None:
    with pytest.raises(ValueError, match="shard"):
        book.loans_due(AT.date(), AT.date(), LOAN_SHARDS)


def test_a_wait_is_replaced_by_a_newer_token_and_removed_only_by_its_own(book: Book) -> None:
    old, new = samples.wait("token-1"), samples.wait("token-2")
    book.park(old)
    book.park(samples.wait("token-9", name="customer"))
    assert book.wait(APP, "review") == old
    book.park(new)
    book.unpark(old)
    assert book.wait(APP, "review") == new
    book.unpark(new)
    book.unpark(new)
    assert book.wait(APP, "review") is None
    assert book.wait(APP, "customer") is not None


def test_replies_are_kept_apart_by_principal_route_and_key(book: Book) -> None:
    scopes = [
        ReplyKey("a", "POST /x", "b#c"),
        ReplyKey("a#POST /x", "b", "c"),
        ReplyKey("a", "POST /x#b", "c"),
        ReplyKey("a", "POST /{id}", "b%23c"),
        ReplyKey("客户", "POST /x", "b"),
    ]
    for status, key in enumerate(scopes, start=200):
        book.commit(Change(reply=samples.reply(key=key, status=status)))
    for status, key in enumerate(scopes, start=200):
        stored = book.reply(key)
        assert stored is not None
        assert (stored.key, stored.status) == (key, status)


def test_an_empty_change_changes_nothing(book: Book) -> None:
    book.commit(Change())


def test_a_file_is_everything_beside_the_application(book: Book) -> None:
    """The same rows as one by one: the newest decision, the offers by id, contract and payout."""
    assert book.file(samples.application().application_id) is None
    opened = samples.opening()
    assert opened.application is not None
    one = opened.application
    book.commit(replace(opened, decision=samples.decision()))
    bare = book.file(one.application_id)
    assert bare is not None
    assert (bare.offers, bare.contract, bare.disbursement) == ((), None, None)
    book.commit(
        Change(
            decision=replace(samples.decision(), number=2, decision_id="dec_2"),
            offers=(samples.offer(),),
            contract=samples.contract(),
            disbursement=samples.disbursement(),
        )
    )
    assert book.file(one.application_id) == ApplicationFile(
        application=one,
        decision=book.decision(one.application_id),
        offers=book.offers(one.application_id),
        contract=book.contract(one.application_id),
        disbursement=book.disbursement(one.application_id),
    )
    newest = book.decision(one.application_id)
    assert newest is not None
    assert newest.number == 2


def test_a_review_is_kept_listed_while_it_waits_and_read_with_the_file(book: Book) -> None:
    first = Change(application=samples.application(), transitions=(samples.transition(),))
    book.commit(first)
    case = asked(APP, ("data_wrong",), 72, AT)
    book.commit(Change(review=case))
    file = book.file(APP)
    assert file is not None
    assert file.review == case
    assert book.open_reviews(10) == (case,)
    assert book.review(APP) == case
    assert book.review("app_0") is None
    with pytest.raises(StaleVersion):
        book.commit(Change(review=case))
    wanted = proposed(case, APP, "new_facts", "a note", "officer-1", AT)
    book.commit(Change(review=wanted, review_was=1))
    assert book.open_reviews(10) == (wanted,)
    over = ended(wanted, approved=True, by="senior-1", at=AT)
    book.commit(Change(review=over, review_was=2))
    assert book.open_reviews(10) == ()


def test_decisions_are_found_by_market_day_and_number_and_applications_by_person(
    book: Book,
) -> None:
    book.commit(
        Change(
            application=samples.application(),
            transitions=(samples.transition(),),
            decision=samples.decision(),
        )
    )
    assert book.decisions_on("cn", AT.date(), 10) == (samples.decision(),)
    assert book.decisions_on("us", AT.date(), 10) == ()
    assert book.decisions_on("cn", AT.date() + timedelta(days=1), 10) == ()
    assert book.decision_numbered(APP, 1) == samples.decision()
    assert book.decision_numbered(APP, 2) is None
    mine = book.applications_of(samples.application().customer_id)
    assert mine == (samples.application(),)
    assert book.applications_of("cus_nobody") == ()
    assert book.principal_owed_minor("loan_0") == 0
