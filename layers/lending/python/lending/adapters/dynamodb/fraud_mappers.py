"""Rows of fraud cases and of the watch-list, to records and back."""

from dataclasses import asdict, fields
from typing import Any

from lending.adapters.dynamodb import fraud_keys, keys
from lending.adapters.dynamodb.documents import findings_of
from lending.adapters.dynamodb.rows import FraudCaseRow, Row, WatchedRow
from lending.adapters.dynamodb.table import RowCorrupt
from lending.domain.fraud import FraudCase, LinkKind, WatchEntry


def case_row(case: FraudCase) -> FraudCaseRow:
    """The FRAUDCASE row; a closed one carries a timer."""
    timer = None if case.closed_at is None else fraud_keys.fraud_case_timer(case.closed_at)
    columns = {**_columns(case), "findings": asdict(case.findings)}
    return FraudCaseRow(**_placed(fraud_keys.fraud_case(case.application_id), timer), **columns)


def case(row: FraudCaseRow) -> FraudCase:
    """The case of a FRAUDCASE row. Raises RowCorrupt."""
    try:
        findings = findings_of(row.findings)
    except (KeyError, TypeError) as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: findings") from error
    return _record(FraudCase, row, findings=findings)


def watch_row(entry: WatchEntry) -> WatchedRow:
    """The ENTRY row; a removed one stays, without a timer."""
    timer = None if entry.removed_at else fraud_keys.watched_timer(entry.kind, entry.added_at)
    columns = {**_columns(entry), "kind": entry.kind.value}
    return WatchedRow(**_placed(fraud_keys.watched(entry.kind, entry.token), timer), **columns)


def watch_entry(row: WatchedRow) -> WatchEntry:
    """The entry of an ENTRY row. Raises RowCorrupt."""
    try:
        kind = LinkKind(row.kind)
    except ValueError as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: kind") from error
    return _record(WatchEntry, row, kind=kind)


def _placed(key: keys.Key, timer: keys.Timer | None) -> dict[str, Any]:
    return {
        "pk": key.pk,
        "sk": key.sk,
        "timer_shard": timer.shard if timer else None,
        "timer_at": timer.at if timer else None,
    }


def _columns(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _record[R](cls: type[R], row: Row, **nested: Any) -> R:
    names = (field.name for field in fields(cls))  # type: ignore[arg-type]  # a dataclass
    flat = {name: getattr(row, name) for name in names if name not in nested}
    return cls(**flat, **nested)
