"""The sweep function's object graph, made at its first call."""

from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.dynamodb.rules_archive import DynamoRulesArchive
from lending.adapters.eventbridge import EventBridgeBus
from lending.adapters.profiles import ProfileStore
from lending.adapters.step_functions import StepFunctionsWorkflow
from lending.usecases.follow_payment import FollowPayment
from lending.usecases.publish_events import PublishEvents
from lending.usecases.sweep import Sweep

from functions.sweep.settings import Settings


@cache
def wiring() -> Sweep:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book = DynamoBook(settings.LENDING_TABLE)
    follow = FollowPayment(book, DynamoMoney(settings.LENDING_TABLE))
    return Sweep(
        book=book,
        profiles=ProfileStore(settings.MARKETS),
        workflow=StepFunctionsWorkflow(
            settings.ORIGINATION_ARN, settings.DISBURSEMENT_ARN, settings.AMENDMENT_ARN
        ),
        publish=PublishEvents(book, EventBridgeBus(settings.EVENT_BUS), follow),
        archive=DynamoRulesArchive(settings.LENDING_TABLE),
    )
