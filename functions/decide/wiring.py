"""The decide function's object graph, made at its first call."""

from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.policies import DynamoPolicies
from lending.adapters.profiles import ProfileStore
from lending.adapters.scorecard import LocalScoring
from lending.usecases.decide_application import DecideApplication

from functions.decide.settings import Settings


@cache
def wiring() -> DecideApplication:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    return DecideApplication(
        DynamoBook(settings.LENDING_TABLE),
        ProfileStore(settings.MARKETS),
        DynamoPolicies(settings.LENDING_TABLE),
        LocalScoring(),
    )
