"""The sandbox bank moves money once a reference and shows every movement on a statement."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.partners.bank_desk import Desk, open_desk
from tools.partners.service import DroppedError


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return open_desk(tmp_path)


def test_a_payout_is_booked_and_told_once_however_often_it_is_sent(desk: Desk) -> None:
    for _ in range(3):
        assert desk.pay()[0] == 202
    desk.run()
    assert desk.booked() == [("payout", "dis-1", -12_000_000)]
    (event,) = desk.true_events()
    assert (event["type"], event["data"]["reference"]) == ("payout.accepted", "dis-1")


def test_a_reference_belongs_to_one_order_of_one_kind(desk: Desk) -> None:
    assert desk.pay("same")[0] == 202
    assert desk.pay("same", amount_minor=1)[0] == 409
    assert desk.debit("same")[0] == 409
    assert desk.booked() == [("payout", "same", -12_000_000)]


def test_a_payout_that_comes_back_is_a_booking_of_its_own(desk: Desk) -> None:
    desk.tell("rules", do="return", match="dis-1", after_s=7200, reason="AC06")
    desk.pay()
    desk.run(after_s=7199)
    assert desk.ask("GET", "/payments/dis-1")[1] == {"reference": "dis-1", "status": "accepted"}
    desk.run(after_s=1)
    assert desk.ask("GET", "/payments/dis-1")[1] == {
        "reference": "dis-1",
        "status": "accepted",
        "returned": "AC06",
    }
    assert desk.booked() == [
        ("payout", "dis-1", -12_000_000),
        ("payout_return", "dis-1", 12_000_000),
    ]
    accepted, returned = desk.true_events()
    assert returned["type"] == "payout.returned"
    assert returned["data"]["reason"] == "AC06"
    assert returned["data"]["bank_reference"] != accepted["data"]["bank_reference"]
    assert desk.pay()[0] == 202  # the first verdict is repeated, nothing is paid again
    assert len(desk.booked()) == 2


@pytest.mark.parametrize(
    ("order", "rule", "reason"),
    [
        ({"payee": {"name": "Gone", "account_no": "9990000"}}, {}, "account_closed"),
        ({}, {"do": "reject", "reason": "limit"}, "limit"),
        ({}, {"do": "reject"}, "account_closed"),
    ],
)
def test_a_rejected_payout_moves_nothing(
    desk: Desk, order: dict[str, Any], rule: dict[str, Any], reason: str
) -> None:
    if rule:
        desk.tell("rules", **rule)
    expected = {"reference": "dis-1", "status": "rejected", "reason": reason}
    assert desk.pay(**order) == (422, expected)
    assert desk.pay(**order) == (422, expected)
    assert desk.ask("GET", "/payments/dis-1")[1] == expected
    assert desk.booked() == []
    desk.run()
    assert [event["type"] for event in desk.true_events()] == ["payout.rejected"]


@pytest.mark.parametrize(
    ("account_no", "status", "events", "kinds"),
    [
        ("62229999", "collected", ["debit.collected"], ["collection"]),
        ("62220001", "failed", ["debit.failed"], []),
        ("62220002", "collected", ["debit.collected", "debit.returned"],
         ["collection", "collection_return"]),
    ],
)  # fmt: skip
def test_a_collection_is_paid_short_of_funds_or_objected_to(
    desk: Desk, account_no: str, status: str, events: list[str], kinds: list[str]
) -> None:
    assert desk.debit(account_no=account_no) == (202, {"reference": "deb-1", "status": "pending"})
    assert desk.debit(account_no=account_no)[0] == 202
    desk.run()
    assert desk.ask("GET", "/debits/deb-1")[1]["status"] == status
    desk.run(after_s=2 * 86_400)
    assert [event["type"] for event in desk.true_events()] == events
    booked = desk.booked() + desk.booked("2026-11-26")
    assert [kind for kind, _, _ in booked] == kinds
    assert sum(amount for _, _, amount in booked) == (350_000 if len(kinds) == 1 else 0)


def test_a_collection_waits_for_its_due_day_of_the_banks_calendar(desk: Desk) -> None:
    desk.tell("bank", utc_offset_hours=8)
    desk.debit(due_on="2026-11-26")
    assert desk.ask("GET", "/debits/deb-1")[1]["status"] == "pending"
    # 26 November begins in Shanghai at 16:00 UTC of the 25th.
    desk.clock.at = datetime(2026, 11, 25, 15, 59, 59, tzinfo=UTC).timestamp()
    assert desk.ask("GET", "/debits/deb-1")[1]["status"] == "pending"
    desk.clock.at += 1
    assert desk.ask("GET", "/debits/deb-1")[1]["status"] == "collected"
    assert desk.booked("2026-11-26") == [("collection", "deb-1", 350_000)]


def test_a_collection_may_be_refused_or_unheard_of(desk: Desk) -> None:
    assert desk.debit(account_no="9990000")[1]["reason"] == "account_closed"
    assert desk.debit(account_no="9990000")[0] == 422
    assert desk.ask("GET", "/debits/deb-1")[1]["status"] == "failed"
    assert desk.ask("GET", "/debits/deb-9") == (
        404,
        {"reference": "deb-9", "error": "not_received"},
    )
    assert desk.debit("deb-2", due_on="soon")[0] == 400
    assert desk.debit("deb-2", payer={"name": "x"})[0] == 400


def test_customers_pay_in_with_right_wrong_or_no_reference(desk: Desk) -> None:
    for reference in ("loan_1", "lona_1", ""):
        desk.tell("credits", reference=reference, amount_minor=100, currency="CNY")
    desk.run()
    assert [event["data"]["reference"] for event in desk.true_events()] == ["loan_1", "lona_1", ""]
    assert desk.booked() == [("credit", name, 100) for name in ("loan_1", "lona_1", "")]


def test_the_bank_may_take_a_credit_back(desk: Desk) -> None:
    paid = desk.tell("credits", reference="loan_1", amount_minor=100, currency="CNY")
    back = desk.tell("returns", kind="credit", reference=paid["bank_reference"])
    assert (back["amount_minor"], back["reason"]) == (-100, "FOCR")
    again = {"kind": "credit", "reference": paid["bank_reference"]}
    assert desk.ask("POST", "/_control/returns", again)[0] == 409
    desk.run()
    _, event = desk.true_events()
    assert event["type"] == "credit.returned"
    assert event["data"]["original_bank_reference"] == paid["bank_reference"]


def test_what_did_not_happen_cannot_go_back(desk: Desk) -> None:
    desk.pay("dis-2", payee={"name": "Gone", "account_no": "9990000"})
    for kind, reference in (("payout", "dis-1"), ("payout", "dis-2"), ("debit", "deb-1")):
        body = {"kind": kind, "reference": reference}
        assert desk.ask("POST", "/_control/returns", body)[0] == 409


def test_a_statement_has_every_booking_of_the_day_between_two_balances(desk: Desk) -> None:
    desk.tell("bank", opening_minor=50_000_000)
    desk.pay()
    desk.tell("credits", reference="loan_1", amount_minor=500, currency="USD")
    desk.clock.at += 86_400
    desk.tell("credits", reference="loan_2", amount_minor=700, currency="CNY")
    desk.tell("bookings", amount_minor=-30, currency="CNY")
    first = desk.ask("GET", "/statements/2026-11-24?currency=CNY")[1]
    second = desk.ask("GET", "/statements/2026-11-25?currency=CNY")[1]
    empty = desk.ask("GET", "/statements/2026-11-26?currency=CNY")[1]
    assert (first["opening_minor"], first["closing_minor"]) == (50_000_000, 38_000_000)
    assert (second["opening_minor"], second["closing_minor"]) == (38_000_000, 38_000_670)
    assert (empty["opening_minor"], empty["lines"]) == (38_000_670, [])
    assert desk.booked(currency="USD") == [("credit", "loan_1", 500)]
    assert desk.ask("GET", "/statements/yesterday?currency=CNY")[0] == 400


def test_bookings_debits_and_events_survive_a_restart(desk: Desk, tmp_path: Path) -> None:
    desk.pay()
    desk.debit(due_on="2026-11-25")
    again = open_desk(tmp_path, webhooks=False)
    assert again.booked() == desk.booked()
    again.run()
    assert [event["type"] for event in again.true_events()] == ["payout.accepted"]
    again.run(after_s=86_400)
    assert [event["type"] for event in again.true_events()][1:] == ["debit.collected"]
    again.ask("POST", "/_control/reset")
    assert open_desk(tmp_path).booked() == []


def test_a_dropped_order_may_have_moved_money_or_not(desk: Desk) -> None:
    desk.tell("rules", do="timeout_before_accept", match="dis-1", times=1)
    desk.tell("rules", do="timeout_after_accept", match="dis-2", times=1)
    with pytest.raises(DroppedError):
        desk.pay("dis-1")
    assert desk.ask("GET", "/payments/dis-1")[0] == 404
    with pytest.raises(DroppedError):
        desk.pay("dis-2")
    assert desk.ask("GET", "/payments/dis-2")[1]["status"] == "accepted"
    assert [desk.pay("dis-1")[0], desk.pay("dis-2")[0]] == [202, 202]
    assert [reference for _, reference, _ in desk.booked()] == ["dis-2", "dis-1"]


def test_the_bank_may_not_know_what_it_did(desk: Desk) -> None:
    desk.tell("rules", do="query_unknown", on="payout", times=2)
    desk.pay()
    statuses = [desk.ask("GET", "/payments/dis-1")[1]["status"] for _ in range(3)]
    assert statuses == ["unknown", "unknown", "accepted"]
    desk.debit()
    assert desk.ask("GET", "/debits/deb-1")[1]["status"] == "collected"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("rules", {"do": "explode"}),
        ("rules", {"do": "reject", "on": "loan"}),
        ("rules", {"do": "reject", "times": "many"}),
        ("chaos", {"seed": 1}),
        ("chaos", {"seed": 1, "rates": {"reject": 1001}}),
        ("chaos", {"seed": 1, "rates": {"explode": 1}}),
        ("bank", {"utc_offset_hours": "east"}),
        ("webhooks", {"url": "http://x", "secret": "short"}),
        ("webhooks", {"url": "http://x", "secret": "s" * 32, "mode": "sometimes"}),
        ("credits", {"reference": "x", "amount_minor": 0, "currency": "CNY"}),
        ("returns", {"kind": "loan", "reference": "x"}),
        ("bookings", {"amount_minor": True, "currency": "CNY"}),
        ("files", {}),
        ("files/statement", {"day": "2026-11-24", "currency": "CNY"}),
        ("files/statement", {"day": "2026-11-24", "currency": "CNY", "flaw": "ugly"}),
    ],
)
def test_a_control_that_makes_no_sense_is_refused(
    desk: Desk, path: str, body: dict[str, Any]
) -> None:
    assert desk.ask("POST", f"/_control/{path}", body)[0] == 400


RATES = {
    "timeout_before_accept": 200, "timeout_after_accept": 200, "reject": 150, "return": 200,
    "query_unknown": 200, "insufficient_funds": 200, "webhook_late": 200, "webhook_early": 200,
    "webhook_twice": 200, "webhook_anew": 150, "webhook_behind": 200, "wrong_amount": 150,
    "wrong_currency": 150, "forged_secret": 200, "forged_stale": 200, "forged_body": 200,
    "webhook_none": 100,
}  # fmt: skip


def play(state: Path, references: list[str]) -> dict[str, Any]:
    """What became of orders under one seed."""
    desk = open_desk(state)
    desk.tell("chaos", seed=5, rates=RATES)
    for reference in references:
        for send in (desk.pay, desk.debit):
            for _ in range(3):
                try:
                    send(f"{send.__name__}-{reference}")
                except DroppedError:
                    continue
    for _ in range(10):
        desk.run(after_s=3600)
    return {
        "payments": sorted(map(str, desk.ask("GET", "/payments")[1]["payments"])),
        "debits": sorted(map(str, desk.ask("GET", "/debits")[1]["debits"])),
        "booked": sorted(desk.booked()),
        "told": sorted((event["type"], event["data"]["reference"]) for event in desk.true_events()),
    }


def test_chaos_depends_on_the_seed_and_the_reference_only(tmp_path: Path) -> None:
    references = [f"{number:03d}" for number in range(60)]
    forward = play(tmp_path / "a", references)
    backward = play(tmp_path / "b", references[::-1])
    assert forward == backward
    # Whatever went wrong: each accepted reference is booked once, and comes back at most once.
    payouts = [reference for kind, reference, _ in forward["booked"] if kind == "payout"]
    backs = [reference for kind, reference, _ in forward["booked"] if kind == "payout_return"]
    assert len(payouts) == len(set(payouts)) > 30
    assert len(backs) == len(set(backs)) > 3
    assert set(backs) <= set(payouts)
    assert len(forward["payments"]) == len(forward["debits"]) == 60
