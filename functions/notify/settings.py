"""Settings of the notify function."""

from lending.entrypoint.settings import HttpUrl, KeyId, LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the notify function."""

    LENDING_TABLE: TableName
    CUSTOMERS_TABLE: TableName
    VAULT_KEY_ID: KeyId
    INDEX_KEY_ID: KeyId
    ENGAGEMENT_TABLE: TableName
    MESSAGES_URL: HttpUrl
    MARKETS: Markets
