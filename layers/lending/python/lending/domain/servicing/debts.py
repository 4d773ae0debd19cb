"""What a loan owes as instalments that a payment can be allocated to, on either basis."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Literal, NamedTuple

from lending.domain.allocation import Component, Owed, Part
from lending.domain.delinquency import Unpaid
from lending.domain.servicing.account import Charge, LoanAccount, Paid, owes
from lending.domain.servicing.terms import AccountTerms, InterestBasis


class Debt(NamedTuple):
    """An instalment with its origin: plan row or charges by `number`, or running interest."""

    owed: Owed
    of: Literal["row", "charge", "interest"]
    number: int


def debts(
    terms: AccountTerms, account: LoanAccount, on: date, money_minor: int | None = None
) -> list[Debt]:
    """All that can be paid on a day, due or not, ascending by due date.

    With `money_minor`: rows in advance only as far as so much money can reach them, where the
    lender's order meets them one after the other.
    """
    if money_minor is not None and not terms.ahead_in_order:
        money_minor = None
    terms, found = terms.in_force(account.plan), list[Debt]()
    if account.ended is None and account.disbursed_minor:
        if terms.basis is InterestBasis.SCHEDULED:
            found = _scheduled(terms, account, on, money_minor)
        else:
            found = _outstanding(terms, account, on, money_minor)
    if account.charges:
        found += [
            Debt(Owed(due_on, fee_minor=fee, penalty_minor=penalty), "charge", index)
            for index, (due_on, fee, penalty) in enumerate(account.charges)
        ]
        found.sort(key=lambda debt: debt.owed.due_on)
    return found


def unpaid(
    terms: AccountTerms, account: LoanAccount, on: date, *, ahead: bool = True
) -> list[Unpaid]:
    """What is outstanding by due date, for counting delinquency; running interest is not due.

    Without `ahead`, rows that fall due after the day may be left out: they count for nothing.
    """
    return [
        Unpaid(debt.owed.due_on, debt.owed.total_minor)
        for debt in debts(terms, account, on, None if ahead else 0)
        if debt.of != "interest"
    ]


def _scheduled(
    terms: AccountTerms, account: LoanAccount, on: date, money_minor: int | None
) -> list[Debt]:
    """Rows as planned less what was paid of them; principal only as far as it was disbursed."""
    found, paid_of = [], {paid.row: paid for paid in account.partly}
    disbursed, until = account.disbursed_minor, terms.principal_until
    reached = 0
    for index in range(account.cleared, len(terms.plan)):
        row, paid = terms.plan[index], paid_of.get(index)
        principal = row.principal_minor
        if until[index + 1] > disbursed:
            principal = max(0, disbursed - until[index])
        if paid is None:
            owed = Owed(row.due_on, principal, row.interest_minor, row.fee_minor)
        else:
            owed = Owed(
                row.due_on,
                max(0, principal - paid.principal_minor),
                row.interest_minor - paid.interest_minor,
                row.fee_minor - paid.fee_minor,
            )
        found.append(Debt(owed, "row", index))
        if money_minor is not None and row.due_on > on:
            reached += owed.total_minor
            if reached >= money_minor:
                break
    return found


def _outstanding(
    terms: AccountTerms, account: LoanAccount, on: date, money_minor: int | None
) -> list[Debt]:
    """Instalment amounts not yet met, split into the interest that accrued and principal.

    Interest is owed now: it sits in the rows that are due, and what they cannot hold runs on.
    The last row takes the principal that the plan's amounts leave over.
    """
    owed = owes(terms, account, on)
    interest, principal = max(0, owed.interest_minor), owed.principal_minor
    found: list[Debt] = []
    due, rows, reached = terms.rows_due(on), len(terms.plan), 0
    first = min(terms.rows_met(account.satisfied_minor), rows - 1)
    for index in range(first, rows):
        row = terms.plan[index]
        if index >= due and interest:
            found.append(Debt(Owed(on, interest_minor=interest), "interest", 0))
            interest = 0
        unmet = max(0, terms.total_until[index + 1] - account.satisfied_minor)
        unmet = min(unmet, row.total_minor)
        in_row = min(interest, unmet)
        repaid = principal if index == rows - 1 else min(principal, unmet - in_row)
        interest, principal = interest - in_row, principal - repaid
        if in_row or repaid:
            found.append(Debt(Owed(row.due_on, repaid, in_row), "row", index))
        if index >= due:
            reached += repaid
            if principal == 0 or (money_minor is not None and reached >= money_minor):
                break
    if interest:
        found.append(Debt(Owed(on, interest_minor=interest), "interest", 0))
    return found


def after_paying(
    terms: AccountTerms, account: LoanAccount, given: Sequence[Debt], parts: Sequence[Part]
) -> LoanAccount:
    """The account once the parts (by place in `given`) are paid; balances stay as they are."""
    charges, terms = list(account.charges), terms.in_force(account.plan)
    rows: list[tuple[int, Component, int]] = []
    for part in parts:
        debt, component, amount = given[part.index], part.component, part.amount_minor
        if debt.of == "charge":
            charges[debt.number] = _less(charges[debt.number], component, amount)
        else:
            rows.append((debt.number, component, amount))
    left = tuple(charge for charge in charges if charge.fee_minor or charge.penalty_minor)
    if not rows:
        return replace(account, charges=left)
    if terms.basis is InterestBasis.OUTSTANDING:
        met = account.satisfied_minor + sum(amount for _, _, amount in rows)
        return replace(account, charges=left, satisfied_minor=met)
    cleared, partly = _paid_rows(terms, account, rows)
    return replace(account, charges=left, cleared=cleared, partly=partly)


def _less(charge: Charge, component: Component, amount: int) -> Charge:
    if component is Component.FEE:
        return charge._replace(fee_minor=charge.fee_minor - amount)
    return charge._replace(penalty_minor=charge.penalty_minor - amount)


def _paid_rows(
    terms: AccountTerms, account: LoanAccount, rows: Sequence[tuple[int, Component, int]]
) -> tuple[int, tuple[Paid, ...]]:
    """How many rows from the first on are paid in full, and what was paid of the others."""
    paid_of = {paid.row: paid for paid in account.partly}
    for index, component, amount in rows:
        paid = paid_of.get(index) or Paid(index)
        match component:
            case Component.PRINCIPAL:
                paid = paid._replace(principal_minor=paid.principal_minor + amount)
            case Component.INTEREST:
                paid = paid._replace(interest_minor=paid.interest_minor + amount)
            case _:
                paid = paid._replace(fee_minor=paid.fee_minor + amount)
        paid_of[index] = paid
    cleared = account.cleared
    while cleared < len(terms.plan):
        row, paid = terms.plan[cleared], paid_of.get(cleared) or Paid(cleared)
        if row.total_minor != sum(paid[1:]):
            break
        paid_of.pop(cleared, None)
        cleared += 1
    return cleared, tuple(paid_of[index] for index in sorted(paid_of))
