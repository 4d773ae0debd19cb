"""A payout in tranches: the dealer's rest is owed, ordered by two, paid once, whatever the bank."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest
from lending.adapters.dynamodb.keys import LOAN_SHARDS
from lending.adapters.profiles import ProfileStore
from lending.domain.bank_facts import PayoutStatus, Return
from lending.domain.faults import Permanent, StaleVersion
from lending.domain.ledger.accounts import Account
from lending.domain.loan_payouts import PayoutState
from lending.domain.receipts import Receipt
from lending.domain.records import Loan, Release, StoredReply
from lending.domain.servicing.booking import balances
from lending.domain.servicing.verification import LoanLedger, first_broken
from lending.ports.book import Change
from lending.ports.partners import RailAnswer
from lending.usecases.book_money import BookMoney
from lending.usecases.hold_back import HoldBack
from lending.usecases.order_payout import ConfirmOrder, EnterOrder, OrderEntry
from lending.usecases.pay_customers import PayCustomers
from lending.usecases.receive_bank_fact import ReceiveBankFact
from lending.usecases.refusal import NotAllowed
from lending.usecases.remind_borrowers import Shard
from lending.usecases.resolve_payout import ResolvePayout

from tests.fakes.money import FakeMoney
from tests.fakes.world import SUBMISSION, World, reply_for

DAY = timedelta(days=1)
RULES = ProfileStore(("cn", "us"))
HELD = 4_000_000
INTEREST = frozenset({Account.INTEREST_RECEIVABLE, Account.INTEREST_INCOME})
_numbers = iter(range(1, 10_000))


def reply(_: object) -> StoredReply:
    return reply_for(f"tranche-{next(_numbers)}")


@dataclass
class Dealing:
    """A signed application whose first payout leaves something for later."""

    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        world = self.world
        self.money = FakeMoney(world.book)
        for name in ("kept_terms", "kept_books", "facts", "entries"):
            setattr(self.money, name, getattr(world.book.ledger, name))
        books = BookMoney(world.book, self.money, RULES)
        self.hold_back = HoldBack(world.book, RULES)
        self.enter = EnterOrder(books, self.money, world.vault, world.ids)
        self.confirm = ConfirmOrder(books, self.money)
        self.receive = ReceiveBankFact(books, self.money, ResolvePayout(world.book))
        self.pay = PayCustomers(
            world.book, self.money, world.vault, RULES, world.rail, self.receive, books
        )
        self.application_id = world.signed()

    def funded(self, held_minor: int = HELD) -> "Dealing":
        world, name = self.world, self.application_id
        assert isinstance(self.hold_back(name, held_minor, world.at, reply), Release)
        assert world.release(name, world.at) == "READY"
        assert world.pay(name, 1, world.at).status == "accepted"
        world.settle(name, world.at)
        return self

    @property
    def loan(self) -> Loan:
        (loan,) = self.world.book.loans.values()
        return loan

    def on_books(self) -> dict[str, int]:
        """Who owes what, without zeros and interest; the books prove themselves."""
        loan_id = self.loan.loan_id
        terms, books = self.money.terms(loan_id), self.money.books(loan_id)
        facts, entries = self.money.transactions(loan_id), self.money.journals(loan_id)
        assert first_broken(LoanLedger(terms, books, list(facts), list(entries))) is None
        found = balances(terms, books)
        return {one.value: found[one] for one in Account if found[one] and one not in INTEREST}

    def enters(self, amount_minor: int, who: str = "op-1", case: str = "") -> Any:
        asked = OrderEntry("tranche", self.loan.loan_id, None, case, amount_minor)
        return self.enter(asked, who, self.world.at, reply)

    def confirms(self, entry: Receipt, who: str = "op-2", kind: Any = "tranche") -> Any:
        loan_id, at = self.loan.loan_id, self.world.at
        return self.confirm(loan_id, kind, entry.receipt_id, True, who, at, reply)

    def ordered(self, amount_minor: int, case: str = "") -> Receipt:
        done = self.confirms(self.enters(amount_minor, case=case))
        assert isinstance(done, Receipt), done
        return done

    def day(self) -> date:
        return self.world.at.date()

    def sweep(self) -> None:
        for number in range(LOAN_SHARDS):
            done = self.pay(Shard("cn", number, self.day()), self.world.at)
            assert (done.failed, done.broken) == ([], [])
        self.world.later(days=1)

    def cancels(self) -> Any:
        asked = OrderEntry("cancellation", self.loan.loan_id)
        entry = self.enter(asked, "op-1", self.world.at, reply)
        return entry if isinstance(entry, NotAllowed) else self.confirms(entry, kind=asked.kind)


def code(result: object) -> str:
    assert isinstance(result, NotAllowed), result
    return result.code


def test_what_is_held_back_is_lent_on_the_first_day_and_owed_to_the_dealer() -> None:
    dealing = Dealing().funded()
    lent = dealing.loan.principal_minor
    assert dealing.world.rail.paid == {f"dis-{dealing.application_id}": lent - HELD}
    assert dealing.on_books() == {
        "loan_principal": lent,
        "cash_clearing": HELD - lent,
        "dealer_payable": -HELD,
    }


def test_tranches_are_ordered_by_two_and_paid_to_the_payee_of_the_release_until_all_is_paid() -> (
    None
):
    dealing = Dealing().funded()
    rail, lent, sent = dealing.world.rail, dealing.loan.principal_minor, 1
    for number, part in enumerate((1_500_000, 2_500_000), start=1):
        entry = dealing.enters(part)
        dealing.sweep()
        assert rail.sends == sent
        assert code(dealing.confirms(entry, "op-1")) == "four_eyes"
        assert isinstance(dealing.confirms(entry), Receipt)
        for _ in range(3):
            dealing.sweep()
        sent += 1
        reference = f"tr{number:02d}-{dealing.loan.loan_id.removeprefix('loan_')}"
        assert (rail.paid[reference], rail.sends) == (part, sent)
    assert {one.account_no for one in rail.payees} == {SUBMISSION.payee.account_no}
    assert set(rail.purposes) == {SUBMISSION.request.purpose}
    assert dealing.on_books() == {"loan_principal": lent, "cash_clearing": -lent}
    assert dealing.loan.status == "ACTIVE_CURRENT"
    assert dealing.loan.next_due_on == dealing.loan.plan[0].due_on
    assert code(dealing.enters(1)) == "nothing_owed"


def test_no_more_is_ordered_than_is_held_back_and_one_at_a_time() -> None:
    dealing = Dealing().funded()
    assert code(dealing.enters(HELD + 1)) == "invalid_field"
    first, second = dealing.enters(3_000_000), dealing.enters(3_000_000)
    assert isinstance(dealing.confirms(first), Receipt)
    assert code(dealing.confirms(second)) == "illegal_state"
    dealing.sweep()
    assert code(dealing.confirms(second)) == "changed_amount"
    assert dealing.on_books()["dealer_payable"] == 3_000_000 - HELD


@pytest.mark.parametrize("lost", [1, 2])
def test_a_tranche_whose_answer_is_lost_is_asked_about_and_paid_once(lost: int) -> None:
    dealing = Dealing().funded()
    dealing.ordered(HELD)
    dealing.world.rail.lost = lost
    dealing.sweep()
    (order,) = dealing.money.orders.values()
    assert (order.state, dealing.on_books()["dealer_payable"]) == (PayoutState.UNKNOWN, -HELD)
    dealing.sweep()
    assert dealing.world.rail.sends == 2
    assert "dealer_payable" not in dealing.on_books()


def test_a_webhook_is_as_good_as_an_answer_and_the_same_money_is_booked_once() -> None:
    dealing = Dealing().funded()
    dealing.ordered(HELD)
    (order,) = dealing.money.orders.values()
    told = PayoutStatus(order.reference, "accepted", HELD, "CNY", "b-7", dealing.day())
    assert dealing.receive(told, "webhook", dealing.world.at) is not None
    before = dealing.on_books()
    dealing.sweep()
    assert (dealing.world.rail.sends, dealing.on_books()) == (1, before)


def test_a_tranche_that_comes_back_is_owed_again_a_case_and_ordered_anew() -> None:
    dealing = Dealing().funded()
    dealing.ordered(HELD)
    dealing.sweep()
    (order,) = dealing.money.orders.values()
    back = Return("b-9", order.reference, "payout", HELD, "CNY", dealing.day(), "AC04")
    dealing.receive(back, "webhook", dealing.world.at)
    (case,) = dealing.money.open_cases(9)
    assert (case.case, case.amount_minor) == ("payout_returned", HELD)
    assert (dealing.loan.status, dealing.on_books()["dealer_payable"]) == ("ACTIVE_CURRENT", -HELD)
    dealing.ordered(HELD, case.receipt_id)
    assert dealing.money.open_cases(9) == ()
    dealing.sweep()
    assert [one.state.value for one in dealing.money.orders.values()] == ["RETURNED", "ACCEPTED"]
    assert "dealer_payable" not in dealing.on_books()


def test_a_refused_tranche_is_a_case_and_may_be_ordered_anew() -> None:
    dealing = Dealing().funded()
    dealing.ordered(HELD)
    dealing.world.rail.answers = [RailAnswer("rejected", "account_closed")]
    dealing.sweep()
    (case,) = dealing.money.open_cases(9)
    assert (case.case, dealing.on_books()["dealer_payable"]) == ("payout_rejected", -HELD)
    dealing.ordered(HELD)
    dealing.sweep()
    assert "dealer_payable" not in dealing.on_books()


def returned(dealing: Dealing) -> None:
    reference, amount = f"dis-{dealing.application_id}", dealing.loan.principal_minor - HELD
    back = Return("p-9", reference, "payout", amount, "CNY", dealing.day(), "AC04")
    dealing.receive(back, "webhook", dealing.world.at)
    assert dealing.loan.status == "PAYOUT_RETURNED"


def test_a_first_payout_that_comes_back_is_paid_again_before_any_tranche() -> None:
    dealing = Dealing().funded()
    returned(dealing)
    assert code(dealing.enters(HELD)) == "illegal_state"
    entry = dealing.enter(
        OrderEntry("payout", dealing.loan.loan_id), "op-1", dealing.world.at, reply
    )
    assert isinstance(entry, Receipt)
    assert entry.amount_minor == dealing.loan.principal_minor - HELD
    assert isinstance(dealing.confirms(entry, kind="payout"), Receipt)
    dealing.sweep()
    dealing.ordered(HELD)
    dealing.sweep()
    lent = dealing.loan.principal_minor
    assert dealing.on_books() == {"loan_principal": lent, "cash_clearing": -lent}


def test_a_loan_in_tranches_is_cancelled_to_zero_but_not_while_the_dealer_holds_one() -> None:
    dealing = Dealing().funded()
    returned(dealing)
    assert isinstance(dealing.cancels(), Receipt)
    assert (dealing.loan.status, dealing.on_books()) == ("CANCELLED", {})
    paid = Dealing().funded()
    paid.ordered(HELD)
    paid.sweep()
    returned(paid)
    assert code(paid.cancels()) == "illegal_state"


def test_before_the_release_only_and_never_all_of_it() -> None:
    dealing = Dealing()
    world, name = dealing.world, dealing.application_id
    offer = next(
        one
        for one in world.book.offers(name)
        if one.offer_id == world.book.applications[name].accepted_offer_id
    )
    too_much = dealing.hold_back(name, offer.payout_minor, world.at, reply)
    assert code(too_much) == "invalid_field"
    dealing.funded(held_minor=0)
    assert code(dealing.hold_back(name, HELD, world.at, reply)) == "illegal_state"
    assert code(dealing.enters(1)) == "nothing_owed"
    undecided = world.submitted()
    assert code(dealing.hold_back(undecided, HELD, world.at, reply)) == "illegal_state"


def test_nothing_is_paid_of_a_release_that_leaves_nothing() -> None:
    dealing = Dealing()
    world, name = dealing.world, dealing.application_id
    assert world.release(name, world.at) == "READY"
    known = world.book.releases[name]
    changed = replace(known, held_back_minor=10**12, version=known.version + 1)
    world.book.commit(Change(release=changed, release_was=known.version))
    with pytest.raises(Permanent, match="held back"):
        world.pay(name, 1, world.at)
    assert world.rail.paid == {}


def test_of_two_who_hold_back_in_one_moment_one_looks_again() -> None:
    dealing = Dealing()
    world, name = dealing.world, dealing.application_id
    dealing.hold_back(name, HELD, world.at, reply)
    with pytest.raises(StaleVersion):
        world.book.commit(Change(release=world.book.releases[name], release_was=0))
