"""Settings of the mandate function."""

from lending.entrypoint.settings import KeyId, LambdaSettings, TableName


class Settings(LambdaSettings):
    """Variables of the mandate function."""

    LENDING_TABLE: TableName
    CUSTOMERS_TABLE: TableName
    VAULT_KEY_ID: KeyId
    INDEX_KEY_ID: KeyId
