"""The EventBus port on Amazon EventBridge."""

from itertools import batched
from typing import TYPE_CHECKING, Final

from lending.adapters import aws
from lending.contracts.events import SOURCE, detail_json
from lending.domain.records import DomainEvent

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

ENTRIES_MAX: Final = 10  # of one PutEvents call


class EventBridgeBus:
    """Publishes validated envelopes; at least once, so consumers dedupe by `event_id`."""

    def __init__(self, bus_name: str) -> None:
        self._bus_name = bus_name

    def publish(self, events: tuple[DomainEvent, ...]) -> tuple[DomainEvent, ...]:
        """Publish in order; returns the accepted ones, the rest is for a retry.

        Raises:
            Retryable: the first call failed (nothing is known to be accepted).
            Permanent: an event does not match its contract.
        """
        accepted: list[DomainEvent] = []
        for chunk in batched(events, ENTRIES_MAX, strict=False):
            entries = [self._entry(event) for event in chunk]
            with aws.faults("events.PutEvents"):
                answer = aws.events().put_events(Entries=entries)
            results = zip(chunk, answer["Entries"], strict=True)
            accepted += [event for event, result in results if "ErrorCode" not in result]
        return tuple(accepted)

    def _entry(self, event: DomainEvent) -> "PutEventsRequestEntryTypeDef":
        return {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": event.kind,
            "Detail": detail_json(event),
            "Time": event.occurred_at,
        }
