"""The investigate function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.links import DynamoLinks
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.kms_tokens import KmsBlindTokens
from lending.adapters.profiles import ProfileStore
from lending.adapters.step_functions import StepFunctionsWorkflow
from lending.ports.book import Book
from lending.usecases.investigate_fraud import CloseCase, KeepWatchList, ViewCase

from functions.investigate.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handlers call."""

    book: Book
    view: ViewCase
    close: CloseCase
    watch_list: KeepWatchList


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book, links = DynamoBook(settings.LENDING_TABLE), DynamoLinks(settings.LENDING_TABLE)
    vault = DynamoKmsVault(settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID)
    profiles, workflow = ProfileStore(settings.MARKETS), StepFunctionsWorkflow()
    return Wiring(
        book=book,
        view=ViewCase(book, vault, links, links),
        close=CloseCase(book, profiles, workflow, links, links),
        watch_list=KeepWatchList(book, KmsBlindTokens(settings.INDEX_KEY_ID), links),
    )
