"""Settings of the transfer function."""

from lending.entrypoint.settings import HttpUrl, KeyId, LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the transfer function."""

    LENDING_TABLE: TableName
    CUSTOMERS_TABLE: TableName
    VAULT_KEY_ID: KeyId
    INDEX_KEY_ID: KeyId
    RAIL_URL: HttpUrl
    MARKETS: Markets
