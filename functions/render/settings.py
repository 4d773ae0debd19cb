"""Settings of the render function."""

from lending.entrypoint.settings import KeyId, LambdaSettings, Markets, Name, TableName


class Settings(LambdaSettings):
    """Variables of the render function."""

    LENDING_TABLE: TableName
    CUSTOMERS_TABLE: TableName
    VAULT_KEY_ID: KeyId
    INDEX_KEY_ID: KeyId
    DOCUMENTS_BUCKET: Name
    CONTRACTS_BUCKET: Name
    MARKETS: Markets
