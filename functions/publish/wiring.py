"""The publish function's object graph, made at its first call."""

from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.eventbridge import EventBridgeBus
from lending.usecases.publish_events import PublishEvents

from functions.publish.settings import Settings


@cache
def wiring() -> PublishEvents:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    return PublishEvents(DynamoBook(settings.LENDING_TABLE), EventBridgeBus(settings.EVENT_BUS))
