"""Settings of the identify function."""

from lending.entrypoint.settings import HttpUrl, KeyId, LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the identify function."""

    LENDING_TABLE: TableName
    CUSTOMERS_TABLE: TableName
    VAULT_KEY_ID: KeyId
    INDEX_KEY_ID: KeyId
    IDENTITY_URL: HttpUrl
    BUREAU_URL: HttpUrl
    VALUATION_URL: HttpUrl
    INCOME_URL: HttpUrl
    DEVICE_URL: HttpUrl
    EMPLOYER_URL: HttpUrl
    MARKETS: Markets
