"""An amendment of a running loan: asked for, approved, signed like a contract, then in force.

PROPOSED -> APPROVED -> (its paper is rendered, read, confirmed, sealed) -> APPLIED, or it ends
DECLINED, WITHDRAWN or EXPIRED and the loan stays as it was. The new plan is computed from the
terms first agreed and the extensions agreed since, never from a plan that somebody sent.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Literal

from lending.domain.computable import NotComputable
from lending.domain.extension import Limits, Standing, extend, lengthened
from lending.domain.faults import Permanent
from lending.domain.money import Rounding
from lending.domain.policy import Verdict
from lending.domain.pricing.agreement import terms_of
from lending.domain.records import Actor, Contract, Instalment, Loan, Offer
from lending.domain.schedule import repayment_schedule
from lending.domain.servicing.account import LoanAccount
from lending.domain.servicing.booking import LoanBooks
from lending.domain.servicing.terms import AccountTerms, PlanRow
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.domain.servicing.wire import books_to_wire

AmendmentStatus = Literal["PROPOSED", "APPROVED", "APPLIED", "DECLINED", "WITHDRAWN", "EXPIRED"]
OPEN: Final[frozenset[AmendmentStatus]] = frozenset({"PROPOSED", "APPROVED"})
PREFIX: Final = "amd_"
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class Amendment:
    """One extension of a loan; `number` counts those that were ever asked for.

    `paper` is what is signed, under the amendment's id; its `terms_sha256` is the plan's. `paid`
    periods keep their rows, `base_sha256` is what the loan's books were when it was drawn up, and
    `effective_on` that day; `ends_on` is the last due date of the new plan. `stale` says why the
    paper before did not come into force.
    """

    amendment_id: str
    application_id: str
    loan_id: str
    number: int
    months: int
    reason: str
    status: AmendmentStatus
    version: int
    proposed_by: Actor
    proposed_at: datetime
    expires_at: datetime
    decided_by: str = ""
    note: str = ""
    paid: int = 0
    base_sha256: str = ""
    effective_on: date | None = None
    ends_on: date | None = None
    paper: Contract | None = None
    stale: str = ""
    ended_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it may still come into force."""
        return self.status in OPEN

    @property
    def is_signed(self) -> bool:
        """Whether everybody has confirmed the paper: nobody can take it back any more."""
        return self.paper is not None and self.paper.status in ("CONFIRMED", "SIGNED")


def amendment_id_of(application_id: str, number: int) -> str:
    """The id tells application and number, as a contract's id tells its application."""
    return f"{PREFIX}{application_id.removeprefix('app_')}_{number}"


def addressed(contract_id: str) -> tuple[str, int | None]:
    """Application and number behind the id of a contract (None) or an amendment."""
    if not contract_id.startswith(PREFIX):
        return f"app_{contract_id.removeprefix('ctr_')}", None
    name, _, number = contract_id.removeprefix(PREFIX).rpartition("_")
    # One spelling a number: another way to write it is the id of nothing, as number 0 is.
    return f"app_{name}", int(number) if _NUMBER.fullmatch(number) else 0


def open_one(amendments: Iterable[Amendment]) -> Amendment | None:
    """The amendment of a loan that is open; there is one at most."""
    return next((one for one in amendments if one.is_open), None)


@dataclass(frozen=True, slots=True)
class Running:
    """A loan as it stands: what was agreed, and its books. `applied` amendments are in order."""

    loan: Loan
    offer: Offer
    applied: tuple[Amendment, ...]
    terms: AccountTerms
    account: LoanAccount


@dataclass(frozen=True, slots=True)
class DrawnUp:
    """An extension as of a day: the loan before and after it, and the new terms of its books."""

    before: Standing
    after: Standing
    terms: AccountTerms
    base_sha256: str
    plan_sha256: str
    on: date

    @property
    def paid(self) -> int:
        """How many periods keep their rows."""
        return self.before.paid

    @property
    def unpaid(self) -> tuple[Instalment, ...]:
        """The rows of the new plan that replace others."""
        return tuple(row for row in self.after.rows if row.number > self.paid)


def drawn_up(
    running: Running, months: int, on: date, limits: Limits, rounding: Rounding
) -> DrawnUp | Verdict:
    """The loan with months added on a day, from the facts, or the rule that forbids it.

    Rows that are paid or fell due by then stay. `rounding` is for offers that carry none.

    Raises:
        NotComputable: no plan of this kind can be extended.
        Permanent: the loan's plan is not what its facts come to.
    """
    loan, account = running.loan, running.account
    current = running.terms.in_force(account.plan)
    kept = max(account.cleared, current.rows_due(on))
    paid = loan.plan[kept - 1].number if kept else 0
    before = replace(standing_of(running, rounding), paid=paid)
    after = extend(before, months, on, limits)
    if isinstance(after, Verdict):
        return after
    rows = tuple(
        PlanRow(row.due_on, row.principal_minor, row.interest_minor, row.fee_minor)
        for row in after.rows
    )
    return DrawnUp(
        before=before,
        after=after,
        terms=replace(current, plan=rows, number=current.number + 1, later=()),
        base_sha256=base_sha256(account, paid),
        plan_sha256=plan_sha256(loan.loan_id, on, paid, after.rows),
        on=on,
    )


def standing_of(running: Running, rounding: Rounding) -> Standing:
    """A loan's plan as the fold of what was agreed first and each extension since.

    Raises:
        NotComputable: it is no plan that can be extended.
        Permanent: the loan's own plan is another.
    """
    loan = running.loan
    terms = terms_of(running.offer, loan.opened_on, rounding)
    standing = Standing.of(terms, repayment_schedule(terms), 0)
    for one in running.applied:
        standing = lengthened(replace(standing, paid=one.paid), one.months)
    if standing.rows != loan.plan:
        raise Permanent(f"{loan.loan_id}: its plan is not what was agreed")
    return standing


def base_sha256(account: LoanAccount, paid: int) -> str:
    """What must not have changed until the extension comes into force: time alone does not."""
    wire = books_to_wire(LoanBooks(account=account))
    return _sha256([wire, paid])


def plan_sha256(loan_id: str, on: date, paid: int, rows: Sequence[Instalment]) -> str:
    """What the paper of an extension binds: the whole plan, and from when it is in force."""
    plan = [
        [row.number, row.due_on.isoformat(), row.principal_minor, row.interest_minor, row.fee_minor]
        for row in rows
    ]
    return _sha256([loan_id, on.isoformat(), paid, plan])


def replan_fact(amendment: Amendment, loan: Loan, drawn: DrawnUp, at: datetime) -> Transaction:
    """The fact that brings the plan into force; its id is the amendment's, so it is booked once."""
    return Transaction(
        transaction_id=amendment.amendment_id,
        kind=TransactionKind.REPLAN,
        value_on=drawn.on,
        booked_at=at,
        currency=loan.currency,
        amount_minor=drawn.before.balance_minor,
        plan=drawn.terms.number,
    )


def extended_loan(loan: Loan, drawn: DrawnUp) -> Loan:
    """The loan under its new plan."""
    upcoming = drawn.unpaid
    return replace(
        loan,
        plan=drawn.after.rows,
        term_months=drawn.after.months + drawn.after.extended_months,
        instalment_minor=upcoming[0].total_minor,
        version=loan.version + 1,
    )


def refusal_of(verdict: Verdict | NotComputable) -> str:
    """A stable code for the rule that forbids an extension, such as `extension_max_count`."""
    if isinstance(verdict, NotComputable):
        return "extension_unfit"
    return verdict.rule.replace(".", "_")


def _sha256(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
