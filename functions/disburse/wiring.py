"""The disburse function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.money import DynamoMoney
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.order_rail import OrderChannel, order_rail
from lending.adapters.profiles import ProfileStore
from lending.adapters.rail_http import HttpRail
from lending.usecases.disburse_loan import FailPayout, SettlePayout, SubmitPayout
from lending.usecases.release_for_funding import ReleaseForFunding

from functions.disburse.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """One use case a step."""

    release: ReleaseForFunding
    submit: SubmitPayout
    settle: SettlePayout
    fail: FailPayout


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book = DynamoBook(settings.LENDING_TABLE)
    vault = DynamoKmsVault(settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID)
    profiles, money = ProfileStore(settings.MARKETS), DynamoMoney(settings.LENDING_TABLE)
    channel = OrderChannel(
        settings.ORDERS_BY,
        settings.BANK_FILES_BUCKET,
        settings.BANK_ACCOUNT_NAME,
        settings.BANK_ACCOUNT,
        settings.BANK_BIC,
        settings.BANK_TIMEZONE,
    )
    http = HttpRail(settings.RAIL_URL)
    return Wiring(
        release=ReleaseForFunding(book, profiles, vault, http),
        submit=SubmitPayout(book, vault, profiles, order_rail(channel, http), money),
        settle=SettlePayout(book, profiles),
        fail=FailPayout(book, profiles),
    )
