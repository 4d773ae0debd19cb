"""camt.053.001.08: the day's statement of our account, with balances that must add up."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from lending.adapters.iso20022.entries import Entries
from lending.adapters.iso20022.fields import Fields, Unfit
from lending.adapters.iso20022.seen import Seen
from lending.adapters.iso20022.stream import Layout, Part, broken
from lending.domain.bank_facts import Flaw, Problem, Statement, StatementLine

_OPENING: Final = ("OPBD", "PRCD")
_CLOSING: Final = "CLBD"
_PAGE: Final = "ITBD"  # opens or closes a page that is not the first or the last


@dataclass(frozen=True, slots=True)
class _Balance:
    code: str
    amount_minor: int
    on: date


class Statements:
    """Lines of every statement in order, each statement ended by its Statement."""

    LAYOUT: Final = Layout(
        message="BkToCstmrStmt",
        sections=frozenset({(3, "GrpHdr"), (3, "Stmt")}),
        records=frozenset({(4, "Ntry")}),
    )

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._seen = Seen()
        self._statement: ET.Element | None = None
        self._entries: Entries | None = None
        self._number = 0

    def read(self, part: Part) -> Iterator[Statement | StatementLine | Problem]:
        """The items of one part. Raises Broken."""
        statement = part.element if part.name == "Stmt" else part.parent
        if self._statement is not statement or self._entries is None:
            self._entries = self._open(statement)
        if part.name == "Ntry":
            yield from self._entries.read(part.element, part.entry)
        else:
            yield self._close(statement, self._entries)

    def _open(self, statement: ET.Element) -> Entries:
        self._statement = statement
        self._number += 1
        fields = self._fields
        try:
            statement_id = fields.bank_id(statement, "Id")
            account = fields.text(statement, "Acct", "Id", "IBAN")
            account = account or fields.required(statement, "Acct", "Id", "Othr", "Id")
        except Unfit as unfit:
            raise self._broken(unfit.flaw, unfit.detail) from None
        if not self._seen.add("Stmt", statement_id):
            raise self._broken(Flaw.DUPLICATE_ENTRY, "Id")
        currency = fields.text(statement, "Acct", "Ccy")
        return Entries(fields, statement_id, account, currency, self._seen)

    def _close(self, statement: ET.Element, entries: Entries) -> Statement:
        fields = self._fields
        try:
            balances = [self._balance(one, entries) for one in fields.all(statement, "Bal")]
        except Unfit as unfit:
            raise self._broken(unfit.flaw, f"Bal/{unfit.detail}") from None
        opening, closing = self._opening_and_closing(balances)
        stated = fields.text(statement, "TxsSummry", "TtlNtries", "NbOfNtries")
        if stated and stated.lstrip("0") != str(entries.lines or ""):
            raise self._broken(Flaw.TOTALS_MISMATCH, "TxsSummry/TtlNtries/NbOfNtries")
        moved_minor = entries.moved_minor
        if moved_minor not in {None, closing.amount_minor - opening.amount_minor}:
            raise self._broken(Flaw.TOTALS_MISMATCH, "Bal")
        return Statement(
            statement_id=entries.statement_id,
            account=entries.account,
            currency=entries.currency,
            opened_on=opening.on,
            closed_on=closing.on,
            opening_minor=opening.amount_minor,
            closing_minor=closing.amount_minor,
            lines=entries.lines,
        )

    def _balance(self, element: ET.Element, entries: Entries) -> _Balance:
        fields = self._fields
        amount_minor, currency = fields.amount(element, "Amt")
        entries.currency = entries.currency or currency
        if currency != entries.currency:
            raise Unfit(Flaw.CURRENCY_MISMATCH, "Amt")
        on = fields.day(element, "Dt")
        if on is None:
            raise Unfit(Flaw.MISSING_FIELD, "Dt")
        code = fields.text(element, "Tp", "CdOrPrtry", "Cd")
        return _Balance(code, fields.sign(element, "CdtDbtInd") * amount_minor, on)

    def _opening_and_closing(self, balances: list[_Balance]) -> tuple[_Balance, _Balance]:
        pages = [one for one in balances if one.code == _PAGE]
        openings = [one for code in _OPENING for one in balances if one.code == code] + pages[:1]
        closings = [one for one in balances if one.code == _CLOSING] + pages[-1:]
        if not openings or not closings or openings[0] is closings[0]:
            raise self._broken(Flaw.MISSING_FIELD, "Bal")
        return openings[0], closings[0]

    def _broken(self, flaw: Flaw, detail: str) -> Exception:
        return broken(flaw, f"statement {self._number}", f"Stmt/{detail}")
