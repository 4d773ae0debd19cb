"""A bank day against our books: every line of the statement, none dropped.

matched: the bank and we say the same, and we knew it before. explained: the line told us
something that no webhook had, and it is booked now. unexplained: the line is a case.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Standing(StrEnum):
    """What a line of the statement came to."""

    MATCHED = "matched"
    EXPLAINED = "explained"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Tally:
    """Lines and their sum in minor units (signed as on the statement)."""

    lines: int = 0
    amount_minor: int = 0

    def plus(self, amount_minor: int) -> "Tally":
        """With one more line."""
        return Tally(self.lines + 1, self.amount_minor + amount_minor)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One bank day in one currency. `balances` False: the statement contradicts itself.

    The three tallies come to what the balance changed by; nothing is dropped. `source` is the
    channel that brought it last: statement (asked for) or file (delivered).
    """

    statement_id: str
    on: date
    currency: str
    opening_minor: int
    closing_minor: int
    matched: Tally
    explained: Tally
    unexplained: Tally
    balances: bool
    reconciled_at: datetime
    version: int = 1
    account: str = ""
    source: str = "statement"

    @property
    def is_clean(self) -> bool:
        """Nothing for a person to look at."""
        return self.balances and not self.unexplained.lines
