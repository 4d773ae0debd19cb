"""The collect function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.profiles import ProfileStore
from lending.adapters.webhook_signature import SecretsManagerWebhookCheck
from lending.usecases.book_money import BookMoney
from lending.usecases.receive_bank_fact import ReceiveBankFact
from lending.usecases.receive_webhook import ReceiveWebhook
from lending.usecases.resolve_payout import ResolvePayout

from functions.collect.settings import Settings

BANK = "bank"


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler calls."""

    receive: ReceiveWebhook


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book = DynamoBook(settings.LENDING_TABLE)
    money = DynamoMoney(settings.LENDING_TABLE)
    books = BookMoney(book, money, ProfileStore(settings.MARKETS))
    check = SecretsManagerWebhookCheck({BANK: settings.BANK_WEBHOOK_SECRET_ID})
    facts = ReceiveBankFact(books, money, ResolvePayout(book))
    return Wiring(ReceiveWebhook(check, facts))
