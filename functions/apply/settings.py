"""Settings of the apply function."""

from lending.entrypoint.settings import Arn, KeyId, LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the apply function."""

    LENDING_TABLE: TableName
    CUSTOMERS_TABLE: TableName
    VAULT_KEY_ID: KeyId
    INDEX_KEY_ID: KeyId
    ORIGINATION_ARN: Arn
    MARKETS: Markets
