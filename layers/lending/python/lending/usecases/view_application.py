"""What an owner may see: the application with decision, offers, contract and a masked self."""

from dataclasses import dataclass

from lending.domain.faults import NotFound
from lending.domain.reasons import reason_text, right_text
from lending.domain.records import (
    Application,
    Contract,
    DecisionRecord,
    Loan,
    Offer,
    Transition,
)
from lending.domain.review import ReviewCase
from lending.ports.book import Book
from lending.ports.vault import Consent, Vault
from lending.usecases.loading import own_application, own_file


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason's stable code and its text in the customer's language."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """One application as its owner sees it."""

    application: Application
    decision: DecisionRecord | None
    reasons: tuple[Reason, ...]
    offers: tuple[Offer, ...]
    contract: Contract | None
    customer: dict[str, str]
    rights: tuple[Reason, ...] = ()
    review: ReviewCase | None = None


@dataclass(frozen=True, slots=True)
class ViewApplication:
    """Reads only; somebody else's application does not exist."""

    book: Book
    vault: Vault

    def __call__(self, application_id: str, owner: str) -> ApplicationView:
        """The owner's view. Raises NotFound, Retryable."""
        file = own_file(self.book, application_id, owner)
        application, decision = file.application, file.decision
        customer = self.vault.masked(application.customer_id)
        locale = customer.get("locale", "en")
        codes = decision.reasons if decision else ()
        return ApplicationView(
            application=application,
            decision=decision,
            reasons=tuple(Reason(code, reason_text(code, locale)) for code in codes),
            offers=file.offers,
            contract=file.contract,
            customer=customer,
            rights=_rights(decision, locale),
            review=file.review,
        )

    def version(self, application_id: str, owner: str) -> int:
        """The version alone: one read, for callers that know the rest. Raises NotFound."""
        return own_application(self.book, application_id, owner).version

    def timeline(self, application_id: str, owner: str) -> tuple[Transition, ...]:
        """Every transition in order. Raises NotFound, Retryable."""
        own_application(self.book, application_id, owner)
        return self.book.transitions(application_id)


def _rights(decision: DecisionRecord | None, locale: str) -> tuple[Reason, ...]:
    notice = decision.basis.notice if decision and decision.basis else None
    codes = notice.rights if notice else ()
    return tuple(Reason(code, right_text(code, locale)) for code in codes)


@dataclass(frozen=True, slots=True)
class ViewLoan:
    """A loan with its plan, for its owner."""

    book: Book

    def __call__(self, loan_id: str, owner: str) -> Loan:
        """The loan. Raises NotFound, Retryable."""
        loan = self.book.loan(loan_id)
        if loan is None or loan.owner != owner:
            raise NotFound(loan_id)
        return loan


@dataclass(frozen=True, slots=True)
class ViewSelf:
    """What we keep about the caller: masked fields and consents."""

    vault: Vault

    def __call__(self, customer_id: str) -> tuple[dict[str, str], tuple[Consent, ...]]:
        """Masked fields by name and consents; empty for somebody who never applied."""
        try:
            return self.vault.masked(customer_id), self.vault.consents(customer_id)
        except NotFound:
            return {}, ()
