"""Documents as print: what is to be rendered, what came out, and when it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from lending.domain.documents import DocumentKind
from lending.domain.documents.record import DocumentRecord


@dataclass(frozen=True, slots=True)
class DocumentInput:
    """One document to render. `data` is JSON-ready and printed literally, never as markup.

    `number` is shown in the footer; `on` is the local day whose template is used and the date
    printed; `product` is the product's kind, `locale` one that `Renderer.locale` answered.
    """

    kind: DocumentKind
    market: str
    product: str
    locale: str
    number: str
    issuer: str
    on: date
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A PDF and what made it: the same template and input give the same bytes.

    `sha256` covers `pdf`, `template_sha256` every source of the template, `input_sha256` the
    canonical JSON of the input. `template_id` is `<kind>.<market>.<product>.<locale>.<version>`.
    """

    pdf: bytes
    sha256: str
    pages: int
    template_id: str
    template_sha256: str
    input_sha256: str
    locale: str


@dataclass(frozen=True, slots=True)
class Unprintable:
    """Refused: characters the fonts lack, or that no document may hold (controls, overrides).

    `characters` are code points such as `U+0000`, `where` the JSON pointers that hold them.
    """

    characters: tuple[str, ...]
    where: tuple[str, ...]


class Renderer(Protocol):
    """Renders documents; deterministic, no network, no state."""

    def locale(self, kind: DocumentKind, market: str, product: str, wanted: str, on: date) -> str:
        """The language a document is printed in: the one wanted, or English. Raises Permanent."""
        ...

    def render(self, document: DocumentInput) -> Rendered | Unprintable:
        """The PDF, or why it is not printed.

        Raises:
            Permanent: no template of that kind is in force, or it was changed after release.
        """
        ...


class DocumentStore(Protocol):
    """Where documents lie; names are made of ids and hashes, never of personal data."""

    def put(self, name: str, pdf: bytes) -> None:
        """Keep a rendered document under a name that holds its hash; again is harmless.

        Raises:
            Retryable, Permanent.
        """
        ...

    def link(self, record: DocumentRecord, seconds: int) -> str:
        """A URL that reads exactly this document, without credentials, for so many seconds."""
        ...


class DocumentRegister(Protocol):
    """What was issued to whom. Reads are strongly consistent unless they say otherwise."""

    def of_customer(self, customer_id: str) -> tuple[DocumentRecord, ...]:
        """Every document of a person, oldest first."""
        ...

    def find(self, customer_id: str, document_id: str) -> DocumentRecord | None: ...

    def add(self, record: DocumentRecord) -> None:
        """Keep a record; the same id again is harmless. Raises Retryable."""
        ...

    def ending(self, before: datetime, limit: int) -> tuple[DocumentRecord, ...]:
        """Documents whose retention ends before then (eventually consistent index)."""
        ...
