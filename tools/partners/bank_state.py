"""What the sandbox bank remembers: plain JSON by section and key, written to a journal first."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from tools.partners.journal import JsonObject

SECTIONS = ("payments", "debits", "bookings", "events", "later", "rules", "files", "settings")


class BankState(dict[str, dict[str, JsonObject]]):
    """One dictionary a section. Everything in it is JSON, so a copy is a snapshot."""

    def __init__(self) -> None:
        super().__init__({section: {} for section in SECTIONS})

    def replay(self, entries: Iterable[JsonObject]) -> None:
        """Read a journal: the last value of a key is the one that holds, null removes it."""
        for entry in entries:
            section = self.setdefault(entry["section"], {})
            if entry["value"] is None:
                section.pop(entry["key"], None)
            else:
                section[entry["key"]] = entry["value"]

    def setting(self, name: str) -> JsonObject:
        """A settings record, {} when it was never set."""
        return self["settings"].get(name, {})

    def next_number(self, section: str) -> int:
        """Records are never removed from bookings and events, so their count numbers them."""
        return len(self[section]) + 1


def day_of(now_s: float, utc_offset_hours: float) -> date:
    """The bank's calendar day at an instant."""
    return (datetime.fromtimestamp(now_s, UTC) + timedelta(hours=utc_offset_hours)).date()


def start_of(day: date, utc_offset_hours: float) -> float:
    """Unix seconds at which the bank's day begins."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (midnight - timedelta(hours=utc_offset_hours)).timestamp()
