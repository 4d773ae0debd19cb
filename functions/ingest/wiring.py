"""The ingest function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.bank_files_s3 import S3BankFiles
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.dynamodb.reconciliations import DynamoReconciliations
from lending.adapters.profiles import ProfileStore
from lending.ports.bank import BankFiles
from lending.ports.profiles import Profiles
from lending.usecases.book_money import BookMoney
from lending.usecases.cases import Cases
from lending.usecases.read_bank_file import ReadBankFile
from lending.usecases.receive_bank_fact import ReceiveBankFact
from lending.usecases.reconcile_statement import KeepDay, ReadLine
from lending.usecases.resolve_payout import ResolvePayout

from functions.ingest.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler calls, for which markets."""

    files: BankFiles
    read: ReadBankFile
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
    keep = KeepDay(DynamoReconciliations(table), Cases(money))
    files = S3BankFiles(settings.BANK_FILES_BUCKET)
    read = ReadBankFile(files, ReadLine(receive, book), keep, settings.BANK_ACCOUNT)
    return Wiring(files, read, profiles, settings.MARKETS)
