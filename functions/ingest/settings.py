"""Settings of the ingest function."""

from lending.entrypoint.settings import BankAccount, BucketName, LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the ingest function."""

    LENDING_TABLE: TableName
    BANK_FILES_BUCKET: BucketName
    BANK_ACCOUNT: BankAccount
    MARKETS: Markets
