"""The SentMessages port in memory."""

from datetime import datetime

from lending.domain.faults import StaleVersion


class FakeSent:
    """Claims by customer and event."""

    def __init__(self) -> None:
        self.status: dict[tuple[str, str], str] = {}

    def claim(self, customer_id: str, event_id: str, at: datetime) -> bool:
        return self.status.setdefault((customer_id, event_id), "CLAIMED") != "SENT"

    def done(self, customer_id: str, event_id: str, at: datetime) -> None:
        if (customer_id, event_id) not in self.status:
            raise StaleVersion("fake: never claimed")
        self.status[customer_id, event_id] = "SENT"
