"""What settling early costs under the contract: a percentage of the balance, until it is free."""

from datetime import date
from fractions import Fraction
from typing import Final

from lending.domain.money import Rounding, divide
from lending.domain.records import Offer
from lending.domain.servicing.account import LoanAccount
from lending.domain.servicing.terms import AccountTerms

PERCENT: Final = 100


def early_fee_minor(offer: Offer, terms: AccountTerms, account: LoanAccount, on: date) -> int:
    """The fee for settling on a day; 0 once the last instalment is due.

    An offer without agreed terms knows no such fee. Instalments count as paid when the account
    has cleared them.
    """
    agreed = offer.agreed
    if agreed is None or on >= terms.in_force(account.plan).due_on[-1]:
        return 0
    early = agreed.early_settlement
    if early.free_after_paid is not None and account.cleared >= early.free_after_paid:
        return 0
    pct = Fraction(early.pct)
    numerator = account.principal_minor * pct.numerator
    return divide(numerator, PERCENT * pct.denominator, Rounding(agreed.rounding_mode))
