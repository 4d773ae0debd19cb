"""The identify function's object graph, made at its first call."""

from functools import cache

from lending.adapters.bureau_http import HttpBureau
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.identity_http import HttpIdentity
from lending.adapters.profiles import ProfileStore
from lending.adapters.valuation_http import HttpValuation
from lending.usecases.identify_applicant import IdentifyApplicant

from functions.identify.settings import Settings


@cache
def wiring() -> IdentifyApplicant:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    return IdentifyApplicant(
        book=DynamoBook(settings.LENDING_TABLE),
        vault=DynamoKmsVault(
            settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID
        ),
        profiles=ProfileStore(settings.MARKETS),
        identity=HttpIdentity(settings.IDENTITY_URL),
        bureau=HttpBureau(settings.BUREAU_URL),
        valuation=HttpValuation(settings.VALUATION_URL),
    )
