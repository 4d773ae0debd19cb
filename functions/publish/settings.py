"""Settings of the publish function."""

from lending.entrypoint.settings import LambdaSettings, Name, TableName


class Settings(LambdaSettings):
    """Variables of the publish function."""

    LENDING_TABLE: TableName
    EVENT_BUS: Name
