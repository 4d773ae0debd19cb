"""Settings of the ops function."""

from lending.entrypoint.settings import LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the ops function."""

    LENDING_TABLE: TableName
    MARKETS: Markets
