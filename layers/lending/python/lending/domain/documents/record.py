"""What is remembered of an issued document: where its bytes lie and what they hash to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from lending.domain.documents import DocumentKind


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """One version of one document, without personal data.

    `document_id` is unique by customer and names the version (`<number>-v<version>`). `store`
    says where the bytes lie: `issued` (rendered) or `archive` (signed, locked); `name` and
    `object_version` (empty: the name holds the hash) find exactly these bytes there.
    `retain_until` is the first day on which the document may be removed.
    """

    document_id: str
    kind: DocumentKind
    number: str
    version: int
    customer_id: str
    application_id: str
    loan_id: str | None
    locale: str
    sha256: str
    pages: int
    template_id: str
    template_sha256: str
    store: Literal["issued", "archive"]
    name: str
    object_version: str
    issued_at: datetime
    signed_at: datetime | None
    retain_until: date


@dataclass(frozen=True, slots=True)
class DocumentRules:
    """How documents are kept, by market: dated values of the profile.

    `download_seconds` is how long a link works; `retention_years` count from the loan's last due
    day, or from the issue of a document without a loan.
    """

    download_seconds: int
    retention_years: int

    def retain_until(self, last_day: date) -> date:
        """The first day on which a document may be removed. 29 February becomes 1 March."""
        year = last_day.year + self.retention_years
        if (last_day.month, last_day.day) == (2, 29):
            return date(year, 3, 1)
        return last_day.replace(year=year)


def kept_longer(
    records: Iterable[DocumentRecord], application_id: str, until: date
) -> tuple[DocumentRecord, ...]:
    """Those of an application that may not be removed as early as they say; its loan ends later."""
    return tuple(
        replace(one, retain_until=until)
        for one in records
        if one.application_id == application_id and one.retain_until < until
    )


def current(records: tuple[DocumentRecord, ...]) -> dict[tuple[DocumentKind, str], int]:
    """The newest version of each numbered document; earlier ones are superseded."""
    newest: dict[tuple[DocumentKind, str], int] = {}
    for one in records:
        key = (one.kind, one.number)
        newest[key] = max(newest.get(key, 0), one.version)
    return newest
