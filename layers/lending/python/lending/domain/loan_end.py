"""How a loan's row comes to say what its books say: that it is over, and what is left on it.

A payment writes the books and its event, and leaves the loan's row alone. Until the row has
followed the event, whoever reads the loan is told what the books say.
"""

from dataclasses import replace
from typing import Final

from lending.domain.records import LIVE, DomainEvent, Loan, LoanStatus
from lending.domain.servicing.account import AccountStatus, LoanAccount, status

OVER: Final[frozenset[LoanStatus]] = frozenset({"CLOSED_SETTLED", "CANCELLED"})


def as_its_books_say(loan: Loan, account: LoanAccount) -> Loan:
    """The loan of a row; over once its books say so. `account` was read after the row.

    A loan that is owed again has its row and its books written together: books that are older
    than the row would end it once more.
    """
    if loan.status not in LIVE or status(account) is not AccountStatus.CLOSED:
        return loan
    holds_money = account.suspense_minor > 0 or account.refund_payable_minor > 0
    return replace(
        loan, status="CLOSED_SETTLED", next_due_on=None, bucket=None, holds_money=holds_money
    )


def followed(loan: Loan, account: LoanAccount) -> Loan:
    """What the row must say after a payment; of a loan that is over, that money came in again."""
    said = as_its_books_say(loan, account)
    if said.status in OVER and account.suspense_minor > 0:
        return replace(said, holds_money=True)
    return said


def concerns_the_row(event: DomainEvent) -> bool:
    """Whether the loan's row may have to follow: its payment ended it, or left money over."""
    if event.kind != "PaymentReceived":
        return False
    return bool(event.data.get("closes_loan")) or event.data["suspense_minor"] != 0
