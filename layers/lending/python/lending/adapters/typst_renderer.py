"""Documents by typst: registered templates, checked characters, the same bytes each time.

What a customer wrote reaches typst only as JSON strings, which templates show as text. The
project's root is the package of templates, so nothing else can be read; no package is fetched.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import typst

from lending.domain.documents import DocumentKind
from lending.domain.documents.words import day
from lending.domain.faults import Permanent
from lending.ports.documents import DocumentInput, Rendered, Unprintable

ANY: Final = "any"
FALLBACK_LOCALE: Final = "en"
FINGERPRINT_LENGTH: Final = 16
LINE_BREAK: Final = "\n"
_PAGE = re.compile(rb"/Type\s*/Page[^s]")
_PAGE_COUNT = re.compile(
    rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b"
)


@dataclass(frozen=True, slots=True)
class Template:
    """One dated version: `sources` begin with the layout, end with labels and wording."""

    kind: str
    market: str
    product: str
    locale: str
    version: str
    valid_from: date
    sources: tuple[str, ...]
    sha256: str

    @property
    def template_id(self) -> str:
        """Names the template in evidence and in the footer."""
        return f"{self.kind}.{self.market}.{self.product}.{self.locale}.{self.version}"


class Templates:
    """The registry: which template is in force for a document on a day."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._unchanged: set[str] = set()

    @cached_property
    def rows(self) -> tuple[Template, ...]:
        """Every registered template. Raises Permanent when the registry cannot be read."""
        try:
            raw = json.loads((self.root / "registry.json").read_text("utf-8"))
            return tuple(_template(row) for row in raw["templates"])
        except (OSError, ValueError, KeyError, TypeError) as cause:
            raise Permanent(f"the registry of templates cannot be read: {cause!r}") from cause

    def in_force(
        self, kind: DocumentKind, market: str, product: str, locale: str, on: date
    ) -> Template:
        """The newest version valid on a day; English where the language has none.

        Raises:
            Permanent: there is none, or a source was changed after its release.
        """
        for wanted in (locale, FALLBACK_LOCALE):
            found = [
                row
                for row in self.rows
                if (row.kind, row.locale) == (kind.value, wanted)
                and row.market in {market, ANY}
                and row.product in {product, ANY}
                and row.valid_from <= on
            ]
            if found:
                chosen = max(found, key=_preference)
                self._must_be_unchanged(chosen)
                return chosen
        raise Permanent(f"no template for {kind} of {product} in {market} on {on.isoformat()}")

    def digest(self, sources: Sequence[str]) -> str:
        """SHA-256 over names and contents of a template's sources."""
        total = hashlib.sha256()
        for name in sources:
            content = (self.root / name).read_bytes()
            total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
        return total.hexdigest()

    def _must_be_unchanged(self, template: Template) -> None:
        """Looked at once a process: a function's code does not change under it."""
        if template.template_id in self._unchanged:
            return
        if self.digest(template.sources) != template.sha256:
            raise Permanent(f"{template.template_id}: a source was changed after its release")
        self._unchanged.add(template.template_id)


def _preference(row: Template) -> tuple[bool, bool, date]:
    """The market's and the product's own before those of all; of these the newest."""
    return row.market != ANY, row.product != ANY, row.valid_from


class TypstRenderer:
    """See `lending.ports.documents.Renderer`. Fonts are opened once a process."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root or Path(str(files("lending_documents")))
        self.templates = Templates(self._root)

    @cached_property
    def _compiler(self) -> typst.Compiler:
        fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(self._root / "fonts")],
        )
        return typst.Compiler(root=str(self._root), font_paths=fonts)

    @cached_property
    def _printable(self) -> frozenset[int]:
        """Code points that every font has a glyph for, without controls and overrides."""
        raw = json.loads((self._root / "fonts/coverage.json").read_text("utf-8"))
        return frozenset(point for first, last in raw["ranges"] for point in range(first, last + 1))

    def locale(self, kind: DocumentKind, market: str, product: str, wanted: str, on: date) -> str:
        """The language wanted, or English where it has no template. Raises Permanent."""
        return self.templates.in_force(kind, market, product, wanted, on).locale

    def render(self, document: DocumentInput) -> Rendered | Unprintable:
        """The PDF, or the characters it cannot be printed with. Raises Permanent."""
        template = self.templates.in_force(
            document.kind, document.market, document.product, document.locale, document.on
        )
        if refused := self._unprintable(document):
            return refused
        body = json.dumps(document.data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        meta = {
            "number": document.number,
            "issuer": document.issuer,
            "locale": template.locale,
            "template": template.template_id,
            "date": day(document.on, template.locale, document.market),
        }
        head = json.dumps(meta, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        input_sha256 = hashlib.sha256(f"{head}\n{body}".encode()).hexdigest()
        meta["fingerprint"] = input_sha256[:FINGERPRINT_LENGTH]
        pdf = self._compile(template, json.dumps(meta, ensure_ascii=False), body)
        return Rendered(
            pdf=pdf,
            sha256=hashlib.sha256(pdf).hexdigest(),
            pages=page_count(pdf),
            template_id=template.template_id,
            template_sha256=template.sha256,
            input_sha256=input_sha256,
            locale=template.locale,
        )

    def _compile(self, template: Template, meta: str, body: str) -> bytes:
        try:
            pdf = self._compiler.compile(
                input=str(self._root / template.sources[0]),
                format="pdf",
                sys_inputs={
                    "data": body,
                    "meta": meta,
                    "labels": template.sources[-2],
                    "wording": template.sources[-1],
                },
                pdf_tags=False,
            )
        except typst.TypstError as error:
            # The message names places of the template, never what the customer wrote.
            raise Permanent(f"{template.template_id} does not compile") from error
        if not isinstance(pdf, bytes):
            raise Permanent(f"{template.template_id} gave no document")
        return pdf

    def _unprintable(self, document: DocumentInput) -> Unprintable | None:
        texts = {"number": document.number, "issuer": document.issuer, "data": document.data}
        bad: dict[str, set[str]] = {}
        for pointer, value in _strings(texts, ""):
            for character in set(value) - {LINE_BREAK}:
                if ord(character) not in self._printable:
                    bad.setdefault(pointer, set()).add(f"U+{ord(character):04X}")
        if not bad:
            return None
        return Unprintable(tuple(sorted(set().union(*bad.values()))), tuple(sorted(bad)))


def page_count(pdf: bytes) -> int:
    """Pages of a PDF that typst wrote (its page objects are not compressed)."""
    found = _PAGE_COUNT.search(pdf)
    if found is None:
        return len(_PAGE.findall(pdf))
    return int(found.group(1) or found.group(2))


def _strings(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _strings(part, f"{pointer}/{key}")
    elif isinstance(value, list | tuple):
        for at, part in enumerate(value):
            yield from _strings(part, f"{pointer}/{at}")


def _template(row: Mapping[str, Any]) -> Template:
    return Template(
        kind=row["kind"],
        market=row["market"],
        product=row["product"],
        locale=row["locale"],
        version=row["version"],
        valid_from=date.fromisoformat(row["valid_from"]),
        sources=tuple(row["sources"]),
        sha256=row["sha256"],
    )
