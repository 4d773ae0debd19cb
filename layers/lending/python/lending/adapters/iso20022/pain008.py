"""pain.008.001.08: direct debits as a file for the bank. Equal input gives equal bytes."""

from collections.abc import Iterator
from typing import Final

from lending.adapters.iso20022.written import (
    NO_AGENT,
    Batch,
    account,
    amount,
    named,
    order_id,
    tag,
    written_id,
)
from lending.ports.bank import DebitOrder

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"


def pain008(batch: Batch[DebitOrder]) -> bytes:
    """The file. Single bookings are asked for, so that each collection is one statement line.

    Raises:
        Unwritable: an order or the batch does not fit the schema; nothing is cut to fit.
        ValueError: no orders, too many, two currencies or a reference twice.
    """
    batch.check()
    return "".join(_document(batch)).encode()


def _document(batch: Batch[DebitOrder]) -> Iterator[str]:
    debits = [_debit(order) for order in batch.orders]  # first: it names the one that is bad
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<Document xmlns="{NAMESPACE}">\n<CstmrDrctDbtInitn>\n{batch.head()}\n<PmtInf>'
    yield tag("PmtInfId", batch.id()) + tag("PmtMtd", "DD") + tag("BtchBookg", "false")
    yield batch.totals() + tag("ReqdColltnDt", batch.execute_on.isoformat())
    yield f"<Cdtr>{tag('Nm', batch.name())}</Cdtr><CdtrAcct>{batch.account()}</CdtrAcct>"
    yield f"<CdtrAgt>{batch.agent()}</CdtrAgt>\n"
    yield from debits
    yield "</PmtInf>\n</CstmrDrctDbtInitn>\n</Document>\n"


def _debit(order: DebitOrder) -> str:
    """The payer's bank is known by the account's number, as in a transfer."""
    head, reference, payer = order_id(order), order.reference, order.payer
    mandate = tag("MndtId", written_id(reference, "mandate_id", payer.mandate_id))
    return (
        f"<DrctDbtTxInf>{head}{amount(order)}"
        f"<DrctDbtTx><MndtRltdInf>{mandate}</MndtRltdInf></DrctDbtTx>"
        f"<DbtrAgt>{NO_AGENT}</DbtrAgt>"
        f"<Dbtr>{tag('Nm', named(reference, 'payer_name', payer.name))}</Dbtr>"
        f"<DbtrAcct>{account(reference, payer.account_no)}</DbtrAcct>"
        f"<RmtInf>{tag('Ustrd', named(reference, 'purpose', order.purpose))}</RmtInf>"
        "</DrctDbtTxInf>\n"
    )
