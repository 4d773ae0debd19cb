"""The sandbox bank's reports of its bookings: the day's statement as JSON or camt.053, single
bookings as camt.054, verdicts on orders as pain.002. Written here and not with the product's
modules: who reads them must not be tested with its own writer.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tools.partners.journal import JsonObject

URN = "urn:iso:std:iso:20022:tech:xsd:"
ACCOUNT = "LENDER1"
PLACES = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3}
# Bank transaction code (domain, family, sub-family) of each kind of booking.
CODES = {
    "payout": ("PMNT", "ICDT", "DMCT"),
    "payout_return": ("PMNT", "ICDT", "RRTN"),
    "collection": ("PMNT", "IDDT", "PMDD"),
    "collection_return": ("PMNT", "IDDT", "UPDD"),
    "credit": ("PMNT", "RCDT", "DMCT"),
    "credit_return": ("PMNT", "RCDT", "RRTN"),
    "other": ("ACMT", "MDOP", "CHRG"),
}


class FileFlaw(StrEnum):
    """What is wrong with a file on purpose."""

    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    DUPLICATE_ENTRY = "duplicate_entry"
    WRONG_CURRENCY = "wrong_currency"
    NEGATIVE_AMOUNT = "negative_amount"
    WRONG_TOTAL = "wrong_total"
    ENTITY = "entity"


def statement_of(
    bookings: Iterable[JsonObject], day: str, currency: str, opening_minor: int
) -> JsonObject:
    """The statement of one bank day: what was booked on it, between two balances."""
    lines = []
    for one in bookings:
        if one["currency"] == currency and one["booked_on"] < day:
            opening_minor += one["amount_minor"]
        elif one["currency"] == currency and one["booked_on"] == day:
            lines.append({name: value for name, value in one.items() if name != "returned"})
    return {
        "statement_id": f"ST-{day}-{currency}",
        "account": ACCOUNT,
        "booked_on": day,
        "currency": currency,
        "opening_minor": opening_minor,
        "closing_minor": opening_minor + sum(one["amount_minor"] for one in lines),
        "lines": lines,
    }


def camt053(statement: JsonObject, message_id: str, created_s: float, flaw: str = "") -> str:
    """The statement as camt.053.001.08."""
    currency, day, created = statement["currency"], statement["booked_on"], _instant(created_s)
    lines = list(statement["lines"])
    if flaw == FileFlaw.DUPLICATE_ENTRY:
        lines += lines[:1]
    closing_minor = statement["closing_minor"] + (flaw == FileFlaw.WRONG_TOTAL)
    entries = "".join(_entry(one) for one in lines)
    if flaw == FileFlaw.WRONG_CURRENCY:
        entries = entries.replace(f'Ccy="{currency}"', 'Ccy="XPF"', 1)
    if flaw == FileFlaw.NEGATIVE_AMOUNT:
        entries = entries.replace(f'Ccy="{currency}">', f'Ccy="{currency}">-', 1)
    body = (
        f"<Stmt>{_tag('Id', statement['statement_id'])}{_tag('CreDtTm', created)}"
        f"<Acct><Id><Othr>{_tag('Id', ACCOUNT)}</Othr></Id>{_tag('Ccy', currency)}</Acct>"
        f"{_balance('OPBD', statement['opening_minor'], currency, day)}"
        f"{_balance('CLBD', closing_minor, currency, day)}{entries}</Stmt>"
    )
    text = _document("camt.053.001.08", "BkToCstmrStmt", message_id, created, body)
    return _bent(text, flaw)


def camt054(bookings: Sequence[JsonObject], message_id: str, created_s: float) -> str:
    """Single bookings, all of one currency, as camt.054.001.08."""
    created = _instant(created_s)
    entries = "".join(_entry(one) for one in bookings)
    body = (
        f"<Ntfctn>{_tag('Id', message_id)}{_tag('CreDtTm', created)}"
        f"<Acct><Id><Othr>{_tag('Id', ACCOUNT)}</Othr></Id>"
        f"{_tag('Ccy', bookings[0]['currency'])}</Acct>{entries}</Ntfctn>"
    )
    return _document("camt.054.001.08", "BkToCstmrDbtCdtNtfctn", message_id, created, body)


STATUS_CODES = {"accepted": "ACSC", "pending": "ACSP", "rejected": "RJCT"}


def pain002(
    original_message_id: str,
    verdicts: Sequence[Mapping[str, Any]],
    message_id: str,
    created_s: float,
    *,
    group_reason: str = "",
    of: str = "pain.001.001.09",
) -> str:
    """Verdicts `{reference, status, reason, bank_reference}` on a file as pain.002.001.10.

    With a `group_reason` the whole file is rejected and no order is named.
    """
    created = _instant(created_s)
    group = f"<GrpSts>RJCT</GrpSts>{_status_reason(group_reason)}" if group_reason else ""
    orders = "".join(
        f"<TxInfAndSts>{_tag('OrgnlEndToEndId', one['reference'])}"
        f"{_tag('TxSts', STATUS_CODES[one['status']])}"
        f"{_status_reason(one['reason'])}{_tag('AcctSvcrRef', one['bank_reference'])}"
        "</TxInfAndSts>"
        for one in verdicts
    )
    batch = _tag("OrgnlPmtInfId", original_message_id) + orders
    body = (
        f"<OrgnlGrpInfAndSts>{_tag('OrgnlMsgId', original_message_id)}"
        f"{_tag('OrgnlMsgNmId', of)}{group}</OrgnlGrpInfAndSts>"
        + ("" if group else f"<OrgnlPmtInfAndSts>{batch}</OrgnlPmtInfAndSts>")
    )
    return _document("pain.002.001.10", "CstmrPmtStsRpt", message_id, created, body)


def _entry(booking: JsonObject) -> str:
    domain, family, sub_family = CODES[booking["kind"]]
    is_theirs = booking["kind"] == "credit"
    end_to_end = "NOTPROVIDED" if is_theirs or not booking["reference"] else booking["reference"]
    remittance = ""
    if is_theirs and booking["reference"]:
        remittance = f"<RmtInf>{_tag('Ustrd', booking['reference'][:140])}</RmtInf>"
    returned = ""
    if booking["reason"]:
        returned = f"<RtrInf><Rsn>{_tag('Cd', booking['reason'][:4])}</Rsn></RtrInf>"
    return (
        f"<Ntry>{_amount(abs(booking['amount_minor']), booking['currency'])}"
        f"{_sign(booking['amount_minor'])}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt>{_tag('Dt', booking['booked_on'])}</BookgDt>"
        f"<ValDt>{_tag('Dt', booking['value_on'])}</ValDt>"
        f"{_tag('AcctSvcrRef', booking['bank_reference'])}"
        f"<BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub_family}"
        f"</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls>"
        f"<Refs>{_tag('EndToEndId', end_to_end[:35])}</Refs>{remittance}{returned}"
        f"</TxDtls></NtryDtls></Ntry>\n"
    )


def _balance(code: str, amount_minor: int, currency: str, day: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f"{_amount(abs(amount_minor), currency)}{_sign(amount_minor)}"
        f"<Dt>{_tag('Dt', day)}</Dt></Bal>"
    )


def _amount(amount_minor: int, currency: str) -> str:
    places = PLACES.get(currency, 2)
    digits = str(amount_minor).zfill(places + 1)
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"<Amt Ccy={quoteattr(currency)}>{text}</Amt>"


def _sign(amount_minor: int) -> str:
    return _tag("CdtDbtInd", "CRDT" if amount_minor >= 0 else "DBIT")


def _status_reason(reason: str) -> str:
    """A reason of four characters is a code of the standard, any other is the bank's own."""
    if not reason:
        return ""
    name = "Cd" if len(reason) <= 4 and reason.isupper() else "Prtry"
    return f"<StsRsnInf><Rsn>{_tag(name, reason[:35])}</Rsn></StsRsnInf>"


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def _instant(at_s: float) -> str:
    return datetime.fromtimestamp(int(at_s), UTC).isoformat().replace("+00:00", "Z")


def _document(kind: str, message: str, message_id: str, created: str, body: str) -> str:
    head = f"<GrpHdr>{_tag('MsgId', message_id)}{_tag('CreDtTm', created)}</GrpHdr>\n"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{URN}{kind}"><{message}>'
        f"{head}{body}</{message}></Document>\n"
    )


def _bent(text: str, flaw: str) -> str:
    match flaw:
        case FileFlaw.TRUNCATED:
            return text[: len(text) * 2 // 3]
        case FileFlaw.MALFORMED:
            return text.replace("</BookgDt>", "</BookDt>", 1)
        case FileFlaw.ENTITY:
            head, body = text.split("\n", 1)
            return f'{head}\n<!DOCTYPE Document [<!ENTITY x "y">]>\n{body}'
    return text
