"""The vault of documents: what a person was issued or signed, and how staff find it."""

from dataclasses import dataclass
from datetime import date, datetime, time

from lending.domain.amending import addressed, amendment_id_of
from lending.domain.documents.record import DocumentRecord, current
from lending.domain.faults import NotFound
from lending.ports.book import Book
from lending.ports.documents import DocumentRegister, DocumentStore
from lending.ports.profiles import Profiles
from lending.usecases.issue_documents import Issued, linked
from lending.usecases.loading import application_of, rules_at

LISTED_MAX = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in a list; `is_current` False: a newer version replaced it."""

    record: DocumentRecord
    is_current: bool


@dataclass(frozen=True, slots=True)
class ViewDocuments:
    """Reads only. Somebody else's document does not exist for a customer."""

    book: Book
    register: DocumentRegister
    store: DocumentStore
    profiles: Profiles

    def of_customer(self, customer_id: str) -> tuple[Listed, ...]:
        """Everything one person was issued or signed, oldest first."""
        return listed(self.register.of_customer(customer_id))

    def own(self, customer_id: str, document_id: str, at: datetime) -> Issued:
        """One document of this person with a link. Raises NotFound."""
        record = self.register.find(customer_id, document_id)
        if record is None:
            raise NotFound(document_id)
        return self._linked(record, at)

    def of_application(self, application_id: str) -> tuple[Listed, ...]:
        """Every version of every document of one application, for staff. Raises NotFound."""
        customer_id = application_of(self.book, application_id).customer_id
        found = listed(self.register.of_customer(customer_id))
        return tuple(one for one in found if one.record.application_id == application_id)

    def of_loan(self, loan_id: str) -> tuple[Listed, ...]:
        """Those of the application that a loan came from. Raises NotFound."""
        loan = self.book.loan(loan_id)
        if loan is None:
            raise NotFound(loan_id)
        return self.of_application(loan.application_id)

    def of_contract(self, contract_id: str) -> tuple[Listed, ...]:
        """Every version of one contract, what was read with it, and its amendments.

        Of an amendment itself: its versions. Raises NotFound.
        """
        application_id, number = addressed(contract_id)
        found = self.of_application(application_id)
        amends = amendment_id_of(application_id, 0).removesuffix("0") if number is None else None
        return tuple(
            one
            for one in found
            if one.record.number == contract_id
            or (amends is not None and one.record.number.startswith(amends))
        )

    def for_staff(self, application_id: str, document_id: str, at: datetime) -> Issued:
        """One document of an application with a link. Raises NotFound."""
        customer_id = application_of(self.book, application_id).customer_id
        record = self.register.find(customer_id, document_id)
        if record is None or record.application_id != application_id:
            raise NotFound(document_id)
        return self._linked(record, at)

    def ending(self, before: date, at: datetime) -> tuple[DocumentRecord, ...]:
        """Documents that may be removed before a day, soonest first (at most 200)."""
        instant = datetime.combine(before, time.min, at.tzinfo)
        return self.register.ending(instant, LISTED_MAX)

    def _linked(self, record: DocumentRecord, at: datetime) -> Issued:
        market = application_of(self.book, record.application_id).request.market
        seconds = rules_at(self.profiles, market, at).documents.download_seconds
        return linked(record, self.store, seconds, at)


def listed(records: tuple[DocumentRecord, ...]) -> tuple[Listed, ...]:
    """Records with whether each is the newest version of its number."""
    newest = current(records)
    return tuple(Listed(one, newest[one.kind, one.number] == one.version) for one in records)
