"""Settings of the remind function."""

from lending.entrypoint.settings import LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the remind function."""

    LENDING_TABLE: TableName
    MARKETS: Markets
