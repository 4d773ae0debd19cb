"""Settings of the ops function."""

from lending.entrypoint.settings import Arn, HttpUrl, KeyId, LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the ops function."""

    LENDING_TABLE: TableName
    CUSTOMERS_TABLE: TableName
    VAULT_KEY_ID: KeyId
    INDEX_KEY_ID: KeyId
    RAIL_URL: HttpUrl
    AMENDMENT_ARN: Arn
    MARKETS: Markets
