"""Settings of the collect function."""

from lending.entrypoint.settings import LambdaSettings, Markets, Name, TableName


class Settings(LambdaSettings):
    """Variables of the collect function."""

    LENDING_TABLE: TableName
    BANK_WEBHOOK_SECRET_ID: Name
    MARKETS: Markets
