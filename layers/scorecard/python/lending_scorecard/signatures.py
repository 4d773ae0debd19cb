"""RSA signatures of released artefacts (RSASSA-PKCS1-v1_5, SHA-256), verified by integers alone.

Verifying needs no secret and no library; a key is {"n": hex modulus, "e": exponent}.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from lending_scorecard.errors import ArtefactCorrupt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"
# DER of DigestInfo {sha256, NULL} before the 32 bytes of the digest (RFC 8017, 9.2, note 1).
_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
_BITS_MIN = 2048


def statement(digest_hex: str) -> bytes:
    """What is signed of an artefact: its checksum, and that it is a model's."""
    return b"lending-scorecard artefact sha256 " + digest_hex.encode("ascii")


def verify(signature: dict[str, Any], digest_hex: str, keys: dict[str, Any]) -> None:
    """Raises ArtefactCorrupt unless a trusted key signed this digest."""
    try:
        key = keys[signature["key"]]
        modulus, exponent = int(key["n"], 16), int(key["e"])
        given = base64.b64decode(signature["signature"], validate=True)
        is_known = signature["algorithm"] == ALGORITHM
        digest = hashlib.sha256(statement(digest_hex)).digest()
    except (KeyError, TypeError, ValueError, binascii.Error) as cause:
        raise ArtefactCorrupt("the signature is by no trusted key or unreadable") from cause
    size = (modulus.bit_length() + 7) // 8
    if not is_known or modulus.bit_length() < _BITS_MIN or len(given) != size:
        raise ArtefactCorrupt("the signature is of an unknown kind")
    padded = pow(int.from_bytes(given, "big"), exponent, modulus).to_bytes(size, "big")
    filler = b"\xff" * (size - len(_PREFIX) - len(digest) - 3)
    if padded != b"\x00\x01" + filler + b"\x00" + _PREFIX + digest:
        raise ArtefactCorrupt("the signature does not fit the artefact")
