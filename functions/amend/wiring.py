"""The amend function's object graph, made at its first call."""

from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.issued_documents import DynamoDocuments
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.profiles import ProfileStore
from lending.usecases.apply_amendment import ApplyAmendment
from lending.usecases.running_loan import RunningLoans

from functions.amend.settings import Settings


@cache
def wiring() -> ApplyAmendment:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book, money = DynamoBook(settings.LENDING_TABLE), DynamoMoney(settings.LENDING_TABLE)
    loans = RunningLoans(book, money, ProfileStore(settings.MARKETS))
    return ApplyAmendment(book, money, loans, DynamoDocuments(settings.LENDING_TABLE))
