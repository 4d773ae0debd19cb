"""The reconcile function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.control import DynamoControls, DynamoMovements
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.dynamodb.reconciliations import DynamoReconciliations
from lending.adapters.profiles import ProfileStore
from lending.adapters.statements_http import HttpStatements
from lending.ports.profiles import Profiles
from lending.usecases.book_money import BookMoney
from lending.usecases.cases import Cases
from lending.usecases.control_day import ControlDay
from lending.usecases.end_deposit import EndDeposit
from lending.usecases.receive_bank_fact import ReceiveBankFact
from lending.usecases.reconcile_statement import KeepDay, ReadLine, ReconcileStatement
from lending.usecases.resolve_payout import ResolvePayout

from functions.reconcile.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler calls, for which markets."""

    reconcile: ReconcileStatement
    control: ControlDay
    end_deposit: EndDeposit
    receive: ReceiveBankFact
    profiles: Profiles
    markets: tuple[str, ...]


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    table = settings.LENDING_TABLE
    book, money = DynamoBook(table), DynamoMoney(table)
    profiles = ProfileStore(settings.MARKETS)
    books = BookMoney(book, money, profiles)
    receive = ReceiveBankFact(books, money, ResolvePayout(book))
    keep = KeepDay(DynamoReconciliations(table), Cases(money))
    reconcile = ReconcileStatement(
        HttpStatements(settings.RAIL_URL), ReadLine(receive, book), keep, settings.BANK_ACCOUNT
    )
    control = ControlDay(book, money, DynamoMovements(table), DynamoControls(table), keep)
    return Wiring(reconcile, control, EndDeposit(books), receive, profiles, settings.MARKETS)
