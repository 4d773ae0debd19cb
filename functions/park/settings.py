"""Settings of the park function."""

from lending.entrypoint.settings import LambdaSettings, TableName


class Settings(LambdaSettings):
    """Variables of the park function."""

    LENDING_TABLE: TableName
