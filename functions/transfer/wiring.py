"""The transfer function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.order_rail import OrderChannel, order_rail
from lending.adapters.profiles import ProfileStore
from lending.adapters.rail_http import HttpRail
from lending.usecases.book_money import BookMoney
from lending.usecases.collect_instalments import CollectInstalments
from lending.usecases.pay_customers import PayCustomers
from lending.usecases.receive_bank_fact import ReceiveBankFact
from lending.usecases.resolve_payout import ResolvePayout

from functions.transfer.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler calls."""

    collect: CollectInstalments
    pay: PayCustomers


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book, money = DynamoBook(settings.LENDING_TABLE), DynamoMoney(settings.LENDING_TABLE)
    profiles = ProfileStore(settings.MARKETS)
    vault = DynamoKmsVault(settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID)
    books = BookMoney(book, money, profiles)
    receive = ReceiveBankFact(books, money, ResolvePayout(book))
    channel = OrderChannel(
        settings.ORDERS_BY,
        settings.BANK_FILES_BUCKET,
        settings.BANK_ACCOUNT_NAME,
        settings.BANK_ACCOUNT,
        settings.BANK_BIC,
        settings.BANK_TIMEZONE,
    )
    rail = order_rail(channel, HttpRail(settings.RAIL_URL))
    return Wiring(
        collect=CollectInstalments(book, money, vault, profiles, rail, receive),
        pay=PayCustomers(book, money, vault, profiles, rail, receive, books),
    )
