"""Blind tokens under a key that KMS derives: one call of KMS a process, then none."""

import hashlib
import hmac
import threading
from typing import Final

from lending.adapters import aws
from lending.adapters.kms_vault_keys import normalised

_ALGORITHM: Final = "HMAC_SHA_256"
# Another label makes other tokens: links and lists made before are not found any more.
_LABEL: Final = b"autolend tokens of links, lists and questions, version 1"
_LENGTH: Final = 32  # hexadecimal digits: 128 bits


class KmsBlindTokens:
    """See `lending.ports.answers.BlindTokens`.

    The derived key is as secret as the plain data keys that the vault keeps in memory, and is
    kept in memory only.
    """

    def __init__(self, index_key_id: str) -> None:
        self._key_id = index_key_id
        self._key: bytes | None = None
        self._lock = threading.Lock()

    def token(self, kind: str, value: str) -> str:
        """The token of a value. Raises Retryable or Permanent."""
        message = f"{kind}|{normalised(value)}".encode()
        return hmac.new(self._derived(), message, hashlib.sha256).hexdigest()[:_LENGTH]

    def _derived(self) -> bytes:
        with self._lock:
            if self._key is None:
                with aws.faults("kms.GenerateMac"):
                    answer = aws.kms().generate_mac(
                        KeyId=self._key_id, Message=_LABEL, MacAlgorithm=_ALGORITHM
                    )
                self._key = answer["Mac"]
            return self._key
