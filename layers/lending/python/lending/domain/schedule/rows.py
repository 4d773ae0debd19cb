"""A finished schedule: its rows, its sums and what the borrower's flows are."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from lending.domain.dates import Period


class RowKind(StrEnum):
    """What a row is paid for."""

    DOWN_PAYMENT = "down_payment"
    ADVANCE = "advance"
    INSTALMENT = "instalment"
    RESIDUAL = "residual"


class Row(NamedTuple):
    """One due payment, in minor units; `balance_minor` is the principal left after it.

    `n` is the number of the period it ends, 0 on the day of disbursement. The period's rate is
    `rate_numerator` / `rate_denominator`, not in percent.
    """

    n: int
    kind: RowKind
    start_on: date
    due_on: date
    days: int
    rate_numerator: int
    rate_denominator: int
    principal_minor: int
    interest_minor: int
    fee_minor: int
    total_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all rows; `upfront_minor` is paid at disbursement besides them, `total` is all."""

    principal_minor: int
    interest_minor: int
    fee_minor: int
    upfront_minor: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Rows in order of their due dates. `instalment_minor` None: the plan has no regular one.

    `lent_minor` is what the borrower gets for it, `in_tranches` on several days.
    """

    rows: tuple[Row, ...]
    instalment_minor: int | None
    upfront_minor: int
    lent_minor: int
    in_tranches: bool
    period: Period

    @property
    def totals(self) -> Totals:
        """What is paid over the whole term."""
        return Totals(
            principal_minor=sum(row.principal_minor for row in self.rows),
            interest_minor=sum(row.interest_minor for row in self.rows),
            fee_minor=sum(row.fee_minor for row in self.rows),
            upfront_minor=self.upfront_minor,
            total_minor=self.upfront_minor + sum(row.total_minor for row in self.rows),
        )

    @property
    def flows(self) -> list[tuple[int, int]]:
        """(t in periods, minor units), received positive, paid negative; t = 0 is netted.

        Of tranches there are none: they do not arrive at whole periods.
        """
        if self.in_tranches:
            return []
        at_start = self.lent_minor - self.upfront_minor
        flows = []
        for row in self.rows:
            if row.n == 0:
                at_start -= row.total_minor
            else:
                flows.append((row.n, -row.total_minor))
        return [(0, at_start), *flows]
