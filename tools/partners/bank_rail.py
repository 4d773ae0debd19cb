"""Bank sandbox over HTTP: pays and collects a reference once, whatever client and network do.

Orders: `POST /payments`, `GET /payments/{reference}`, `POST /debits`, `GET /debits/{reference}`.
Accounts: `POST /accounts/check {name, account_no}` says whether they belong together.
Statements: `GET /statements/{day}?currency=CNY`, with `&format=camt.053` as XML in `content`.

Control, besides what every sandbox has (all `POST` unless said otherwise):
- `/_control/rules {do, on?, match?, times?, after_s?, reason?}` adds a misbehaviour of
  bank_script, `{}` removes all; `/_control/chaos {seed, rates}` draws them, `{}` ends it;
- `/_control/webhooks {url, secret, mode: auto | manual, backoff_s?}` says where events go;
  `GET` of it lists them with their attempts; `/_control/run` does all that is due now;
- `/_control/credits {reference, amount_minor, currency, value_on?}`: somebody pays in;
- `/_control/returns {kind: payout | debit | credit, reference, reason?}`: it goes back;
- `/_control/accounts {account_no, name}` says whose account it is (else: whoever is named);
- `/_control/bookings {amount_minor, currency, reference?}`: a booking that nobody ordered;
- `/_control/bank {utc_offset_hours?, opening_minor?}`; `/_control/payments {reference, status}`;
- `/_control/files {endpoint_url, bucket, ...}`, `/_control/files/run`,
  `/_control/files/statement {day, currency, flaw?, name?}`: host to host through S3 (bank_files).
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from tools.partners import bank_script, bank_statement
from tools.partners.bank_core import BankCore
from tools.partners.bank_files import HostToHost
from tools.partners.bank_script import KINDS, REASONS, Move
from tools.partners.bank_state import start_of
from tools.partners.bank_statement import FileFlaw
from tools.partners.bank_webhooks import Post, post_over_http
from tools.partners.journal import JsonObject
from tools.partners.service import Answer, Call, MalformedError, Partner

STATUSES = ("accepted", "rejected", "unknown")
MODES = ("auto", "manual")
SECRET_CHARS_MIN = 32
_UNBOOKED = {"bank_reference": ""}


class BankRail(BankCore):
    """The bank with its HTTP face and its controls."""

    def __init__(self, state_dir: Path, post: Post = post_over_http) -> None:
        super().__init__(state_dir, post)
        self._files = HostToHost(self)
        self._partner.operations |= self._operations()

    def _operations(self) -> dict[str, Callable[[Call], Answer]]:
        return {
            "POST /payments": self.pay,
            "GET /payments": self.list_payments,
            "GET /payments/*": self.query,
            "POST /debits": self.debit,
            "GET /debits": self.list_debits,
            "GET /debits/*": self.query_debit,
            "GET /statements/*": self.statement,
            "POST /accounts/check": self.check_account,
            "POST /_control/accounts": self.set_account,
            "POST /_control/payments": self.settle,
            "POST /_control/rules": self.set_rule,
            "POST /_control/chaos": self.set_chaos,
            "POST /_control/bank": self.set_bank,
            "POST /_control/webhooks": self.set_webhooks,
            "GET /_control/webhooks": self.list_events,
            "POST /_control/run": self.run,
            "POST /_control/credits": self.credit,
            "POST /_control/returns": self.return_now,
            "POST /_control/bookings": self.book_anything,
            "POST /_control/files": self.set_files,
            "POST /_control/files/run": self.run_files,
            "POST /_control/files/statement": self.put_statement,
        }

    def partner(self) -> Partner:
        """The HTTP face."""
        return self._partner

    # Statements

    def statement(self, call: Call) -> Answer:
        """All bookings of one bank day and currency between two balances."""
        day = _day(call.path.rsplit("/", 1)[1])
        statement = self.statement_of(day, call.query.get("currency", "CNY"))
        if call.query.get("format", "json") == "json":
            return Answer(200, statement)
        text = bank_statement.camt053(statement, f"M-{statement['statement_id']}", self._now())
        return Answer(200, {"statement_id": statement["statement_id"], "content": text})

    def statement_of(self, day: str, currency: str) -> JsonObject:
        """The statement of one bank day."""
        with self._lock:
            self._do_later(self._now())
            opening_minor = int(self._state.setting("bank").get("opening_minor", 0))
            bookings = self._state["bookings"].values()
            return bank_statement.statement_of(bookings, day, currency, opening_minor)

    def check_account(self, call: Call) -> Answer:
        """Whether an account is a name's: as told by control, else it is."""
        account_no, name = call.text("account_no"), call.text("name")
        with self._lock:
            owner = self._state.setting("accounts").get(account_no, name)
        return Answer(200, {"result": "match" if owner == name else "mismatch"})

    # Control

    def set_account(self, call: Call) -> Answer:
        """Whose account it is."""
        account_no, name = call.text("account_no"), call.text("name")
        with self._lock:
            known = self._state.setting("accounts")
            self._keep("settings", "accounts", {**known, account_no: name})
        return Answer(200, {"account_no": account_no, "name": name})

    def settle(self, call: Call) -> Answer:
        """Make queries of a known reference answer `status` (a rail that is still unsure)."""
        reference, status = call.text("reference"), call.text("status")
        if status not in STATUSES:
            raise MalformedError(f"status must be one of {', '.join(STATUSES)}")
        with self._lock:
            known = self._payments.get(reference)
            if known is None:
                return Answer(404, {"reference": reference, "error": "not_received"})
            self._keep("payments", reference, {**known, "status": status})
        return Answer(200, {"reference": reference, "status": status})

    def set_rule(self, call: Call) -> Answer:
        """Add a misbehaviour, or remove all with an empty body."""
        with self._lock:
            if not call.body:
                for key in list(self._state["rules"]):
                    self._drop("rules", key)
                return Answer(200, {"rules": []})
            try:
                rule = bank_script.rule_of(call.body)
            except (KeyError, ValueError, TypeError) as reason:
                raise MalformedError(f"rule: {reason}") from None
            self._keep("rules", f"{len(self._state['rules']):04d}", rule)
            return Answer(200, {"rules": list(self._state["rules"].values())})

    def set_chaos(self, call: Call) -> Answer:
        """Draw misbehaviour by reference from a seed, or stop with an empty body."""
        try:
            chaos = bank_script.chaos_of(call.body) if call.body else {}
        except (KeyError, ValueError, TypeError) as reason:
            raise MalformedError(f"chaos: {reason}") from None
        with self._lock:
            self._keep("settings", "chaos", chaos)
        return Answer(200, {"chaos": chaos})

    def set_bank(self, call: Call) -> Answer:
        """The bank's time zone and the balance before its first booking."""
        setting: JsonObject = {}
        try:
            if "utc_offset_hours" in call.body:
                setting["utc_offset_hours"] = float(call.body["utc_offset_hours"])
            if "opening_minor" in call.body:
                setting["opening_minor"] = int(call.body["opening_minor"])
        except (ValueError, TypeError) as reason:
            raise MalformedError(str(reason)) from None
        with self._lock:
            self._keep("settings", "bank", self._state.setting("bank") | setting)
        return Answer(200, self._state.setting("bank"))

    def set_webhooks(self, call: Call) -> Answer:
        """Where events go from now on; in `manual` mode they wait for `/_control/run`."""
        target = {
            "url": call.text("url"),
            "secret": call.text("secret"),
            "mode": call.body.get("mode", "auto"),
            "backoff_s": float(call.body.get("backoff_s", 1.0)),
        }
        if target["mode"] not in MODES or len(target["secret"]) < SECRET_CHARS_MIN:
            raise MalformedError(f"mode is one of {MODES}, secret has {SECRET_CHARS_MIN} or more")
        with self._lock:
            self._keep("settings", "webhooks", target)
        if self._is_pump_wanted():
            self._pump.wake()
        return Answer(200, {name: target[name] for name in ("url", "mode", "backoff_s")})

    def list_events(self, _call: Call) -> Answer:
        """Every event with its attempts, and what receivers answered to forgeries."""
        with self._lock:
            return Answer(200, {"events": list(self._state["events"].values())})

    def run(self, _call: Call) -> Answer:
        """Collect, return and tell all that is due now."""
        return Answer(200, {"told": self.run_due()})

    def credit(self, call: Call) -> Answer:
        """Money that somebody pays in; the reference is whatever they typed."""
        credit: JsonObject = {
            "reference": str(call.body.get("reference", "")),
            "amount_minor": call.positive("amount_minor"),
            "currency": call.text("currency"),
        }
        if "value_on" in call.body:
            credit["value_on"] = _day(call.text("value_on"))
        with self._lock:
            booking = self._credit(credit)
        self._wake()
        return Answer(200, booking)

    def return_now(self, call: Call) -> Answer:
        """Give a payout, collection or credit back at once."""
        kind = call.text("kind")
        if kind not in KINDS:
            raise MalformedError(f"kind must be one of {', '.join(KINDS)}")
        reason = str(call.body.get("reason", "") or REASONS[kind, Move.RETURN])
        with self._lock:
            self._do_later(self._now())
            booking = self._give_back(kind, call.text("reference"), reason)
        self._wake()
        if booking is None:
            return Answer(409, {"error": "nothing_to_return"})
        return Answer(200, booking)

    def book_anything(self, call: Call) -> Answer:
        """A booking that no order explains: a charge, interest, a mistake of the bank."""
        amount_minor = call.body.get("amount_minor")
        if not isinstance(amount_minor, int) or isinstance(amount_minor, bool) or not amount_minor:
            raise MalformedError("amount_minor must be an integer other than 0")
        order = {"reference": str(call.body.get("reference", ""))}
        with self._lock:
            order["currency"] = call.text("currency")
            booking = self._book("other", amount_minor, order)
        return Answer(200, booking)

    def _wake(self) -> None:
        if self._is_pump_wanted():
            self._pump.wake()

    # Host to host

    def set_files(self, call: Call) -> Answer:
        """Where the bank fetches and delivers files."""
        names = ("endpoint_url", "bucket", "outbox", "inbox", "region")
        setting = {name: call.body[name] for name in names if name in call.body}
        if not isinstance(setting.get("bucket"), str):
            raise MalformedError("bucket must be a string")
        with self._lock:
            self._keep("settings", "files", setting)
        return Answer(200, setting)

    def run_files(self, _call: Call) -> Answer:
        """Fetch new orders from the outbox and deliver their verdicts to the inbox."""
        return Answer(200, {"delivered": self._files.run()})

    def put_statement(self, call: Call) -> Answer:
        """Deliver a day's statement to the inbox, with a flaw if one is asked for."""
        flaw = str(call.body.get("flaw", ""))
        if flaw and flaw not in list(FileFlaw):
            raise MalformedError(f"flaw must be one of {', '.join(FileFlaw)}")
        day, currency = _day(call.text("day")), call.text("currency")
        key = self._files.put_statement(day, currency, flaw, str(call.body.get("name", "")))
        return Answer(200, {"key": key})

    def files_setting(self) -> JsonObject:
        """Bucket and prefixes, {} when none were set."""
        return self._state.setting("files")

    def is_file_known(self, mark: str) -> bool:
        """Whether a file's mark was kept."""
        return mark in self._state["files"]

    def keep_file(self, mark: str, sha256: str) -> None:
        """Remember a file by a mark (its key, its message id)."""
        with self._lock:
            self._keep("files", mark, {"sha256": sha256})

    def execute(self, order: JsonObject) -> JsonObject:
        """The verdict on an order that came in a file; a known reference is not paid again."""
        reference = order["reference"]
        with self._lock:
            known = self._known("payments", order)
            if known is None:
                chaos = self._state.setting("chaos")
                moves = bank_script.take(self._state["rules"], chaos, "payout", reference)
                known = self._accept(order, moves)
            booking = self._payout_booking(reference)
        if known["order"] != order:
            return {"reference": reference, "status": "rejected", "reason": "DUPL", **_UNBOOKED}
        told = {name: known[name] for name in ("reference", "status", "reason")}
        return told | ({"bank_reference": booking["bank_reference"]} if booking else _UNBOOKED)

    def draw(self, order: JsonObject) -> JsonObject:
        """The verdict on a collection that came in a file; its money is told later."""
        reference = order["reference"]
        with self._lock:
            known = self._known("debits", order)
            if known is None:
                chaos = self._state.setting("chaos")
                moves = bank_script.take(self._state["rules"], chaos, "debit", reference)
                known = self._take_debit(order, moves)
            self._do_later(self._now())
        if known["order"] != order:
            return {"reference": reference, "status": "rejected", "reason": "DUPL", **_UNBOOKED}
        status = "rejected" if known["rejected"] else "pending"
        return {"reference": reference, "status": status, "reason": known["reason"], **_UNBOOKED}

    def _payout_booking(self, reference: str) -> JsonObject | None:
        bookings = self._state["bookings"].values()
        found = (
            one for one in bookings if (one["kind"], one["reference"]) == ("payout", reference)
        )
        return next(found, None)

    def now(self) -> float:
        """The bank's time in Unix seconds."""
        return self._now()

    def end_of(self, day: str) -> float:
        """The last second of a bank day."""
        return start_of(date.fromisoformat(day), self._utc_offset_hours) + 86_399


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise MalformedError("a day must be YYYY-MM-DD") from None
