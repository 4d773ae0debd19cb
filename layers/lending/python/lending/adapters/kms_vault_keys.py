"""Data keys wrapped by KMS, one per customer, and keyed hashes for exact lookups."""

import os
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lending.adapters import aws

CACHED_FOR_S: Final = 60.0
CACHED_USES: Final = 1000
CACHED_KEYS: Final = 256
_MAC_ALGORITHM: Final = "HMAC_SHA_256"


@dataclass(slots=True)
class _Cached:
    plain: bytes
    until_s: float
    uses_left: int


class CustomerKeys:
    """Makes and unwraps data keys. KMS binds each to its customer by encryption context.

    Plain keys are kept in this process for a minute and a thousand uses at most, so that a
    burst of reads costs one KMS call and an erased customer is unreadable soon after.
    """

    def __init__(self, key_id: str, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._key_id = key_id
        self._monotonic_s = monotonic_s
        self._cache: OrderedDict[tuple[str, bytes], _Cached] = OrderedDict()
        self._lock = threading.Lock()

    def create(self, customer_id: str) -> tuple[bytes, bytes]:
        """A fresh (plain, wrapped) 256-bit key. Raises Retryable or Permanent."""
        with aws.faults("kms.GenerateDataKey"):
            made = aws.kms().generate_data_key(
                KeyId=self._key_id, KeySpec="AES_256", EncryptionContext=_context(customer_id)
            )
        return made["Plaintext"], made["CiphertextBlob"]

    def unwrap(self, customer_id: str, wrapped: bytes) -> bytes:
        """The plain key of a wrapped one. Raises Retryable or Permanent."""
        cached = self._take(customer_id, wrapped)
        if cached is not None:
            return cached
        with aws.faults("kms.Decrypt"):
            opened = aws.kms().decrypt(
                KeyId=self._key_id, CiphertextBlob=wrapped, EncryptionContext=_context(customer_id)
            )
        plain = opened["Plaintext"]
        with self._lock:
            until_s = self._monotonic_s() + CACHED_FOR_S
            self._cache[customer_id, wrapped] = _Cached(plain, until_s, CACHED_USES - 1)
            while len(self._cache) > CACHED_KEYS:
                self._cache.popitem(last=False)
        return plain

    def forget(self, customer_id: str) -> None:
        """Drop every cached key of a customer."""
        with self._lock:
            for key in [key for key in self._cache if key[0] == customer_id]:
                del self._cache[key]

    def _take(self, customer_id: str, wrapped: bytes) -> bytes | None:
        with self._lock:
            cached = self._cache.get((customer_id, wrapped))
            if cached is None:
                return None
            if cached.uses_left < 1 or cached.until_s <= self._monotonic_s():
                del self._cache[customer_id, wrapped]
                return None
            cached.uses_left -= 1
            return cached.plain


class BlindIndex:
    """Keyed hashes made inside KMS: equal values meet, and nobody outside can try values."""

    def __init__(self, key_id: str) -> None:
        self._key_id = key_id

    def mac_hex(self, field: str, value: str) -> str:
        """The hash of one field's normalised value. Raises Retryable or Permanent."""
        with aws.faults("kms.GenerateMac"):
            answer = aws.kms().generate_mac(
                KeyId=self._key_id,
                Message=f"{field}|{normalised(value)}".encode(),
                MacAlgorithm=_MAC_ALGORITHM,
            )
        return answer["Mac"].hex()


def normalised(value: str) -> str:
    """How values are compared: full-width forms, case, spaces and hyphens do not matter."""
    plain = unicodedata.normalize("NFKC", value).upper()
    return "".join(character for character in plain if character not in " -")


def nonce() -> bytes:
    """96 random bits for one AES-GCM encryption."""
    return os.urandom(12)


def _context(customer_id: str) -> dict[str, str]:
    return {"customer_id": customer_id}
