"""The render function's object graph, made at its first call; the fonts are opened once."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.document_store import S3DocumentStore
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.issued_documents import DynamoDocuments
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.profiles import ProfileStore
from lending.adapters.typst_renderer import TypstRenderer
from lending.usecases.issue_documents import IssueDocuments
from lending.usecases.view_documents import ViewDocuments

from functions.render.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handlers call."""

    issue: IssueDocuments
    view: ViewDocuments


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book = DynamoBook(settings.LENDING_TABLE)
    vault = DynamoKmsVault(settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID)
    profiles = ProfileStore(settings.MARKETS)
    store = S3DocumentStore(
        {"issued": settings.DOCUMENTS_BUCKET, "archive": settings.CONTRACTS_BUCKET}
    )
    register = DynamoDocuments(settings.LENDING_TABLE)
    issue = IssueDocuments(
        book=book,
        ledger=DynamoLedger(settings.LENDING_TABLE),
        vault=vault,
        profiles=profiles,
        renderer=TypstRenderer(),
        store=store,
        register=register,
    )
    return Wiring(issue, ViewDocuments(book, register, store, profiles))
