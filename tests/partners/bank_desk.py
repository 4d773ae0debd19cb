"""A sandbox bank in this process, with a receiver of webhooks that answers as told."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lending.domain.webhooks import Delivery as Received
from lending.domain.webhooks import Forgery, check

from tools.partners.bank_rail import BankRail
from tools.partners.bank_webhooks import Delivery
from tools.partners.service import Call, Partner, PartnerClock

SECRET = "the-secret-of-the-sandbox-bank-0123456789"
MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC).timestamp()


@dataclass
class Clock(PartnerClock):
    """Stands still unless moved."""

    at: float = MORNING

    def now(self) -> float:
        return self.at


@dataclass
class Desk:
    """Asks the bank as a client would, and is where its webhooks go."""

    bank: BankRail
    clock: Clock = field(default_factory=Clock)
    answers: list[int] = field(default_factory=list)
    arrived: list[tuple[Delivery, Forgery | None]] = field(default_factory=list)
    on_arrival: Callable[[Delivery], None] | None = None

    @property
    def partner(self) -> Partner:
        return self.bank.partner()

    def receive(self, delivery: Delivery) -> int:
        """What our front door would say: 401 to a forgery, else the next of `answers` or 204."""
        told = Received(
            delivery.headers["X-Webhook-Timestamp"],
            delivery.headers["X-Webhook-Signature"],
            delivery.body,
        )
        found = check(told, (SECRET.encode(),), datetime.fromtimestamp(self.clock.at, UTC))
        self.arrived.append((delivery, found))
        if self.on_arrival:
            self.on_arrival(delivery)
        if found is not None:
            return 401
        return self.answers.pop(0) if self.answers else 204

    def ask(self, method: str, target: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """One call, controls included. Raises DroppedError."""
        path, _, query = target.partition("?")
        pairs = dict(pair.split("=") for pair in query.split("&") if pair)
        answer = self.partner.control(Call(method, path, pairs, body or {}))
        return answer.status, answer.body

    def tell(self, path: str, **body: Any) -> Any:
        """A control call that must succeed."""
        status, answer = self.ask("POST", f"/_control/{path}", body)
        assert status == 200, answer
        return answer

    def pay(self, reference: str = "dis-1", **changes: Any) -> tuple[int, Any]:
        return self.ask("POST", "/payments", payment(reference, **changes))

    def debit(self, reference: str = "deb-1", **changes: Any) -> tuple[int, Any]:
        return self.ask("POST", "/debits", collection(reference, **changes))

    def run(self, *, after_s: float = 0.0) -> list[dict[str, Any]]:
        """Let time pass, then do all that is due."""
        self.clock.at += after_s
        told: list[dict[str, Any]] = self.tell("run")["told"]
        return told

    def true_events(self) -> list[dict[str, Any]]:
        """Bodies of the webhooks that were signed well, in order of arrival."""
        return [json.loads(one.body) for one, forgery in self.arrived if forgery is None]

    def booked(self, day: str = "2026-11-24", currency: str = "CNY") -> list[tuple[str, str, int]]:
        """(kind, reference, amount) of every line of a day's statement."""
        _, statement = self.ask("GET", f"/statements/{day}?currency={currency}")
        return [
            (line["kind"], line["reference"], line["amount_minor"]) for line in statement["lines"]
        ]


def open_desk(state: Path, *, webhooks: bool = True) -> Desk:
    """A bank on this state directory; events wait for `run`."""
    box: list[Desk] = []
    desk = Desk(BankRail(state, post=lambda delivery: box[0].receive(delivery)))
    box.append(desk)
    desk.partner.clock = desk.clock
    if webhooks:
        desk.tell("webhooks", url="http://receiver.invalid/hook", secret=SECRET, mode="manual")
    return desk


def payment(reference: str = "dis-1", **changes: Any) -> dict[str, Any]:
    return {
        "reference": reference,
        "amount_minor": 12_000_000,
        "currency": "CNY",
        "payee": {"name": "Dealer", "account_no": "6222999900001118"},
        "purpose": "vehicle_purchase",
        **changes,
    }


def collection(reference: str = "deb-1", account_no: str = "62229999", **changes: Any) -> Any:
    return {
        "reference": reference,
        "amount_minor": 350_000,
        "currency": "CNY",
        "payer": {"name": "王小明", "account_no": account_no, "mandate_id": "man-1"},
        "due_on": "2026-11-24",
        "purpose": "instalment 1",
        **changes,
    }
