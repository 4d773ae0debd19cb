"""Extension (展期): the same loan over a longer time, as the next version of its plan.

What is paid stays as it was; from the last paid due date on, the balance is laid out anew over
the periods left and those added. Whether it may be done is policy, by its dated rules; nothing
may be overdue, and no deferred interest may wait.
"""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Self

from lending.domain import policy
from lending.domain.computable import NotComputable
from lending.domain.dates import MONTHLY, add_months
from lending.domain.policy import PolicyRules, Verdict
from lending.domain.pricing import instalments_of
from lending.domain.records import Instalment
from lending.domain.schedule import Grace, PlanKind, Schedule, Terms, repayment_schedule


@dataclass(frozen=True, slots=True)
class Standing:
    """A monthly loan where it stands: `rows` is the whole plan in force, numbered through.

    Periods 1 to `paid` are paid. `months` is the term first agreed, to which extensions added
    `extended_months`. `terms` are those of the plan from period `since` + 1 on.
    """

    terms: Terms
    rows: tuple[Instalment, ...]
    paid: int
    months: int
    opened_on: date
    first_due_on: date | None = None
    since: int = 0
    extended_months: int = 0
    extensions: int = 0
    version: int = 1

    @classmethod
    def of(cls, terms: Terms, schedule: Schedule, paid: int) -> Self:
        """A loan under its first plan, of which so many periods are paid.

        Raises:
            NotComputable: invalid_field, it is not a monthly loan paid out at once over a
                number of periods.
        """
        if terms.period != MONTHLY or terms.tranches is not None or terms.periods is None:
            detail = "a monthly loan, paid out at once, over a number of periods"
            raise NotComputable("invalid_field", "/terms", detail)
        rows = instalments_of(schedule)
        return cls(terms, rows, paid, terms.periods, terms.disbursed_on, terms.first_due_on)

    @property
    def balance_minor(self) -> int:
        """Principal left after what is paid."""
        after = [row.balance_minor for row in self.rows if row.number <= self.paid]
        return after[-1] if after else sum(row.principal_minor for row in self.rows)

    def due_on(self, period: int) -> date:
        """The due date that ends a period; period 0 ends when the loan is opened."""
        if period == 0:
            return self.opened_on
        if self.first_due_on is None:
            return add_months(self.opened_on, period, self.terms.month_end)
        return add_months(self.first_due_on, period - 1, self.terms.month_end)


@dataclass(frozen=True, slots=True)
class Limits:
    """The market's rules and the product's longest term, extensions included."""

    rules: PolicyRules
    max_total_months: int


def extend(
    standing: Standing,
    months: int,
    on: date,
    limits: Limits,
    annual_rate_pct: Fraction | None = None,
) -> Standing | Verdict:
    """The loan with months added `on` a day, or the verdict of the rule that forbids it.

    `annual_rate_pct` is that of the periods not yet paid (None: it stays). A balloon or an
    interest-only loan keeps its lump sum, at the new end, a lease its residual. What is left of
    steps is repaid in equal instalments. Fees of the first day are not charged again.

    Raises:
        NotComputable: invalid_field, no months are added or more is paid than the plan has.
    """
    if months < 1:
        raise NotComputable("invalid_field", "/months", "at least 1")
    if not 0 <= standing.paid <= standing.months + standing.extended_months:
        raise NotComputable("invalid_field", "/paid", "0 to the periods of the plan")
    return _forbidden(standing, months, on, limits) or lengthened(standing, months, annual_rate_pct)


def lengthened(
    standing: Standing, months: int, annual_rate_pct: Fraction | None = None
) -> Standing:
    """The loan with months added, whatever the rules of today say: once it was agreed.

    Raises:
        NotComputable: no plan can be drawn up.
    """
    terms = _terms(standing, months, annual_rate_pct)
    kept = tuple(row for row in standing.rows if row.number <= standing.paid)
    later = instalments_of(repayment_schedule(terms))
    numbered = [replace(row, number=row.number + standing.paid) for row in later]
    return replace(
        standing,
        terms=terms,
        rows=(*kept, *numbered),
        since=standing.paid,
        extended_months=standing.extended_months + months,
        extensions=standing.extensions + 1,
        version=standing.version + 1,
    )


def _forbidden(standing: Standing, months: int, on: date, limits: Limits) -> Verdict | None:
    """The first rule that forbids it. A market without a ratio has the product's limit alone."""
    unpaid = [row for row in standing.rows if row.number > standing.paid]
    if not unpaid or not standing.balance_minor:
        return Verdict(allowed=False, rule="extension.balance", reason="repaid")
    if unpaid[0].due_on < on:
        return Verdict(allowed=False, rule="extension.arrears", reason="overdue")
    if 0 < standing.paid - standing.since <= standing.terms.grace.interest_periods:
        return Verdict(allowed=False, rule="extension.deferred_interest", reason="not_collected")
    rules, before = limits.rules, standing.extended_months
    most = rules.extension_max_count
    if most is not None and standing.extensions >= most:
        return Verdict(allowed=False, rule="extension.max_count", reason="too_often")
    if rules.extension_ratio is None:
        if standing.months + before + months <= limits.max_total_months:
            return None
        return Verdict(allowed=False, rule="extension.max_total_months")
    verdict = policy.extension(rules, standing.months, before, months, limits.max_total_months)
    return None if verdict.allowed else verdict


def _terms(standing: Standing, months: int, annual_rate_pct: Fraction | None) -> Terms:
    """The terms of what is not yet paid, from the last paid due date on."""
    terms, paid = standing.terms, standing.paid
    start, done = standing.due_on(paid), paid - standing.since
    changes = terms.rate_changes or ()
    rate = [terms.annual_rate_pct, *(one.annual_rate_pct for one in changes if one.on <= start)][-1]
    last = standing.months + standing.extended_months + months
    is_odd = paid == 0 and standing.first_due_on is not None
    dates = None if is_odd else tuple(standing.due_on(n) for n in range(paid + 1, last + 1))
    plan = PlanKind.EQUAL_INSTALMENT if terms.plan is PlanKind.STEP else terms.plan
    grace = Grace(max(0, terms.grace.principal_periods - done)) if done else terms.grace
    return replace(
        terms,
        plan=plan,
        annual_rate_pct=rate if annual_rate_pct is None else annual_rate_pct,
        disbursed_on=start,
        principal_minor=standing.balance_minor,
        periods=last if is_odd else None,
        first_due_on=standing.first_due_on if is_odd else None,
        due_dates=dates,
        instalment_minor=None,
        principal_instalment_minor=None,
        advance_rents=None,
        steps=None,
        grace=grace,
        down_payment=None,
        rate_changes=tuple(one for one in changes if one.on > start) or None,
        odd_days_interest=None,
        fees=tuple(fee for fee in terms.fees if fee.when == "each_instalment"),
    )
