"""What operations do once after a deployment: have the seal's key certified, write whom to trust.

The sandbox authority certifies the key; the trust document goes where functions read it. After a
restart key and certificate are those of before, only addresses are new.
"""

import json
from typing import TYPE_CHECKING, Any, Final

import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import serialization

if TYPE_CHECKING:
    from tools.localcloud.core import Core

SEAL_HANDLER: Final = "functions.seal.handler.handler"
TRUST: Final = "trust/seal.json"  # adapters.trust_store.NAME; the local cloud imports no product
KEY_DESCRIPTION: Final = "Seals contracts"
COMMON_NAME: Final = "Autolend Demo Auto Finance"


class NotCertified(Exception):
    """The sandbox authority did not certify the key."""


def enrol(core: "Core", authority_url: str) -> bool:
    """Certify the deployed key and write the trust document; False when nothing seals here."""
    functions = core.deployer.functions.values()
    sealing = [one.spec.environment for one in functions if one.spec.handler == SEAL_HANDLER]
    if not sealing:
        return False
    bucket = sealing[0]["CONTRACTS_BUCKET"]
    kms, s3 = core.deployer.boto("kms"), core.deployer.boto("s3")
    key_id = _key_id(kms)
    public = _pem(kms.get_public_key(KeyId=key_id)["PublicKey"])
    seals = [one for one in _known(s3, bucket) if _public_of(one["chain"][0]) == public]
    http = urllib3.PoolManager(timeout=5.0, retries=False)
    chain = seals[0]["chain"] if seals else _certified(http, authority_url, public)
    root = http.request("GET", f"{authority_url}/ca.pem").data.decode()
    older = [one for one in _known(s3, bucket) if _public_of(one["chain"][0]) != public]
    document = {
        "seal": [{"key_id": key_id, "chain": chain}, *older],
        "roots": [root],
        "crl_urls": [f"{authority_url}/ca.crl"],
    }
    s3.put_object(
        Bucket=bucket,
        Key=TRUST,
        Body=json.dumps(document, indent=1).encode(),
        ContentType="application/json",
        ChecksumAlgorithm="SHA256",
    )
    http.clear()
    return True


def _key_id(kms: Any) -> str:
    for page in kms.get_paginator("list_keys").paginate():
        for one in page["Keys"]:
            known = kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"]
            if known["Description"] == KEY_DESCRIPTION:
                return str(known["KeyId"])
    raise NotCertified("no key that seals was deployed")


def _known(s3: Any, bucket: str) -> list[dict[str, Any]]:
    try:
        raw = s3.get_object(Bucket=bucket, Key=TRUST)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return []
    seals: list[dict[str, Any]] = json.loads(raw)["seal"]
    return seals


def _certified(http: urllib3.PoolManager, url: str, public: str) -> list[str]:
    asked = {"public_key": public, "common_name": COMMON_NAME}
    answer = http.request("POST", f"{url}/certificates", json=asked)
    if answer.status != 200:
        raise NotCertified(f"the authority answered {answer.status}")
    chain: list[str] = answer.json()["chain"]
    return chain


def _pem(der: bytes) -> str:
    return _text(serialization.load_der_public_key(der))


def _public_of(certificate: str) -> str:
    return _text(x509.load_pem_x509_certificate(certificate.encode()).public_key())


def _text(key: Any) -> str:
    raw: bytes = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return raw.decode()
