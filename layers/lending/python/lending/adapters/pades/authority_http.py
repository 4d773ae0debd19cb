"""Timestamps (RFC 3161) and revocation lists over HTTP.

Both partners are trusted with nothing: answers are bounded, typed and checked. A timestamp is
only taken when it is signed, and is over the very digest and nonce that were sent.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

import urllib3
from asn1crypto import cms, crl, tsp
from asn1crypto.x509 import Certificate
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pyhanko.sign.timestamps import TimeStamper
from urllib3.exceptions import HTTPError

from lending.domain.faults import PartnerUnavailable, Retryable

ANSWER_BYTES_MAX: Final = 1024 * 1024
CRL_FRESH_S: Final = 600
_TIMEOUT: Final = urllib3.Timeout(connect=2.0, read=5.0)


def _exchange(
    pool: urllib3.PoolManager, partner: str, method: str, url: str, body: bytes | None, kind: str
) -> bytes:
    headers = {} if body is None else {"Content-Type": "application/timestamp-query"}
    try:
        answer = pool.request(
            method, url, body=body, headers=headers, redirect=False, preload_content=False
        )
        try:
            raw = bytes(answer.read(ANSWER_BYTES_MAX + 1))
        finally:
            answer.release_conn()
    except (HTTPError, OSError) as error:
        raise PartnerUnavailable(f"{partner}: {type(error).__name__}") from None
    if answer.status != 200:
        raise PartnerUnavailable(f"{partner}: HTTP {answer.status}")
    if len(raw) > ANSWER_BYTES_MAX or answer.headers.get("Content-Type") != kind:
        raise PartnerUnavailable(f"{partner}: not {kind}")
    return raw


class HttpTimeStamper(TimeStamper):
    """pyHanko's seam for a timestamp service at one address."""

    def __init__(self, url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._url = url
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False, maxsize=4)

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """One exchange, here and now: the caller has nothing else to do meanwhile.

        Raises:
            PartnerUnavailable: no answer, or one that is no timestamp over what was asked.
        """
        kind = "application/timestamp-reply"
        raw = _exchange(self._pool, "timestamps", "POST", self._url, req.dump(), kind)
        try:
            answer = tsp.TimeStampResp.load(raw, strict=True)
            _check(answer, req)
        except (ValueError, TypeError, KeyError, InvalidSignature) as error:
            raise PartnerUnavailable(f"timestamps: {type(error).__name__}") from None
        return answer


def _check(answer: tsp.TimeStampResp, asked: tsp.TimeStampReq) -> None:
    if answer["status"]["status"].native not in {"granted", "granted_with_mods"}:
        raise ValueError("not granted")
    signed: cms.SignedData = answer["time_stamp_token"]["content"]
    told: tsp.TSTInfo = signed["encap_content_info"]["content"].parsed
    if told["message_imprint"].dump() != asked["message_imprint"].dump():
        raise ValueError("over something else")
    if told["nonce"].native != asked["nonce"].native:
        raise ValueError("an answer to another question")
    signer = signed["signer_infos"][0]
    by = signer["sid"].native
    for choice in signed["certificates"]:
        certificate = choice.chosen
        if by == {
            "issuer": certificate.issuer.native,
            "serial_number": certificate.serial_number,
        }:
            is_signed_by(certificate, signer["signature"].native, signer["signed_attrs"].untag())
            return
    raise ValueError("without its certificate")


def is_signed_by(certificate: Certificate, signature: bytes, signed_attrs: Any) -> None:
    """Check a SHA-256 signature of CMS attributes. Raises InvalidSignature, ValueError."""
    verify_raw(certificate, signature, signed_attrs.dump())


def verify_raw(certificate: Certificate, signature: bytes, message: bytes) -> None:
    """Check a SHA-256 signature of a message. Raises InvalidSignature, ValueError, TypeError."""
    key = load_der_public_key(certificate.public_key.dump())
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        return
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("a key of a kind that is not known")
    key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())


class RevocationLists:
    """Lists by address, asked for again once they are ten minutes old or past their own term."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False, maxsize=2)
        self._held: dict[str, tuple[float, crl.CertificateList]] = {}
        self._monotonic = monotonic

    def fetch(self, urls: Iterable[str], at: datetime) -> tuple[crl.CertificateList, ...]:
        """The lists in force at a time. Raises PartnerUnavailable, Retryable (out of term)."""
        return tuple(self._one(url, at) for url in urls)

    def _one(self, url: str, at: datetime) -> crl.CertificateList:
        held = self._held.get(url)
        if held is not None and self._monotonic() < held[0] and _in_force(held[1], at):
            return held[1]
        raw = _exchange(self._pool, "revocation", "GET", url, None, "application/pkix-crl")
        try:
            fresh = crl.CertificateList.load(raw, strict=True)
            is_in_force = _in_force(fresh, at)
        except (ValueError, TypeError, KeyError) as error:
            raise PartnerUnavailable(f"revocation: {type(error).__name__}") from None
        if not is_in_force:
            raise Retryable("revocation: the list is out of its term")
        self._held[url] = (self._monotonic() + CRL_FRESH_S, fresh)
        return fresh


def _in_force(revoked: crl.CertificateList, at: datetime) -> bool:
    listed = revoked["tbs_cert_list"]
    until = listed["next_update"].native
    return until is None or at <= until
