"""Settings of the disburse function."""

from lending.entrypoint.settings import KeyId, Markets, PayoutSettings, TableName


class Settings(PayoutSettings):
    """Variables of the disburse function."""

    LENDING_TABLE: TableName
    CUSTOMERS_TABLE: TableName
    VAULT_KEY_ID: KeyId
    INDEX_KEY_ID: KeyId
    MARKETS: Markets
