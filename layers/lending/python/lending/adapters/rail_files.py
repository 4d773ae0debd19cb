"""The PaymentRail port over files: a pain.001 for each payout, a pain.008 for each debit.

Their verdicts are reports (pain.002, camt.054, statement), which come in as facts. Until then a
payout is `unknown` and a debit `pending`. A file that is not there was never sent, and only that
permits to send it.
"""

import hashlib
import json
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from lending.adapters.iso20022.pain001 import pain001
from lending.adapters.iso20022.pain008 import pain008
from lending.adapters.iso20022.written import Batch, OurAccount, Unwritable
from lending.domain.faults import Permanent, Retryable
from lending.ports.bank import BankFiles, DebitAnswer, DebitOrder, PayoutOrder
from lending.ports.partners import Payee, RailAnswer
from lending.ports.system import Clock


@dataclass(frozen=True, slots=True)
class FileRail:
    """`ours` pays and is paid. `timezone` is the bank's: on which day a payout is executed."""

    files: BankFiles
    ours: OurAccount
    clock: Clock
    timezone: str

    def submit(self, order: PayoutOrder) -> RailAnswer:
        """Put the order's file, at most once for ever per reference."""
        now = self.clock.now()
        today = now.astimezone(ZoneInfo(self.timezone)).date()
        try:
            body = pain001(Batch(order.reference, now, today, self.ours, (order,)))
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

    def debit(self, order: DebitOrder) -> DebitAnswer:
        """Put the order's file, at most once for ever per reference; its verdict is a report.

        It is drawn on the day that the order names: an order that is put late keeps its content.
        """
        batch = Batch(order.reference, self.clock.now(), order.due_on, self.ours, (order,))
        try:
            body = pain008(batch)
        except Unwritable as refusal:
            return DebitAnswer("failed", f"unwritable_{refusal.field}")
        try:
            done = self.files.send(order.reference, body, _debit_sha256(order))
        except (Retryable, Permanent) as fault:
            return DebitAnswer("unknown", str(fault))
        if done == "other_orders":
            return DebitAnswer("unknown", "reference_reused")
        return DebitAnswer("pending")

    def query_debit(self, *, reference: str) -> DebitAnswer:
        """`not_received` when the file was never put, else `pending`: the verdict is a report."""
        try:
            was_sent = self.files.was_sent(reference)
        except (Retryable, Permanent) as fault:
            return DebitAnswer("unknown", str(fault))
        return DebitAnswer("pending" if was_sent else "not_received")


def _sha256(order: PayoutOrder) -> str:
    """What was ordered, whenever its file was written."""
    payee = order.payee
    return _hash(order, payee.name, payee.account_no, order.purpose)


def _debit_sha256(order: DebitOrder) -> str:
    payer = order.payer
    drawn = (payer.name, payer.account_no, payer.mandate_id, order.due_on.isoformat())
    return _hash(order, *drawn, order.purpose)


def _hash(order: PayoutOrder | DebitOrder, *more: str) -> str:
    told = (order.reference, order.amount_minor, order.currency, *more)
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()
