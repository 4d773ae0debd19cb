"""The bank may tell a payout's fate before its answer is heard: the same end, one payment."""

import pytest
from lending.domain.bank_facts import PayoutStatus
from lending.domain.records import State
from lending.ports.partners import RailAnswer
from lending.usecases.book_money import BookMoney
from lending.usecases.receive_bank_fact import ReceiveBankFact
from lending.usecases.resolve_payout import ResolvePayout

from tests.fakes.money import FakeMoney
from tests.fakes.world import AT, World


def tells(world: World, fact: PayoutStatus) -> None:
    money = FakeMoney(world.book)
    books = BookMoney(world.book, money, world.settle.profiles)
    ReceiveBankFact(books, money, ResolvePayout(world.book))(fact, "webhook", AT)


@pytest.mark.parametrize(
    ("fate", "state"), [("accepted", "FUNDED"), ("rejected", "FUNDING_FAILED")]
)
def test_a_webhook_before_the_answer_decides_and_nothing_is_sent_again(
    fate: str, state: str
) -> None:
    world = World()
    world.rail.answers = [RailAnswer("unknown", "timeout")]
    application_id = world.signed()
    assert world.release(application_id, AT) == "READY"
    assert world.pay(application_id, 1, AT).status == "unknown"
    intent = world.book.disbursements[application_id]
    is_accepted = fate == "accepted"
    fact = PayoutStatus(
        intent.reference,
        "accepted" if is_accepted else "rejected",
        intent.amount_minor,
        intent.currency,
        "p-1" if is_accepted else "",
        AT.date(),
        "" if is_accepted else "AC04",
    )
    tells(world, fact)
    sends, queries = world.rail.sends, world.rail.queries
    assert world.pay(application_id, 2, AT).status == fate
    assert (world.rail.sends, world.rail.queries) == (sends, queries)
    if is_accepted:
        world.settle(application_id, AT)
    else:
        world.fail(application_id, 2, AT)
    assert world.state(application_id) == State(state)


def test_the_answer_after_the_webhook_changes_nothing() -> None:
    world = World()
    application_id = world.funded()
    payout = world.book.disbursements[application_id]
    resolve = ResolvePayout(world.book)
    assert resolve(application_id, RailAnswer("unknown", "timeout"), AT) == payout
    assert resolve(application_id, RailAnswer("rejected", "late"), AT) == payout
