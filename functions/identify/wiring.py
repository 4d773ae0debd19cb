"""The identify function's object graph, made at its first call."""

from functools import cache

from lending.adapters.bureau_http import HttpBureau
from lending.adapters.devices_http import HttpDevices
from lending.adapters.dynamodb.answers import DynamoKeptAnswers
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.links import DynamoLinks
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.employers_http import HttpEmployers
from lending.adapters.identity_http import HttpIdentity
from lending.adapters.income_http import HttpIncome
from lending.adapters.kms_tokens import KmsBlindTokens
from lending.adapters.profiles import ProfileStore
from lending.adapters.valuation_http import HttpValuation
from lending.usecases.ask_sources import AskSources, Sources
from lending.usecases.identify_applicant import IdentifyApplicant
from lending.usecases.screen_fraud import ScreenFraud

from functions.identify.settings import Settings


@cache
def wiring() -> IdentifyApplicant:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    tokens = KmsBlindTokens(settings.INDEX_KEY_ID)
    return IdentifyApplicant(
        book=DynamoBook(settings.LENDING_TABLE),
        vault=DynamoKmsVault(
            settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID
        ),
        profiles=ProfileStore(settings.MARKETS),
        ask=AskSources(
            sources=Sources(
                identity=HttpIdentity(settings.IDENTITY_URL),
                bureau=HttpBureau(settings.BUREAU_URL),
                valuation=HttpValuation(settings.VALUATION_URL),
                income=HttpIncome(settings.INCOME_URL),
                devices=HttpDevices(settings.DEVICE_URL),
                employers=HttpEmployers(settings.EMPLOYER_URL),
            ),
            tokens=tokens,
            kept=DynamoKeptAnswers(settings.LENDING_TABLE),
        ),
        screen=ScreenFraud(tokens, DynamoLinks(settings.LENDING_TABLE)),
    )
