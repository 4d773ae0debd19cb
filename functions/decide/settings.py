"""Settings of the decide function."""

from lending.entrypoint.settings import LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the decide function."""

    LENDING_TABLE: TableName
    MARKETS: Markets
