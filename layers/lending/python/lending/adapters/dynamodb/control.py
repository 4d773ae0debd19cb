"""The Movements and Controls ports on the lending table."""

from collections.abc import Iterator
from dataclasses import asdict, astuple, fields
from datetime import date
from itertools import batched, chain
from typing import Any, Final

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.expressions.operand import Path

from lending.adapters.dynamodb import keys, ledger_mappers, mappers
from lending.adapters.dynamodb.attributes import (
    DayAttribute,
    InstantAttribute,
    IntegerAttribute,
    JsonAttribute,
)
from lending.adapters.dynamodb.money import told_in
from lending.adapters.dynamodb.rows import BooksRow, DisbursementRow, LedgerTermsRow, Row
from lending.adapters.dynamodb.table import Item, RowCorrupt, Table, new_row, read
from lending.domain.control import Bucket, ClearingProof, Holding, SuspenseAgeing, Unstated
from lending.domain.ledger.accounts import Account
from lending.domain.receipts import Receipt, loan_of_payout
from lending.domain.reconciliation import Tally
from lending.domain.servicing.account import INDEX

_PAGE: Final = 100  # keys of one BatchGetItem
_TALLIES: Final = ("unstated", "held", "outside")
_OF_PROOF: Final = tuple(one.name for one in fields(ClearingProof) if one.name not in _TALLIES)
_OF_AGEING: Final = tuple(one.name for one in fields(SuspenseAgeing) if one.name != "buckets")


class BaseRow(Row):
    """pk=CONTROL#currency sk=BASE. Never changed once written."""

    base_minor = IntegerAttribute()


class ProofRow(Row):
    """pk=CONTROL#currency sk=PROOF#day; tallies are lists of items and sum."""

    on = DayAttribute()
    currency = UnicodeAttribute()
    bank_minor = IntegerAttribute()
    ledger_minor = IntegerAttribute()
    base_minor = IntegerAttribute()
    tallies = JsonAttribute()
    is_settled = BooleanAttribute()
    proved_at = InstantAttribute()
    version = IntegerAttribute()


class AgeingRow(Row):
    """pk=CONTROL#currency sk=AGEING#day; buckets are lists of days, items and sum."""

    on = DayAttribute()
    currency = UnicodeAttribute()
    buckets = JsonAttribute()
    overdue = IntegerAttribute()
    made_at = InstantAttribute()
    version = IntegerAttribute()


class DynamoMovements:
    """See `lending.ports.statements.Movements`."""

    def __init__(self, table_name: str) -> None:
        self._table = Table(table_name)

    def holdings(self) -> Iterator[Holding]:
        """Of every loan with a ledger. Raises RowCorrupt, Retryable."""
        shards = keys.ledger_timer_shards()
        listed = chain.from_iterable(self._table.timers(shard, None, None) for shard in shards)
        for some in batched(listed, _PAGE, strict=False):
            terms = [ledger_mappers.terms(read(LedgerTermsRow, item)) for item in some]
            found = self._table.get_many([keys.books(one.loan_id) for one in terms])
            for one in terms:
                item = found.get(keys.books(one.loan_id))
                if item is None:
                    raise RowCorrupt(f"{keys.books(one.loan_id).pk}: no books")
                account = ledger_mappers.books(read(BooksRow, item)).account
                clearing = account.balances[INDEX[Account.CASH_CLEARING]]
                held = (account.suspense_minor, account.deposit_minor)
                yield Holding(one.loan_id, one.currency, clearing, *held)

    def unstated(self) -> Iterator[Unstated]:
        """Booked and on no statement. Raises RowCorrupt, Retryable."""
        for item in self._listed(keys.unstated_timer_shards()):
            if item["pk"]["S"].startswith("RECEIPT#"):
                yield _unstated(told_in(item))
            else:
                payout = mappers.disbursement(read(DisbursementRow, item))
                since = payout.resolved_at or payout.intended_at
                loan_id = loan_of_payout(payout.application_id)
                moved = (-payout.amount_minor, payout.currency, since)
                yield Unstated(payout.reference, loan_id, *moved)
        for item in self._table.timers(keys.ENTRY_TIMER_SHARD, None, None):
            one = told_in(item)
            if one.awaits_statement:
                yield _unstated(one)
        debits = tuple(keys.collection_timer_shard(shard) for shard in range(keys.LOAN_SHARDS))
        for item in self._listed(debits):
            # Most have drawn nothing yet.
            drawn = told_in(item) if "receipt" in item else None
            if drawn is not None and drawn.awaits_statement:
                yield _unstated(drawn)

    def held(self, currency: str) -> Tally:
        """Open cases of statements. Raises RowCorrupt, Retryable."""
        tally = Tally()
        for item in self._listed(keys.case_timer_shards()):
            one = told_in(item)
            if one.currency == currency and one.stated_on is not None and one.moved_minor:
                tally = tally.plus(one.moved_minor)
        return tally

    def outside(self, currency: str) -> Tally:
        """Explained outside the loan ledger. Raises RowCorrupt, Retryable."""
        tally = Tally()
        shard = keys.outside_timer_shard(currency)
        for item in self._table.timers(shard, None, None):
            tally = tally.plus(told_in(item).moved_minor)
        return tally

    def _listed(self, shards: tuple[str, ...]) -> Iterator[Item]:
        return chain.from_iterable(self._table.timers(shard, None, None) for shard in shards)


def _unstated(one: Receipt) -> Unstated:
    moved = (one.moved_minor, one.currency, one.received_at)
    return Unstated(one.receipt_id, one.loan_id, *moved)


class DynamoControls:
    """See `lending.ports.statements.Controls`."""

    def __init__(self, table_name: str) -> None:
        self._table = Table(table_name)

    def base_minor(self, currency: str) -> int | None:
        """What the account held besides our movements. Raises RowCorrupt."""
        row = self._table.get(BaseRow, keys.control_base(currency))
        return None if row is None else row.base_minor

    def keep_base(self, currency: str, base_minor: int) -> None:
        """Keep it for ever. Raises StaleVersion, Retryable."""
        key = keys.control_base(currency)
        self._table.write(BaseRow(pk=key.pk, sk=key.sk, base_minor=base_minor), new_row())

    def proof(self, on: date, currency: str) -> ClearingProof | None:
        """A day's proof. Raises RowCorrupt."""
        row = self._table.get(ProofRow, keys.control(on, currency, "PROOF"))
        if row is None:
            return None
        found: dict[str, Any] = {name: getattr(row, name) for name in _OF_PROOF}
        try:
            found |= {name: Tally(*row.tallies[name]) for name in _TALLIES}
            return ClearingProof(**found)
        except (KeyError, TypeError) as error:
            raise RowCorrupt(f"{row.pk} {row.sk}: tallies") from error

    def keep_proof(self, proof: ClearingProof, was: int) -> None:
        """Store or replace. Raises StaleVersion, Retryable."""
        key = keys.control(proof.on, proof.currency, "PROOF")
        plain = {name: getattr(proof, name) for name in _OF_PROOF}
        tallies = {name: list(astuple(getattr(proof, name))) for name in _TALLIES}
        self._keep(ProofRow(pk=key.pk, sk=key.sk, tallies=tallies, **plain), was)

    def ageing(self, on: date, currency: str) -> SuspenseAgeing | None:
        """A day's ageing. Raises RowCorrupt."""
        row = self._table.get(AgeingRow, keys.control(on, currency, "AGEING"))
        if row is None:
            return None
        plain: dict[str, Any] = {name: getattr(row, name) for name in _OF_AGEING}
        try:
            return SuspenseAgeing(**plain, buckets=tuple(Bucket(**one) for one in row.buckets))
        except TypeError as error:
            raise RowCorrupt(f"{row.pk} {row.sk}: buckets") from error

    def keep_ageing(self, ageing: SuspenseAgeing, was: int) -> None:
        """Store or replace. Raises StaleVersion, Retryable."""
        key = keys.control(ageing.on, ageing.currency, "AGEING")
        plain = {name: getattr(ageing, name) for name in _OF_AGEING}
        rows = [asdict(bucket) for bucket in ageing.buckets]
        self._keep(AgeingRow(pk=key.pk, sk=key.sk, buckets=rows, **plain), was)

    def _keep(self, row: Row, was: int) -> None:
        self._table.write(row, Path("version") == {"N": str(was)} if was else new_row())
