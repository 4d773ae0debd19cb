"""The notify function's object graph, made at its first call."""

from functools import cache

from lending.adapters.dynamodb.sent import SentLog
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.messages_http import HttpMessenger
from lending.usecases.notify_customer import NotifyCustomer

from functions.notify.settings import Settings


@cache
def wiring() -> NotifyCustomer:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    return NotifyCustomer(
        vault=DynamoKmsVault(
            settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID
        ),
        sent=SentLog(settings.ENGAGEMENT_TABLE),
        messenger=HttpMessenger(settings.MESSAGES_URL),
    )
