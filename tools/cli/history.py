"""Decisions of a lending table and what became of them: what models are watched and trained by."""

import csv
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import boto3
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.adapters.dynamodb.mappers import application, decision
from lending.adapters.dynamodb.rows import ApplicationRow, DecisionRow
from lending.adapters.dynamodb.table import read
from lending.domain.delinquency import delinquency
from lending.domain.faults import Permanent
from lending.domain.records import Application, DecisionRecord
from lending.domain.servicing.account import AccountStatus, status
from lending.domain.servicing.debts import unpaid

_WANTED = "begins_with(pk, :app) AND (begins_with(sk, :decision) OR sk = :state)"
FEATURES = (
    "bureau_score",
    "delinquencies_24m",
    "enquiries_6m",
    "ltv_pct",
    "pti_pct",
    "dti_pct",
    "term_months",
    "months_employed",
    "vehicle_age_years",
)
COLUMNS = (
    "application_id",
    "decided_on",
    "market",
    "product",
    *FEATURES,
    "age_band",
    "score",
    "pd_ppm",
    "decision",
    "override_reason",
)
OUTCOME = "bad_90_24"  # As the specification `platform_events` calls it.


def decided(table: str) -> tuple[list[DecisionRecord], list[Application]]:
    """The latest decision of each application, and the applications."""
    latest: dict[str, DecisionRecord] = {}
    applications = []
    for item in _rows(table):
        if item["sk"]["S"] == "FILE#STATE":
            applications.append(application(read(ApplicationRow, item)))
            continue
        record = decision(read(DecisionRow, item))
        known = latest.get(record.application_id)
        if known is None or known.number < record.number:
            latest[record.application_id] = record
    return list(latest.values()), applications


def _rows(table: str) -> Iterator[dict[str, Any]]:
    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=table,
            FilterExpression=_WANTED,
            ExpressionAttributeValues={
                ":app": {"S": "APP#"},
                ":decision": {"S": "FILE#DECISION#"},
                ":state": {"S": "FILE#STATE"},
            },
        )
    )
    for one in pages:
        yield from one["Items"]


def outcomes(table: str, bad_days: int, seasoned_days: int) -> dict[str, float]:
    """loan id -> 1 bad, 0 good; loans of which nothing is known yet are left out.

    A loan is bad once it is `bad_days` past due or written off, good when it was paid back or is
    `seasoned_days` old without."""
    ledger = DynamoLedger(table)
    found: dict[str, float] = {}
    for loan_id in ledger.loan_ids():
        try:
            terms, books = ledger.terms(loan_id), ledger.books(loan_id)
        except Permanent:
            continue  # Opened and not booked yet.
        standing = status(books.account)
        on = books.accrued_on or terms.opened_on
        late = delinquency(on, unpaid(terms, books.account, on)).past_due_days
        if standing is AccountStatus.WRITTEN_OFF or late >= bad_days:
            found[loan_id] = 1.0
        elif standing is AccountStatus.CLOSED or _is_seasoned(terms.opened_on, on, seasoned_days):
            found[loan_id] = 0.0
    return found


def _is_seasoned(opened_on: date, on: date, seasoned_days: int) -> bool:
    return on - opened_on >= timedelta(days=seasoned_days)


def age_band(age_years: int | None) -> str:
    """Monitored, and never an input."""
    if age_years is None:
        return ""
    return "under 25" if age_years < 25 else "25 to 61" if age_years < 62 else "62 and over"


def write(
    table: str,
    out: Path,
    rejects: Path | None,
    *,
    market: str | None,
    bad_days: int,
    seasoned_days: int,
) -> tuple[int, int]:
    """Write decided applications whose outcome is known, oldest first, and, where asked for, those
    that were declined. Answers how many of each. No line holds a name, a number or an address."""
    records, applications = decided(table)
    loans = {one.application_id: one.loan_id for one in applications}
    known = outcomes(table, bad_days, seasoned_days)
    scored = sorted(
        (
            one
            for one in records
            if one.scored is not None and market in (None, one.findings.market)
        ),
        key=lambda one: (one.decided_at, one.application_id),
    )
    ended = [
        [*_line(one), int(known[loan])]
        for one in scored
        if (loan := loans.get(one.application_id)) is not None and loan in known
    ]
    declined = [_line(one) for one in scored if one.outcome == "DECLINED"]
    _write(out, (*COLUMNS, OUTCOME), ended)
    if rejects is not None:
        _write(rejects, COLUMNS, declined)
    return len(ended), len(declined)


def _line(record: DecisionRecord) -> list[object]:
    found, scored, basis = record.findings, record.scored, record.basis
    override = basis.override.code if basis and basis.override else ""
    values = [found.features.get(name) for name in FEATURES]
    return [
        record.application_id,
        record.decided_at.date().isoformat(),
        found.market,
        found.product_id,
        *("" if value is None else value for value in values),
        age_band(found.age_years),
        scored.score if scored else "",
        scored.pd_ppm if scored else "",
        record.outcome,
        override,
    ]


def _write(path: Path, header: Sequence[str], lines: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(lines)
