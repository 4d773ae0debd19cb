"""Settings of the anchor function."""

from lending.entrypoint.settings import KeyId, LambdaSettings, Name, TableName


class Settings(LambdaSettings):
    """Variables of the anchor function."""

    LENDING_TABLE: TableName
    ANCHOR_KEY_ID: KeyId
    ANCHOR_BUCKET: Name
