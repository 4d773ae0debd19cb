"""Fields of an element, typed; what is missing or wrong is named by its tag, never its value."""

import re
import xml.etree.ElementTree as ET
from datetime import date
from typing import Final

from lending.domain.bank_facts import Flaw
from lending.domain.minor_units import minor_of

# A bank's id becomes a key of ours: SWIFT's character set and the underscore, nothing else.
_BANK_ID: Final = re.compile(r"[A-Za-z0-9/?:().,'+ _-]{1,70}")
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|T.*|[+-][0-9]{2}:[0-9]{2})?")
_CODE: Final = re.compile(r"[A-Z0-9]{1,4}")


class Unfit(Exception):
    """One entry cannot be used; never leaves this package."""

    def __init__(self, flaw: Flaw, detail: str) -> None:
        super().__init__(detail)
        self.flaw = flaw
        self.detail = detail


class Fields:
    """Access by local names in one namespace."""

    def __init__(self, namespace: str) -> None:
        self._prefix = f"{{{namespace}}}"

    def at(self, element: ET.Element, *path: str) -> ET.Element | None:
        """The first descendant along `path`."""
        found = element
        for name in path:
            child = found.find(self._prefix + name)
            if child is None:
                return None
            found = child
        return found

    def all(self, element: ET.Element, name: str) -> list[ET.Element]:
        """Every child of this name."""
        return element.findall(self._prefix + name)

    def text(self, element: ET.Element, *path: str) -> str:
        """The text along `path` without outer white space; "" when absent."""
        found = self.at(element, *path)
        return "" if found is None else (found.text or "").strip()

    def required(self, element: ET.Element, *path: str) -> str:
        """Like `text`. Raises Unfit when absent or empty."""
        if not (value := self.text(element, *path)):
            raise Unfit(Flaw.MISSING_FIELD, "/".join(path))
        return value

    def bank_id(self, element: ET.Element, *path: str) -> str:
        """An id of the bank that may become a key. Raises Unfit."""
        value = self.required(element, *path)
        if not _BANK_ID.fullmatch(value):
            raise Unfit(Flaw.MALFORMED_FIELD, "/".join(path))
        return value

    def code(self, element: ET.Element, *path: str) -> str:
        """An external code of up to four characters, "" when absent. Raises Unfit."""
        value = self.text(element, *path)
        if value and not _CODE.fullmatch(value):
            raise Unfit(Flaw.MALFORMED_FIELD, "/".join(path))
        return value

    def amount(self, element: ET.Element, *path: str) -> tuple[int, str]:
        """(minor units >= 0, currency) of an amount element. Raises Unfit."""
        found = self.at(element, *path)
        if found is None:
            raise Unfit(Flaw.MISSING_FIELD, "/".join(path))
        currency = found.get("Ccy", "")
        minor = minor_of(found.text or "", currency)
        if isinstance(minor, str):
            raise Unfit(Flaw(minor), "/".join(path))
        return minor, currency

    def day(self, element: ET.Element, *path: str) -> date | None:
        """The bank's own calendar day of a date-or-time choice, None when absent. Raises Unfit."""
        if self.at(element, *path) is None:
            return None
        text = self.text(element, *path, "Dt") or self.text(element, *path, "DtTm")
        match = _DAY.fullmatch(text)
        try:
            if match:
                return date.fromisoformat(match[1])
        except ValueError:
            pass
        raise Unfit(Flaw.MALFORMED_FIELD, "/".join(path))

    def sign(self, element: ET.Element, *path: str) -> int:
        """+1 for CRDT (our balance grows), -1 for DBIT. Raises Unfit."""
        match self.required(element, *path):
            case "CRDT":
                return 1
            case "DBIT":
                return -1
        raise Unfit(Flaw.UNKNOWN_CODE, "/".join(path))
