"""One transaction after the other: the account after each, and the postings it comes to.

Every transaction has an effect whatever came before it, so that a fact that turns up late never
stops the replay of those after it: money that nothing can take goes to suspense. Whether a new
fact is accepted at all is `booking`'s question, not the fold's.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from lending.domain.allocation import Component, Part, Payment, Position, apply_payment
from lending.domain.ledger.accounts import Account
from lending.domain.ledger.journal import Postings, postings_of
from lending.domain.servicing.account import (
    Charge,
    Earned,
    Ended,
    EndKind,
    LoanAccount,
    earned,
    interest_numerator,
    owes,
    quote,
)
from lending.domain.servicing.debts import Debt, after_paying, debts
from lending.domain.servicing.replanning import replanned
from lending.domain.servicing.terms import AccountTerms, InterestBasis
from lending.domain.servicing.transactions import (
    Transaction,
    TransactionKind,
    effective,
    place,
)

RECEIVABLE: Final = {
    Component.PRINCIPAL: Account.LOAN_PRINCIPAL,
    Component.INTEREST: Account.INTEREST_RECEIVABLE,
    Component.FEE: Account.FEE_RECEIVABLE,
    Component.PENALTY: Account.PENALTY_RECEIVABLE,
}
INCOME: Final = {
    Component.INTEREST: Account.INTEREST_INCOME,
    Component.FEE: Account.FEE_INCOME,
    Component.PENALTY: Account.PENALTY_INCOME,
}


class Outcome(StrEnum):
    """What became of a transaction at its place."""

    APPLIED = "applied"
    OVERPAID = "overpaid"  # a part of the money is in suspense
    PARKED = "parked"  # all of the money is in suspense
    SETTLED = "settled"
    SETTLEMENT_SHORT = "settlement_short"  # too little to close: allocated as a payment
    RECOVERED = "recovered"
    ABOVE_PLAN = "above_plan"  # disbursed more than the plan repays
    NOT_OPEN = "not_open"  # nothing was lent, or the loan has ended
    NOT_WRITTEN_OFF = "not_written_off"
    NOTHING_OWED = "nothing_owed"
    DIFFERS = "differs"  # written off, but another amount than was decided
    EXCEEDS = "exceeds"  # a waiver of more than is owed, a refund of more than is held


@dataclass(frozen=True, slots=True)
class Effect:
    """What a transaction did. `taken` is by component; the rest of the money is in suspense."""

    transaction: Transaction
    outcome: Outcome
    postings: Postings
    taken: tuple[tuple[Component, int], ...] = ()

    def taken_minor(self, component: Component) -> int:
        """What one component got of the money."""
        return dict(self.taken).get(component, 0)


def fold(
    terms: AccountTerms, transactions: Iterable[Transaction]
) -> tuple[LoanAccount, tuple[Effect, ...]]:
    """The account after all transactions, in whatever order they are given."""
    account, effects = LoanAccount(), []
    for transaction in effective(transactions):
        account, effect = apply(terms, account, transaction)
        effects.append(effect)
    return account, tuple(effects)


def apply(
    terms: AccountTerms, account: LoanAccount, transaction: Transaction
) -> tuple[LoanAccount, Effect]:
    """The account after one more transaction, whose place comes after the last."""
    step = _Step(terms, account, transaction)
    if transaction.kind is TransactionKind.REPLAN:
        outcome = _replan(step, terms.in_force(transaction.plan))
    else:
        outcome = _HANDLERS[transaction.kind](step, transaction)
    after = replace(step.booked(), last=place(transaction))
    taken = tuple((component, step.taken[component]) for component in step.taken)
    return after, Effect(transaction, outcome, postings_of(step.posted), taken)


class _Step:
    """One transaction on its way through the account."""

    def __init__(self, terms: AccountTerms, account: LoanAccount, made: Transaction) -> None:
        self.terms = terms.in_force(account.plan)
        self.on = made.value_on
        self.posted: dict[Account, int] = {}
        self.taken: dict[Component, int] = {}
        self._unbooked: dict[Account, int] = {}
        if terms.basis is InterestBasis.OUTSTANDING and account.ended is None:
            # From here on interest runs on another principal.
            account = replace(
                account,
                interest_numerator=interest_numerator(terms, account, self.on),
                interest_since=self.on,
            )
        self._account = account

    def post(self, account: Account, amount_minor: int) -> None:
        """Debit > 0, credit < 0."""
        if amount_minor:
            self.posted[account] = self.posted.get(account, 0) + amount_minor
            self._unbooked[account] = self._unbooked.get(account, 0) + amount_minor

    def booked(self) -> LoanAccount:
        """The account as far as posted."""
        if self._unbooked:
            balances = tuple(
                balance + self._unbooked.get(account, 0)
                for account, balance in zip(Account, self._account.balances, strict=True)
            )
            self._account = replace(self._account, balances=balances)
            self._unbooked = {}
        return self._account

    def change(self, account: LoanAccount) -> None:
        """Go on with another state."""
        self._account = account

    def end(self, kind: EndKind, accrued: Earned) -> None:
        """Accrual stops here."""
        self.change(replace(self.booked(), ended=Ended(kind, self.on, accrued)))

    def allocate(self, amount_minor: int) -> int:
        """Pay what is owed by the lender's order; how much of the money that took."""
        if amount_minor <= 0:
            return 0
        owed = debts(self.terms, self.booked(), self.on, amount_minor)
        if not owed:
            return 0
        positions = [Position(debt.owed) for debt in owed]
        _, applied = apply_payment(positions, Payment(self.on, amount_minor), self.terms.rules)
        self.pay(owed, applied.parts)
        return amount_minor - applied.excess_minor

    def pay(self, owed: list[Debt], parts: Iterable[Part]) -> None:
        """Credit the receivables of the parts and remember them as paid."""
        parts = list(parts)
        self.change(after_paying(self.terms, self.booked(), owed, parts))
        for part in parts:
            component, amount = part.component, part.amount_minor
            self.taken[component] = self.taken.get(component, 0) + amount
            self.post(RECEIVABLE[component], -amount)

    def sweep(self) -> None:
        """Money in suspense meets what is owed from now on."""
        held = self.booked().suspense_minor
        if held > 0:
            self.post(Account.SUSPENSE, self.allocate(held))

    def close_if_paid(self) -> None:
        """Once every instalment is paid nothing accrues: interest paid in advance is earned."""
        account, terms = self.booked(), self.terms
        if account.ended is not None or account.charges or not account.disbursed_minor:
            return
        if account.disbursed_minor < terms.principal_minor:
            return  # another tranche is to come
        accrued = earned(terms, account, self.on)
        if terms.basis is InterestBasis.OUTSTANDING:
            if account.principal_minor or owes(terms, account, self.on).interest_minor:
                return
        elif account.cleared < len(terms.plan):
            return
        else:
            interest = terms.interest_until[-1] - accrued.interest_minor
            fee = terms.fee_until[-1] - accrued.fee_minor
            self.post(Account.INTEREST_RECEIVABLE, interest)
            self.post(Account.INTEREST_INCOME, -interest)
            self.post(Account.FEE_RECEIVABLE, fee)
            self.post(Account.FEE_INCOME, -fee)
        self.end(EndKind.PAID, accrued)


def _disburse(step: _Step, made: Transaction) -> Outcome:
    account = step.booked()
    disbursed = account.disbursed_minor + made.amount_minor
    outcome = Outcome.APPLIED
    if account.ended is not None:
        outcome = Outcome.NOT_OPEN
    elif disbursed > step.terms.principal_minor:
        outcome = Outcome.ABOVE_PLAN
    step.change(replace(account, disbursed_minor=disbursed))
    step.post(Account.LOAN_PRINCIPAL, made.amount_minor)
    step.post(made.credit or Account.CASH_CLEARING, -made.amount_minor)
    step.sweep()
    step.close_if_paid()
    return outcome


def _charge(step: _Step, made: Transaction) -> Outcome:
    account, component = step.booked(), _charged(made)
    of_day = {charge.due_on: charge for charge in account.charges}
    charge = of_day.get(step.on, Charge(step.on))
    if component is Component.FEE:
        charge = charge._replace(fee_minor=charge.fee_minor + made.amount_minor)
    else:
        charge = charge._replace(penalty_minor=charge.penalty_minor + made.amount_minor)
    of_day[step.on] = charge
    step.change(replace(account, charges=tuple(of_day[day] for day in sorted(of_day))))
    step.post(RECEIVABLE[component], made.amount_minor)
    step.post(INCOME[component], -made.amount_minor)
    step.sweep()
    step.close_if_paid()
    return Outcome.APPLIED if account.ended is None else Outcome.NOT_OPEN


def _charged(made: Transaction) -> Component:
    """What a charge or a waiver is about; without saying, a fee."""
    return made.component or Component.FEE


def _waive(step: _Step, made: Transaction) -> Outcome:
    """Oldest first, and only what is owed by now."""
    account, component = step.booked(), _charged(made)
    if component is Component.PRINCIPAL:
        return Outcome.EXCEEDS
    owed = debts(step.terms, account, step.on)
    left = made.amount_minor
    if component is Component.INTEREST:
        left = min(left, max(0, owes(step.terms, account, step.on).interest_minor))
    parts = []
    for index, debt in enumerate(owed):
        if component is not Component.INTEREST and debt.owed.due_on > step.on:
            continue
        amount = min(left, _of(debt, component))
        if amount:
            parts.append(Part(index, component, amount))
            left -= amount
    waived = sum(part.amount_minor for part in parts)
    step.pay(owed, parts)
    step.taken.clear()
    step.post(INCOME[component], waived)
    step.close_if_paid()
    return Outcome.APPLIED if waived == made.amount_minor else Outcome.EXCEEDS


def _of(debt: Debt, component: Component) -> int:
    match component:
        case Component.INTEREST:
            return debt.owed.interest_minor
        case Component.FEE:
            return debt.owed.fee_minor
        case Component.PENALTY:
            return debt.owed.penalty_minor
        case Component.PRINCIPAL:
            return debt.owed.principal_minor


def _pay(step: _Step, made: Transaction) -> Outcome:
    held = step.booked().deposit_minor
    step.post(made.debit or Account.CASH_CLEARING, made.amount_minor)
    outcome = _receive(step, made.amount_minor)
    too_much = made.debit is Account.LEASE_DEPOSIT and made.amount_minor > held
    return Outcome.EXCEEDS if too_much else outcome


def _receive(step: _Step, amount_minor: int) -> Outcome:
    """Money goes where it is owed: suspense overdrawn, the claim, debts; the rest waits."""
    account = step.booked()
    usable = amount_minor - min(amount_minor, max(0, -account.suspense_minor))
    recovered = min(usable, account.claim_minor)
    if recovered:
        step.change(replace(account, claim_minor=account.claim_minor - recovered))
        step.post(Account.RECOVERY, -recovered)
    allocated = step.allocate(usable - recovered)
    step.post(Account.SUSPENSE, recovered + allocated - amount_minor)
    step.close_if_paid()
    parked = usable - recovered - allocated
    if not parked:
        return Outcome.RECOVERED if recovered else Outcome.APPLIED
    return Outcome.OVERPAID if parked < amount_minor else Outcome.PARKED


def _recover(step: _Step, made: Transaction) -> Outcome:
    claim = step.booked().claim_minor
    outcome = _pay(step, made)
    return outcome if claim else Outcome.NOT_WRITTEN_OFF


def _settle(step: _Step, made: Transaction) -> Outcome:
    """Close the loan if the money is what closes it, give or take the tolerance."""
    account, terms = step.booked(), step.terms
    closing = quote(terms, account, step.on, made.early_fee_minor)
    difference = made.amount_minor - closing.total_minor
    is_open = account.ended is None and account.disbursed_minor > 0
    if not is_open or difference < -terms.tolerance_minor:
        _pay(step, made)
        return Outcome.SETTLEMENT_SHORT if is_open else Outcome.NOT_OPEN
    accrued = earned(terms, account, step.on)
    step.post(made.debit or Account.CASH_CLEARING, made.amount_minor)
    for component, amount in zip(
        (Component.PRINCIPAL, Component.INTEREST, Component.FEE, Component.PENALTY),
        closing.owed,
        strict=True,
    ):
        step.post(RECEIVABLE[component], -amount)
        step.taken[component] = amount
    step.post(Account.FEE_INCOME, -made.early_fee_minor)
    step.taken[Component.FEE] += made.early_fee_minor
    step.post(Account.SUSPENSE, account.suspense_minor)
    within = abs(difference) <= terms.tolerance_minor
    step.post(Account.TOLERANCE if within else Account.SUSPENSE, -difference)
    step.change(replace(step.booked(), charges=()))
    step.end(EndKind.SETTLED, accrued)
    return Outcome.SETTLED


def _write_off(step: _Step, made: Transaction) -> Outcome:
    """All that the books say is owed leaves them; the claim to it goes on."""
    account = step.booked()
    owed = owes(step.terms, account, step.on)
    if account.ended is not None or owed.total_minor <= 0:
        return Outcome.NOTHING_OWED
    accrued = earned(step.terms, account, step.on)
    step.post(Account.WRITE_OFF, owed.total_minor)
    step.post(Account.LOAN_PRINCIPAL, -owed.principal_minor)
    step.post(Account.INTEREST_RECEIVABLE, -owed.interest_minor)
    step.post(Account.FEE_RECEIVABLE, -owed.fee_minor)
    step.post(Account.PENALTY_RECEIVABLE, -owed.penalty_minor)
    claim = account.claim_minor + owed.total_minor
    step.change(replace(step.booked(), charges=(), claim_minor=claim))
    step.end(EndKind.WRITTEN_OFF, accrued)
    return Outcome.APPLIED if made.amount_minor == owed.total_minor else Outcome.DIFFERS


def _refund(step: _Step, made: Transaction) -> Outcome:
    held = step.booked().suspense_minor
    step.post(Account.SUSPENSE, made.amount_minor)
    step.post(made.credit or Account.CASH_CLEARING, -made.amount_minor)
    return Outcome.APPLIED if made.amount_minor <= held else Outcome.EXCEEDS


def _transfer(step: _Step, made: Transaction) -> Outcome:
    account = step.booked()
    held = {
        Account.SUSPENSE: account.suspense_minor,
        Account.LEASE_DEPOSIT: account.deposit_minor,
    }
    step.post(made.debit or Account.CASH_CLEARING, made.amount_minor)
    step.post(made.credit or Account.CASH_CLEARING, -made.amount_minor)
    too_much = made.debit in held and made.amount_minor > held[made.debit]
    return Outcome.EXCEEDS if too_much else Outcome.APPLIED


def _replan(step: _Step, new: AccountTerms) -> Outcome:
    """A loan that has ended has no rows to lay out anew; else interest goes on as before.

    What came back and is lent anew (its payout was returned) is lent under the plan in force.
    """
    account = step.booked()
    if account.ended is not None:
        return Outcome.NOT_OPEN
    carried = replanned(step.terms, new, account)
    step.terms = new
    step.change(carried.account)
    over = carried.interest_over_minor + carried.fee_over_minor
    step.post(Account.INTEREST_RECEIVABLE, carried.interest_over_minor)
    step.post(Account.FEE_RECEIVABLE, carried.fee_over_minor)
    step.post(Account.SUSPENSE, -over)
    if over:
        step.sweep()
    return Outcome.APPLIED


_HANDLERS: Final[dict[TransactionKind, Callable[[_Step, Transaction], Outcome]]] = {
    TransactionKind.DISBURSEMENT: _disburse,
    TransactionKind.CHARGE: _charge,
    TransactionKind.WAIVER: _waive,
    TransactionKind.PAYMENT: _pay,
    TransactionKind.SETTLEMENT: _settle,
    TransactionKind.WRITE_OFF: _write_off,
    TransactionKind.RECOVERY: _recover,
    TransactionKind.REFUND: _refund,
    TransactionKind.TRANSFER: _transfer,
}
