"""pain.002.001.10: what became of the orders that we sent in a pain.001 or a pain.008."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from typing import Final, Literal

from lending.adapters.iso20022.fields import Fields, Unfit
from lending.adapters.iso20022.seen import Seen
from lending.adapters.iso20022.stream import Layout, Part, broken
from lending.domain.bank_facts import BatchStatus, CollectionStatus, Flaw, PayoutStatus, Problem

type _Verdict = Literal["accepted", "rejected", "pending"]

# ISO 20022 external payment status codes. Accepted is only what says "settled": ACSP (accepted,
# settlement in process) can still be followed by RJCT, so it is as good as no answer yet.
VERDICTS: Final[Mapping[str, _Verdict]] = {
    "ACCC": "accepted",
    "ACSC": "accepted",
    "RJCT": "rejected",
    "CANC": "rejected",
    **dict.fromkeys(
        ("ACCP", "ACFC", "ACFW", "ACPD", "ACSP", "ACTC", "ACWC", "ACWP", "PART", "PATC", "PDNG",
         "RCVD"),
        "pending",
    ),
}  # fmt: skip

DEBITS: Final = "pain.008"  # what a report on our debits says it is about
_WORD: Final = re.compile(r"[A-Za-z0-9_.-]{1,35}")


class StatusReports:
    """One status per order; a BatchStatus where the bank speaks of a whole batch or file."""

    LAYOUT: Final = Layout(
        message="CstmrPmtStsRpt",
        sections=frozenset({(3, "GrpHdr"), (3, "OrgnlGrpInfAndSts"), (3, "OrgnlPmtInfAndSts")}),
        records=frozenset({(4, "TxInfAndSts")}),
    )

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._seen = Seen()
        self._message_id = ""
        self._are_debits = False

    def read(self, part: Part) -> Iterator[PayoutStatus | CollectionStatus | BatchStatus | Problem]:
        """The items of one part. Raises Broken."""
        match part.name:
            case "OrgnlGrpInfAndSts":
                try:
                    self._message_id = self._fields.bank_id(part.element, "OrgnlMsgId")
                    sent = self._fields.text(part.element, "OrgnlMsgNmId")
                    self._are_debits = sent.startswith(DEBITS)
                except Unfit as unfit:
                    raise broken(unfit.flaw, "head", f"{part.name}/{unfit.detail}") from None
                yield from self._batch(part.element, "GrpSts", "")
            case "OrgnlPmtInfAndSts":
                batch_id = self._fields.text(part.element, "OrgnlPmtInfId")
                yield from self._batch(part.element, "PmtInfSts", batch_id)
            case "TxInfAndSts":
                try:
                    yield self._order(part)
                except Unfit as unfit:
                    reference = self._fields.text(part.element, "OrgnlEndToEndId")[:35]
                    at = f"entry {part.entry}"
                    yield Problem(unfit.flaw, at, unfit.detail, reference=reference)

    def _batch(
        self, element: ET.Element, name: str, batch_id: str
    ) -> Iterator[BatchStatus | Problem]:
        code = self._fields.text(element, name)
        if not code:
            return
        if code not in VERDICTS:
            yield Problem(Flaw.UNKNOWN_CODE, "head", name)
            return
        yield BatchStatus(self._message_id, batch_id, VERDICTS[code], self._reason(element))

    def _order(self, part: Part) -> PayoutStatus | CollectionStatus:
        fields, element = self._fields, part.element
        reference = fields.bank_id(element, "OrgnlEndToEndId")
        code = fields.text(element, "TxSts") or fields.required(part.parent, "PmtInfSts")
        if code not in VERDICTS:
            raise Unfit(Flaw.UNKNOWN_CODE, "TxSts")
        if not self._seen.add(reference):
            raise Unfit(Flaw.DUPLICATE_ENTRY, "OrgnlEndToEndId")
        amount_minor, currency = None, None
        if fields.at(element, "OrgnlTxRef", "Amt", "InstdAmt") is not None:
            amount_minor, currency = fields.amount(element, "OrgnlTxRef", "Amt", "InstdAmt")
        reason = self._reason(element) or self._reason(part.parent)
        if self._are_debits:
            # That it was drawn is told by its booking, which says when and how much.
            is_over = VERDICTS[code] == "rejected"
            status: Literal["failed", "pending"] = "failed" if is_over else "pending"
            return CollectionStatus(reference, status, amount_minor, currency, reason=reason)
        has_booking = bool(fields.text(element, "AcctSvcrRef"))
        return PayoutStatus(
            reference=reference,
            status=VERDICTS[code],
            amount_minor=amount_minor,
            currency=currency,
            bank_reference=fields.bank_id(element, "AcctSvcrRef") if has_booking else "",
            reason=reason,
        )

    def _reason(self, element: ET.Element) -> str:
        """The standard's code, or the bank's own word where it is one word."""
        own = self._fields.text(element, "StsRsnInf", "Rsn", "Prtry")
        return self._fields.code(element, "StsRsnInf", "Rsn", "Cd") or (
            own if _WORD.fullmatch(own) else "NARR" if own else ""
        )
