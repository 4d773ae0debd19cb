"""`autolend calc schedule --table` and `--chart`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tools.calc.chart import schedule_chart
from tools.calc.run import solve
from tools.calc.table import money_text, schedule_table

LOAN: dict[str, Any] = {
    "principal_minor": 100_000,
    "annual_rate_pct": "12",
    "plan": "equal_instalment",
    "disbursed_on": "2026-10-31",
    "periods": 3,
}
TABLE = """\
n  due         days   payment  principal  interest   fee  balance
-  ----------  ----  --------  ---------  --------  ----  -------
1  2026-11-30    30    340.02     330.02     10.00  0.00   669.98
2  2026-12-31    31    340.02     333.32      6.70  0.00   336.66
-  ----------  ----  --------  ---------  --------  ----  -------
   2026          61    680.04     663.34     16.70  0.00   336.66
-  ----------  ----  --------  ---------  --------  ----  -------
3  2027-01-31    31    340.03     336.66      3.37  0.00     0.00
-  ----------  ----  --------  ---------  --------  ----  -------
   2027          31    340.03     336.66      3.37  0.00     0.00
-  ----------  ----  --------  ---------  --------  ----  -------
   total         92  1,020.07   1,000.00     20.07  0.00     0.00
-  ----------  ----  --------  ---------  --------  ----  -------

instalment  340.02 CNY
paid in all 1,020.07 CNY
"""


def run(asked: object, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.cli.main", "calc", *options],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )


def svg(asked: dict[str, Any]) -> ET.Element:
    return ET.fromstring(schedule_chart(solve("schedule", asked)))


def bars(drawing: ET.Element) -> list[ET.Element]:
    """The stacked rectangles: those with a tooltip."""
    return [rect for rect in drawing.findall("{*}rect") if rect.find("{*}title") is not None]


def test_a_table_has_annual_subtotals() -> None:
    shown = schedule_table(solve("schedule", LOAN))
    assert shown.startswith(TABLE)
    assert shown.splitlines()[-1].startswith("cost a year 12.0")


def test_a_table_tells_what_is_paid_first_and_hides_what_is_not_there() -> None:
    fee = {"code": "arrangement", "amount_minor": 5_000, "when": "upfront"}
    shown = schedule_table(solve("schedule", {**LOAN, "plan": "interest_only", "fees": [fee]}))
    assert "paid first  50.00 CNY" in shown
    assert "instalment" not in shown


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (123_456_789, "CNY", "1,234,567.89"),
        (5, "EUR", "0.05"),
        (-5, "EUR", "-0.05"),
        (1_234, "JPY", "1,234"),
        (1_234, "KWD", "1.234"),
        (1_234, "XXX", "12.34"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(amount: int, currency: str, text: str) -> None:
    assert money_text(amount, currency) == text


def test_a_refusal_is_one_line_of_the_table() -> None:
    shown = schedule_table(solve("schedule", {**LOAN, "periods": 0}))
    assert shown == "Invalid field: Some fields are wrong."


def test_a_chart_has_a_bar_for_each_part_of_each_payment() -> None:
    drawn = bars(svg(LOAN))
    assert len(drawn) == 6
    # Both parts of a payment stand on each other: heights add up to the payment's share.
    principal, interest = drawn[0], drawn[1]
    top = float(interest.attrib["y"]) + float(interest.attrib["height"])
    assert top == pytest.approx(float(principal.attrib["y"]))
    foot = {float(one.attrib["y"]) + float(one.attrib["height"]) for one in drawn[::2]}
    assert len(foot) == 1


def test_a_long_schedule_is_drawn_by_year() -> None:
    drawn = svg({**LOAN, "periods": 360})
    labels = [str(title.text) for bar in bars(drawn) if (title := bar[0]) is not None]
    assert labels[0] == "2026 principal"
    assert len({label.split()[0] for label in labels}) == 31


@pytest.mark.parametrize("principal", [1, 10**18])
def test_a_chart_of_any_amount_stays_inside(principal: int) -> None:
    drawn = bars(svg({**LOAN, "principal_minor": principal}))
    assert drawn
    for bar in drawn:
        assert 0 <= float(bar.attrib["y"]) <= 420
        assert 0 <= float(bar.attrib["x"]) <= 960


def test_by_the_shell(tmp_path: Path) -> None:
    chart = tmp_path / "loan.svg"
    both = run([LOAN, {}], "schedule", "--table", "--chart", str(chart))
    assert (both.returncode, both.stderr) == (0, "")
    assert both.stdout.startswith(TABLE)
    assert "Invalid field" in both.stdout
    assert ET.parse(chart).getroot().tag.endswith("svg")
    only_chart = run(LOAN, "schedule", "--chart", str(chart))
    assert json.loads(only_chart.stdout) == solve("schedule", LOAN)


def test_a_refused_schedule_has_no_table(tmp_path: Path) -> None:
    chart = tmp_path / "loan.svg"
    refused = run({**LOAN, "periods": 0}, "schedule", "--table", "--chart", str(chart))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert json.loads(refused.stderr)["code"] == "invalid_field"
    assert not chart.exists()


def test_options_that_do_not_fit(tmp_path: Path) -> None:
    elsewhere = run({}, "policy", "--table")
    assert elsewhere.returncode == 2
    assert "for schedules" in elsewhere.stderr
    nowhere = run(LOAN, "schedule", "--chart", str(tmp_path / "no" / "folder.svg"))
    assert nowhere.returncode == 2
    assert "cannot be written" in nowhere.stderr
