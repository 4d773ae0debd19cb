"""Renewal (续贷): a new loan repays the old one, to the cent of the day it is paid out.

The settlement quote of the old loan is the principal of the new one, with new money on top if
there is any. It is a new loan: it needs a decision and a cost sheet of its own.
"""

from dataclasses import dataclass, replace
from datetime import date

from lending.domain.computable import NotComputable
from lending.domain.policy import BPS, PolicyRules, Verdict
from lending.domain.schedule import Schedule, Terms, repayment_schedule
from lending.domain.settlement import Position, Settlement, settle


@dataclass(frozen=True, slots=True)
class Record:
    """How a loan has gone so far, as the rules for its renewal want to know it."""

    product_kind: str
    principal_minor: int
    repaid_minor: int
    worst_past_due_days: int
    days_to_maturity: int


@dataclass(frozen=True, slots=True)
class Renewal:
    """`pays_off_minor` of the new loan closes the old one, `pays_out_minor` goes to the customer.

    `terms` and `schedule` are the new loan's.
    """

    settlement: Settlement
    pays_off_minor: int
    pays_out_minor: int
    terms: Terms
    schedule: Schedule


def may_renew(rules: PolicyRules, record: Record) -> Verdict:
    """Whether a loan may be renewed: how well it was paid, how much, and how near its end is.

    Raises:
        NotComputable: invalid_field, the market has no rule for renewals.
    """
    rule = rules.renewal
    if rule is None:
        raise NotComputable("invalid_field", "/market", "this market has no rule renewal")
    if record.worst_past_due_days > rule.max_past_due_days:
        return Verdict(allowed=False, rule="renewal.max_past_due_days", reason="past_due")
    is_exempt = record.product_kind in rule.without_repayment
    if not is_exempt and record.repaid_minor * BPS < rule.min_paid_bps * record.principal_minor:
        return Verdict(allowed=False, rule="renewal.min_paid_bps", reason="too_little_paid")
    if record.days_to_maturity > rule.window_days:
        return Verdict(allowed=False, rule="renewal.window_days", reason="too_early")
    return Verdict(allowed=True, rule="renewal.window_days")


def renew(old: Position, on: date, new: Terms, new_money_minor: int = 0) -> Renewal:
    """The new loan, paid out `on` a day of the old one's running period.

    `new` says everything but the principal and the day; both are set here.

    Raises:
        NotComputable: invalid_field, the day is outside the period, new money is negative or
            nothing is left to renew; or the terms have no schedule.
    """
    if new_money_minor < 0:
        raise NotComputable("invalid_field", "/new_money_minor", "at least 0")
    settlement = settle(old, on)
    if settlement.settlement_minor < 1:
        raise NotComputable("invalid_field", "/old", "nothing is left to renew")
    principal = settlement.settlement_minor + new_money_minor
    terms = replace(new, principal_minor=principal, disbursed_on=on)
    return Renewal(
        settlement=settlement,
        pays_off_minor=settlement.settlement_minor,
        pays_out_minor=new_money_minor,
        terms=terms,
        schedule=repayment_schedule(terms),
    )
