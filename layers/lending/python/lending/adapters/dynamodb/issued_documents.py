"""The DocumentRegister port on the lending table: one row a document, by customer."""

from datetime import datetime
from typing import Any, Final, Literal

from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.operand import Path

from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.attributes import DayAttribute, InstantAttribute, IntegerAttribute
from lending.adapters.dynamodb.rows import TimedRow
from lending.adapters.dynamodb.table import Item, RowCorrupt, Table, new_row, read
from lending.domain.documents import DocumentKind
from lending.domain.documents.record import DocumentRecord
from lending.domain.faults import StaleVersion

_STORES: Final[dict[str, Literal["issued", "archive"]]] = {
    "issued": "issued",
    "archive": "archive",
}


class DocumentRow(TimedRow):
    """pk=DOCS#customer sk=DOCUMENT#id; listed by the end of its retention, the only thing
    that is ever changed: the loan was extended, so it is kept longer.
    """

    document_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    number = UnicodeAttribute()
    version = IntegerAttribute()
    customer_id = UnicodeAttribute()
    application_id = UnicodeAttribute()
    loan_id = UnicodeAttribute(null=True)
    locale = UnicodeAttribute()
    sha256 = UnicodeAttribute()
    pages = IntegerAttribute()
    template_id = UnicodeAttribute()
    template_sha256 = UnicodeAttribute()
    store = UnicodeAttribute()
    name = UnicodeAttribute()
    object_version = UnicodeAttribute()
    issued_at = InstantAttribute()
    signed_at = InstantAttribute(null=True)
    retain_until = DayAttribute()


_PLAIN: Final = tuple(
    name for name in DocumentRecord.__dataclass_fields__ if name not in {"kind", "store"}
)


def document_row(record: DocumentRecord) -> DocumentRow:
    """The row of a record."""
    key = keys.document(record.customer_id, record.document_id)
    timer = keys.document_timer(record.document_id, record.retain_until)
    return DocumentRow(
        pk=key.pk,
        sk=key.sk,
        timer_shard=timer.shard,
        timer_at=timer.at,
        kind=record.kind.value,
        store=record.store,
        **{name: getattr(record, name) for name in _PLAIN},
    )


class DynamoDocuments:
    """See `lending.ports.documents.DocumentRegister`."""

    def __init__(self, table_name: str) -> None:
        self._table = Table(table_name)

    def of_customer(self, customer_id: str) -> tuple[DocumentRecord, ...]:
        """Every document of a person, oldest first. Raises RowCorrupt."""
        items = self._table.query(keys.documents_partition(customer_id))
        found = [_record(item) for item in items]
        return tuple(sorted(found, key=lambda one: (one.issued_at, one.document_id)))

    def find(self, customer_id: str, document_id: str) -> DocumentRecord | None:
        """One document of a person. Raises RowCorrupt."""
        row = self._table.get(DocumentRow, keys.document(customer_id, document_id))
        return None if row is None else _of_row(row)

    def add(self, record: DocumentRecord) -> None:
        """Keep a record; the first one of an id stays. Raises Retryable."""
        try:
            self._table.write(document_row(record), new_row())
        except StaleVersion:
            return  # issued before: the same template and input give the same document

    def ending(self, before: datetime, limit: int) -> tuple[DocumentRecord, ...]:
        """Documents whose retention ends before then, soonest first (eventually consistent)."""
        until = Path("timer_at") < before.date().isoformat()
        shards = keys.document_timer_shards()
        found = [
            _record(item) for shard in shards for item in self._table.timers(shard, until, limit)
        ]
        return tuple(sorted(found, key=lambda one: (one.retain_until, one.document_id))[:limit])


def _record(item: Item) -> DocumentRecord:
    return _of_row(read(DocumentRow, item))


def _of_row(row: DocumentRow) -> DocumentRecord:
    plain: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    try:
        return DocumentRecord(kind=DocumentKind(row.kind), store=_STORES[row.store], **plain)
    except (KeyError, TypeError, ValueError) as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: {type(error).__name__}") from error
