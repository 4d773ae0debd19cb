"""Settings of the sign function."""

from lending.entrypoint.settings import HttpUrl, KeyId, LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the sign function."""

    LENDING_TABLE: TableName
    CUSTOMERS_TABLE: TableName
    VAULT_KEY_ID: KeyId
    INDEX_KEY_ID: KeyId
    OTP_KEY_ID: KeyId
    MESSAGES_URL: HttpUrl
    MARKETS: Markets
