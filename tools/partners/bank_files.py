"""Host to host: the sandbox bank fetches pain.001 and pain.008 files from S3 and reports there.

The bank may read the outbox and write the inbox, as a bank's role may: it deletes nothing.
"""

import hashlib
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.partners import bank_statement
from tools.partners.bank_statement import URN
from tools.partners.journal import JsonObject
from tools.partners.service import MalformedError

if TYPE_CHECKING:
    from tools.partners.bank_rail import BankRail

PAYOUTS = "pain.001.001.09"
DEBITS = "pain.008.001.08"


@dataclass(frozen=True)
class Orders:
    """What a file orders; `kind` is the message that it is."""

    kind: str
    message_id: str
    orders: list[JsonObject]


def orders_of(raw: bytes) -> Orders:
    """Payouts of a pain.001, or debits of a pain.008. Raises MalformedError."""
    try:
        root = ET.fromstring(raw)
    except ET.ParseError as error:
        raise MalformedError(f"not XML: {error}") from None
    kind = DEBITS if root.tag == f"{{{URN}{DEBITS}}}Document" else PAYOUTS
    names = {"i": f"{URN}{kind}"}
    message_id = _text(root, "*/GrpHdr/MsgId", names)
    if not message_id:
        raise MalformedError("a file without an id")
    if kind == PAYOUTS:
        transfers = root.iterfind(".//i:CdtTrfTxInf", names)
        return Orders(kind, message_id, [_payout(one, names) for one in transfers])
    orders = [
        _debit(one, _text(block, "ReqdColltnDt", names), names)
        for block in root.iterfind(".//i:PmtInf", names)
        for one in block.iterfind("i:DrctDbtTxInf", names)
    ]
    return Orders(kind, message_id, orders)


def _payout(transfer: ET.Element, names: dict[str, str]) -> JsonObject:
    account_no = _account(transfer, "CdtrAcct", names)
    payee = {"name": _text(transfer, "Cdtr/Nm", names), "account_no": account_no}
    return _order(transfer, "Amt/InstdAmt", names) | {"payee": payee}


def _debit(debit: ET.Element, due_on: str, names: dict[str, str]) -> JsonObject:
    payer = {
        "name": _text(debit, "Dbtr/Nm", names),
        "account_no": _account(debit, "DbtrAcct", names),
        "mandate_id": _text(debit, "DrctDbtTx/MndtRltdInf/MndtId", names),
    }
    return _order(debit, "InstdAmt", names) | {"payer": payer, "due_on": due_on}


def _order(element: ET.Element, path: str, names: dict[str, str]) -> JsonObject:
    """What both have."""
    amount = element.find("/".join(f"i:{step}" for step in path.split("/")), names)
    if amount is None:
        raise MalformedError("an order without an amount")
    currency = amount.get("Ccy", "")
    places = bank_statement.PLACES.get(currency, 2)
    whole, _, part = (amount.text or "").partition(".")
    return {
        "reference": _text(element, "PmtId/EndToEndId", names),
        "amount_minor": int(f"{whole}{part.ljust(places, '0')}"),
        "currency": currency,
        "purpose": _text(element, "RmtInf/Ustrd", names),
    }


def _account(element: ET.Element, name: str, names: dict[str, str]) -> str:
    found = _text(element, f"{name}/Id/IBAN", names)
    return found or _text(element, f"{name}/Id/Othr/Id", names)


def _text(element: ET.Element, path: str, names: dict[str, str]) -> str:
    steps = "/".join(step if step == "*" else f"i:{step}" for step in path.split("/"))
    return (element.findtext(steps, "", names) or "").strip()


class HostToHost:
    """The bank's side of the bucket."""

    def __init__(self, bank: "BankRail") -> None:
        self._bank = bank

    def run(self) -> list[str]:
        """Execute every file of the outbox that is new; returns the keys of the reports."""
        setting, s3 = self._setting(), self._s3()
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=setting["bucket"], Prefix=setting.get("outbox", "outbox/")
        )
        delivered = []
        for page in pages:
            for found in page.get("Contents", []):
                body = s3.get_object(Bucket=setting["bucket"], Key=found["Key"])["Body"].read()
                if report := self.execute(found["Key"], body):
                    delivered.append(self._put(report[0], report[1]))
        return delivered

    def put_statement(self, day: str, currency: str, flaw: str, name: str) -> str:
        """Deliver a camt.053; the same name again is the same file delivered again."""
        statement = self._bank.statement_of(day, currency)
        message_id = f"M-{statement['statement_id']}"
        # The time is the day's end: the same statement has the same bytes whenever it is made.
        created_s = self._bank.end_of(day)
        text = bank_statement.camt053(statement, message_id, created_s, flaw)
        return self._put(name or f"camt053-{day}-{currency}.xml", text)

    def execute(self, key: str, body: bytes) -> tuple[str, str] | None:
        """Do what a new file orders: (name, report); None for one that was seen under this key."""
        sha256 = hashlib.sha256(body).hexdigest()
        if self._bank.is_file_known(f"key|{key}|{sha256}"):
            return None
        try:
            found = orders_of(body)
        except MalformedError:
            found = Orders(PAYOUTS, "UNREADABLE", [])
        message_id, orders = found.message_id, found.orders
        is_known = self._bank.is_file_known(f"id|{message_id}")
        self._bank.keep_file(f"key|{key}|{sha256}", sha256)
        self._bank.keep_file(f"id|{message_id}", sha256)
        created_s = self._bank.now()
        report_id = f"R-{sha256[:24]}"
        if is_known or not orders:
            reason = "DUPL" if is_known else "FF01"
            text = bank_statement.pain002(
                message_id, [], report_id, created_s, group_reason=reason, of=found.kind
            )
        else:
            take = self._bank.draw if found.kind == DEBITS else self._bank.execute
            verdicts = [take(order) for order in orders]
            text = bank_statement.pain002(message_id, verdicts, report_id, created_s, of=found.kind)
        return f"pain002-{report_id}.xml", text

    def _put(self, name: str, text: str) -> str:
        setting = self._setting()
        key = str(setting.get("inbox", "inbox/")) + name
        self._s3().put_object(Bucket=setting["bucket"], Key=key, Body=text.encode())
        return key

    def _setting(self) -> JsonObject:
        setting = self._bank.files_setting()
        if not setting:
            raise MalformedError("no bucket is set")
        return setting

    def _s3(self) -> Any:
        import boto3  # at use: most sandboxes exchange no files, and it takes long to load

        setting = self._setting()
        optional = {"endpoint_url": setting["endpoint_url"]} if "endpoint_url" in setting else {}
        return boto3.client("s3", region_name=setting.get("region", "eu-west-1"), **optional)
