"""A bank's XML file read as a stream of parts, in bounded memory, however hostile the file.

Why `xml.etree` and not a library: it builds in C and hands out elements while it reads. What it
does not refuse by itself is refused here: document types (and so every entity), encodings other
than UTF-8, which could hide one, and files, elements, texts or nestings without end.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol
from xml.parsers.expat import errors

from lending.domain.bank_facts import Flaw, Problem

FILE_BYTES_MAX: Final = 1024**3
QUIET_BYTES_MAX: Final = 1024**2  # one text or tag may not be longer
NODES_MAX: Final = 100_000  # held at once: the head and one entry, about 4,000 details of a batch
DEPTH_MAX: Final = 32
PART_DEPTH_MAX: Final = 4  # Document / message / section / record

# Expat's words for "the file ended too early".
_ENDED_EARLY: Final = frozenset(
    errors.codes[name]
    for name in (
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_UNCLOSED_TOKEN,
        errors.XML_ERROR_PARTIAL_CHAR,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
_MARKUP: Final = (b"<!DOCTYPE", b"<!ENTITY")
_EVENTS: Final[tuple[Literal["start", "end"], ...]] = ("start", "end")
_OVERLAP: Final = max(map(len, _MARKUP)) - 1


class Source(Protocol):
    def read(self, amount: int, /) -> bytes: ...


class Broken(Exception):
    """The whole file is unusable; carries its case to the reader that yields it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.flaw.value)
        self.problem = problem


def broken(flaw: Flaw, at: str, detail: str = "") -> Broken:
    """The exception for a case of the whole file."""
    return Broken(Problem(flaw, at, detail, is_whole=True))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a message keeps its parts: depth below the root (Document = 1) and local name.

    Both are dropped once they were handed out. `records` are the ones that repeat without end
    and are counted; `sections` may hold records.
    """

    message: str
    sections: frozenset[tuple[int, str]]
    records: frozenset[tuple[int, str]]

    @property
    def parts(self) -> frozenset[tuple[int, str]]:
        """Both."""
        return self.sections | self.records


@dataclass(frozen=True, slots=True)
class Part:
    """A finished element and its parent; `entry` counts the records of the file from 1."""

    name: str
    element: ET.Element
    parent: ET.Element
    entry: int


class _Guard:
    """Passes bytes on as long as they are harmless."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tail = b""
        self.quiet_bytes = 0  # since the parser last made something of them
        self.size = 0

    def read(self, amount: int = -1, /) -> bytes:
        chunk = self._source.read(amount)
        if b"\0" in chunk:
            # Not UTF-8 then. A byte order mark would make expat read UTF-16 in spite of what the
            # parser was told, and the markup below would not be recognised.
            raise broken(Flaw.MALFORMED, f"byte {self.size}", "encoding")
        seen = self._tail + chunk
        if any(markup in seen for markup in _MARKUP):
            raise broken(Flaw.FORBIDDEN_MARKUP, f"byte {self.size}", "document type")
        self._tail = seen[-_OVERLAP:]
        self.size += len(chunk)
        self.quiet_bytes += len(chunk)
        if self.size > FILE_BYTES_MAX:
            raise broken(Flaw.TOO_LARGE, f"byte {self.size}", "file")
        if self.quiet_bytes > QUIET_BYTES_MAX:
            raise broken(Flaw.TOO_LARGE, f"byte {self.size}", "text or tag")
        return chunk


def parts(source: Source, layouts: Mapping[str, Layout]) -> Iterator[tuple[str, Part]]:
    """The namespace and each part of a message; `layouts` are the acceptable ones by namespace.

    Raises:
        Broken: the file is empty, truncated, malformed, hostile or another message.
    """
    guard = _Guard(source)
    try:
        yield from _Walk(layouts).run(guard)
    except ET.ParseError as error:
        line, column = error.position
        at = f"line {line}, column {column}"
        if not guard.size:
            raise broken(Flaw.EMPTY, at) from None
        flaw = Flaw.TRUNCATED if error.code in _ENDED_EARLY else Flaw.MALFORMED
        raise broken(flaw, at) from None


class _Walk:
    """One pass over one file. The loop meets every element, so it does little for most."""

    def __init__(self, layouts: Mapping[str, Layout]) -> None:
        self._layouts = layouts
        self._entry = 0

    def run(self, guard: _Guard) -> Iterator[tuple[str, Part]]:
        # UTF-8 is told: a declared encoding could make other bytes mean "<!DOCTYPE".
        parser = ET.XMLParser(encoding="utf-8")  # noqa: S314 - the guard refuses what is unsafe
        events = ET.iterparse(guard, _EVENTS, parser)  # noqa: S314
        namespace, message, places = "", "", dict[str, int]()
        records: frozenset[str] = frozenset()
        above: list[ET.Element] = []  # the open elements that may hold parts
        held: list[int] = []  # nodes before each open part
        depth = nodes = 0
        for event, element in events:
            guard.quiet_bytes = 0
            tag = element.tag
            if event == "start":
                depth += 1
                nodes += 1
                if depth <= PART_DEPTH_MAX:
                    above.append(element)
                    if depth == 1:
                        namespace, message, places, records = self._recognise(tag)
                    elif depth == 2 and tag != message:
                        raise broken(Flaw.WRONG_MESSAGE, "message element", "Document")
                    if places.get(tag) == depth:
                        held.append(nodes - 1)
                        self._entry += tag in records
                if depth > DEPTH_MAX or nodes > NODES_MAX:
                    at = f"entry {self._entry}" if self._entry else "head"
                    raise broken(Flaw.TOO_LARGE, at, "depth or elements")
                continue
            if depth <= PART_DEPTH_MAX:
                above.pop()
                if places.get(tag) == depth:
                    yield namespace, Part(_local(tag), element, above[-1], self._entry)
                    above[-1].remove(element)
                    nodes = held.pop()
            depth -= 1

    def _recognise(self, tag: str) -> tuple[str, str, dict[str, int], frozenset[str]]:
        """Namespace, message tag, depth of each part's tag, and the tags of records."""
        namespace = tag.removeprefix("{").rpartition("}")[0]
        layout = self._layouts.get(namespace)
        if layout is None or _local(tag) != "Document":
            known = ", ".join(sorted(known.rsplit(":", 1)[-1] for known in self._layouts))
            raise broken(Flaw.WRONG_MESSAGE, "root element", f"not one of {known}")
        places = {f"{{{namespace}}}{name}": depth for depth, name in layout.parts}
        records = frozenset(f"{{{namespace}}}{name}" for _, name in layout.records)
        return namespace, f"{{{namespace}}}{layout.message}", places, records


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
