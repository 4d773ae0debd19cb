"""What every Movements and Controls must do: the same suite over the fakes and DynamoDB."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.control import DynamoControls, DynamoMovements
from lending.adapters.dynamodb.money import DynamoMoney
from lending.domain.auto_debit import CollectionState
from lending.domain.control import Bucket, ClearingProof, Holding, SuspenseAgeing
from lending.domain.faults import StaleVersion
from lending.domain.receipts import ReceiptOutcome
from lending.domain.reconciliation import Tally
from lending.domain.records import Disbursement
from lending.domain.servicing.booking import Booking, book
from lending.ports.book import Book, Change
from lending.ports.money import Beside, MoneyBook
from lending.ports.statements import Controls, Movements

from tests.adapters import samples
from tests.adapters.test_money_contract import receipt
from tests.fakes.book import FakeBook
from tests.fakes.control import FakeControls, FakeMovements
from tests.fakes.money import FakeMoney
from tests.unit.domain.servicing.loans import AT, TERMS, TODAY, lent

ON = date(2026, 11, 24)


@dataclass
class Stores:
    book: Book
    money: MoneyBook
    movements: Movements
    controls: Controls


@pytest.fixture(params=["fake", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "fake":
        fake = FakeBook()
        money = FakeMoney(fake)
        yield Stores(fake, money, FakeMovements(fake, money), FakeControls())
        return
    name = request.getfixturevalue("table_name")
    yield Stores(DynamoBook(name), DynamoMoney(name), DynamoMovements(name), DynamoControls(name))


def test_each_loan_tells_what_it_holds(stores: Stores) -> None:
    assert list(stores.movements.holdings()) == []
    stores.money.open(TERMS)
    before = stores.money.books(TERMS.loan_id)
    booking = book(TERMS, before, lent(), TODAY)
    assert isinstance(booking, Booking)
    stores.money.commit(TERMS.loan_id, before, booking)
    wanted = Holding(TERMS.loan_id, TERMS.currency, -lent().amount_minor, 0)
    assert list(stores.movements.holdings()) == [wanted]


def test_a_booked_receipt_is_unstated_until_a_statement_shows_it(stores: Stores) -> None:
    one = receipt(outcome=ReceiptOutcome.CREDITED, case="", loan_id="loan_1")
    back = replace(
        one, receipt_id="bank-b-2", kind="credit_return", outcome=ReceiptOutcome.REVERSED
    )
    for each in (one, back):
        stores.money.keep(Beside(receipt=each))
    found = {each.movement_id: each.moved_minor for each in stores.movements.unstated()}
    assert found == {"bank-b-1": one.amount_minor, "bank-b-2": -one.amount_minor}
    stated = replace(one, stated_on=ON, version=2)
    stores.money.keep(Beside(stated, 1))
    assert stores.money.receipt("bank-b-1") == stated
    assert [each.movement_id for each in stores.movements.unstated()] == ["bank-b-2"]


def test_an_entry_by_hand_is_unstated_once_it_is_confirmed(stores: Stores) -> None:
    entry = receipt(
        receipt_id="ent_1", source="teller", kind="payment", case="second_person", loan_id="loan_1"
    )
    stores.money.keep(Beside(receipt=entry))
    assert list(stores.movements.unstated()) == []
    done = replace(entry, outcome=ReceiptOutcome.CREDITED, version=2)
    stores.money.keep(Beside(done, 1))
    (one,) = stores.movements.unstated()
    assert (one.movement_id, one.moved_minor) == ("ent_1", entry.amount_minor)
    assert stores.money.open_cases(9) == ()
    stores.money.keep(Beside(replace(done, stated_on=ON, version=3), 2))
    assert list(stores.movements.unstated()) == []


def test_what_an_order_drew_is_unstated_until_a_statement_shows_it(stores: Stores) -> None:
    attempt = samples.collection(reference="c-1-001-1")
    stores.money.keep(Beside(collection=attempt))
    assert list(stores.movements.unstated()) == []
    told = receipt(
        receipt_id="debit-c-1-001-1",
        kind="collection_collected",
        outcome=ReceiptOutcome.CREDITED,
        case="",
    )
    ended = replace(attempt, state=CollectionState.COLLECTED, version=2, resolved_at=AT)
    stores.money.keep(Beside(receipt=told, collection=ended, collection_was=1))
    (one,) = stores.movements.unstated()
    assert (one.movement_id, one.moved_minor) == (told.receipt_id, told.amount_minor)
    stores.money.keep(Beside(replace(told, stated_on=ON, version=2), 1))
    assert list(stores.movements.unstated()) == []


def test_an_accepted_payout_is_unstated_until_a_statement_shows_it(stores: Stores) -> None:
    payout = Disbursement("app_1", "dis-app_1", 700, "CNY", "INTENT", 1, AT)
    stores.book.commit(Change(disbursement=payout))
    assert list(stores.movements.unstated()) == []
    accepted = replace(payout, status="ACCEPTED", version=2, resolved_at=AT)
    stores.book.commit(Change(disbursement=accepted, disbursement_was=1))
    (one,) = stores.movements.unstated()
    assert (one.movement_id, one.loan_id, one.moved_minor) == ("dis-app_1", "loan_1", -700)
    stated = replace(accepted, stated_on=ON, version=3)
    stores.book.commit(Change(disbursement=stated, disbursement_was=2))
    assert list(stores.movements.unstated()) == []
    assert stores.book.disbursement("app_1") == stated


def test_only_what_a_statement_showed_is_held_or_outside(stores: Stores) -> None:
    shown = receipt(stated_on=ON)
    told = receipt(receipt_id="bank-b-2")
    charge = receipt(receipt_id="unread-1", kind="unreadable", amount_minor=-30, stated_on=ON)
    for each in (shown, told, charge):
        stores.money.keep(Beside(receipt=each))
    assert stores.movements.held("CNY") == Tally(2, shown.amount_minor - 30)
    assert stores.movements.held("USD") == Tally()
    ended = replace(charge, outcome=ReceiptOutcome.OUTSIDE, version=2, closed_by="op-2")
    stores.money.keep(Beside(ended, 1))
    assert stores.movements.held("CNY") == Tally(1, shown.amount_minor)
    assert stores.movements.outside("CNY") == Tally(1, -30)


def test_proofs_and_ageings_are_replaced_by_their_next_version(stores: Stores) -> None:
    tallies = (Tally(1, 5), Tally(), Tally(2, -3))
    proof = ClearingProof(ON, "CNY", 100, 7, 90, *tallies, is_settled=True, proved_at=AT)
    ageing = SuspenseAgeing(ON, "CNY", (Bucket(7, 1, 5), Bucket(None)), 0, AT)
    controls = stores.controls
    assert (controls.proof(ON, "CNY"), controls.ageing(ON, "CNY")) == (None, None)
    controls.keep_proof(proof, 0)
    controls.keep_ageing(ageing, 0)
    assert (controls.proof(ON, "CNY"), controls.ageing(ON, "CNY")) == (proof, ageing)
    with pytest.raises(StaleVersion):
        controls.keep_proof(proof, 0)
    with pytest.raises(StaleVersion):
        controls.keep_ageing(ageing, 0)
    controls.keep_proof(replace(proof, version=2), 1)
    controls.keep_ageing(replace(ageing, version=2), 1)


def test_the_base_is_kept_once(stores: Stores) -> None:
    assert stores.controls.base_minor("CNY") is None
    stores.controls.keep_base("CNY", 90)
    assert stores.controls.base_minor("CNY") == 90
    with pytest.raises(StaleVersion):
        stores.controls.keep_base("CNY", 91)
