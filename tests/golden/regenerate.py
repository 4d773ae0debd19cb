"""Writes the golden plans anew: look at every difference before committing it."""

import json
from datetime import date
from pathlib import Path

from lending.domain.dates import add_months
from lending.domain.money import Rounding
from lending.domain.pricing.all_in import all_in

from tests.fakes.plans import equal_instalment

FOLDER = Path(__file__).parent
# name -> (principal_minor, annual_rate_bps, term_months, opened_on)
CASES = {
    "cn-120000-36m-6.80": (12_000_000, 680, 36, date(2026, 11, 24)),
    "cn-300000-60m-4.80-month-end": (30_000_000, 480, 60, date(2026, 1, 31)),
    "cn-10000-12m-0.00": (1_000_000, 0, 12, date(2026, 3, 15)),
    "us-25000-72m-8.99": (2_500_000, 899, 72, date(2028, 2, 29)),
    "smallest-3m-24.00": (7, 2400, 3, date(2026, 12, 31)),
}


def render(name: str) -> str:
    """The golden text of one case: terms, annual rate and every row."""
    principal, rate, term, opened_on = CASES[name]
    plan = equal_instalment(principal, rate, term, opened_on, Rounding.HALF_UP)
    rows = [
        [row.number, row.due_on.isoformat(), row.principal_minor, row.interest_minor,
         row.total_minor, row.balance_minor]
        for row in plan
    ]  # fmt: skip
    paid = [(row.number, row.total_minor) for row in plan]
    rates = all_in(principal, paid, opened_on, add_months(opened_on, 1), 0)
    head = {
        "principal_minor": principal,
        "annual_rate_bps": rate,
        "term_months": term,
        "opened_on": opened_on.isoformat(),
        "apr_bps": rates.nominal_bps,
        "total_interest_minor": sum(row.interest_minor for row in plan),
    }
    lines = ",\n".join("    " + json.dumps(row) for row in rows)
    body = json.dumps(head, indent=2)[:-2]
    return f'{body},\n  "rows": [\n{lines}\n  ]\n}}\n'


def main() -> None:
    """Write every case."""
    for name in CASES:
        (FOLDER / f"{name}.json").write_text(render(name), "utf-8")


if __name__ == "__main__":
    main()
