"""What was sent to customers, so that nobody is told twice."""

from datetime import datetime
from typing import Protocol


class SentMessages(Protocol):
    """One claim per customer and event; a claim without `done` is sent again under its id."""

    def claim(self, customer_id: str, event_id: str, at: datetime) -> bool:
        """True when the message is to be sent, False when it was. Raises Retryable."""
        ...

    def done(self, customer_id: str, event_id: str, at: datetime) -> None:
        """The message was handed over. Raises Retryable."""
        ...
