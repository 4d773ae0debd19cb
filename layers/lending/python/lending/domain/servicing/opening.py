"""A paid-out loan as a ledger account: its terms, and the facts of its first day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from lending.domain.agreed import AgreedFee
from lending.domain.allocation import AllocationRules, Component, Future, Mode, entries_of
from lending.domain.faults import Permanent
from lending.domain.ledger.accounts import Account
from lending.domain.records import Disbursement, Loan, Offer
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.booking import Booking, LoanBooks, book
from lending.domain.servicing.terms import AccountTerms, InterestBasis, PlanRow
from lending.domain.servicing.transactions import Transaction, TransactionKind, place

# Whose financed fee is our income; anybody else's is owed to them.
_OURS: Final = frozenset({"lender", "lessor"})


@dataclass(frozen=True, slots=True)
class ServicingRules:
    """How a market's loans are serviced unless a contract says otherwise.

    `tolerance_minor`: by how much money for a settlement may miss what is owed and still close
    the loan.
    """

    allocation: AllocationRules
    tolerance_minor: int
    basis: InterestBasis


def servicing_rules(raw: Mapping[str, Any]) -> ServicingRules:
    """The rules in a profile's value.

    Raises:
        KeyError, TypeError, ValueError: a rule is missing, unknown or malformed.
    """
    wanted = {"order", "mode", "future", "tolerance_minor", "interest_basis"}
    if set(raw) != wanted:
        raise ValueError(f"servicing: needs exactly {', '.join(sorted(wanted))}")
    tolerance = raw["tolerance_minor"]
    if type(tolerance) is not int or tolerance < 0:
        raise ValueError("servicing: tolerance_minor is an integer of at least 0")
    rules = AllocationRules(entries_of(raw["order"]), Mode(raw["mode"]), Future(raw["future"]))
    return ServicingRules(rules, tolerance, InterestBasis(raw["interest_basis"]))


def account_terms(loan: Loan, rules: ServicingRules) -> AccountTerms:
    """The terms that a loan's books are kept by: its own plan, under the rules of its first day.

    Raises:
        NotComputable: no account can be kept by this plan.
    """
    return AccountTerms(
        loan_id=loan.loan_id,
        currency=loan.currency,
        opened_on=loan.opened_on,
        plan=tuple(
            PlanRow(row.due_on, row.principal_minor, row.interest_minor, row.fee_minor)
            for row in loan.plan
        ),
        rules=rules.allocation,
        tolerance_minor=rules.tolerance_minor,
        basis=rules.basis,
    )


def opening_facts(
    loan: Loan,
    offer: Offer,
    payout: Disbursement,
    at: datetime,
    *,
    by_dealer: bool = False,
    held_back_minor: int = 0,
) -> tuple[Transaction, ...]:
    """What happened on the day of payout; ids come from the payout's reference.

    The payout left through the rail. A financed fee is lent too: ours is charged and at once
    paid with that part of the loan, somebody else's is owed to them. Our upfront fees are
    charged. `by_dealer`: whoever sells the vehicle took them, the rents in advance and the
    deposit from the customer, and owes them to us. `held_back_minor` is lent and owed to the
    dealer, who gets it in later tranches.

    Raises:
        Permanent: payout, what is held back and financed fees are not what the loan lends.
    """
    fees = [fee for fee in _fees(offer) if fee.when == "financed" and fee.amount_minor]
    lent = payout.amount_minor + held_back_minor + sum(fee.amount_minor for fee in fees)
    if (lent, payout.currency) != (loan.principal_minor, loan.currency):
        raise Permanent(f"{loan.loan_id}: payout and financed fees are not its principal")
    made = _Maker(loan, at)
    lends = TransactionKind.DISBURSEMENT
    facts = [made(payout.reference, lends, payout.amount_minor)]
    if held_back_minor:
        name = held_id(payout.reference)
        facts.append(made(name, lends, held_back_minor, credit=Account.DEALER_PAYABLE))
    for number, fee in enumerate(fees, start=1):
        facts += _financed(made, f"{payout.reference}-fee-{number}", fee)
    facts += _upfront(made, payout.reference, loan, offer, by_dealer=by_dealer)
    return tuple(sorted(facts, key=place))


def held_id(reference: str) -> str:
    """The id of what was held back when a payout opened its loan."""
    return f"{reference}-held"


def opening_bookings(
    terms: AccountTerms, facts: tuple[Transaction, ...], today: date
) -> tuple[Booking, ...]:
    """The facts of the first day, each booked on the books that the one before left.

    Raises:
        Permanent: one is refused; the loan and its plan do not fit each other.
    """
    books, bookings = LoanBooks(), []
    for fact in facts:
        booking = book(terms, books, fact, today)
        if isinstance(booking, BookingRefusal):
            raise Permanent(f"{terms.loan_id}: {fact.transaction_id} is refused: {booking}")
        books = booking.after
        bookings.append(booking)
    return tuple(bookings)


def _fees(offer: Offer) -> tuple[AgreedFee, ...]:
    """Tied add-ons that are financed are part of the payout, other financed fees are not."""
    return () if offer.agreed is None else offer.agreed.fees


@dataclass(frozen=True, slots=True)
class _Maker:
    loan: Loan
    at: datetime

    def __call__(
        self, transaction_id: str, kind: TransactionKind, amount_minor: int, **more: Any
    ) -> Transaction:
        return Transaction(
            transaction_id=transaction_id,
            kind=kind,
            value_on=self.loan.opened_on,
            booked_at=self.at,
            currency=self.loan.currency,
            amount_minor=amount_minor,
            **more,
        )


def _financed(made: _Maker, transaction_id: str, fee: AgreedFee) -> list[Transaction]:
    kind, amount = TransactionKind, fee.amount_minor
    if fee.payee not in _OURS:
        return [made(transaction_id, kind.DISBURSEMENT, amount, credit=Account.DEALER_PAYABLE)]
    return [
        made(transaction_id, kind.DISBURSEMENT, amount, credit=Account.FUNDING),
        made(f"{transaction_id}-charged", kind.CHARGE, amount, component=Component.FEE),
        made(f"{transaction_id}-paid", kind.PAYMENT, amount, debit=Account.FUNDING),
    ]


def _upfront(
    made: _Maker, reference: str, loan: Loan, offer: Offer, *, by_dealer: bool
) -> list[Transaction]:
    """What is due on the first day besides: fees of ours, rents in advance, the deposit."""
    kind, facts, paid = TransactionKind, list[Transaction](), 0
    for number, fee in enumerate(_fees(offer), start=1):
        if fee.when == "upfront" and fee.payee in _OURS and fee.amount_minor:
            name, component = f"{reference}-upfront-{number}", Component.FEE
            facts.append(made(name, kind.CHARGE, fee.amount_minor, component=component))
            paid += fee.amount_minor
    if not by_dealer:
        return facts
    paid += sum(row.total_minor for row in loan.plan if row.kind == "advance")
    if paid:
        account = Account.DEALER_PAYABLE
        facts.append(made(f"{reference}-at-dealer", kind.PAYMENT, paid, debit=account))
    deposit_minor = 0 if offer.agreed is None else offer.agreed.parameters.deposit_minor or 0
    if deposit_minor:
        accounts = {"debit": Account.DEALER_PAYABLE, "credit": Account.LEASE_DEPOSIT}
        facts.append(made(f"{reference}-deposit", kind.TRANSFER, deposit_minor, **accounts))
    return facts
