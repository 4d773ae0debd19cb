"""The reconcile function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.dynamodb.reconciliations import DynamoReconciliations
from lending.adapters.profiles import ProfileStore
from lending.adapters.statements_http import HttpStatements
from lending.ports.profiles import Profiles
from lending.usecases.book_money import BookMoney
from lending.usecases.receive_bank_fact import ReceiveBankFact
from lending.usecases.reconcile_statement import ReconcileStatement
from lending.usecases.resolve_payout import ResolvePayout

from functions.reconcile.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler calls, for which markets."""

    reconcile: ReconcileStatement
    profiles: Profiles
    markets: tuple[str, ...]


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    table = settings.LENDING_TABLE
    book, money = DynamoBook(table), DynamoMoney(table)
    profiles = ProfileStore(settings.MARKETS)
    receive = ReceiveBankFact(BookMoney(book, money, profiles), money, ResolvePayout(book))
    statements = HttpStatements(settings.RAIL_URL)
    reconcile = ReconcileStatement(statements, receive, DynamoReconciliations(table))
    return Wiring(reconcile, profiles, settings.MARKETS)
