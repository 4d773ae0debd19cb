"""The sandbox bank's webhooks: signed as we check them, late, early, twice, wrong and forged."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from lending.domain.bank_events import BankEvent, event_of
from lending.domain.webhooks import Forgery

from tests.partners.bank_desk import SECRET, Desk, open_desk, payment
from tests.partners.conftest import ask
from tools.partners.bank_webhooks import Delivery
from tools.partners.service import Running


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return open_desk(tmp_path)


def happen(desk: Desk) -> None:
    """Everything a bank may tell."""
    desk.pay("dis-1")
    desk.pay("dis-2", payee={"name": "Gone", "account_no": "9990000"})
    desk.debit("deb-1")
    desk.debit("deb-2", account_no="10001")
    desk.tell("returns", kind="payout", reference="dis-1")
    desk.tell("returns", kind="debit", reference="deb-1")
    paid = desk.tell("credits", reference="repay my loan", amount_minor=5, currency="CNY")
    desk.tell("returns", kind="credit", reference=paid["bank_reference"])


def test_every_event_of_the_bank_is_signed_and_understood(desk: Desk) -> None:
    happen(desk)
    desk.run()
    assert {forgery for _, forgery in desk.arrived} == {None}
    events = [event_of(body) for body in desk.true_events()]
    assert all(isinstance(event, BankEvent) for event in events), events
    kinds = [event.kind for event in events if isinstance(event, BankEvent)]
    assert kinds == [
        "payout.accepted",
        "payout.rejected",
        "debit.collected",
        "debit.failed",
        "payout.returned",
        "debit.returned",
        "credit.received",
        "credit.returned",
    ]


def test_an_event_is_repeated_with_longer_pauses_until_it_is_taken(desk: Desk) -> None:
    desk.answers = [500, 0, 409, 204]
    desk.pay()
    waits = []
    for second in range(12):
        waits += [second for _ in desk.run(after_s=1 if second else 0)]
    assert waits == [0, 1, 3, 7]  # 1, 2, 4 seconds between attempts
    (event,) = desk.ask("GET", "/_control/webhooks")[1]["events"]
    assert event["state"] == "delivered"
    assert [attempt["status"] for attempt in event["attempts"]] == [500, 0, 409, 204]
    assert len({one.body for one, _ in desk.arrived}) == 1


def test_a_receiver_that_never_takes_it_is_given_up(desk: Desk) -> None:
    desk.answers = [503] * 60
    desk.pay()
    for _ in range(60):
        desk.run(after_s=60)
    (event,) = desk.ask("GET", "/_control/webhooks")[1]["events"]
    assert (event["state"], len(event["attempts"])) == ("given_up", 50)


def kinds_of(told: list[dict[str, Any]]) -> list[str]:
    return [one["forgery"] or "true" for one in told]


def test_twice_late_behind_anew_and_never(desk: Desk) -> None:
    desk.tell("rules", do="webhook_twice", match="a")
    desk.tell("rules", do="webhook_late", match="b", after_s=100)
    desk.tell("rules", do="webhook_behind", match="c")
    desk.tell("rules", do="webhook_anew", match="d")
    desk.tell("rules", do="webhook_none", match="e")
    for reference in "abcde":
        desk.pay(reference)
    desk.run()
    desk.run(after_s=1)
    desk.run(after_s=100)
    told = [(event["data"]["reference"], event["event_id"][-1]) for event in desk.true_events()]
    assert told == [("a", "1"), ("d", "4"), ("c", "3"), ("d", "5"), ("a", "1"), ("b", "2")]
    anew = [event["data"] for event in desk.true_events() if event["data"]["reference"] == "d"]
    assert anew[0] == anew[1]  # one booking under two event ids


def test_an_event_that_waits_for_another_goes_alone_when_none_comes(desk: Desk) -> None:
    desk.tell("rules", do="webhook_behind", after_s=30)
    desk.pay()
    assert desk.run(after_s=29) == []
    assert kinds_of(desk.run(after_s=1)) == ["true"]


def test_an_early_event_arrives_before_the_order_is_answered(desk: Desk) -> None:
    desk.tell("rules", do="webhook_early")
    seen: list[str] = []

    def look(_: Delivery) -> None:
        # The receiver asks back while the bank waits for its answer.
        seen.append(desk.ask("GET", "/payments/dis-1")[1]["status"])

    desk.on_arrival = look
    assert desk.pay()[0] == 202
    assert seen == ["accepted"]


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ("forged_secret", Forgery.WRONG_SIGNATURE),
        ("forged_stale", Forgery.STALE_TIMESTAMP),
        ("forged_body", Forgery.WRONG_SIGNATURE),
    ],
)
def test_a_forgery_says_something_else_and_is_recognised(
    desk: Desk, move: str, expected: Forgery
) -> None:
    desk.tell("rules", do=move)
    desk.pay()
    assert kinds_of(desk.run()) == [move, "true"]
    (forged, found), (true, fine) = desk.arrived
    assert (found, fine) == (expected, None)
    assert json.loads(forged.body) != json.loads(true.body)


@pytest.mark.parametrize(
    ("move", "amount_minor", "currency"),
    [("wrong_amount", 12_000_001, "CNY"), ("wrong_currency", 12_000_000, "USD")],
)
def test_the_bank_itself_may_tell_another_amount_than_it_booked(
    desk: Desk, move: str, amount_minor: int, currency: str
) -> None:
    desk.tell("rules", do=move)
    desk.pay()
    desk.run()
    (event,) = desk.true_events()
    assert (event["data"]["amount_minor"], event["data"]["currency"]) == (amount_minor, currency)
    assert desk.booked() == [("payout", "dis-1", -12_000_000)]


class Receiver:
    """A front door on a socket that is slow to wake up."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                owner.bodies.append(json.loads(raw))
                self.send_response(503 if len(owner.bodies) == 1 else 204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/webhooks/bank"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()


def test_by_itself_the_bank_tells_over_http_until_it_is_heard(
    partners: dict[str, Running], receiver: Receiver
) -> None:
    bank = partners["bank_rail"].url
    target = {"url": receiver.url, "secret": SECRET, "backoff_s": 0.1}
    assert ask(bank, "POST", "/_control/webhooks", target)[0] == 200
    assert ask(bank, "POST", "/payments", payment())[0] == 202
    give_up_at = time.monotonic() + 10
    while time.monotonic() < give_up_at:
        (event,) = ask(bank, "GET", "/_control/webhooks")[1]["events"]
        if event["state"] == "delivered":
            break
        time.sleep(0.02)
    assert [attempt["status"] for attempt in event["attempts"]] == [503, 204]
    assert [body["type"] for body in receiver.bodies] == ["payout.accepted"] * 2
