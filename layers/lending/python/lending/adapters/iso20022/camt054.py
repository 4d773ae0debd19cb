"""camt.054.001.08: single bookings told during the day; the same money is in the statement."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Final

from lending.adapters.iso20022.entries import Entries
from lending.adapters.iso20022.fields import Fields, Unfit
from lending.adapters.iso20022.seen import Seen
from lending.adapters.iso20022.stream import Layout, Part, broken
from lending.domain.bank_facts import Fact, Flaw, Problem, StatementLine, fact_of


class Notifications:
    """Facts of booked entries, pending entries as lines, and a case for what nobody can class."""

    LAYOUT: Final = Layout(
        message="BkToCstmrDbtCdtNtfctn",
        sections=frozenset({(3, "GrpHdr"), (3, "Ntfctn")}),
        records=frozenset({(4, "Ntry")}),
    )

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._seen = Seen()
        self._notification: ET.Element | None = None
        self._entries: Entries | None = None

    def read(self, part: Part) -> Iterator[Fact | StatementLine | Problem]:
        """The items of one part. Raises Broken."""
        if part.name != "Ntry":
            return
        if self._notification is not part.parent or self._entries is None:
            self._notification = part.parent
            self._entries = self._open(part.parent)
        for item in self._entries.read(part.element, part.entry):
            if isinstance(item, Problem) or not item.is_booked:
                yield item
            elif fact := fact_of(item):
                yield fact
            else:
                yield Problem(
                    Flaw.UNCLASSIFIED,
                    f"entry {item.entry}",
                    "BkTxCd",
                    bank_reference=item.bank_reference,
                    reference=item.reference,
                )

    def _open(self, notification: ET.Element) -> Entries:
        fields = self._fields
        try:
            notification_id = fields.bank_id(notification, "Id")
            account = fields.text(notification, "Acct", "Id", "IBAN")
            account = account or fields.required(notification, "Acct", "Id", "Othr", "Id")
        except Unfit as unfit:
            raise broken(unfit.flaw, "notification", f"Ntfctn/{unfit.detail}") from None
        currency = fields.text(notification, "Acct", "Ccy")
        return Entries(fields, notification_id, account, currency, self._seen)
