"""The seal function's object graph, made at its first call."""

from functools import cache

from lending.adapters.contract_store import S3ContractArchive, S3Drafts
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.pades.sealers import Sealers
from lending.adapters.profiles import ProfileStore
from lending.adapters.trust_store import S3TrustStore
from lending.usecases.seal_contract import SealContract

from functions.seal.settings import Settings


@cache
def wiring() -> SealContract:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    return SealContract(
        DynamoBook(settings.LENDING_TABLE),
        S3Drafts(settings.DOCUMENTS_BUCKET),
        S3ContractArchive(settings.CONTRACTS_BUCKET),
        Sealers(S3TrustStore(settings.CONTRACTS_BUCKET), settings.TSA_URL).current,
        ProfileStore(settings.MARKETS),
    )
