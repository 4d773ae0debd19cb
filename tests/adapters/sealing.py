"""A sandbox authority on a free port, and keys of KMS that it certified."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from cryptography.hazmat.primitives import serialization
from lending.adapters.pades.authority_http import HttpTimeStamper, RevocationLists
from lending.adapters.pades.sealer import PadesSealer
from lending.adapters.pades.trust import Trust, trust_document, trust_of
from lending.ports.sealing import Seal

from tools.partners import service
from tools.partners.authority import Authority

SEAL = Seal("ctr_1", "a" * 64, "b" * 64, ("otp_1",), datetime.now(UTC).replace(microsecond=0))


@dataclass(frozen=True)
class Lender:
    """One lender's seal: its key, its certificate, and who stands behind it."""

    authority: Authority
    running: service.Running
    url: str
    issued: dict[str, Any]
    key_id: str
    document: bytes

    @property
    def trust(self) -> Trust:
        return trust_of(self.document)

    def sealer(self, tsa_url: str | None = None) -> PadesSealer:
        timestamps = HttpTimeStamper(tsa_url or f"{self.url}/tsa")
        return PadesSealer(self.trust, timestamps, RevocationLists())

    def mode(self, **order: Any) -> None:
        self.running.partner.failures.set(order)

    def rotated(self, spec: str = "ECC_NIST_P256") -> "Lender":
        """A new key and certificate; the older one is remembered."""
        key_id, issued = certified(self.authority, spec)
        older = [(one["key_id"], one["chain"]) for one in _seals(self.document)]
        document = trust_document(
            [(key_id, issued["chain"]), *older], [issued["root"]], [issued["crl_url"]]
        )
        return Lender(self.authority, self.running, self.url, issued, key_id, document)


def _seals(document: bytes) -> list[dict[str, Any]]:
    import json

    seals: list[dict[str, Any]] = json.loads(document)["seal"]
    return seals


def certified(authority: Authority, spec: str) -> tuple[str, dict[str, Any]]:
    """A key of KMS and what the authority answers for it."""
    kms = boto3.client("kms")
    key_id = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    public = serialization.load_der_public_key(kms.get_public_key(KeyId=key_id)["PublicKey"])
    text = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()
    asked = {"public_key": text, "common_name": "Demo Auto Finance"}
    answer = authority.certify(service.Call("POST", "/certificates", {}, asked))
    assert isinstance(answer.body, dict)
    return key_id, answer.body


@contextlib.contextmanager
def lender_of(state: Path, spec: str = "ECC_NIST_P256") -> Iterator[Lender]:
    """A lender with a key of this kind."""
    listening = service.bind()
    url = f"http://127.0.0.1:{listening.server_port}"
    authority = Authority(state, url)
    running = service.start(authority.partner(), server=listening)
    key_id, issued = certified(authority, spec)
    document = trust_document([(key_id, issued["chain"])], [issued["root"]], [issued["crl_url"]])
    try:
        yield Lender(authority, running, url, issued, key_id, document)
    finally:
        running.close()
