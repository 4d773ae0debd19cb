"""Host to host: the sandbox bank fetches pain.001 files from S3 and delivers its reports there.

The bank may read the outbox and write the inbox, as a bank's role may: it deletes nothing.
"""

import hashlib
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

from tools.partners import bank_statement
from tools.partners.bank_statement import URN
from tools.partners.journal import JsonObject
from tools.partners.service import MalformedError

if TYPE_CHECKING:
    from tools.partners.bank_rail import BankRail

KIND = "pain.001.001.09"


def orders_of(raw: bytes) -> tuple[str, list[JsonObject]]:
    """Message id and payout orders of a pain.001. Raises MalformedError."""
    names = {"i": f"{URN}{KIND}"}
    try:
        root = ET.fromstring(raw)
    except ET.ParseError as error:
        raise MalformedError(f"not XML: {error}") from None

    def text(element: ET.Element, path: str) -> str:
        steps = "/".join(f"i:{step}" for step in path.split("/"))
        return (element.findtext(steps, "", names) or "").strip()

    message_id = text(root, "CstmrCdtTrfInitn/GrpHdr/MsgId")
    orders = []
    for transfer in root.iterfind(".//i:CdtTrfTxInf", names):
        amount = transfer.find("i:Amt/i:InstdAmt", names)
        if amount is None or not message_id:
            raise MalformedError("a transfer without an amount, or a file without an id")
        currency = amount.get("Ccy", "")
        places = bank_statement.PLACES.get(currency, 2)
        whole, _, part = (amount.text or "").partition(".")
        account_no = text(transfer, "CdtrAcct/Id/IBAN") or text(transfer, "CdtrAcct/Id/Othr/Id")
        orders.append(
            {
                "reference": text(transfer, "PmtId/EndToEndId"),
                "amount_minor": int(f"{whole}{part.ljust(places, '0')}"),
                "currency": currency,
                "payee": {"name": text(transfer, "Cdtr/Nm"), "account_no": account_no},
                "purpose": text(transfer, "RmtInf/Ustrd"),
            }
        )
    return message_id, orders


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
                if report := self._execute(found["Key"], body):
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

    def _execute(self, key: str, body: bytes) -> tuple[str, str] | None:
        """(name, report) of a file that was not seen before under this key."""
        sha256 = hashlib.sha256(body).hexdigest()
        if self._bank.is_file_known(f"key|{key}|{sha256}"):
            return None
        try:
            message_id, orders = orders_of(body)
        except MalformedError:
            message_id, orders = "UNREADABLE", []
        is_known = self._bank.is_file_known(f"id|{message_id}")
        self._bank.keep_file(f"key|{key}|{sha256}", sha256)
        self._bank.keep_file(f"id|{message_id}", sha256)
        created_s = self._bank.now()
        report_id = f"R-{sha256[:24]}"
        if is_known or not orders:
            reason = "DUPL" if is_known else "FF01"
            text = bank_statement.pain002(message_id, [], report_id, created_s, group_reason=reason)
        else:
            verdicts = [self._bank.execute(order) for order in orders]
            text = bank_statement.pain002(message_id, verdicts, report_id, created_s)
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
