"""The verify function's object graph, made at its first call."""

from functools import cache

from lending.adapters.contract_store import S3ContractArchive
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.pades.sealers import Examiners
from lending.adapters.trust_store import S3TrustStore
from lending.usecases.verify_contract import VerifyContract

from functions.verify.settings import Settings


@cache
def wiring() -> VerifyContract:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    return VerifyContract(
        DynamoBook(settings.LENDING_TABLE),
        S3ContractArchive(settings.CONTRACTS_BUCKET),
        Examiners(S3TrustStore(settings.CONTRACTS_BUCKET)).current,
    )
