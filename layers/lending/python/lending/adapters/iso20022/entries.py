"""Report entries (Ntry) of camt.053 and camt.054: one statement line per detail, or a case."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from lending.adapters.iso20022.fields import Fields, Unfit
from lending.adapters.iso20022.seen import Seen
from lending.domain.bank_facts import Flaw, LineKind, Problem, StatementLine

REFERENCE_CHARS_MAX: Final = 140
_NOT_PROVIDED: Final = "NOTPROVIDED"
_STATUSES: Final = {"BOOK": True, "PDNG": False, "INFO": False, "FUTR": False}

# Bank transaction code families: issued and received credit transfers (also real-time ones), and
# direct debits that we issued. Everything else (charges, interest) is OTHER.
_PAYOUTS: Final = frozenset({"ICDT", "IRCT"})
_CREDITS: Final = frozenset({"RCDT", "RRCT"})
_COLLECTIONS: Final = frozenset({"IDDT"})
# Sub-families of a reversal: due to a payment return, an unpaid or reversed direct debit, a
# cancellation request.
_RETURNS: Final = frozenset({"RRTN", "UPDD", "PRDD", "RPCR", "RCDD"})


@dataclass(frozen=True, slots=True)
class _Entry:
    """What all details of an entry share."""

    statement_id: str
    position: int
    sign: int
    amount_minor: int
    currency: str
    booked_on: date
    value_on: date
    is_booked: bool


@dataclass(slots=True)
class Entries:
    """Reads the entries of one statement or notification and sums up what they moved.

    `moved_minor` is None once an amount could not be read: then nothing can be said of sums.
    """

    fields: Fields
    statement_id: str
    account: str
    currency: str
    seen: Seen
    lines: int = 0
    moved_minor: int | None = 0

    def read(self, element: ET.Element, position: int) -> Iterator[StatementLine | Problem]:
        """The lines of one entry. A flawed entry is one case and no line: never half of it.

        A booking that was here before is a case of its own: it may be a mistake of the bank, or
        a second payment whose reference is one, and neither is for us to decide.
        """
        self.lines += 1
        try:
            entry = self._entry(element, position)
            lines = self._lines(element, entry)
        except Unfit as unfit:
            yield self._case(unfit, element, position)
            return
        for line in lines:
            if not self.seen.add(self.account, line.bank_reference):
                yield Problem(
                    Flaw.DUPLICATE_ENTRY,
                    f"entry {position}",
                    "AcctSvcrRef",
                    bank_reference=line.bank_reference,
                    reference=line.reference,
                )
            else:
                yield line

    def _entry(self, element: ET.Element, position: int) -> _Entry:
        fields = self.fields
        try:
            amount_minor, currency = self._amount(element)
            sign = fields.sign(element, "CdtDbtInd")
            is_booked = self._is_booked(element)
        except Unfit:
            self.moved_minor = None
            raise
        if is_booked and self.moved_minor is not None:
            self.moved_minor += sign * amount_minor
        if amount_minor == 0:
            raise Unfit(Flaw.ZERO_AMOUNT, "Amt")
        booked_on = fields.day(element, "BookgDt")
        value_on = fields.day(element, "ValDt")
        on = booked_on or value_on
        if on is None:
            raise Unfit(Flaw.MISSING_FIELD, "BookgDt")
        return _Entry(
            statement_id=self.statement_id,
            position=position,
            sign=sign,
            amount_minor=amount_minor,
            currency=currency,
            booked_on=on,
            value_on=value_on or on,
            is_booked=is_booked,
        )

    def _amount(self, element: ET.Element) -> tuple[int, str]:
        amount_minor, currency = self.fields.amount(element, "Amt")
        if self.currency and currency != self.currency:
            raise Unfit(Flaw.CURRENCY_MISMATCH, "Amt")
        return amount_minor, currency

    def _is_booked(self, element: ET.Element) -> bool:
        status = self.fields.required(element, "Sts", "Cd")
        if status not in _STATUSES:
            raise Unfit(Flaw.UNKNOWN_CODE, "Sts/Cd")
        return _STATUSES[status]

    def _lines(self, element: ET.Element, entry: _Entry) -> list[StatementLine]:
        details = [
            detail
            for block in self.fields.all(element, "NtryDtls")
            for detail in self.fields.all(block, "TxDtls")
        ]
        if len(details) <= 1:
            detail = details[0] if details else None
            self._check_single(detail, entry)
            reference = self._bank_reference(element, detail)
            amount_minor = entry.sign * entry.amount_minor
            return [self._line(element, detail, entry, amount_minor, reference)]
        lines = []
        for number, detail in enumerate(details, 1):
            amount_minor = self._detail_minor(detail, entry)
            if self.fields.text(detail, "Refs", "AcctSvcrRef"):
                reference = self.fields.bank_id(detail, "Refs", "AcctSvcrRef")
            else:
                reference = f"{self.fields.bank_id(element, 'AcctSvcrRef')}/{number}"
            lines.append(self._line(element, detail, entry, amount_minor, reference))
        if sum(line.amount_minor for line in lines) != entry.sign * entry.amount_minor:
            raise Unfit(Flaw.DETAILS_MISMATCH, "NtryDtls/TxDtls")
        return lines

    def _check_single(self, detail: ET.Element | None, entry: _Entry) -> None:
        """A single detail may repeat the amount, but not with another value."""
        if detail is None or self.fields.at(detail, "Amt") is None:
            return
        if self._detail_minor(detail, entry) != entry.sign * entry.amount_minor:
            raise Unfit(Flaw.DETAILS_MISMATCH, "NtryDtls/TxDtls/Amt")

    def _detail_minor(self, detail: ET.Element, entry: _Entry) -> int:
        has_amount = self.fields.at(detail, "Amt") is not None
        path = ("Amt",) if has_amount else ("AmtDtls", "TxAmt", "Amt")
        amount_minor, currency = self.fields.amount(detail, *path)
        if currency != entry.currency:
            raise Unfit(Flaw.CURRENCY_MISMATCH, "NtryDtls/TxDtls/" + "/".join(path))
        if amount_minor == 0:
            raise Unfit(Flaw.ZERO_AMOUNT, "NtryDtls/TxDtls/" + "/".join(path))
        has_sign = self.fields.at(detail, "CdtDbtInd") is not None
        return amount_minor * (self.fields.sign(detail, "CdtDbtInd") if has_sign else entry.sign)

    def _bank_reference(self, element: ET.Element, detail: ET.Element | None) -> str:
        if detail is not None and self.fields.text(detail, "Refs", "AcctSvcrRef"):
            return self.fields.bank_id(detail, "Refs", "AcctSvcrRef")
        return self.fields.bank_id(element, "AcctSvcrRef")

    def _line(
        self,
        element: ET.Element,
        detail: ET.Element | None,
        entry: _Entry,
        amount_minor: int,
        bank_reference: str,
    ) -> StatementLine:
        reason = "" if detail is None else self.fields.code(detail, "RtrInf", "Rsn", "Cd")
        kind = self._kind(element, detail, amount_minor > 0)
        return StatementLine(
            statement_id=entry.statement_id,
            entry=entry.position,
            kind=kind,
            bank_reference=bank_reference,
            reference=self._reference(detail, kind),
            amount_minor=amount_minor,
            currency=entry.currency,
            booked_on=entry.booked_on,
            value_on=entry.value_on,
            is_booked=entry.is_booked,
            reason=reason,
        )

    def _kind(self, element: ET.Element, detail: ET.Element | None, is_credit: bool) -> LineKind:
        owner = element
        if detail is not None and self.fields.at(detail, "BkTxCd", "Domn") is not None:
            owner = detail
        family = self.fields.code(owner, "BkTxCd", "Domn", "Fmly", "Cd")
        sub_family = self.fields.code(owner, "BkTxCd", "Domn", "Fmly", "SubFmlyCd")
        is_return = (
            sub_family in _RETURNS
            or self.fields.text(element, "RvslInd") in {"true", "1"}
            or (detail is not None and self.fields.at(detail, "RtrInf") is not None)
        )
        if is_return:
            if is_credit and family in _PAYOUTS | _CREDITS:
                return LineKind.PAYOUT_RETURN
            if not is_credit and family in _COLLECTIONS:
                return LineKind.COLLECTION_RETURN
            if not is_credit and family in _PAYOUTS | _CREDITS:
                return LineKind.CREDIT_RETURN
        elif is_credit and family in _CREDITS:
            return LineKind.CREDIT
        elif is_credit and family in _COLLECTIONS:
            return LineKind.COLLECTION
        elif not is_credit and family in _PAYOUTS:
            return LineKind.PAYOUT
        return LineKind.OTHER

    def _reference(self, detail: ET.Element | None, kind: LineKind) -> str:
        """Ours where the order was ours; what the payer wrote where the payment was theirs."""
        if detail is None:
            return ""
        end_to_end = self.fields.text(detail, "Refs", "EndToEndId")
        own = "" if end_to_end == _NOT_PROVIDED else end_to_end
        if kind is not LineKind.CREDIT:
            return own[:REFERENCE_CHARS_MAX]
        remittance = self.fields.at(detail, "RmtInf")
        if remittance is None:
            return own[:REFERENCE_CHARS_MAX]
        structured = self.fields.text(remittance, "Strd", "CdtrRefInf", "Ref")
        free = "".join(part.text or "" for part in self.fields.all(remittance, "Ustrd")).strip()
        return (structured or free or own)[:REFERENCE_CHARS_MAX]

    def _case(self, unfit: Unfit, element: ET.Element, position: int) -> Problem:
        return Problem(
            unfit.flaw,
            f"entry {position}",
            unfit.detail,
            bank_reference=self.fields.text(element, "AcctSvcrRef")[:70],
            reference=self.fields.text(element, "NtryDtls", "TxDtls", "Refs", "EndToEndId")[
                :REFERENCE_CHARS_MAX
            ],
        )
