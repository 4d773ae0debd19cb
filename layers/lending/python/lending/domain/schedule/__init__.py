"""Repayment schedules of every plan, in exact integer arithmetic (docs/calc.md, `schedule`).

`repayment_schedule(Terms(...))` answers everything.
"""

from lending.domain.dates import add_months
from lending.domain.schedule.drawing import repayment_schedule
from lending.domain.schedule.rows import Row, RowKind, Schedule, Totals
from lending.domain.schedule.terms import (
    Accrual,
    DownPayment,
    Fee,
    Grace,
    OddDays,
    PlanKind,
    RateChange,
    Repaid,
    RoundingRules,
    Step,
    Terms,
    Tranche,
)

__all__ = [
    "Accrual",
    "DownPayment",
    "Fee",
    "Grace",
    "OddDays",
    "PlanKind",
    "RateChange",
    "Repaid",
    "RoundingRules",
    "Row",
    "RowKind",
    "Schedule",
    "Step",
    "Terms",
    "Totals",
    "Tranche",
    "add_months",
    "repayment_schedule",
]
