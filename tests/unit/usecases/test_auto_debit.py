"""Auto-debit: what is due is drawn once, whatever the bank does, by the calendar of attempts."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from lending.adapters.dynamodb.keys import LOAN_SHARDS
from lending.adapters.profiles import ProfileStore
from lending.domain.auto_debit import CollectionState, attempt_on, payer_fields
from lending.domain.bank_facts import CollectionStatus, Return
from lending.domain.receipts import Receipt, ReceiptOutcome
from lending.domain.records import Loan
from lending.domain.submission import ConsentGiven, PayeeAccount
from lending.ports.bank import DebitAnswer
from lending.usecases.collect_instalments import AnythingToOrder, CollectInstalments
from lending.usecases.enter_money import Entry
from lending.usecases.give_mandate import GiveMandate, RevokeMandate, ViewMandate
from lending.usecases.refusal import NotAllowed
from lending.usecases.remind_borrowers import Shard

from tests.fakes.desk import DAY, Desk
from tests.fakes.partners import FakeRail
from tests.fakes.world import CUSTOMER, OWNER, SUBMISSION, reply_for

ACCOUNT = PayeeAccount("王小明", "6222999900001118")
CONSENT = ConsentGiven("auto_debit", "2026-11", "c" * 64)


@dataclass
class Drawing:
    """A funded loan whose customer gave a mandate, and the daily run."""

    desk: Desk = field(default_factory=Desk)
    rail: FakeRail = field(default_factory=FakeRail)

    def __post_init__(self) -> None:
        world, desk = self.desk.world, self.desk
        self.give = GiveMandate(world.book, world.vault, world.ids)
        self.revoke = RevokeMandate(world.book)
        self.view = ViewMandate(world.book, desk.money, world.vault)
        self.collect = CollectInstalments(
            world.book,
            desk.money,
            world.vault,
            ProfileStore(("cn", "us")),
            self.rail,
            desk.receive,
        )
        self.mandate()

    @property
    def loan(self) -> Loan:
        return self.desk.world.book.loans[self.desk.loan.loan_id]

    def mandate(self) -> Loan:
        world = self.desk.world
        key = world.key()
        loan = self.give(
            self.desk.loan.loan_id, self.desk.loan.owner, ACCOUNT, CONSENT, world.at, lambda _: key
        )
        assert not isinstance(loan, NotAllowed)
        return loan

    def run(self, on: date) -> int:
        """One day of all shards; how many orders were sent."""
        at, sent = self.desk.at(on), 0
        for number in range(LOAN_SHARDS):
            done = self.collect(Shard("cn", number, on), "", at)
            assert (done.failed, done.broken) == ([], [])
            sent += done.sent
        self.desk.check()
        return sent

    def days(self, first: date, count: int) -> list[int]:
        return [self.run(first + offset * DAY) for offset in range(count)]

    def tells(self, status: Any, reference: str, on: date, **more: Any) -> Any:
        amount = self.rail.drawn[reference]
        fact = CollectionStatus(reference, status, amount, "CNY", "", on, **more)
        return self.desk.hears(fact, on)

    def states(self) -> list[str]:
        return [one.state.value for one in self.desk.money.attempts.values()]

    @property
    def references(self) -> list[str]:
        return list(self.rail.drawn)


# 24 December 2026 is a Thursday.
DUE = date(2026, 12, 24)


def test_what_is_due_is_drawn_on_its_day_once_and_booked_once() -> None:
    drawing = Drawing()
    assert drawing.days(DUE - 3 * DAY, 5) == [0, 0, 0, 1, 0]
    (reference,) = drawing.references
    assert reference == f"c-{drawing.loan.loan_id.removeprefix('loan_')}-001-1"
    assert drawing.rail.drawn[reference] == drawing.desk.loan.plan[0].total_minor
    assert drawing.states() == ["PENDING"]
    for _ in range(2):
        told = drawing.tells("collected", reference, DUE)
        assert told.receipt.outcome is ReceiptOutcome.CREDITED
    assert drawing.states() == ["COLLECTED"]
    assert drawing.days(DUE + 2 * DAY, 20) == [0] * 20
    assert drawing.desk.kinds().count("PaymentReceived") == 1


def test_without_a_mandate_nothing_is_drawn_and_a_revoked_one_ends_it() -> None:
    drawing = Drawing()
    key = drawing.desk.world.key()
    drawing.revoke(drawing.loan.loan_id, drawing.loan.owner, drawing.desk.world.at, lambda _: key)
    assert drawing.days(DUE, 8) == [0] * 8
    assert drawing.loan.mandate_id is None
    kinds = drawing.desk.kinds()
    assert (kinds.count("MandateGiven"), kinds.count("MandateRevoked")) == (1, 1)
    again = drawing.revoke(
        drawing.loan.loan_id, drawing.loan.owner, drawing.desk.world.at, lambda _: key
    )
    assert isinstance(again, NotAllowed)


def test_a_mandate_is_a_recorded_consent_and_its_account_is_seen_masked_only() -> None:
    drawing = Drawing()
    mandate_id = drawing.loan.mandate_id
    assert mandate_id is not None
    (consent,) = [
        one for one in drawing.desk.world.vault.consents(CUSTOMER) if one.consent_id == mandate_id
    ]
    assert (consent.purpose, consent.text_sha256) == ("auto_debit", "c" * 64)
    view = drawing.view(drawing.loan.loan_id, drawing.loan.owner)
    assert view.account_no == "************1118"
    assert ACCOUNT.account_no not in repr(drawing.desk.world.book.loans)


def test_money_paid_before_reduces_the_debit_or_makes_it_needless() -> None:
    whole, part = Drawing(), Drawing()
    total = whole.desk.loan.plan[0].total_minor
    whole.desk.hears(whole.desk.credit(value_on=DUE - DAY), DUE - DAY)
    assert whole.days(DUE, 8) == [0] * 8
    part.desk.hears(part.desk.credit(amount_minor=1_000, value_on=DUE - DAY), DUE - DAY)
    part.run(DUE)
    assert list(part.rail.drawn.values()) == [total - 1_000]


@pytest.mark.parametrize(
    ("market", "attempts"),
    [
        # Debits clear every day: nobody is late because the lender drew on Monday.
        ("cn", [date(2026, 12, 26), date(2026, 12, 27), date(2026, 12, 29), date(2027, 1, 2)]),
        # Nacha settles on business days only.
        ("us", [date(2026, 12, 28), date(2026, 12, 29), date(2027, 1, 5)]),
    ],
)
def test_what_is_due_on_a_saturday_is_drawn_by_the_market_s_clearing(
    market: str, attempts: list[date]
) -> None:
    saturday, profiles = date(2026, 12, 26), ProfileStore(("cn", "us"))
    rules, worked = profiles.get(market, saturday).auto_debit, profiles.calendar(market)
    days = range(len(rules.days_after_due))
    assert [attempt_on(rules, worked, saturday, made) for made in days] == attempts


def test_a_failed_attempt_is_repeated_by_the_calendar_and_then_no_more() -> None:
    drawing = Drawing()
    sent = {}
    for offset in range(20):
        day = DUE + offset * DAY
        if drawing.run(day):
            sent[day] = drawing.references[-1]
            drawing.tells("failed", drawing.references[-1], day, reason="AM04")
    # Due on Thursday the 24th: on the day, a day after, on Sunday, a week after.
    assert list(sent) == [DUE, DUE + DAY, DUE + 3 * DAY, DUE + 7 * DAY]
    assert [one[-5:] for one in sent.values()] == ["001-1", "001-2", "001-3", "001-4"]
    failed = [one for one in drawing.desk.money.events.values() if one.kind == "AutoDebitFailed"]
    days = ["2026-12-25", "2026-12-27", "2026-12-31", None]
    assert [one.data["next_on"] for one in failed] == days


@pytest.mark.parametrize("reason", ["AC04", "MD01", "account_closed"])
def test_reasons_that_no_retry_mends_end_the_use_of_the_account_until_another_is_given(
    reason: str,
) -> None:
    drawing = Drawing()
    drawing.run(DUE)
    drawing.tells("failed", drawing.references[0], DUE, reason=reason)
    (failed,) = [one for one in drawing.desk.money.events.values() if one.kind == "AutoDebitFailed"]
    assert failed.data["next_on"] is None
    assert drawing.days(DUE + DAY, 5) == [0] * 5
    drawing.mandate()
    assert drawing.days(DUE + 6 * DAY, 8).count(1) == 1


def test_a_lost_answer_is_asked_about_and_never_sent_under_another_name() -> None:
    drawing = Drawing()
    drawing.rail.lost = 1
    drawing.run(DUE)
    assert drawing.states() == ["UNKNOWN"]
    sends = drawing.rail.sends
    assert drawing.run(DUE + DAY) == 0
    assert (drawing.rail.sends, drawing.states()) == (sends, ["PENDING"])
    reference = drawing.references[0]
    drawing.rail.verdicts[reference] = DebitAnswer("collected")
    drawing.run(DUE + DAY)
    assert drawing.states() == ["COLLECTED"]
    late = drawing.tells("collected", reference, DUE + 2 * DAY)
    assert late.is_new is False
    assert drawing.desk.kinds().count("PaymentReceived") == 1


def test_what_the_bank_never_received_is_sent_again_as_it_was_and_given_up_after_its_time() -> None:
    drawing = Drawing()
    drawing.rail.down = True
    assert drawing.run(DUE) == 1
    assert (drawing.states(), drawing.references) == (["UNKNOWN"], [])
    drawing.rail.down = False
    assert drawing.run(DUE) == 1  # the same day: the same order
    assert drawing.references[0].endswith("001-1")
    other = Drawing()
    other.rail.down = True
    other.run(DUE)
    other.rail.down = False
    assert other.run(DUE + DAY) == 1
    assert other.states() == ["CANCELLED", "PENDING"]
    assert other.references == [f"c-{other.loan.loan_id.removeprefix('loan_')}-001-2"]


def test_an_order_that_was_never_received_is_not_sent_once_the_customer_paid() -> None:
    drawing = Drawing()
    drawing.rail.down = True
    drawing.run(DUE)
    drawing.rail.down = False
    drawing.desk.hears(drawing.desk.credit(value_on=DUE), DUE)
    assert drawing.days(DUE, 5) == [0] * 5
    assert (drawing.references, drawing.states()) == ([], ["CANCELLED"])


def test_while_one_fate_is_open_there_is_no_other_attempt_even_a_month_later() -> None:
    drawing = Drawing()
    drawing.run(DUE)
    assert drawing.days(DUE + DAY, 35) == [0] * 35
    reference = drawing.references[0]
    drawing.tells("failed", reference, DUE + 36 * DAY, reason="AM04")
    assert drawing.run(date(2027, 2, 1)) == 1
    newest = drawing.references[-1]
    assert newest.endswith("002-1")
    both = sum(row.total_minor for row in drawing.desk.loan.plan[:2])
    assert drawing.rail.drawn[newest] == both


def test_a_fate_that_is_not_told_for_a_week_is_a_case_until_the_bank_speaks() -> None:
    drawing = Drawing()
    money = drawing.desk.money
    drawing.days(DUE, 7)
    assert money.open_cases(9) == ()
    drawing.days(DUE + 7 * DAY, 3)
    (case,) = money.open_cases(9)
    assert (case.case, case.detail) == ("debit_unknown", drawing.references[0])
    assert (case.loan_id, case.moved_minor) == (drawing.loan.loan_id, 0)
    drawing.tells("collected", drawing.references[0], DUE + 10 * DAY)
    assert money.open_cases(9) == ()
    assert drawing.states() == ["COLLECTED"]


def test_an_order_that_turns_out_not_received_after_a_week_ends_its_case() -> None:
    drawing = Drawing()
    drawing.run(DUE)
    (reference,) = drawing.references
    drawing.rail.verdicts[reference] = DebitAnswer("unknown")
    drawing.days(DUE + DAY, 8)
    assert len(drawing.desk.money.open_cases(9)) == 1
    drawing.rail.verdicts[reference] = DebitAnswer("not_received")
    drawing.run(DUE + 9 * DAY)
    assert drawing.states()[0] == "CANCELLED"
    assert drawing.desk.money.open_cases(9) == ()


def test_a_returned_collection_is_reversed_told_and_ends_the_mandates_use() -> None:
    drawing = Drawing()
    drawing.run(DUE)
    reference = drawing.references[0]
    drawing.tells("collected", reference, DUE)
    total = drawing.rail.drawn[reference]
    back = Return("b-9", reference, "collection", total, "CNY", DUE + 2 * DAY, "MD06")
    assert drawing.desk.hears(back, DUE + 2 * DAY).receipt.outcome is ReceiptOutcome.REVERSED
    assert drawing.states() == ["RETURNED"]
    assert drawing.desk.kinds()[-2:] == ["AutoDebitFailed", "PaymentReversed"]
    assert drawing.days(DUE + 3 * DAY, 5) == [0] * 5
    # The books say that the instalment is unpaid, and the sweep finds the loan under its day.
    assert drawing.loan.next_due_on == DUE


def test_another_amount_than_ordered_is_a_case_and_the_statement_can_still_tell_the_truth() -> None:
    drawing = Drawing()
    drawing.run(DUE)
    reference = drawing.references[0]
    total = drawing.rail.drawn[reference]
    wrong = CollectionStatus(reference, "collected", total + 1, "CNY", "b-1", DUE)
    assert drawing.desk.hears(wrong, DUE).receipt.case == "amount_mismatch"
    assert drawing.states() == ["PENDING"]
    assert drawing.tells("collected", reference, DUE).receipt.outcome is ReceiptOutcome.CREDITED


def test_an_order_whose_money_is_a_case_blocks_the_loan_until_two_persons_booked_it() -> None:
    drawing = Drawing()
    drawing.run(DUE)
    reference, desk = drawing.references[0], drawing.desk
    total = drawing.rail.drawn[reference]
    early = CollectionStatus(reference, "collected", total, "CNY", "b-1", date(2020, 1, 1))
    case = desk.hears(early, DUE).receipt
    assert case.outcome is ReceiptOutcome.PARKED
    drawing.rail.verdicts[reference] = DebitAnswer("collected")
    assert drawing.days(DUE + DAY, 3) == [0] * 3
    assert drawing.states() == ["PENDING"], "nobody knows yet whose money that is"
    entry = Entry("payment", drawing.loan.loan_id, DUE, total, "CNY", case_id=case.receipt_id)
    at = desk.at(DUE + 3 * DAY)
    entered = desk.enter(entry, "op-1", at, lambda _: reply_for("case"))
    assert isinstance(entered, Receipt)
    done = desk.confirm(entry.loan_id, "payment", entered.receipt_id, True, "op-2", at)
    assert isinstance(done, Receipt)
    assert drawing.run(DUE + 4 * DAY) == 0
    assert drawing.states() == ["COLLECTED"]
    assert desk.kinds().count("PaymentReceived") == 1
    # The next instalment is drawn again, and only that.
    del drawing.rail.verdicts[reference]
    drawing.days(date(2027, 1, 24), 3)
    assert [drawing.rail.drawn[one] for one in drawing.references[1:]] == [
        drawing.desk.loan.plan[1].total_minor
    ]


def test_a_bank_that_contradicts_itself_opens_a_case_or_brings_the_money() -> None:
    drawing = Drawing()
    drawing.run(DUE)
    reference = drawing.references[0]
    drawing.tells("collected", reference, DUE)
    assert drawing.tells("failed", reference, DUE, reason="AM04").receipt.case == (
        "fate_contradicted"
    )
    assert drawing.states() == ["COLLECTED"]
    other = Drawing()
    other.run(DUE)
    reference = other.references[0]
    other.tells("failed", reference, DUE, reason="AM04")
    assert other.tells("collected", reference, DUE).receipt.outcome is ReceiptOutcome.CREDITED
    assert other.states() == ["COLLECTED"]


def test_a_day_without_orders_is_known_before_anybody_works_on_it() -> None:
    drawing = Drawing()
    asked = AnythingToOrder(drawing.desk.world.book, drawing.desk.money)
    shards = range(LOAN_SHARDS)
    assert not any(asked(Shard("cn", number, DUE - DAY)) for number in shards)
    assert sum(asked(Shard("cn", number, DUE)) for number in shards) == 1
    drawing.run(DUE)
    loan = drawing.loan
    drawing.desk.world.book.loans[loan.loan_id] = replace(loan, next_due_on=DUE + 31 * DAY)
    assert sum(asked(Shard("cn", number, DUE + DAY)) for number in shards) == 1  # its fate is open


def test_pages_cover_every_loan_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lending.usecases.collect_instalments.PAGE", 1)
    drawing = Drawing()
    book, loan = drawing.desk.world.book, drawing.loan
    shard = next(number for number in range(LOAN_SHARDS) if book.loans_due(DUE, DUE, number))
    # Twins without books of their own: only their place in the order matters here.
    for name in ("a", "b"):
        book.loans[name] = replace(loan, loan_id=f"{loan.loan_id}{name}", mandate_id=None)
    after, pages = "", 0
    twins = book.loans_due(DUE, DUE, shard)
    while True:
        done = drawing.collect(Shard("cn", shard, DUE), after, drawing.desk.at(DUE))
        pages += 1
        after = done.after
        if not after:
            break
    assert pages == len(twins)
    assert len(drawing.references) == 1


def test_the_mandate_of_the_application_becomes_that_of_the_loan() -> None:
    desk = Desk()
    world = desk.world
    consents = (*SUBMISSION.consents, CONSENT)
    application_id = world.signed(replace(SUBMISSION, repayment=ACCOUNT, consents=consents))
    world.release(application_id, world.at)
    world.pay(application_id, 1, world.at)
    world.settle(application_id, world.at)
    loan_id = world.book.applications[application_id].loan_id
    assert loan_id is not None
    mandate_id = world.book.loans[loan_id].mandate_id
    assert mandate_id is not None
    stored = world.vault.read(CUSTOMER, "test", payer_fields(mandate_id))
    assert list(stored.values()) == [ACCOUNT.name, ACCOUNT.account_no]


def test_an_account_needs_its_consent_and_the_consent_its_account() -> None:
    world = Desk().world
    wrong = (
        replace(SUBMISSION, repayment=ACCOUNT),
        replace(SUBMISSION, consents=(*SUBMISSION.consents, CONSENT)),
    )
    for submission in wrong:
        refused = world.submit(submission, OWNER, CUSTOMER, world.at, lambda _: world.key())
        assert isinstance(refused, NotAllowed)
        assert refused.problems[0].pointer.startswith("/consents")


def test_open_attempts_of_states_are_listed_until_they_end() -> None:
    drawing = Drawing()
    drawing.run(DUE)
    found = [
        one for shard in range(LOAN_SHARDS) for one in drawing.desk.money.open_collections(shard, 9)
    ]
    assert [one.state for one in found] == [CollectionState.PENDING]
    assert timedelta(0) <= drawing.desk.at(DUE) - found[0].intended_at
