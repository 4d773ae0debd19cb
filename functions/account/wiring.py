"""The account function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.profiles import ProfileStore
from lending.ports.profiles import Profiles
from lending.usecases.view_application import ViewApplication, ViewLoan, ViewSelf
from lending.usecases.view_money import ViewMoney

from functions.account.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handlers call."""

    application: ViewApplication
    loan: ViewLoan
    me: ViewSelf
    money: ViewMoney
    profiles: Profiles


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book = DynamoBook(settings.LENDING_TABLE)
    vault = DynamoKmsVault(settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID)
    profiles = ProfileStore(settings.MARKETS)
    money = ViewMoney(book, DynamoLedger(settings.LENDING_TABLE), profiles)
    return Wiring(ViewApplication(book, vault), ViewLoan(book), ViewSelf(vault), money, profiles)
