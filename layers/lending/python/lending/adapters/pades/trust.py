"""Whose certificates seal, and which authorities are believed: one document, kept by operations.

The newest entry of `seal` signs; older ones stay, so that what they signed is recognised. A
licensed authority's certificate takes the place of the sandbox's by writing the document anew.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from asn1crypto import pem
from asn1crypto.x509 import Certificate

from lending.domain.faults import Permanent


@dataclass(frozen=True, slots=True)
class SealIdentity:
    """A key and the chain of its certificate, leaf first, without the root."""

    key_id: str
    chain: tuple[Certificate, ...]

    @property
    def certificate(self) -> Certificate:
        """The certificate of the key."""
        return self.chain[0]


@dataclass(frozen=True, slots=True)
class Trust:
    """`crl_urls` are where the authorities publish what they revoked."""

    seals: tuple[SealIdentity, ...]
    roots: tuple[Certificate, ...]
    crl_urls: tuple[str, ...]

    @property
    def current(self) -> SealIdentity:
        """The identity that seals now."""
        return self.seals[0]


def trust_of(document: bytes) -> Trust:
    """The document as values. Raises Permanent when it is malformed."""
    try:
        raw: Mapping[str, Any] = json.loads(document)
        seals = tuple(
            SealIdentity(str(one["key_id"]), certificates(one["chain"])) for one in raw["seal"]
        )
        trust = Trust(seals, certificates(raw["roots"]), tuple(map(str, raw["crl_urls"])))
    except (ValueError, KeyError, TypeError) as error:
        raise Permanent(f"the trust document is malformed: {type(error).__name__}") from error
    if not trust.seals or not trust.roots or not all(one.chain for one in trust.seals):
        raise Permanent("the trust document names no seal or no root")
    return trust


def certificates(texts: Iterable[str]) -> tuple[Certificate, ...]:
    """Certificates from PEM texts. Raises ValueError, TypeError."""
    return tuple(Certificate.load(pem.unarmor(text.encode())[2], strict=True) for text in texts)


def trust_document(
    seals: Iterable[tuple[str, Iterable[str]]], roots: Iterable[str], crl_urls: Iterable[str]
) -> bytes:
    """The document from key ids with PEM chains (newest first), PEM roots and addresses."""
    return json.dumps(
        {
            "seal": [{"key_id": key_id, "chain": list(chain)} for key_id, chain in seals],
            "roots": list(roots),
            "crl_urls": list(crl_urls),
        },
        indent=1,
    ).encode()
