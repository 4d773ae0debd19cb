"""The sandbox bank itself: orders, bookings, what moves by itself, and who is told."""

import threading
from datetime import date
from pathlib import Path

from tools.partners import bank_script, bank_webhooks
from tools.partners.bank_script import Move, Step
from tools.partners.bank_state import BankState, day_of, start_of
from tools.partners.bank_webhooks import Delivery, Post, Pump
from tools.partners.journal import Journal, JsonObject
from tools.partners.service import Answer, Call, DroppedError, MalformedError, Partner

CLOSED_ACCOUNT_SUFFIX = "0000"
PENNILESS_ACCOUNT_SUFFIX = "0001"
OBJECTING_ACCOUNT_SUFFIX = "0002"
OBJECTS_AFTER_S = 2 * 86_400.0
DOUBTS_MAX = 3  # after which a bank that was drawn to be unsure of an order knows it
RUNS_MAX = 1000


class BankCore:
    """Every change is in the journal before it is answered: a kill loses neither."""

    def __init__(self, state_dir: Path, post: Post) -> None:
        self._journal = Journal(state_dir / "bank.jsonl")
        self._lock = threading.RLock()
        self._state = BankState()
        self._state.replay(self._journal)
        self._post = post
        self._partner = Partner(name="bank_rail", operations={}, on_reset=[self.reset])
        self._pump = Pump(self.run_due, self._is_pump_wanted)
        if self._is_pump_wanted():
            self._pump.wake()

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._state.clear()
            self._state.update(BankState())
            self._journal.clear()

    @property
    def _payments(self) -> dict[str, JsonObject]:
        return self._state["payments"]

    @property
    def _utc_offset_hours(self) -> float:
        return float(self._state.setting("bank").get("utc_offset_hours", 0.0))

    def _now(self) -> float:
        return self._partner.clock.now()

    def _keep(self, section: str, key: str, value: JsonObject) -> JsonObject:
        """Write one record through to the journal, then remember it."""
        self._journal.append({"section": section, "key": key, "value": value})
        self._state[section][key] = value
        return value

    def _drop(self, section: str, key: str) -> None:
        self._journal.append({"section": section, "key": key, "value": None})
        self._state[section].pop(key, None)

    # Orders

    def pay(self, call: Call) -> Answer:
        """Accept or reject; the same reference and body repeats the answer, another body is 409."""
        order = _payout(call)
        reference = order["reference"]
        with self._lock:
            known, moves = self._known("payments", order), dict[Move, Step]()
            if known is None:
                moves = self._moves("payout", reference)
                known = self._accept(order, moves)
        return self._answered("payments", known, order, moves, "accepted")

    def _accept(self, order: JsonObject, moves: dict[Move, Step]) -> JsonObject:
        reference = order["reference"]
        reason = moves[Move.REJECT].reason if Move.REJECT in moves else ""
        if order["payee"]["account_no"].endswith(CLOSED_ACCOUNT_SUFFIX):
            reason = "account_closed"
        known = self._keep(
            "payments",
            reference,
            {
                "reference": reference,
                "order": order,
                "status": "rejected" if reason else "accepted",
                "reason": reason,
                "returned": "",
                "doubts": 0,
                "moves": [move.value for move in moves],
            },
        )
        if reason:
            self._tell("payout.rejected", order, moves, reason=reason)
            return known
        booking = self._book("payout", -order["amount_minor"], order)
        self._tell("payout.accepted", order, moves, booking)
        self._return_later("payout", reference, moves)
        return known

    def query(self, call: Call) -> Answer:
        """The status of one reference; 404 is definitive: never received, never paid."""
        return self._status("payments", "payout", call)

    def debit(self, call: Call) -> Answer:
        """Take a collection order; its verdict comes later, by webhook or question."""
        order = _collection(call)
        reference = order["reference"]
        with self._lock:
            known, moves = self._known("debits", order), dict[Move, Step]()
            if known is None:
                moves = self._moves("debit", reference)
                known = self._take_debit(order, moves)
            self._do_later(self._now())
        return self._answered("debits", known, order, moves, "pending")

    def _take_debit(self, order: JsonObject, moves: dict[Move, Step]) -> JsonObject:
        reference, account_no = order["reference"], order["payer"]["account_no"]
        reason = moves[Move.REJECT].reason if Move.REJECT in moves else ""
        if account_no.endswith(CLOSED_ACCOUNT_SUFFIX):
            reason = "account_closed"
        if account_no.endswith(PENNILESS_ACCOUNT_SUFFIX):
            moves.setdefault(Move.INSUFFICIENT_FUNDS, Step(0.0, "AM04"))
        if account_no.endswith(OBJECTING_ACCOUNT_SUFFIX):
            moves.setdefault(Move.RETURN, Step(OBJECTS_AFTER_S, "MD06"))
        known = self._keep(
            "debits",
            reference,
            {
                "reference": reference,
                "order": order,
                "status": "failed" if reason else "pending",
                "reason": reason,
                "rejected": bool(reason),
                "returned": "",
                "doubts": 0,
                "moves": [move.value for move in moves],
            },
        )
        if reason:
            self._tell("debit.failed", order, moves, reason=reason)
        else:
            due_on = date.fromisoformat(order["due_on"])
            at_s = max(self._now(), start_of(due_on, self._utc_offset_hours))
            self._later("collect", reference, at_s, moves=_plain(moves))
        return known

    def query_debit(self, call: Call) -> Answer:
        """The status of one collection; 404 is definitive."""
        return self._status("debits", "debit", call)

    def _known(self, section: str, order: JsonObject) -> JsonObject | None:
        """What is stored under this reference, as a payment or a collection."""
        other = "debits" if section == "payments" else "payments"
        reference = order["reference"]
        return self._state[section].get(reference) or self._state[other].get(reference)

    def _moves(self, kind: str, reference: str) -> dict[Move, Step]:
        """What goes wrong with a new order. Raises DroppedError before anything happened."""
        chaos, rules = self._state.setting("chaos"), self._state["rules"]
        drawn = bank_script.drawn(chaos, kind, reference)
        key = f"dropped|{kind}|{reference}"
        is_new = key not in self._state["settings"]  # else no resend would ever arrive
        if is_new and bank_script.is_due(rules, drawn, Move.TIMEOUT_BEFORE_ACCEPT, kind, reference):
            self._keep("settings", key, {"dropped": True})
            raise DroppedError
        return bank_script.take(rules, chaos, kind, reference)

    def _answered(
        self,
        section: str,
        known: JsonObject,
        order: JsonObject,
        moves: dict[Move, Step],
        accepted: str,
    ) -> Answer:
        reference = order["reference"]
        if Move.WEBHOOK_EARLY in moves:
            self.run_due()
        elif self._is_pump_wanted():
            self._pump.wake()
        if Move.TIMEOUT_AFTER_ACCEPT in moves:
            raise DroppedError
        if known["order"] != order:
            return Answer(409, {"reference": reference, "error": "reference_reused"})
        # The first verdict is repeated even when the payment was settled otherwise since.
        is_rejected = known["rejected"] if section == "debits" else bool(known["reason"])
        if is_rejected:
            body = {"reference": reference, "status": "rejected", "reason": known["reason"]}
            return Answer(422, body)
        return Answer(202, {"reference": reference, "status": accepted})

    def _status(self, section: str, kind: str, call: Call) -> Answer:
        reference = call.path.rsplit("/", 1)[1]
        with self._lock:
            self._do_later(self._now())
            known = self._state[section].get(reference)
            if known is None:
                return Answer(404, {"reference": reference, "error": "not_received"})
            rules = self._state["rules"]
            moves = known["moves"] if known["doubts"] < DOUBTS_MAX else []
            if bank_script.is_due(rules, moves, Move.QUERY_UNKNOWN, kind, reference):
                self._keep(section, reference, {**known, "doubts": known["doubts"] + 1})
                return Answer(200, {"reference": reference, "status": "unknown"})
        body = {"reference": reference, "status": known["status"]}
        optional = {name: known[name] for name in ("reason", "returned") if known[name]}
        return Answer(200, body | optional)

    def list_payments(self, _call: Call) -> Answer:
        """Every payment in order of arrival."""
        return Answer(200, {"payments": self._listed("payments")})

    def list_debits(self, _call: Call) -> Answer:
        """Every collection in order of arrival."""
        return Answer(200, {"debits": self._listed("debits")})

    def _listed(self, section: str) -> list[JsonObject]:
        with self._lock:
            self._do_later(self._now())
            return [
                {**one["order"], **{name: one[name] for name in ("status", "reason", "returned")}}
                for one in self._state[section].values()
            ]

    # Money that moves by itself

    def _later(self, do: str, reference: str, at_s: float, **more: object) -> None:
        self._keep(
            "later",
            f"{do}|{reference}",
            {"do": do, "reference": reference, "at_s": at_s, **more},
        )

    def _return_later(self, kind: str, reference: str, moves: dict[Move, Step]) -> None:
        if step := moves.get(Move.RETURN):
            at_s = self._now() + step.after_s
            self._later("return", reference, at_s, kind=kind, reason=step.reason)

    def _do_later(self, now_s: float) -> None:
        """Collections and returns whose time has come, oldest first."""
        for _ in range(RUNS_MAX):
            waiting = [
                (one["at_s"], key)
                for key, one in self._state["later"].items()
                if one["at_s"] <= now_s
            ]
            if not waiting:
                return
            key = min(waiting)[1]
            task = self._state["later"][key]
            if task["do"] == "collect":
                self._collect(task)
            else:
                self._give_back(task["kind"], task["reference"], task["reason"])
            self._drop("later", key)

    def _collect(self, task: JsonObject) -> None:
        known = self._state["debits"][task["reference"]]
        moves = {Move(name): Step(*step) for name, step in task["moves"].items()}
        order = known["order"]
        if step := moves.get(Move.INSUFFICIENT_FUNDS):
            changed = {**known, "status": "failed", "reason": step.reason}
            self._keep("debits", task["reference"], changed)
            self._tell("debit.failed", order, moves, reason=step.reason)
            return
        self._keep("debits", task["reference"], {**known, "status": "collected"})
        booking = self._book("collection", order["amount_minor"], order)
        self._tell("debit.collected", order, moves, booking)
        self._return_later("debit", task["reference"], moves)

    def _give_back(self, kind: str, reference: str, reason: str) -> JsonObject | None:
        """Book the way back once; None when there is nothing that could go back."""
        section = {"payout": "payments", "debit": "debits"}.get(kind)
        if section is None:
            original = self._credit_of(reference)
            if original is None or original["returned"]:
                return None
            self._keep("bookings", original["bank_reference"], {**original, "returned": reason})
            booking = self._book("credit_return", -original["amount_minor"], original, reason)
            source = original["bank_reference"]
            self._tell("credit.returned", original, {}, booking, reason=reason, source=source)
            return booking
        known = self._state[section].get(reference)
        done = "accepted" if kind == "payout" else "collected"
        if known is None or known["status"] != done or known["returned"]:
            return None
        self._keep(section, reference, {**known, "returned": reason})
        amount_minor = known["order"]["amount_minor"]
        line, sign = ("payout_return", 1) if kind == "payout" else ("collection_return", -1)
        booking = self._book(line, sign * amount_minor, known["order"], reason)
        self._tell(f"{kind}.returned", known["order"], {}, booking, reason=reason)
        return booking

    def _credit_of(self, reference: str) -> JsonObject | None:
        credits_of = [
            one
            for one in self._state["bookings"].values()
            if one["kind"] == "credit" and reference in {one["reference"], one["bank_reference"]}
        ]
        return credits_of[-1] if credits_of else None

    def _book(
        self, kind: str, amount_minor: int, order: JsonObject, reason: str = ""
    ) -> JsonObject:
        day = day_of(self._now(), self._utc_offset_hours).isoformat()
        number = self._state.next_number("bookings")
        bank_reference = f"BK{day.replace('-', '')}{number:06d}"
        return self._keep(
            "bookings",
            bank_reference,
            {
                "bank_reference": bank_reference,
                "kind": kind,
                "reference": order["reference"],
                "amount_minor": amount_minor,
                "currency": order["currency"],
                "booked_on": day,
                "value_on": order.get("value_on", day),
                "reason": reason,
                "returned": "",
            },
        )

    # Webhooks

    def _tell(
        self,
        kind: str,
        order: JsonObject,
        moves: dict[Move, Step],
        booking: JsonObject | None = None,
        *,
        reason: str = "",
        source: str = "",
    ) -> None:
        if not self._state.setting("webhooks") or Move.WEBHOOK_NONE in moves:
            return
        data = {
            "reference": order["reference"],
            "amount_minor": order["amount_minor"],
            "currency": order["currency"],
        }
        if booking is not None:
            data |= {name: booking[name] for name in ("bank_reference", "value_on")}
        if reason:
            data["reason"] = reason
        if source:
            data["original_bank_reference"] = source
        for _ in range(1 + (Move.WEBHOOK_ANEW in moves)):
            number = self._state.next_number("events")
            event = bank_webhooks.event_of(number, kind, data, moves, self._now())
            self._keep("events", event["event_id"], event)

    def run_due(self) -> list[JsonObject]:
        """Move and tell all that is due now; each event is attempted at most once a call."""
        done: list[JsonObject] = []
        tried: set[str] = set()
        for _ in range(RUNS_MAX):
            with self._lock:
                self._do_later(self._now())
                target = self._state.setting("webhooks")
                waiting = bank_webhooks.due(self._state["events"], self._now()) if target else []
                event = next((one for one in waiting if one["event_id"] not in tried), None)
                if event is None:
                    return done
                tried.add(event["event_id"])
                now_s = self._now()
                forgeries = list(bank_webhooks.forged(event, target, now_s))
                self._keep("events", event["event_id"], {**event, "forgeries": []})
            # Without the lock: the receiver may ask us about the payment before it answers.
            done += [_told(one, self._post(one)) for one in forgeries]
            delivery = bank_webhooks.true(event, target, now_s)
            told = _told(delivery, self._post(delivery))
            done.append(told)
            with self._lock:
                current = self._state["events"].get(event["event_id"])
                if current is not None:
                    backoff_s = target["backoff_s"]
                    answered = bank_webhooks.answered(current, told["status"], now_s, backoff_s)
                    self._keep("events", event["event_id"], answered)
        return done

    def _is_pump_wanted(self) -> bool:
        if self._state.setting("webhooks").get("mode") != "auto":
            return False
        with self._lock:
            is_telling = any(one["state"] == "pending" for one in self._state["events"].values())
            return is_telling or bool(self._state["later"])

    def _credit(self, credit: JsonObject) -> JsonObject:
        """Somebody pays in: book it, tell it, and take it back later if the script says so."""
        chaos, rules = self._state.setting("chaos"), self._state["rules"]
        moves = bank_script.take(rules, chaos, "credit", credit["reference"])
        booking = self._book("credit", credit["amount_minor"], credit)
        self._tell("credit.received", credit, moves, booking)
        self._return_later("credit", booking["bank_reference"], moves)
        return booking


def _payout(call: Call) -> JsonObject:
    payee = call.mapping("payee")
    return {
        "reference": call.text("reference"),
        "amount_minor": call.positive("amount_minor"),
        "currency": call.text("currency"),
        "payee": {"name": call.text("name", payee), "account_no": call.text("account_no", payee)},
        "purpose": call.text("purpose"),
    }


def _collection(call: Call) -> JsonObject:
    payer = call.mapping("payer")
    names = ("name", "account_no", "mandate_id")
    due_on = call.text("due_on")
    try:
        date.fromisoformat(due_on)
    except ValueError:
        raise MalformedError("due_on must be a date") from None
    return {
        "reference": call.text("reference"),
        "amount_minor": call.positive("amount_minor"),
        "currency": call.text("currency"),
        "payer": {name: call.text(name, payer) for name in names},
        "due_on": due_on,
        "purpose": call.text("purpose"),
    }


def _plain(moves: dict[Move, Step]) -> JsonObject:
    """Moves as JSON."""
    return {move.value: [step.after_s, step.reason] for move, step in moves.items()}


def _told(delivery: Delivery, status: int) -> JsonObject:
    """One request as the log shows it."""
    return {"event_id": delivery.event_id, "forgery": delivery.forgery, "status": status}
