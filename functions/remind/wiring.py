"""The remind function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.keys import LOAN_SHARDS
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.profiles import ProfileStore
from lending.usecases.collect_instalments import AnythingToOrder
from lending.usecases.remind_borrowers import PlanReminders, RemindBorrowers

from functions.remind.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler calls."""

    plan: PlanReminders
    remind: RemindBorrowers
    has_orders: AnythingToOrder


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    profiles = ProfileStore(settings.MARKETS)
    book = DynamoBook(settings.LENDING_TABLE)
    money = DynamoMoney(settings.LENDING_TABLE)
    remind = RemindBorrowers(book, money, profiles)
    return Wiring(PlanReminders(profiles, LOAN_SHARDS), remind, AnythingToOrder(book, money))
