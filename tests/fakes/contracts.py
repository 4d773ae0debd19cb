"""Rendering, drafts, archive and seal in memory, with the ways in which each can fail."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from lending.domain.documents import DocumentKind
from lending.domain.faults import PartnerUnavailable, Retryable
from lending.ports.documents import DocumentInput, Rendered, Unprintable
from lending.ports.sealing import Seal, Sealed

from tests.fakes.pdf import small_pdf


@dataclass
class FakeRenderer:
    """A page that holds the hash of what it was made of; `inputs` keeps what that was."""

    inputs: list[DocumentInput] = field(default_factory=list)
    unprintable: bool = False

    def locale(self, kind: DocumentKind, market: str, product: str, wanted: str, on: date) -> str:
        return wanted

    def render(self, document: DocumentInput) -> Rendered | Unprintable:
        if self.unprintable:
            return Unprintable(("U+0000",), ("/data/parties/0/name",))
        self.inputs.append(document)
        text = json.dumps(document.data, sort_keys=True, default=str)
        pdf = small_pdf(f"{document.kind} {hashlib.sha256(text.encode()).hexdigest()}")
        return Rendered(
            pdf=pdf,
            sha256=hashlib.sha256(pdf).hexdigest(),
            pages=1,
            template_id=f"{document.kind}.test.v1",
            template_sha256="0" * 64,
            input_sha256=hashlib.sha256(text.encode()).hexdigest(),
            locale=document.locale,
        )


@dataclass
class FakeDrafts:
    """Every version that was put."""

    kept: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def put(self, name: str, pdf: bytes) -> str:
        version = f"v{len(self.kept) + 1}"
        self.kept[name, version] = pdf
        return version

    def get(self, name: str, version: str) -> bytes:
        return self.kept[name, version]

    def link(self, name: str, version: str, seconds: int) -> str:
        return f"https://drafts.invalid/{name}?version={version}"


@dataclass
class FakeArchive:
    """One object a name. `answer_lost`: the next put is done, and nobody hears of it."""

    kept: dict[str, bytes] = field(default_factory=dict)
    answer_lost: str = ""

    def put(self, name: str, data: bytes, content_type: str) -> str | None:
        if name in self.kept:
            return None
        self.kept[name] = data
        if self.answer_lost and name.endswith(self.answer_lost):
            self.answer_lost = ""
            raise Retryable("s3.PutObject: ConnectionClosedError")
        return "a1"

    def get(self, name: str) -> tuple[bytes, str] | None:
        return (self.kept[name], "a1") if name in self.kept else None


@dataclass
class FakeSealer:
    """Appends what it was told; `seals` counts. No two of its documents are alike."""

    seals: int = 0
    down: int = 0

    def seal(self, pdf: bytes, seal: Seal) -> Sealed:
        if self.down:
            self.down -= 1
            raise PartnerUnavailable("timestamps: HTTP 503")
        self.seals += 1
        told = f"\n%sealed {self.seals} {seal.contract_id} {seal.evidence_sha256}\n"
        return Sealed(pdf + told.encode(), "key-1")

    def made(self) -> Callable[[], "FakeSealer"]:
        return lambda: self
