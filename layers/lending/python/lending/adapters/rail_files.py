"""The PaymentRail port over files: one pain.001 a payout, its verdict in a later report.

A file that was put is `unknown` until the bank says more (pain.002, camt.054, statement), which
comes in as facts. A file that is not there was never sent, and only that permits to send it.
"""

import hashlib
import json
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from lending.adapters.iso20022.pain001 import Batch, Debtor, Unwritable, pain001
from lending.domain.faults import Permanent, Retryable
from lending.ports.bank import BankFiles, DebitAnswer, DebitOrder, PayoutOrder
from lending.ports.partners import Payee, RailAnswer
from lending.ports.system import Clock


@dataclass(frozen=True, slots=True)
class FileRail:
    """`timezone` is the bank's: its calendar says on which day a payout is executed."""

    files: BankFiles
    debtor: Debtor
    clock: Clock
    timezone: str

    def submit(self, order: PayoutOrder) -> RailAnswer:
        """Put the order's file, at most once for ever per reference."""
        now = self.clock.now()
        today = now.astimezone(ZoneInfo(self.timezone)).date()
        try:
            body = pain001(Batch(order.reference, now, today, self.debtor, (order,)))
        except Unwritable as refusal:
            # Known before anything was sent, so it is a "no" and not a doubt.
            return RailAnswer("rejected", f"unwritable_{refusal.field}")
        try:
            done = self.files.send(order.reference, body, _sha256(order))
        except (Retryable, Permanent) as fault:
            return RailAnswer("unknown", str(fault))
        return RailAnswer("unknown", "reference_reused" if done == "other_orders" else done)

    def pay(
        self, *, reference: str, amount_minor: int, currency: str, payee: Payee, purpose: str
    ) -> RailAnswer:
        """`submit` by the older Rail port."""
        return self.submit(PayoutOrder(reference, amount_minor, currency, payee, purpose))

    def query(self, *, reference: str) -> RailAnswer:
        """`not_received` when the file was never put, else `unknown`: the verdict is a report."""
        try:
            was_sent = self.files.was_sent(reference)
        except (Retryable, Permanent) as fault:
            return RailAnswer("unknown", str(fault))
        return RailAnswer("unknown", "sent") if was_sent else RailAnswer("not_received")

    def debit(self, order: DebitOrder) -> DebitAnswer:  # noqa: ARG002 - as the port names it
        """This channel carries no collections (that would be pain.008): nothing is sent."""
        return DebitAnswer("failed", "channel_cannot_collect")

    def query_debit(self, *, reference: str) -> DebitAnswer:  # noqa: ARG002
        """No collection was ever sent here."""
        return DebitAnswer("not_received")


def _sha256(order: PayoutOrder) -> str:
    """What was ordered, whenever its file was written."""
    told = (
        order.reference,
        order.amount_minor,
        order.currency,
        order.payee.name,
        order.payee.account_no,
        order.purpose,
    )
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()
