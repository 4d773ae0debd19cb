"""What a loan really costs, as each market wants it said.

* `apr`: the annual rate of flows by Regulation Z, the EU directive, IRR, or simply;
* `unit_periods`: how Regulation Z counts the time between two dates;
* `caps`: an annual rate against a ceiling, exact at the edge;
* `cost_sheet`: the all-in cost sheet (综合融资成本明示表) of a loan, as data.
"""

from lending.domain.disclosure.apr import (
    AnnualRates,
    Method,
    TimedLoan,
    annual_rates,
    simple_rates,
)
from lending.domain.disclosure.caps import plan_within_cap, within_cap

__all__ = [
    "AnnualRates",
    "Method",
    "TimedLoan",
    "annual_rates",
    "plan_within_cap",
    "simple_rates",
    "within_cap",
]
