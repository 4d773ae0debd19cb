"""Who signs a released model: a key of KMS, or a local one that is made at first use."""

import base64
import hashlib
import os
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lending_scorecard.signatures import ALGORITHM, statement

_BITS = 3072


class Signer(Protocol):
    """Signs digests; `key_id` names its public key among the trusted ones."""

    @property
    def key_id(self) -> str:
        """Stable name, derived from the public key."""
        ...

    @property
    def public(self) -> dict[str, Any]:
        """{"n": hex modulus, "e": exponent}."""
        ...

    def sign(self, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256 of a short message."""
        ...


class LocalSigner:
    """A key in a PEM file, readable by its owner only."""

    HERE = Path(__file__).resolve().parents[2] / ".autolend/model-key.pem"

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            made = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
            text = made.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(text)
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{path} is not an RSA key")
        self._key = key
        self.public = _public(key.public_key())
        self.key_id = f"local-{_name(self.public)}"

    def sign(self, message: bytes) -> bytes:
        """See `Signer`."""
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())


class KmsSigner:
    """An RSA key of KMS for SIGN_VERIFY; the private part never leaves it."""

    def __init__(self, kms: Any, key: str) -> None:
        found = serialization.load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
        if not isinstance(found, rsa.RSAPublicKey):
            raise TypeError(f"{key} is not an RSA key")
        self._kms, self._key = kms, key
        self.public = _public(found)
        self.key_id = f"kms-{_name(self.public)}"

    def sign(self, message: bytes) -> bytes:
        """See `Signer`."""
        answer = self._kms.sign(
            KeyId=self._key, Message=message, MessageType="RAW", SigningAlgorithm=ALGORITHM
        )
        return bytes(answer["Signature"])


def _public(key: rsa.RSAPublicKey) -> dict[str, Any]:
    numbers = key.public_numbers()
    return {"n": f"{numbers.n:x}", "e": numbers.e}


def _name(public: dict[str, Any]) -> str:
    return hashlib.sha256(public["n"].encode()).hexdigest()[:16]


def signature(signer: Signer, digest_hex: str) -> dict[str, str]:
    """The content of a signature file."""
    signed = signer.sign(statement(digest_hex))
    return {
        "algorithm": ALGORITHM,
        "key": signer.key_id,
        "sha256": digest_hex,
        "signature": base64.b64encode(signed).decode("ascii"),
    }
