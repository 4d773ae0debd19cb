"""A new plan on a running account: what was paid of rows that it replaces is paid of its rows."""

from dataclasses import dataclass

from lending.domain.servicing.account import LoanAccount, Paid
from lending.domain.servicing.terms import AccountTerms


@dataclass(frozen=True, slots=True)
class Carried:
    """The account under the new plan, and what was paid in advance that its rows cannot hold."""

    account: LoanAccount
    interest_over_minor: int = 0
    fee_over_minor: int = 0


def replanned(old: AccountTerms, new: AccountTerms, account: LoanAccount) -> Carried:
    """Go on under the new plan. Rows that both have keep what was paid of them.

    What was paid of others, part by part, meets the new rows from the first on. Both plans repay
    the same principal, so only interest and fees paid far in advance can be left over.
    """
    kept = old.kept_rows(new)
    below = tuple(paid for paid in account.partly if paid.row < kept)
    pool = [_sum(old, account, kept, part) for part in range(3)]
    cleared, partly = min(account.cleared, kept), list(below)
    for index in range(kept, len(new.plan)):
        row = new.plan[index]
        wanted = (row.principal_minor, row.interest_minor, row.fee_minor)
        taken = [min(left, part) for left, part in zip(pool, wanted, strict=True)]
        pool = [left - part for left, part in zip(pool, taken, strict=True)]
        if cleared == index and tuple(taken) == wanted:
            cleared += 1
        elif any(taken):
            partly.append(Paid(index, *taken))
    _, interest_over, fee_over = pool
    after = LoanAccount(
        balances=account.balances,
        disbursed_minor=account.disbursed_minor,
        cleared=cleared,
        partly=tuple(partly),
        charges=account.charges,
        claim_minor=account.claim_minor,
        last=account.last,
        plan=new.number,
    )
    return Carried(after, interest_over, fee_over)


def _sum(old: AccountTerms, account: LoanAccount, kept: int, part: int) -> int:
    """Principal (0), interest (1) or fees (2) paid of rows from `kept` on."""
    until = (old.principal_until, old.interest_until, old.fee_until)[part]
    whole = max(0, until[account.cleared] - until[kept]) if account.cleared > kept else 0
    return whole + sum(paid[part + 1] for paid in account.partly if paid.row >= kept)
