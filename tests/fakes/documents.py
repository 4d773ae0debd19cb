"""A renderer without typst: the bytes are a hash of the input, in a PDF's shell."""

import hashlib
import json
from datetime import date

from lending.domain.documents import DocumentKind
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
