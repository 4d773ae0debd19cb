"""Settings of the teller function."""

from lending.entrypoint.settings import KeyId, LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the teller function."""

    LENDING_TABLE: TableName
    CUSTOMERS_TABLE: TableName
    VAULT_KEY_ID: KeyId
    INDEX_KEY_ID: KeyId
    MARKETS: Markets
