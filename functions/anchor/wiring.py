"""The anchor function's object graph, made at its first call."""

from functools import cache

from lending.adapters.anchor_archive import KmsAnchorSigner, S3AnchorArchive
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.usecases.anchor_ledger import AnchorLedger

from functions.anchor.settings import Settings


@cache
def wiring() -> AnchorLedger:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    return AnchorLedger(
        DynamoLedger(settings.LENDING_TABLE),
        KmsAnchorSigner(settings.ANCHOR_KEY_ID),
        S3AnchorArchive(settings.ANCHOR_BUCKET),
    )
