"""The trial balance: turnover and balance of every account, per currency."""

from collections.abc import Iterable
from dataclasses import dataclass

from lending.domain.ledger.accounts import Account
from lending.domain.ledger.journal import JournalEntry, Posting


@dataclass(frozen=True, slots=True)
class TrialLine:
    """What went through an account, in minor units; both sides are 0 or more."""

    currency: str
    account: Account
    debit_minor: int
    credit_minor: int

    @property
    def balance_minor(self) -> int:
        """Debit > 0."""
        return self.debit_minor - self.credit_minor


class TrialBalance:
    """Sums entries as they pass; nothing of them is kept."""

    def __init__(self) -> None:
        self.entries = 0
        self._debits: dict[tuple[str, Account], int] = {}
        self._credits: dict[tuple[str, Account], int] = {}

    def add(self, entry: JournalEntry) -> None:
        """Count one entry."""
        self.entries += 1
        self.add_postings(entry.currency, entry.postings)

    def add_postings(self, currency: str, postings: Iterable[Posting]) -> None:
        """Count postings of one currency."""
        for account, amount in postings:
            side = self._debits if amount > 0 else self._credits
            key = (currency, account)
            side[key] = side.get(key, 0) + abs(amount)

    def lines(self) -> tuple[TrialLine, ...]:
        """Every account that was touched, by currency and in the order of the accounts."""
        touched = self._debits.keys() | self._credits.keys()
        return tuple(
            TrialLine(
                currency,
                account,
                self._debits.get((currency, account), 0),
                self._credits.get((currency, account), 0),
            )
            for currency in sorted({currency for currency, _ in touched})
            for account in Account
            if (currency, account) in touched
        )

    def out_of_balance(self) -> dict[str, int]:
        """Currencies whose debits and credits differ, and by how much; empty when all is well."""
        sums: dict[str, int] = {}
        for line in self.lines():
            sums[line.currency] = sums.get(line.currency, 0) + line.balance_minor
        return {currency: amount for currency, amount in sums.items() if amount}
