"""Documents without typst and S3: bytes that are a hash of the input, kept in memory."""

import hashlib
import json
from datetime import date, datetime

from lending.domain.documents import DocumentKind
from lending.domain.documents.record import DocumentRecord
from lending.ports.documents import DocumentInput, Rendered, Unprintable


class FakeRenderer:
    """Deterministic; refuses control characters as the real one does."""

    def __init__(self) -> None:
        self.rendered: list[DocumentInput] = []

    def locale(self, kind: DocumentKind, market: str, product: str, wanted: str, on: date) -> str:
        """Any language in China, English elsewhere."""
        del kind, product, on
        return wanted if market == "cn" else "en"

    def render(self, document: DocumentInput) -> Rendered | Unprintable:
        """A stand-in with one page."""
        body = json.dumps(document.data, sort_keys=True, ensure_ascii=False)
        if "\\u0000" in body:
            return Unprintable(("U+0000",), ("/data",))
        self.rendered.append(document)
        sha256 = hashlib.sha256(f"{document.number}{document.on}{body}".encode()).hexdigest()
        pdf = f"%PDF-1.7\n% {document.kind} {sha256}\n%%EOF\n".encode()
        return Rendered(
            pdf=pdf,
            sha256=hashlib.sha256(pdf).hexdigest(),
            pages=1,
            template_id=f"{document.kind}.{document.market}.any.{document.locale}.fake",
            template_sha256="0" * 64,
            input_sha256=sha256,
            locale=document.locale,
        )


class FakeStore:
    """Documents by name; links name what they read."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, name: str, pdf: bytes) -> None:
        """Keep it."""
        self.kept[name] = pdf

    def link(self, record: DocumentRecord, seconds: int) -> str:
        """A stand-in."""
        return f"https://store.test/{record.store}/{record.name}?seconds={seconds}"


class FakeRegister:
    """Records by customer and id."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], DocumentRecord] = {}

    def of_customer(self, customer_id: str) -> tuple[DocumentRecord, ...]:
        """Every one, oldest first."""
        found = [one for (of, _), one in self.kept.items() if of == customer_id]
        return tuple(sorted(found, key=lambda one: (one.issued_at, one.document_id)))

    def find(self, customer_id: str, document_id: str) -> DocumentRecord | None:
        """One."""
        return self.kept.get((customer_id, document_id))

    def add(self, record: DocumentRecord) -> None:
        """The first of an id stays."""
        self.kept.setdefault((record.customer_id, record.document_id), record)

    def ending(self, before: datetime, limit: int) -> tuple[DocumentRecord, ...]:
        """Soonest first."""
        found = [one for one in self.kept.values() if one.retain_until < before.date()]
        return tuple(sorted(found, key=lambda one: (one.retain_until, one.document_id))[:limit])
