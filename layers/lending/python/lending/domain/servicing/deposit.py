"""The end of a security deposit: it pays what is left with the last payment, the rest goes back."""

from datetime import date, datetime
from typing import Final

from lending.domain.ledger.accounts import Account
from lending.domain.servicing.account import AccountStatus, owes, status
from lending.domain.servicing.booking import LoanBooks
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, TransactionKind

# Within one day transfers count by their ids: it goes back after it came (`dis-...-deposit`).
RETURNED: Final = "return-of-deposit"
APPLIED: Final = "deposit-applied"


def deposit_end(
    terms: AccountTerms, books: LoanBooks, on: date, at: datetime
) -> Transaction | None:
    """What becomes of a held deposit on a day; None while it is held on, or there is none.

    Nothing owed any more: it is owed back to the customer. The last row is due: it pays what is
    owed, as far as it goes. A day has one id of each, so that a repeat is known.
    """
    account = books.account
    held_minor = account.deposit_minor
    if held_minor <= 0 or account.last is None or on < account.last[0]:
        return None
    if status(account) is AccountStatus.CLOSED:
        return Transaction(
            transaction_id=f"{RETURNED}-{on.isoformat()}",
            kind=TransactionKind.TRANSFER,
            value_on=on,
            booked_at=at,
            currency=terms.currency,
            amount_minor=held_minor,
            debit=Account.LEASE_DEPOSIT,
            credit=Account.REFUND_PAYABLE,
        )
    owed_minor = owes(terms, account, on).total_minor - max(0, account.suspense_minor)
    terms = terms.in_force(account.plan)
    if not terms.plan or on < terms.due_on[-1] or owed_minor <= 0:
        return None
    return Transaction(
        transaction_id=f"{APPLIED}-{on.isoformat()}",
        kind=TransactionKind.PAYMENT,
        value_on=on,
        booked_at=at,
        currency=terms.currency,
        amount_minor=min(held_minor, owed_minor),
        debit=Account.LEASE_DEPOSIT,
    )
