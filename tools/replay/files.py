"""The two CSV files of real loans, row by row, as integers and dates.

Columns as in the data set's README; only what servicing needs is read.
"""

import csv
import gzip
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

PERCENT = 100
CENT_DIGITS = 2
_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]{1,2}0*)?")


@dataclass(frozen=True, slots=True)
class LoanRow:
    """One loan as its lender reported it. `first_month` (months since year 0) is trust month 1."""

    loan_id: str
    amount_minor: int
    annual_rate_pct: Fraction
    term_months: int
    age_months: int
    instalment_minor: int
    first_month: int
    months_observed: int
    outcome: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month of one loan: balance at its end, principal repaid in it, money received in it."""

    loan_id: str
    month: int
    balance_minor: int
    principal_minor: int
    payment_minor: int


class BadRow(ValueError):
    """A row that cannot be read; the message names file and line."""


def loans(path: Path) -> Iterator[LoanRow]:
    """The loans of the file.

    Raises:
        BadRow: a row is malformed.  OSError: the file cannot be read.
    """
    for line, row in _rows(path):
        try:
            year, _, month = row["origination_month"].partition("-")
            age = int(row["age_at_securitisation"])
            yield LoanRow(
                loan_id=row["loan_id"],
                amount_minor=minor(row["loan_amount"]),
                annual_rate_pct=Fraction(row["apr"]) * PERCENT,
                term_months=int(row["term_months"]),
                age_months=age,
                instalment_minor=minor(row["scheduled_payment"]),
                first_month=int(year) * 12 + int(month) - 1 + age,
                months_observed=int(row["months_observed"]),
                outcome=row["outcome"],
                is_default=row["default"] == "1",
            )
        except (KeyError, ValueError, TypeError) as cause:
            raise BadRow(f"{path.name} line {line}: {cause!r}") from cause


def months(path: Path) -> Iterator[MonthRow]:
    """The months of the file, those of one loan together and ascending.

    Raises:
        BadRow: a row is malformed.  OSError: the file cannot be read.
    """
    for line, row in _rows(path):
        try:
            yield MonthRow(
                loan_id=row["loan_id"],
                month=int(row["month_on_trust"]),
                balance_minor=minor(row["balance"]),
                principal_minor=minor(row["principal_paid"]),
                payment_minor=minor(row["payment"]),
            )
        except (KeyError, ValueError, TypeError) as cause:
            raise BadRow(f"{path.name} line {line}: {cause!r}") from cause


def months_of_loans(path: Path, limit: int | None) -> int:
    """How many months the first `limit` loans of the file have (None: all)."""
    count, loans, before = 0, 0, ""
    for _, row in _rows(path):
        if row.get("loan_id", "") != before:
            before, loans = row.get("loan_id", ""), loans + 1
            if limit is not None and loans > limit:
                break
        count += 1
    return count


def minor(text: str) -> int:
    """A decimal amount with at most two places, in cents, exactly.

    Raises:
        ValueError: not such an amount.
    """
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"{text!r} is not an amount of dollars and cents")
    whole, _, cents = text.partition(".")
    return int(whole + cents.ljust(CENT_DIGITS, "0")[:CENT_DIGITS])


def fingerprint(*paths: Path) -> str:
    """A hash over the files, to tell whether a state was made from the same ones."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as source:
            digest.update(hashlib.file_digest(source, "sha256").digest())
    return digest.hexdigest()


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    open_text = gzip.open if path.suffix == ".gz" else open
    with open_text(path, "rt", encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        for row in reader:
            yield reader.line_num, row
