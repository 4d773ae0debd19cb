"""pain.001.001.09: credit transfers as a file for the bank. Equal input gives equal bytes."""

from collections.abc import Iterator
from typing import Final

from lending.adapters.iso20022.written import Batch, account, amount, named, order_id, tag
from lending.ports.bank import PayoutOrder

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"


def pain001(batch: Batch[PayoutOrder]) -> bytes:
    """The file. Single bookings are asked for, so that each transfer is one statement line.

    Raises:
        Unwritable: an order or the batch does not fit the schema; nothing is cut to fit.
        ValueError: no orders, too many, two currencies or a reference twice.
    """
    batch.check()
    return "".join(_document(batch)).encode()


def _document(batch: Batch[PayoutOrder]) -> Iterator[str]:
    transfers = [_transfer(order) for order in batch.orders]  # first: it names the one that is bad
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<Document xmlns="{NAMESPACE}">\n<CstmrCdtTrfInitn>\n{batch.head()}\n<PmtInf>'
    yield tag("PmtInfId", batch.id()) + tag("PmtMtd", "TRF") + tag("BtchBookg", "false")
    yield batch.totals()
    yield f"<ReqdExctnDt>{tag('Dt', batch.execute_on.isoformat())}</ReqdExctnDt>"
    yield f"<Dbtr>{tag('Nm', batch.name())}</Dbtr><DbtrAcct>{batch.account()}</DbtrAcct>"
    yield f"<DbtrAgt>{batch.agent()}</DbtrAgt>\n"
    yield from transfers
    yield "</PmtInf>\n</CstmrCdtTrfInitn>\n</Document>\n"


def _transfer(order: PayoutOrder) -> str:
    head, reference = order_id(order), order.reference
    return (
        f"<CdtTrfTxInf>{head}<Amt>{amount(order)}</Amt>"
        f"<Cdtr>{tag('Nm', named(reference, 'payee_name', order.payee.name))}</Cdtr>"
        f"<CdtrAcct>{account(reference, order.payee.account_no)}</CdtrAcct>"
        f"<RmtInf>{tag('Ustrd', named(reference, 'purpose', order.purpose))}</RmtInf>"
        "</CdtTrfTxInf>\n"
    )
