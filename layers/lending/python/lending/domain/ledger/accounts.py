"""The accounts a loan is booked on, and the chart that a market gives them.

A posting is a signed integer in minor units: debit > 0, credit < 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Account(StrEnum):
    """What money can be: owed to us, ours, on its way, or somebody else's."""

    LOAN_PRINCIPAL = "loan_principal"
    INTEREST_RECEIVABLE = "interest_receivable"
    INTEREST_INCOME = "interest_income"
    FEE_RECEIVABLE = "fee_receivable"
    FEE_INCOME = "fee_income"
    PENALTY_RECEIVABLE = "penalty_receivable"
    PENALTY_INCOME = "penalty_income"
    CASH_CLEARING = "cash_clearing"
    SUSPENSE = "suspense"
    DEALER_PAYABLE = "dealer_payable"
    REFUND_PAYABLE = "refund_payable"
    WRITE_OFF = "write_off"
    RECOVERY = "recovery"
    FUNDING = "funding"
    TOLERANCE = "tolerance"
    LEASE_DEPOSIT = "lease_deposit"  # the customer's, held until the end


class AccountKind(StrEnum):
    """Which side of the books an account grows on: assets and expenses by debits."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One account of a market's chart: the number and name that its accountants use."""

    code: str
    name: str
    kind: AccountKind


type ChartOfAccounts = Mapping[Account, ChartLine]


def chart_of_accounts(raw: Mapping[str, Any]) -> ChartOfAccounts:
    """The chart in a profile's value: account to code, name and kind.

    Raises:
        ValueError, TypeError: an account is missing, unknown or malformed, or two share a code.
    """
    chart = {Account(name): _line(fields) for name, fields in raw.items()}
    missing = set(Account) - set(chart)
    if missing:
        raise ValueError(f"accounts without a line: {', '.join(sorted(missing))}")
    if len({line.code for line in chart.values()}) != len(chart):
        raise ValueError("two accounts share a code")
    return chart


def _line(fields: Mapping[str, Any]) -> ChartLine:
    line = ChartLine(**fields)
    if not line.code or not line.name:
        raise ValueError("an account needs a code and a name")
    return ChartLine(line.code, line.name, AccountKind(line.kind))
