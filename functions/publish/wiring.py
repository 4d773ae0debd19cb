"""The publish function's object graph, made at its first call."""

from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.eventbridge import EventBridgeBus
from lending.usecases.follow_payment import FollowPayment
from lending.usecases.publish_events import PublishEvents

from functions.publish.settings import Settings


@cache
def wiring() -> PublishEvents:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book = DynamoBook(settings.LENDING_TABLE)
    follow = FollowPayment(book, DynamoMoney(settings.LENDING_TABLE))
    return PublishEvents(book, EventBridgeBus(settings.EVENT_BUS), follow)
