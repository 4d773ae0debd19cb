"""A customer lets us debit instalments from an account, changes it, or ends that.

The account goes to the vault under the mandate's own id, which is that of the recorded consent;
the loan holds the id only. What is on its way at the bank under an older mandate stays as it was
sent; nothing new is drawn under it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lending.domain.auto_debit import PURPOSE, Collection, payer_fields
from lending.domain.events import mandate_changed
from lending.domain.faults import NotFound
from lending.domain.records import LIVE, Loan, StoredReply
from lending.domain.submission import ConsentGiven, PayeeAccount
from lending.ports.book import Book, Change
from lending.ports.money import Collections
from lending.ports.system import Ids
from lending.ports.vault import Consent, Vault
from lending.usecases.refusal import NotAllowed

type Answer = Callable[[Loan], StoredReply]


@dataclass(frozen=True, slots=True)
class GiveMandate:
    """The first account of a loan, or another one."""

    book: Book
    vault: Vault
    ids: Ids

    def __call__(
        self,
        loan_id: str,
        owner: str,
        account: PayeeAccount,
        consent: ConsentGiven,
        at: datetime,
        reply: Answer,
    ) -> Loan | NotAllowed:
        """The loan with its mandate. Raises NotFound, StaleVersion, Retryable."""
        loan = _own(self.book, loan_id, owner)
        if loan.status not in LIVE:
            return _over(loan)
        locale = self.vault.masked(loan.customer_id).get("locale", "en")
        mandate_id = self.ids.new("con")
        given = Consent(mandate_id, PURPOSE, consent.version, consent.text_sha256, at, locale)
        name, number = payer_fields(mandate_id)
        fields = {name: account.name, number: account.account_no}
        self.vault.save(loan.customer_id, fields, (given,))
        changed = replace(loan, mandate_id=mandate_id, version=loan.version + 1)
        events = [mandate_changed("MandateGiven", changed, mandate_id, at)]
        if loan.mandate_id is not None:
            events.append(mandate_changed("MandateRevoked", changed, loan.mandate_id, at))
        self.book.commit(
            Change(loan=changed, loan_was=loan.version, events=tuple(events), reply=reply(changed))
        )
        return changed


@dataclass(frozen=True, slots=True)
class RevokeMandate:
    """No more debits from now on."""

    book: Book

    def __call__(self, loan_id: str, owner: str, at: datetime, reply: Answer) -> Loan | NotAllowed:
        """The loan without a mandate. Raises NotFound, StaleVersion, Retryable."""
        loan = _own(self.book, loan_id, owner)
        if loan.mandate_id is None:
            return NotAllowed("conflict", "illegal_state", "There is no mandate.")
        changed = replace(loan, mandate_id=None, version=loan.version + 1)
        event = mandate_changed("MandateRevoked", changed, loan.mandate_id, at)
        self.book.commit(
            Change(loan=changed, loan_was=loan.version, events=(event,), reply=reply(changed))
        )
        return changed


def _own(book: Book, loan_id: str, owner: str) -> Loan:
    loan = book.loan(loan_id)
    if loan is None or loan.owner != owner:
        raise NotFound(loan_id)
    return loan


def _over(loan: Loan) -> NotAllowed:
    return NotAllowed("conflict", "illegal_state", f"The loan is {loan.status}.")


@dataclass(frozen=True, slots=True)
class MandateView:
    """What an owner sees: the account masked, and every attempt."""

    loan: Loan
    account_no: str
    attempts: tuple[Collection, ...]


@dataclass(frozen=True, slots=True)
class ViewMandate:
    """Reads only; somebody else's loan does not exist."""

    book: Book
    money: Collections
    vault: Vault

    def __call__(self, loan_id: str, owner: str) -> MandateView:
        """The owner's view. Raises NotFound, Retryable."""
        loan = _own(self.book, loan_id, owner)
        masked = "" if loan.mandate_id is None else self._masked(loan.customer_id, loan.mandate_id)
        return MandateView(loan, masked, self.money.collections(loan_id))

    def _masked(self, customer_id: str, mandate_id: str) -> str:
        return self.vault.masked(customer_id).get(payer_fields(mandate_id)[1], "")
