"""The mandate function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.system import UlidIds
from lending.ports.book import Book
from lending.usecases.give_mandate import GiveMandate, RevokeMandate, ViewMandate

from functions.mandate.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handlers call."""

    book: Book
    view: ViewMandate
    give: GiveMandate
    revoke: RevokeMandate


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book = DynamoBook(settings.LENDING_TABLE)
    vault = DynamoKmsVault(settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID)
    return Wiring(
        book=book,
        view=ViewMandate(book, DynamoMoney(settings.LENDING_TABLE), vault),
        give=GiveMandate(book, vault, UlidIds()),
        revoke=RevokeMandate(book),
    )
