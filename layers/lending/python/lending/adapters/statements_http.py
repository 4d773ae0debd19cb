"""The BankStatements port over HTTP: GET /statements/{day}?currency=, as the bank's own JSON."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from lending.adapters.partner_http import PartnerHttp, Shape
from lending.domain.bank_facts import LineKind, Statement, StatementLine
from lending.domain.minor_units import places_of

BALANCE_MINOR_MAX: Final = 10**15
LINES_MAX: Final = 10_000
STATEMENT_BYTES_MAX: Final = 8 * 1024 * 1024
_TEXT_CHARS_MAX: Final = 140
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class HttpStatements:
    """Nothing of a statement is used unless all of it can be read."""

    def __init__(self, base_url: str) -> None:
        self._http = PartnerHttp("bank_rail", base_url, STATEMENT_BYTES_MAX)

    def statement(self, on: date, currency: str) -> tuple[Statement, tuple[StatementLine, ...]]:
        """All bookings of one bank day. Raises PartnerUnavailable: no answer, or nonsense."""
        path = f"/statements/{on.isoformat()}?currency={currency}"
        answer = self._http.call("GET", path, attempts=2)
        if answer.status != 200:
            raise self._http.nonsense(f"HTTP {answer.status}")
        shape = Shape(answer.body, self._http.nonsense)
        told = (shape.text("booked_on"), shape.text("currency"))
        if told != (on.isoformat(), currency) or places_of(currency) is None:
            raise self._http.nonsense("another day or currency")
        listed = answer.body.get("lines")
        if not isinstance(listed, list) or len(listed) > LINES_MAX:
            raise self._http.nonsense("field lines")
        statement = Statement(
            statement_id=shape.text("statement_id"),
            account=shape.text("account"),
            currency=currency,
            opened_on=on,
            closed_on=on,
            opening_minor=shape.integer("opening_minor", -BALANCE_MINOR_MAX, BALANCE_MINOR_MAX),
            closing_minor=shape.integer("closing_minor", -BALANCE_MINOR_MAX, BALANCE_MINOR_MAX),
            lines=len(listed),
        )
        lines = tuple(self._line(statement, entry, one) for entry, one in enumerate(listed, 1))
        if len({line.bank_reference for line in lines}) != len(lines):
            raise self._http.nonsense("a booking twice")
        return statement, lines

    def _line(self, statement: Statement, entry: int, told: object) -> StatementLine:
        if not isinstance(told, Mapping):
            raise self._http.nonsense("a line is no object")
        shape = Shape(told, self._http.nonsense)
        bank_reference, reference = shape.text("bank_reference"), told.get("reference") or ""
        if _ID.fullmatch(bank_reference) is None or not isinstance(reference, str):
            raise self._http.nonsense("field bank_reference")
        amount_minor = shape.integer("amount_minor", -BALANCE_MINOR_MAX, BALANCE_MINOR_MAX)
        if not amount_minor or shape.text("currency") != statement.currency:
            raise self._http.nonsense("field amount_minor")
        reason = told.get("reason")
        return StatementLine(
            statement_id=statement.statement_id,
            entry=entry,
            kind=LineKind(shape.one_of("kind", tuple(kind.value for kind in LineKind))),
            bank_reference=bank_reference,
            reference=reference[:_TEXT_CHARS_MAX].strip(),
            amount_minor=amount_minor,
            currency=statement.currency,
            booked_on=self._day(shape, "booked_on"),
            value_on=self._day(shape, "value_on"),
            is_booked=True,
            reason=reason if isinstance(reason, str) else "",
        )

    def _day(self, shape: Shape, name: str) -> date:
        try:
            return date.fromisoformat(shape.text(name))
        except ValueError:
            raise self._http.nonsense(f"field {name}") from None
