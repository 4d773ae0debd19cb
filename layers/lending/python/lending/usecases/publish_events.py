"""Hand outbox events to the bus, then acknowledge them; at least once, in order."""

from dataclasses import dataclass

from lending.domain.faults import Retryable
from lending.domain.records import DomainEvent
from lending.ports.book import Book
from lending.ports.system import EventBus


@dataclass(frozen=True, slots=True)
class PublishEvents:
    """The bus first: an event that is acknowledged was accepted."""

    book: Book
    bus: EventBus

    def __call__(self, events: tuple[DomainEvent, ...]) -> int:
        """Publish all; how many were. Raises Retryable when some were not accepted."""
        if not events:
            return 0
        accepted = self.bus.publish(events)
        self.book.acknowledge(accepted)
        if len(accepted) < len(events):
            raise Retryable(f"{len(events) - len(accepted)} of {len(events)} events not accepted")
        return len(accepted)
