"""The daily anchor: one root over the heads of all loans, signed, where nobody can change it.

Whoever later rewrites a journal must also forge the signature over a root that was kept before.
"""

import base64
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from lending.domain.faults import StaleVersion
from lending.domain.ledger.merkle import Anchor, anchor
from lending.ports.anchors import AnchorArchive, AnchorSigner
from lending.ports.ledger import LedgerBook

ALGORITHM: Final = "ECDSA_SHA_256"
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class AnchorLedger:
    """Running it again for a day signs the anchor that the day has."""

    ledger: LedgerBook
    signer: AnchorSigner
    archive: AnchorArchive

    def __call__(self, at: datetime) -> Anchor:
        """The anchor of the day before `at` (UTC). Raises Permanent, Retryable."""
        on = at.date() - _DAY
        taken = self._of(on) or self._take(on, at)
        self._keep(taken)
        # A run may have failed to the end between taking an anchor and keeping it.
        for one in self.ledger.anchors():
            if on - _WEEK <= one.on < on:
                self._keep(one)
        return taken

    def _keep(self, taken: Anchor) -> None:
        """Sign and archive; what is there already stays."""
        document = {
            "anchor": taken.signed_bytes().decode(),
            "algorithm": ALGORITHM,
            "key_id": self.signer.key_id,
            "signature": base64.b64encode(self.signer.sign(taken.signed_bytes())).decode(),
        }
        self.archive.put(f"anchors/{taken.on.isoformat()}.json", json.dumps(document).encode())

    def _of(self, on: date) -> Anchor | None:
        return next((one for one in self.ledger.anchors() if one.on == on), None)

    def _take(self, on: date, at: datetime) -> Anchor:
        heads = tuple(self.ledger.heads())
        taken = anchor(on, at, heads)
        try:
            self.ledger.keep_anchor(taken, heads)
        except StaleVersion:
            return self._of(on) or taken  # another run was faster: its anchor counts
        return taken
