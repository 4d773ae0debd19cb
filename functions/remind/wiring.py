"""The remind function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.keys import LOAN_SHARDS
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.adapters.profiles import ProfileStore
from lending.usecases.remind_borrowers import PlanReminders, RemindBorrowers

from functions.remind.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler calls."""

    plan: PlanReminders
    remind: RemindBorrowers


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    profiles = ProfileStore(settings.MARKETS)
    book = DynamoBook(settings.LENDING_TABLE)
    ledger = DynamoLedger(settings.LENDING_TABLE)
    remind = RemindBorrowers(book, ledger, profiles)
    return Wiring(PlanReminders(profiles, LOAN_SHARDS), remind)
