"""The anchor function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.anchor_archive import KmsAnchorSigner, S3AnchorArchive
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.usecases.accrue_loans import AccrueLoans
from lending.usecases.anchor_ledger import AnchorLedger

from functions.anchor.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler calls."""

    accrue: AccrueLoans
    anchor: AnchorLedger


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    ledger = DynamoLedger(settings.LENDING_TABLE)
    signer = KmsAnchorSigner(settings.ANCHOR_KEY_ID)
    anchor = AnchorLedger(ledger, signer, S3AnchorArchive(settings.ANCHOR_BUCKET))
    return Wiring(AccrueLoans(ledger), anchor)
