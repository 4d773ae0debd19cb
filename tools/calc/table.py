"""A schedule's answer as a table for people, with subtotals of every calendar year."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from lending.domain.minor_units import places_of

from tools.calc.wire import decimals_text

PLACES: Final = 4
DECIMALS: Final = 2  # of a currency that no list knows
AMOUNTS: Final = {
    "payment": "total_minor",
    "principal": "principal_minor",
    "interest": "interest_minor",
    "fee": "fee_minor",
    "balance": "balance_minor",
}
YEAR: Final = slice(0, 4)


def money_text(amount_minor: int, currency: str) -> str:
    """Major units with thousands separators: 123456789 CNY is 1,234,567.89."""
    places = places_of(currency)
    if places is None:
        places = DECIMALS
    digits = str(abs(amount_minor)).rjust(places + 1, "0")
    whole, fraction = digits[: len(digits) - places], digits[len(digits) - places :]
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{int(whole):,}{'.' if places else ''}{fraction}"


def schedule_table(answered: Mapping[str, Any]) -> str:
    """Rows, a subtotal after each year, the total, and the rates; a refusal as one line."""
    if "error" in answered:
        problem = answered["error"]
        return f"{problem['title']}: {problem['detail']}"
    currency, rows = answered["currency"], answered["instalments"]
    lines = [["n", "due", "days", *AMOUNTS]]
    for year, of_year in groupby(rows, key=lambda row: row["due_on"][YEAR]):
        group = list(of_year)
        for row in group:
            amounts = [money_text(row[name], currency) for name in AMOUNTS.values()]
            lines.append([str(row["n"]), row["due_on"], str(row["days"]), *amounts])
        lines.append(_summed(year, group, currency))
    lines.append(_summed("total", rows, currency))
    return "\n".join([*_aligned(lines), "", *_facts(answered)])


def _summed(label: str, rows: list[dict[str, Any]], currency: str) -> list[str]:
    """What a year or the whole term comes to; the balance is the one after its last row."""
    sums = [money_text(sum(row[name] for row in rows), currency) for name in AMOUNTS.values()]
    days = sum(row["days"] for row in rows)
    return ["", label, str(days), *sums[:-1], money_text(rows[-1]["balance_minor"], currency)]


def _aligned(lines: list[list[str]]) -> list[str]:
    """Columns to the right, the dates to the left; sums between rules."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    rule = "  ".join("-" * width for width in widths)
    shown: list[str] = []
    for line in lines:
        cells = [
            cell.ljust(width) if index == 1 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        text = "  ".join(cells).rstrip()
        is_sum = line[0] == ""
        shown += [rule, text, rule] if is_sum and shown[-1] != rule else [text]
        if line is lines[0]:
            shown.append(rule)
    return shown if shown[-1] == rule else [*shown, rule]


def _facts(answered: Mapping[str, Any]) -> list[str]:
    currency, totals, rates = answered["currency"], answered["totals"], answered["rates"]
    facts = []
    if answered["instalment_minor"] is not None:
        facts.append(f"instalment  {money_text(answered['instalment_minor'], currency)} {currency}")
    if totals["upfront_minor"]:
        facts.append(f"paid first  {money_text(totals['upfront_minor'], currency)} {currency}")
    facts.append(f"paid in all {money_text(totals['total_minor'], currency)} {currency}")
    if rates["irr_nominal_pct"] is not None:
        nominal, effective = (decimals_text(Decimal(rate), PLACES) for rate in rates.values())
        facts.append(f"cost a year {nominal} % nominal, {effective} % effective")
    return facts
