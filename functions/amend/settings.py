"""Settings of the amend function."""

from lending.entrypoint.settings import LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the amend function."""

    LENDING_TABLE: TableName
    MARKETS: Markets
