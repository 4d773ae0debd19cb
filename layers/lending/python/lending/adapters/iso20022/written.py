"""What the files that we write share: our account, and texts that fit whole or are refused."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Protocol
from xml.sax.saxutils import escape

from lending.domain.faults import Permanent
from lending.domain.minor_units import decimal_text
from lending.ports.bank import REFERENCE_CHARS_MAX

ORDERS_MAX: Final = 10_000
_ID: Final = re.compile(r"[A-Za-z0-9/?:().,'+ _-]{1,35}")
_BIC: Final = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9./-]{1,34}")
# What XML 1.0 can hold and a person can see as it is: no controls, no marks that hide or turn text.
_TEXT: Final = re.compile(
    "[ -~\u00a0-\u200a\u2010-\u2027\u202f-\u205f\u2070-\ud7ff\uf900-\ufefe"
    "\uff01-\uffef\U00010000-\U0010ffff]+"
)


class Unwritable(Permanent):
    """An order that no bank file can hold; names the order and the field, never the value."""

    def __init__(self, reference: str, field: str) -> None:
        super().__init__(f"{reference}: {field}")
        self.field = field


@dataclass(frozen=True, slots=True)
class OurAccount:
    """Our account at the bank; `bic` may be "" where the bank identifies us by the channel."""

    name: str
    account_no: str
    bic: str


class Order(Protocol):
    """What payouts and debits have in common."""

    @property
    def reference(self) -> str: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def currency(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Batch[O: Order]:
    """One file with one block of orders. `message_id` is as unique as an order's reference.

    `execute_on` is the day on which the bank is to pay or to collect.
    """

    message_id: str
    created_at: datetime
    execute_on: date
    ours: OurAccount
    orders: Sequence[O]

    def check(self) -> None:
        """Raises ValueError: no orders, too many, two currencies or a reference twice."""
        orders = self.orders
        if not 1 <= len(orders) <= ORDERS_MAX:
            raise ValueError(f"a file holds 1 to {ORDERS_MAX} transfers")
        if len({order.currency for order in orders}) > 1:
            raise ValueError("one currency a file: control sums add up one")
        if len({order.reference for order in orders}) < len(orders):
            raise ValueError("a reference appears twice")

    def head(self) -> str:
        """The group's header. Raises Unwritable."""
        created = self.created_at.astimezone(UTC).isoformat(timespec="seconds")
        return (
            f"<GrpHdr>{tag('MsgId', self.id())}{tag('CreDtTm', created.replace('+00:00', 'Z'))}"
            f"{self.totals()}<InitgPty>{tag('Nm', self.name())}</InitgPty></GrpHdr>"
        )

    def id(self) -> str:
        """The message id, as it may be written. Raises Unwritable."""
        return written_id(self.message_id, "message_id", self.message_id)

    def name(self) -> str:
        """Whose account it is. Raises Unwritable."""
        return named(self.message_id, "our_name", self.ours.name)

    def totals(self) -> str:
        """How many orders, and their sum."""
        total = sum(order.amount_minor for order in self.orders)
        text = decimal_text(total, self.orders[0].currency)
        return tag("NbOfTxs", str(len(self.orders))) + tag("CtrlSum", text)

    def account(self) -> str:
        """Our account's number. Raises Unwritable."""
        return account(self.message_id, self.ours.account_no)

    def agent(self) -> str:
        """Our bank. Raises Unwritable."""
        bic = self.ours.bic
        if not bic:
            return NO_AGENT
        found = tag("BICFI", _fitting(self.message_id, "our_bic", _BIC, bic))
        return f"<FinInstnId>{found}</FinInstnId>"


def amount(order: Order) -> str:
    """The ordered amount. Raises Unwritable."""
    try:
        if order.amount_minor <= 0:
            raise Unwritable(order.reference, "amount_minor")
        text = decimal_text(order.amount_minor, order.currency)
    except ValueError:
        raise Unwritable(order.reference, "currency") from None
    return f'<InstdAmt Ccy="{order.currency}">{text}</InstdAmt>'


def order_id(order: Order) -> str:
    """The reference, as it comes back in every report. Raises Unwritable."""
    reference = written_id(order.reference, "reference", order.reference)
    return f"<PmtId>{tag('InstrId', reference)}{tag('EndToEndId', reference)}</PmtId>"


def account(reference: str, account_no: str) -> str:
    """An IBAN only where it is one. Raises Unwritable."""
    bare = account_no.replace(" ", "")
    if _IBAN.fullmatch(bare) and _has_iban_check_digits(bare):
        return f"<Id>{tag('IBAN', bare)}</Id>"
    other = _fitting(reference, "account_no", _ACCOUNT, bare)
    return f"<Id><Othr>{tag('Id', other)}</Othr></Id>"


def _has_iban_check_digits(iban: str) -> bool:
    """ISO 13616: the first four characters moved behind, letters as 10..35, remainder 1."""
    digits = "".join(str(int(char, 36)) for char in iban[4:] + iban[:4])
    return int(digits) % 97 == 1


def named(reference: str, field: str, text: str) -> str:
    """A text of up to 140 visible characters, which is what the schema and people allow."""
    return _fitting(reference, field, _TEXT, text, length_max=140)


def written_id(reference: str, field: str, value: str) -> str:
    """An id of up to 35 plain characters. Raises Unwritable."""
    return _fitting(reference, field, _ID, value)


def _fitting(
    reference: str, field: str, pattern: re.Pattern[str], value: str, length_max: int | None = None
) -> str:
    is_short = length_max is None or len(value) <= length_max
    if not (is_short and pattern.fullmatch(value) and value.strip() == value):
        raise Unwritable(reference[:REFERENCE_CHARS_MAX], field)
    return value


def tag(name: str, text: str) -> str:
    """One element with a text."""
    return f"<{name}>{escape(text)}</{name}>"


NO_AGENT: Final = f"<FinInstnId><Othr>{tag('Id', 'NOTPROVIDED')}</Othr></FinInstnId>"
