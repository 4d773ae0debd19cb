"""The chart of accounts: every account of every market has a code, a name and a side."""

from copy import deepcopy
from datetime import date

import pytest
from lending.adapters.profiles import ProfileStore
from lending.domain.ledger.accounts import Account, AccountKind, chart_of_accounts

RAW = {
    account.value: {"code": f"{number:04d}", "name": f"Account {number}", "kind": "asset"}
    for number, account in enumerate(Account)
}


@pytest.mark.parametrize("market", ["cn", "us"])
def test_a_shipped_chart_gives_every_account_a_code_of_its_own(market: str) -> None:
    chart = ProfileStore((market,)).get(market, date(2026, 11, 24)).chart
    assert set(chart) == set(Account)
    assert len({line.code for line in chart.values()}) == len(Account)


@pytest.mark.parametrize("market", ["cn", "us"])
def test_what_is_owed_to_us_is_an_asset_and_what_we_owe_a_liability(market: str) -> None:
    chart = ProfileStore((market,)).get(market, date(2026, 11, 24)).chart
    assert chart[Account.LOAN_PRINCIPAL].kind is AccountKind.ASSET
    assert chart[Account.SUSPENSE].kind is AccountKind.LIABILITY
    assert chart[Account.INTEREST_INCOME].kind is AccountKind.INCOME
    assert chart[Account.WRITE_OFF].kind is AccountKind.EXPENSE


def test_a_complete_chart_is_read() -> None:
    assert chart_of_accounts(RAW)[Account.LOAN_PRINCIPAL].code == "0000"


@pytest.mark.parametrize(
    "change",
    [
        {"suspense": None},
        {"petty_cash": {"code": "9", "name": "Petty cash", "kind": "asset"}},
        {"suspense": {"code": "0000", "name": "Twice", "kind": "asset"}},
        {"suspense": {"code": "", "name": "No code", "kind": "asset"}},
        {"suspense": {"code": "9", "name": "No side", "kind": "odd"}},
        {"suspense": {"code": "9", "kind": "asset"}},
    ],
)
def test_a_chart_that_leaves_something_open_is_refused(change: dict[str, object]) -> None:
    raw = {**deepcopy(RAW), **change}
    raw = {name: line for name, line in raw.items() if line is not None}
    with pytest.raises((ValueError, TypeError)):
        chart_of_accounts(raw)
