"""SMS and mail outbox: what a customer would see on the phone."""

import threading
from datetime import UTC, datetime
from pathlib import Path

from tools.partners.journal import Journal, JsonObject
from tools.partners.service import Answer, Call, MalformedError, Partner

CHANNELS = ("sms", "mail")


class Messages:
    """Messages in order of arrival, one per `message_id`."""

    def __init__(self, state_dir: Path) -> None:
        self._journal = Journal(state_dir / "messages.jsonl")
        self._lock = threading.Lock()
        self._messages: dict[str, JsonObject] = {
            entry["message_id"]: entry for entry in self._journal
        }
        self._partner = Partner(
            name="messages",
            operations={"POST /messages": self.send, "GET /messages": self.list_messages},
            on_reset=[self.reset],
        )

    def partner(self) -> Partner:
        """The HTTP face."""
        return self._partner

    def send(self, call: Call) -> Answer:
        """Accept a message once; a known `message_id` is accepted and not stored again."""
        names = ("message_id", "channel", "to", "template", "locale", "text")
        message: JsonObject = {name: call.text(name) for name in names}
        if message["channel"] not in CHANNELS:
            raise MalformedError(f"channel must be one of {', '.join(CHANNELS)}")
        sent_at = datetime.fromtimestamp(self._partner.clock.now(), UTC)
        message["sent_at"] = sent_at.isoformat(timespec="milliseconds")
        with self._lock:
            duplicate = message["message_id"] in self._messages
            if not duplicate:
                self._journal.append(message)
                self._messages[message["message_id"]] = message
        return Answer(202, {"message_id": message["message_id"], "duplicate": duplicate})

    def list_messages(self, call: Call) -> Answer:
        """Messages `to` an address, sent at or `since` an ISO instant or Unix seconds."""
        since = _instant(call.query["since"]) if call.query.get("since") else None
        wanted = call.query.get("to")
        with self._lock:
            messages = [
                message
                for message in self._messages.values()
                if (not wanted or message["to"] == wanted)
                and (since is None or datetime.fromisoformat(message["sent_at"]) >= since)
            ]
        return Answer(200, {"messages": messages})

    def reset(self) -> None:
        """Empty the outbox."""
        with self._lock:
            self._messages.clear()
            self._journal.clear()


def _instant(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        pass
    try:
        # A "+" of the offset arrives as a space when the client forgot to quote it.
        parsed = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as reason:
        raise MalformedError("since must be an ISO instant or Unix seconds") from reason
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
