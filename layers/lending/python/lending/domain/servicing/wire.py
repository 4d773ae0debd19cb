"""Books, transactions and terms as JSON-ready values and back; small, since rows are billed.

What is at its default is left out, and a missing name is that default: a row written by an older
version can be read. Amounts stay integers, dates and ratios become text.
"""

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final

from lending.domain.allocation import (
    AllocationRules,
    Component,
    Future,
    Mode,
    entries_of,
)
from lending.domain.faults import Permanent
from lending.domain.ledger.accounts import Account
from lending.domain.ledger.journal import Head, instant_text
from lending.domain.servicing.account import Charge, Earned, Ended, EndKind, LoanAccount, Paid
from lending.domain.servicing.booking import LoanBooks
from lending.domain.servicing.terms import AccountTerms, InterestBasis, PlanRow
from lending.domain.servicing.transactions import Transaction, TransactionKind

_UNREADABLE: Final = (KeyError, TypeError, ValueError, IndexError)


def books_to_wire(books: LoanBooks) -> dict[str, Any]:
    """What a loan's row holds of its books: about 400 bytes."""
    account = books.account
    ended = account.ended
    found = {
        "head": [books.head.seq, books.head.sha256],
        "accrued_on": _text(books.accrued_on),
        "balances": {
            one.value: amount
            for one, amount in zip(Account, account.balances, strict=True)
            if amount
        },
        "disbursed": account.disbursed_minor,
        "cleared": account.cleared,
        "partly": [list(paid) for paid in account.partly],
        "satisfied": account.satisfied_minor,
        "interest_numerator": account.interest_numerator,
        "interest_since": _text(account.interest_since),
        "charges": [[one.due_on.isoformat(), *one[1:]] for one in account.charges],
        "claim": account.claim_minor,
        "ended": None if ended is None else [ended.kind.value, _text(ended.on), *ended.earned],
        "last": None if account.last is None else [_text(account.last[0]), *account.last[1:]],
        "plan": account.plan,
    }
    return {name: value for name, value in found.items() if value}


def books_from_wire(wire: Mapping[str, Any]) -> LoanBooks:
    """The books that were stored.

    Raises:
        Permanent: they cannot be read; the row was damaged.
    """
    try:
        last, ended = wire.get("last"), wire.get("ended")
        balance_of = {Account(name): amount for name, amount in wire.get("balances", {}).items()}
        account = LoanAccount(
            balances=tuple(balance_of.get(one, 0) for one in Account),
            disbursed_minor=wire.get("disbursed", 0),
            cleared=wire.get("cleared", 0),
            partly=tuple(Paid(*one) for one in wire.get("partly", ())),
            satisfied_minor=wire.get("satisfied", 0),
            interest_numerator=wire.get("interest_numerator", 0),
            interest_since=_day(wire.get("interest_since")),
            charges=tuple(
                Charge(date.fromisoformat(on), fee, penalty)
                for on, fee, penalty in wire.get("charges", ())
            ),
            claim_minor=wire.get("claim", 0),
            ended=None if ended is None else _ended(*ended),
            last=None if last is None else (date.fromisoformat(last[0]), last[1], last[2]),
            plan=wire.get("plan", 0),
        )
        return LoanBooks(Head(*wire["head"]), account, _day(wire.get("accrued_on")))
    except _UNREADABLE as cause:
        raise Permanent(f"a loan's books cannot be read: {cause!r}") from cause


def _ended(kind: str, on: str, interest_minor: int, fee_minor: int) -> Ended:
    return Ended(EndKind(kind), date.fromisoformat(on), Earned(interest_minor, fee_minor))


def transaction_to_wire(made: Transaction) -> dict[str, Any]:
    """A transaction without the fields that its kind does not use."""
    found = {
        "transaction_id": made.transaction_id,
        "kind": made.kind.value,
        "value_on": made.value_on.isoformat(),
        "booked_at": instant_text(made.booked_at),
        "currency": made.currency,
        "amount_minor": made.amount_minor,
        "component": None if made.component is None else made.component.value,
        "of": made.of,
        "debit": None if made.debit is None else made.debit.value,
        "credit": None if made.credit is None else made.credit.value,
        "early_fee_minor": made.early_fee_minor,
        "plan": made.plan,
    }
    return {name: value for name, value in found.items() if value}


def transaction_from_wire(wire: Mapping[str, Any]) -> Transaction:
    """The transaction that was stored.

    Raises:
        Permanent: it cannot be read; the row was damaged.
    """
    try:
        component, debit, credit = wire.get("component"), wire.get("debit"), wire.get("credit")
        return Transaction(
            transaction_id=wire["transaction_id"],
            kind=TransactionKind(wire["kind"]),
            value_on=date.fromisoformat(wire["value_on"]),
            booked_at=datetime.fromisoformat(wire["booked_at"]),
            currency=wire["currency"],
            amount_minor=wire["amount_minor"],
            component=None if component is None else Component(component),
            of=wire.get("of"),
            debit=None if debit is None else Account(debit),
            credit=None if credit is None else Account(credit),
            early_fee_minor=wire.get("early_fee_minor", 0),
            plan=wire.get("plan", 0),
        )
    except _UNREADABLE as cause:
        raise Permanent(f"a transaction cannot be read: {cause!r}") from cause


def terms_to_wire(terms: AccountTerms) -> dict[str, Any]:
    """Terms with their plan, without later ones; a row is due date and three amounts."""
    return {
        "loan_id": terms.loan_id,
        "currency": terms.currency,
        "opened_on": terms.opened_on.isoformat(),
        "plan": [
            [row.due_on.isoformat(), row.principal_minor, row.interest_minor, row.fee_minor]
            for row in terms.plan
        ],
        "order": [f"{timing}.{component}" for timing, component in terms.rules.order],
        "mode": terms.rules.mode.value,
        "future": terms.rules.future.value,
        "tolerance_minor": terms.tolerance_minor,
        "basis": terms.basis.value,
        "annual_rate_pct": str(terms.annual_rate_pct),
        "year_days": terms.year_days,
        **({"number": terms.number} if terms.number else {}),
    }


def terms_from_wire(wire: Mapping[str, Any]) -> AccountTerms:
    """The terms that were stored.

    Raises:
        Permanent: they cannot be read; the row was damaged.
    """
    try:
        return AccountTerms(
            loan_id=wire["loan_id"],
            currency=wire["currency"],
            opened_on=date.fromisoformat(wire["opened_on"]),
            plan=tuple(PlanRow(date.fromisoformat(row[0]), *row[1:]) for row in wire["plan"]),
            rules=AllocationRules(
                entries_of(wire["order"]), Mode(wire["mode"]), Future(wire["future"])
            ),
            tolerance_minor=wire["tolerance_minor"],
            basis=InterestBasis(wire["basis"]),
            annual_rate_pct=Fraction(wire["annual_rate_pct"]),
            year_days=wire["year_days"],
            number=wire.get("number", 0),
        )
    except _UNREADABLE as cause:
        raise Permanent(f"the terms of a loan cannot be read: {cause!r}") from cause


def _text(on: date | None) -> str | None:
    return None if on is None else on.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
