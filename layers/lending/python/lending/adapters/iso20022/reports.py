"""The three reports of a bank, each a stream of items that ends early with a case if it must."""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from lending.adapters.iso20022.camt053 import Statements
from lending.adapters.iso20022.camt054 import Notifications
from lending.adapters.iso20022.fields import Fields, Unfit
from lending.adapters.iso20022.pain002 import StatusReports
from lending.adapters.iso20022.stream import Broken, Layout, Part, Source, broken, parts
from lending.domain.bank_facts import FileHead, Flaw
from lending.ports.bank import FileItem

URN: Final = "urn:iso:std:iso:20022:tech:xsd:"


class _Reader(Protocol):
    def __init__(self, fields: Fields) -> None: ...

    def read(self, part: Part) -> Iterator[FileItem]: ...


_KINDS: Final[Mapping[str, tuple[Layout, type[_Reader]]]] = {
    "pain.002.001.10": (StatusReports.LAYOUT, StatusReports),
    "camt.053.001.08": (Statements.LAYOUT, Statements),
    "camt.054.001.08": (Notifications.LAYOUT, Notifications),
}


def read_report(source: Source, *kinds: str) -> Iterator[FileItem]:
    """The items of a pain.002, camt.053 or camt.054; `kinds` narrows what is accepted.

    The first item is a FileHead. A Problem with `is_whole` is the last item and means that
    nothing before it may be used either; other Problems are cases of single entries.
    """
    layouts = {f"{URN}{kind}": _KINDS[kind][0] for kind in kinds or _KINDS}
    reader: _Reader | None = None
    has_head = False
    try:
        for namespace, part in parts(source, layouts):
            kind = namespace.removeprefix(URN)
            if reader is None:
                reader = _KINDS[kind][1](Fields(namespace))
            if part.name == "GrpHdr":
                has_head = True
                yield _head(kind, part, Fields(namespace))
            elif not has_head:
                raise broken(Flaw.MISSING_FIELD, "head", "GrpHdr")
            else:
                yield from reader.read(part)
        if not has_head:
            raise broken(Flaw.MISSING_FIELD, "head", "GrpHdr")
    except Broken as end:
        yield end.problem


def _head(kind: str, part: Part, fields: Fields) -> FileHead:
    try:
        return FileHead(kind, fields.bank_id(part.element, "MsgId"))
    except Unfit as unfit:
        raise broken(unfit.flaw, "head", f"GrpHdr/{unfit.detail}") from None
