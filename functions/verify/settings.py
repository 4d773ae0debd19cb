"""Settings of the verify function."""

from lending.entrypoint.settings import LambdaSettings, Name, TableName


class Settings(LambdaSettings):
    """Variables of the verify function."""

    LENDING_TABLE: TableName
    CONTRACTS_BUCKET: Name
