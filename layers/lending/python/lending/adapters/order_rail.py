"""The channel that a deployment's orders take: the bank's HTTP interface, or its files.

Enquiries about accounts stay with HTTP: no file of ours asks for them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lending.adapters.rail_http import HttpRail
from lending.adapters.system import SystemClock

if TYPE_CHECKING:
    from lending.adapters.rail_files import FileRail


@dataclass(frozen=True, slots=True)
class OrderChannel:
    """What was chosen; account, BIC and timezone are of the files."""

    by: Literal["http", "files"]
    bucket: str
    account_name: str
    account_no: str
    bic: str
    timezone: str


def order_rail(channel: OrderChannel, http: HttpRail) -> "HttpRail | FileRail":
    """The rail of the channel."""
    if channel.by == "http":
        return http
    # Who pays by HTTP does not wait for these to be loaded.
    from lending.adapters.bank_files_s3 import S3BankFiles
    from lending.adapters.iso20022.written import OurAccount
    from lending.adapters.rail_files import FileRail

    ours = OurAccount(channel.account_name, channel.account_no, channel.bic)
    return FileRail(S3BankFiles(channel.bucket), ours, SystemClock(), channel.timezone)
