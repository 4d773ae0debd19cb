"""Rendering and sealing at a hundredth of their price, with every call that can go wrong.

The real ones have their own tests. What a fault can break is the protocol around them, so the key
of KMS, the timestamp service and the stores are asked exactly as often as in production.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from lending.adapters import aws
from lending.adapters.partner_http import PartnerHttp, Shape
from lending.domain.documents import DocumentKind
from lending.ports.documents import DocumentInput, Rendered
from lending.ports.sealing import Seal, Sealed

from tools.partners.service import Answer, Call, Partner

PAGES: Final = 2


class Renderer:
    """A document that is its own input."""

    def locale(self, kind: DocumentKind, market: str, product: str, wanted: str, on: date) -> str:
        """Whatever is wanted."""
        return wanted

    def render(self, document: DocumentInput) -> Rendered:
        """Its hash is that of its data."""
        text = json.dumps(document.data, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()
        pdf = f"%PDF {document.kind} {document.number} {digest}\n".encode()
        template = f"{document.kind}.chaos.v1"
        sha256 = hashlib.sha256(pdf).hexdigest()
        return Rendered(pdf, sha256, PAGES, template, "0" * 64, digest, document.locale)


class Sealers:
    """Stands in for `adapters.pades.sealers.Sealers`."""

    def __init__(self, store: Any, tsa_url: str) -> None:
        self._store = store
        self._stamps = PartnerHttp("timestamps", tsa_url)

    def current(self) -> "Sealers":
        """The one there is; the trust document is read as it would be."""
        self._key_id = json.loads(self._store.document())["key_id"]
        return self

    def seal(self, pdf: bytes, seal: Seal) -> Sealed:
        """One signature, two timestamps; no two documents are alike."""
        first = self._stamp(hashlib.sha256(pdf).hexdigest())
        with aws.faults("kms.Sign"):
            signature = aws.kms().sign(
                KeyId=self._key_id,
                Message=hashlib.sha256(pdf).digest(),
                MessageType="RAW",
                SigningAlgorithm="ECDSA_SHA_256",
            )["Signature"]
        told = [seal.contract_id, seal.evidence_sha256, signature.hex(), first]
        second = self._stamp(hashlib.sha256(json.dumps(told).encode()).hexdigest())
        return Sealed(pdf + json.dumps([*told, second]).encode(), self._key_id)

    def _stamp(self, digest: str) -> str:
        answer = self._stamps.call("POST", "/tsa", {"digest": digest})
        return Shape(answer.body, self._stamps.nonsense).text("stamp")


class Stamps:
    """The timestamp service of the harness: a number and the digest it was asked for."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {"next": 0}
        self._partner = Partner("authority", {"POST /tsa": self.stamp}, on_reset=[self.reset])

    def partner(self) -> Partner:
        """The HTTP face."""
        return self._partner

    def stamp(self, call: Call) -> Answer:
        """One more."""
        self._numbers["next"] += 1
        return Answer(200, {"stamp": f"{self._numbers['next']}-{call.text('digest')}"})

    def reset(self) -> None:
        """From the beginning."""
        self._numbers["next"] = 0


def patches() -> list[tuple[Any, str, Callable[..., Any]]]:
    """What stands in for what, while the harness runs."""
    from functions.seal import wiring as seal
    from functions.sign import wiring as sign

    return [(sign, "TypstRenderer", Renderer), (seal, "Sealers", Sealers)]
