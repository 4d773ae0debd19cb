"""pain.001.001.09: credit transfers as a file for the bank. Equal input gives equal bytes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from xml.sax.saxutils import escape

from lending.domain.faults import Permanent
from lending.domain.minor_units import decimal_text
from lending.ports.bank import REFERENCE_CHARS_MAX, PayoutOrder

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
TRANSFERS_MAX: Final = 10_000
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
class Debtor:
    """Our account at the bank; `bic` may be "" where the bank identifies us by the channel."""

    name: str
    account_no: str
    bic: str


@dataclass(frozen=True, slots=True)
class Batch:
    """One file with one payment block. `message_id` is as unique as a payment reference."""

    message_id: str
    created_at: datetime
    execute_on: date
    debtor: Debtor
    orders: Sequence[PayoutOrder]


def pain001(batch: Batch) -> bytes:
    """The file. Single bookings are asked for, so that each transfer is one statement line.

    Raises:
        Unwritable: an order or the batch does not fit the schema; nothing is cut to fit.
        ValueError: no orders, too many, two currencies or a reference twice.
    """
    orders = batch.orders
    if not 1 <= len(orders) <= TRANSFERS_MAX:
        raise ValueError(f"a file holds 1 to {TRANSFERS_MAX} transfers")
    if len({order.currency for order in orders}) > 1:
        raise ValueError("one currency a file: control sums add up one")
    if len({order.reference for order in orders}) < len(orders):
        raise ValueError("a reference appears twice")
    return "".join(_document(batch)).encode()


def _document(batch: Batch) -> Iterator[str]:
    orders, debtor = batch.orders, batch.debtor
    transfers = [_transfer(order) for order in orders]  # first: it names the order that is wrong
    count = str(len(orders))
    total = decimal_text(sum(order.amount_minor for order in orders), orders[0].currency)
    message_id = _fitting(batch.message_id, "message_id", _ID, batch.message_id)
    name = _named(batch.message_id, "debtor_name", debtor.name)
    created = batch.created_at.astimezone(UTC).isoformat(timespec="seconds")
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<Document xmlns="{NAMESPACE}">\n<CstmrCdtTrfInitn>\n<GrpHdr>'
    yield _tag("MsgId", message_id) + _tag("CreDtTm", created.replace("+00:00", "Z"))
    yield _tag("NbOfTxs", count) + _tag("CtrlSum", total)
    yield f"<InitgPty>{_tag('Nm', name)}</InitgPty></GrpHdr>\n<PmtInf>"
    yield _tag("PmtInfId", message_id) + _tag("PmtMtd", "TRF") + _tag("BtchBookg", "false")
    yield _tag("NbOfTxs", count) + _tag("CtrlSum", total)
    yield f"<ReqdExctnDt>{_tag('Dt', batch.execute_on.isoformat())}</ReqdExctnDt>"
    yield f"<Dbtr>{_tag('Nm', name)}</Dbtr>"
    yield f"<DbtrAcct>{_account(batch.message_id, debtor.account_no)}</DbtrAcct>"
    yield f"<DbtrAgt><FinInstnId>{_agent(batch)}</FinInstnId></DbtrAgt>\n"
    yield from transfers
    yield "</PmtInf>\n</CstmrCdtTrfInitn>\n</Document>\n"


def _transfer(order: PayoutOrder) -> str:
    reference = _fitting(order.reference, "reference", _ID, order.reference)
    try:
        if order.amount_minor <= 0:
            raise Unwritable(reference, "amount_minor")
        amount = decimal_text(order.amount_minor, order.currency)
    except ValueError:
        raise Unwritable(reference, "currency") from None
    purpose = _named(reference, "purpose", order.purpose)
    return (
        f"<CdtTrfTxInf><PmtId>{_tag('InstrId', reference)}{_tag('EndToEndId', reference)}</PmtId>"
        f'<Amt><InstdAmt Ccy="{order.currency}">{amount}</InstdAmt></Amt>'
        f"<Cdtr>{_tag('Nm', _named(reference, 'payee_name', order.payee.name))}</Cdtr>"
        f"<CdtrAcct>{_account(reference, order.payee.account_no)}</CdtrAcct>"
        f"<RmtInf>{_tag('Ustrd', purpose)}</RmtInf></CdtTrfTxInf>\n"
    )


def _agent(batch: Batch) -> str:
    if not batch.debtor.bic:
        return f"<Othr>{_tag('Id', 'NOTPROVIDED')}</Othr>"
    return _tag("BICFI", _fitting(batch.message_id, "debtor_bic", _BIC, batch.debtor.bic))


def _account(reference: str, account_no: str) -> str:
    bare = account_no.replace(" ", "")
    if _IBAN.fullmatch(bare) and _has_iban_check_digits(bare):
        return f"<Id>{_tag('IBAN', bare)}</Id>"
    other = _fitting(reference, "account_no", _ACCOUNT, bare)
    return f"<Id><Othr>{_tag('Id', other)}</Othr></Id>"


def _has_iban_check_digits(iban: str) -> bool:
    """ISO 13616: the first four characters moved behind, letters as 10..35, remainder 1."""
    digits = "".join(str(int(char, 36)) for char in iban[4:] + iban[:4])
    return int(digits) % 97 == 1


def _named(reference: str, field: str, text: str) -> str:
    """A text of up to 140 visible characters, which is what the schema and people allow."""
    return _fitting(reference, field, _TEXT, text, length_max=140)


def _fitting(
    reference: str, field: str, pattern: re.Pattern[str], value: str, length_max: int | None = None
) -> str:
    is_short = length_max is None or len(value) <= length_max
    if not (is_short and pattern.fullmatch(value) and value.strip() == value):
        raise Unwritable(reference[:REFERENCE_CHARS_MAX], field)
    return value


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
