"""The teller function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.control import DynamoControls
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.dynamodb.reconciliations import DynamoReconciliations
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.profiles import ProfileStore
from lending.adapters.system import UlidIds
from lending.ports.book import Book
from lending.ports.money import MoneyBook
from lending.ports.statements import Controls, Reconciliations
from lending.usecases.book_money import BookMoney
from lending.usecases.close_case import CloseCase
from lending.usecases.enter_money import ConfirmMoney, EnterMoney
from lending.usecases.order_payout import ConfirmOrder, EnterOrder

from functions.teller.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handlers call."""

    book: Book
    money: MoneyBook
    enter: EnterMoney
    confirm: ConfirmMoney
    close: CloseCase
    enter_order: EnterOrder
    confirm_order: ConfirmOrder
    reconciliations: Reconciliations
    controls: Controls


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book = DynamoBook(settings.LENDING_TABLE)
    money = DynamoMoney(settings.LENDING_TABLE)
    vault = DynamoKmsVault(settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID)
    books = BookMoney(book, money, ProfileStore(settings.MARKETS))
    return Wiring(
        book=book,
        money=money,
        enter=EnterMoney(books, money, UlidIds()),
        confirm=ConfirmMoney(books, money),
        close=CloseCase(money),
        enter_order=EnterOrder(books, money, vault, UlidIds()),
        confirm_order=ConfirmOrder(books, money),
        reconciliations=DynamoReconciliations(settings.LENDING_TABLE),
        controls=DynamoControls(settings.LENDING_TABLE),
    )
