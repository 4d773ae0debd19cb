"""Webhooks of the sandbox bank: what is sent when, how it is signed, and how it is forged."""

import hashlib
import hmac
import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from tools.partners.bank_script import Move, Step
from tools.partners.journal import JsonObject

TIMEOUT_S = 5.0
ATTEMPTS_MAX = 50
BACKOFF_S_MAX = 60.0
STALE_S = 3600
FORGERIES = (Move.FORGED_SECRET, Move.FORGED_STALE, Move.FORGED_BODY)
# What a forger claims instead of the truth.
OPPOSITES = {
    "payout.accepted": "payout.rejected",
    "payout.rejected": "payout.accepted",
    "payout.returned": "payout.accepted",
    "debit.collected": "debit.failed",
    "debit.failed": "debit.collected",
    "debit.returned": "debit.collected",
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request to make; `forgery` is "" for the bank's own."""

    event_id: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    forgery: str = ""


type Post = Callable[[Delivery], int]


def event_of(
    number: int, kind: str, data: JsonObject, moves: Mapping[Move, Step], now_s: float
) -> JsonObject:
    """The record of an event that waits to be delivered."""
    late_s = moves[Move.WEBHOOK_LATE].after_s if Move.WEBHOOK_LATE in moves else 0.0
    return {
        "event_id": f"evt_{number:08d}",
        "number": number,
        "type": kind,
        "data": data,
        "occurred_at": datetime.fromtimestamp(int(now_s), UTC).isoformat(),
        "due_at": now_s + late_s,
        "behind_s": moves[Move.WEBHOOK_BEHIND].after_s if Move.WEBHOOK_BEHIND in moves else 0.0,
        "copies": 1 + (Move.WEBHOOK_TWICE in moves),
        "wrong": [move for move in (Move.WRONG_AMOUNT, Move.WRONG_CURRENCY) if move in moves],
        "forgeries": [move.value for move in FORGERIES if move in moves],
        "attempts": [],
        "state": "pending",
    }


def due(events: Mapping[str, JsonObject], now_s: float) -> list[JsonObject]:
    """Pending events whose time has come, by time and then by number."""
    newest_told = max((one["number"] for one in events.values() if one["state"] != "pending"),
                      default=0)  # fmt: skip
    found = [
        one
        for one in events.values()
        if one["state"] == "pending"
        and one["due_at"] <= now_s
        and (one["number"] < newest_told or one["due_at"] + one["behind_s"] <= now_s)
    ]
    return sorted(found, key=lambda one: (one["due_at"], one["number"]))


def forged(event: JsonObject, target: JsonObject, now_s: float) -> Iterator[Delivery]:
    """The requests of a forger that belong to an event."""
    for forgery in event["forgeries"]:
        secret, at_s = target["secret"], int(now_s)
        body = _body(event, kind=OPPOSITES.get(event["type"], event["type"]))
        if forgery == Move.FORGED_SECRET:
            secret = "not-the-secret-of-the-bank-at-all-000"
        elif forgery == Move.FORGED_STALE:
            at_s -= STALE_S
        headers = _headers(secret, at_s, body)
        if forgery == Move.FORGED_BODY:
            amount_minor = 10 * event["data"]["amount_minor"]
            body = _body(event, data={**event["data"], "amount_minor": amount_minor})
            headers = _headers(secret, at_s, _body(event))
        yield Delivery(event["event_id"], target["url"], headers, body, forgery)


def true(event: JsonObject, target: JsonObject, now_s: float) -> Delivery:
    """The bank's own request for an event, with whatever the bank got wrong itself."""
    data = dict(event["data"])
    if Move.WRONG_AMOUNT in event["wrong"]:
        data["amount_minor"] += 1
    if Move.WRONG_CURRENCY in event["wrong"]:
        data["currency"] = "USD" if data["currency"] != "USD" else "CNY"
    body = _body(event, data=data)
    headers = _headers(target["secret"], int(now_s), body)
    return Delivery(event["event_id"], target["url"], headers, body)


def answered(event: JsonObject, status: int, now_s: float, backoff_s: float) -> JsonObject:
    """The event after an attempt: told, told once of several times, or to be repeated."""
    attempts = [*event["attempts"], {"at": now_s, "status": status}]
    changed = {**event, "attempts": attempts}
    if 200 <= status < 300:
        copies = event["copies"] - 1
        state = "pending" if copies else "delivered"
        return {**changed, "copies": copies, "state": state, "due_at": now_s + backoff_s}
    failed = len([one for one in attempts if not 200 <= one["status"] < 300])
    if failed >= ATTEMPTS_MAX:
        return {**changed, "state": "given_up"}
    return {**changed, "due_at": now_s + min(BACKOFF_S_MAX, backoff_s * 2 ** (failed - 1))}


def post_over_http(delivery: Delivery) -> int:
    """The status of one POST; 0 when there was no answer."""
    parts = urlsplit(delivery.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target or "/", delivery.body, dict(delivery.headers))
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return 0
    else:
        return response.status
    finally:
        connection.close()


def _body(event: JsonObject, *, kind: str | None = None, data: JsonObject | None = None) -> bytes:
    document: dict[str, Any] = {
        "event_id": event["event_id"],
        "type": kind or event["type"],
        "occurred_at": event["occurred_at"],
        "data": event["data"] if data is None else data,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _headers(secret: str, at_s: int, body: bytes) -> dict[str, str]:
    message = str(at_s).encode() + b"." + body
    signature = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Webhook-Timestamp": str(at_s),
        "X-Webhook-Signature": f"v1={signature}",
    }


class Pump:
    """A thread that calls `run` every 50 ms while there is something to do and it is wanted."""

    INTERVAL_S = 0.05

    def __init__(self, run: Callable[[], object], is_wanted: Callable[[], bool]) -> None:
        self._run = run
        self._is_wanted = is_wanted
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._wake = threading.Event()

    def wake(self) -> None:
        """Something may be due; starts the thread at the first call."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, daemon=True)
                self._thread.start()
        self._wake.set()

    def _loop(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._is_wanted():
                self._run()
                self._wake.wait(self.INTERVAL_S)
