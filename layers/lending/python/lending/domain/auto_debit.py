"""Auto-debit of instalments: what may be drawn on a day, and when a failed attempt is repeated.

One attempt has one reference, for ever. While the fate of one is open, the loan is not debited
again under another; so whatever the bank does, nothing is collected twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from lending.domain.business_days import BusinessCalendar, Convention, adjust
from lending.domain.computable import NotComputable
from lending.domain.delinquency import Unpaid
from lending.domain.receipts import collection_reference
from lending.domain.records import Instalment, Loan

ATTEMPTS_MAX: Final = 9  # a reference has one digit for it
WEEKENDS_ONLY: Final = BusinessCalendar()
VERDICT_MAX: Final = timedelta(days=7)  # over any holiday: after that a person asks the bank
PURPOSE: Final = "auto_debit"  # of the consent, and of the order at the bank


class CollectionState(StrEnum):
    """Where one attempt stands. Only the bank's word ends it."""

    INTENT = "INTENT"  # written down, perhaps sent
    PENDING = "PENDING"  # the bank has it
    UNKNOWN = "UNKNOWN"  # sent without a clear answer: asked about, never sent under another name
    COLLECTED = "COLLECTED"
    FAILED = "FAILED"
    RETURNED = "RETURNED"  # collected, and taken back by the payer's bank
    CANCELLED = "CANCELLED"  # the bank never received it, and will not


OPEN: Final = frozenset({CollectionState.INTENT, CollectionState.PENDING, CollectionState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Collection:
    """One attempt to draw what is due; `number` is the instalment that made it due.

    `collect_on` is the day asked of the bank. `version` grows with each change.
    """

    loan_id: str
    number: int
    attempt: int
    reference: str
    mandate_id: str
    due_on: date
    collect_on: date
    amount_minor: int
    currency: str
    state: CollectionState
    version: int
    intended_at: datetime
    resolved_at: datetime | None = None
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Whether its fate is not known yet."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class AutoDebitRules:
    """A market's calendar of attempts.

    `days_after_due`: attempt n is made so many days after the due date, moved onto a business
    day. `never_again`: reasons after which a mandate is not used any more. `final_after`: what
    the bank has not received by then it never will.
    """

    days_after_due: tuple[int, ...]
    attempts_a_month_max: int
    convention: Convention
    amount_minor_min: int
    never_again: frozenset[str]
    final_after: timedelta


def auto_debit_rules(raw: Mapping[str, Any]) -> AutoDebitRules:
    """The rules in a profile's value.

    Raises:
        KeyError, TypeError, ValueError: a rule is missing, unknown or malformed.
    """
    rules = AutoDebitRules(
        days_after_due=tuple(raw["days_after_due"]),
        attempts_a_month_max=raw["attempts_a_month_max"],
        convention=Convention(raw["convention"]),
        amount_minor_min=raw["amount_minor_min"],
        never_again=frozenset(raw["never_again"]),
        final_after=timedelta(hours=raw["final_after_hours"]),
    )
    days = rules.days_after_due
    if len(raw) != 6 or not days or len(days) > ATTEMPTS_MAX or list(days) != sorted(set(days)):
        raise ValueError("auto_debit: six values; the days ascend, at most nine of them")
    if days[0] < 0 or rules.attempts_a_month_max < 1 or rules.amount_minor_min < 1:
        raise ValueError("auto_debit: nothing before the due date, and at least 1")
    return rules


@dataclass(frozen=True, slots=True)
class Due:
    """What the books say may be drawn: all that fell due, by the newest row that is unpaid."""

    row: Instalment
    amount_minor: int


def due(loan: Loan, owing: Sequence[Unpaid], today: date) -> Due | None:
    """None when no instalment that fell due is unpaid."""
    unpaid = {one.due_on: one.outstanding_minor for one in owing if one.due_on <= today}
    rows = [row for row in loan.plan if unpaid.get(row.due_on, 0) > 0]
    return Due(rows[-1], sum(unpaid.values())) if rows else None


def attempt_on(rules: AutoDebitRules, worked: BusinessCalendar, due_on: date, made: int) -> date:
    """The day of the attempt after `made` others. Raises IndexError: there is no further one."""
    return _adjusted(worked, due_on + timedelta(days=rules.days_after_due[made]), rules.convention)


def next_attempt_on(
    rules: AutoDebitRules, worked: BusinessCalendar, failed: Collection, reason: str
) -> date | None:
    """When a failed attempt is repeated; None = it is not."""
    if reason in rules.never_again or failed.attempt >= len(rules.days_after_due):
        return None
    return attempt_on(rules, worked, failed.due_on, failed.attempt)


def next_attempt(
    rules: AutoDebitRules,
    worked: BusinessCalendar,
    loan: Loan,
    found: Due,
    attempts: Sequence[Collection],
    at: datetime,
    today: date,
) -> Collection | None:
    """The attempt that is to be made today, as an intent; None = none.

    `attempts` are all that were ever made on the loan.
    """
    mandate_id = loan.mandate_id
    if mandate_id is None or found.amount_minor < rules.amount_minor_min:
        return None
    if any(one.is_open or one.collect_on >= today for one in attempts if _counts(one)):
        return None  # first its fate, and never two in a day
    if any(one.reason in rules.never_again and one.mandate_id == mandate_id for one in attempts):
        return None
    of_month = [
        one
        for one in attempts
        if (one.collect_on.year, one.collect_on.month) == (today.year, today.month)
    ]
    of_row = [one for one in attempts if one.number == found.row.number]
    made = sum(map(_counts, of_row))
    if sum(map(_counts, of_month)) >= rules.attempts_a_month_max:
        return None
    if made >= len(rules.days_after_due) or _adjusted(worked, today, rules.convention) != today:
        return None
    if today < attempt_on(rules, worked, found.row.due_on, made):
        return None
    attempt = max((one.attempt for one in of_row), default=0) + 1
    if attempt > ATTEMPTS_MAX:
        return None
    return Collection(
        loan_id=loan.loan_id,
        number=found.row.number,
        attempt=attempt,
        reference=collection_reference(loan.loan_id, found.row.number, attempt),
        mandate_id=mandate_id,
        due_on=found.row.due_on,
        collect_on=today,
        amount_minor=found.amount_minor,
        currency=loan.currency,
        state=CollectionState.INTENT,
        version=1,
        intended_at=at,
    )


def _counts(one: Collection) -> bool:
    """What the bank never received was no attempt."""
    return one.state is not CollectionState.CANCELLED


def _adjusted(worked: BusinessCalendar, day: date, convention: Convention) -> date:
    """On days whose holidays are not published yet only weekends are known.

    A wrong guess costs nothing: the bank books on its own next day.
    """
    try:
        return adjust(worked, day, convention)
    except NotComputable:
        return adjust(WEEKENDS_ONLY, day, convention)


# Personal fields of a mandate in the vault: each mandate has its own, so that an attempt can be
# repeated exactly as it was sent after the customer gave another account.


def payer_fields(mandate_id: str) -> tuple[str, str]:
    """Names of the account's holder and number in the vault."""
    return f"payer_name.{mandate_id}", f"payer_account_no.{mandate_id}"
