"""Hand outbox events to the bus, let loans follow them, then acknowledge; at least once."""

from dataclasses import dataclass
from itertools import chain

from lending.domain.events import told_as
from lending.domain.faults import LendingFault, Retryable
from lending.domain.records import DomainEvent
from lending.ports.book import Book
from lending.ports.system import EventBus
from lending.usecases.follow_payment import FollowPayment


@dataclass(frozen=True, slots=True)
class Published:
    """How many events the bus took; `behind` names those whose loan could not follow yet."""

    told: int = 0
    behind: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishEvents:
    """The bus first, the loan's row then: an event that is acknowledged has done both."""

    book: Book
    bus: EventBus
    follow: FollowPayment

    def __call__(self, events: tuple[DomainEvent, ...]) -> Published:
        """Publish all, in order. Raises Retryable when some were not accepted.

        An event that only its loan could not follow stays in the outbox, where the sweep finds
        it: the bus has it, so the stream need not stand still for it.
        """
        if not events:
            return Published()
        facts = tuple(chain.from_iterable(map(told_as, events)))
        accepted = {fact.event_id for fact in self.bus.publish(facts)}
        told = [
            event
            for event in events
            if accepted.issuperset(fact.event_id for fact in told_as(event))
        ]
        behind = tuple(event.event_id for event in told if not self._followed(event))
        self.book.acknowledge(tuple(event for event in told if event.event_id not in behind))
        if len(told) < len(events):
            raise Retryable(f"{len(events) - len(told)} of {len(events)} events not accepted")
        return Published(len(told), behind)

    def _followed(self, event: DomainEvent) -> bool:
        try:
            self.follow(event)
        except LendingFault:
            return False
        return True
