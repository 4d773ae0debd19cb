"""Settings of the teller function."""

from lending.entrypoint.settings import LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the teller function."""

    LENDING_TABLE: TableName
    MARKETS: Markets
