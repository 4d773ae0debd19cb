"""What one person has with us, over all open applications and loans."""

from lending.domain.application import TERMINAL
from lending.domain.records import Application, State
from lending.domain.underwriting.decided import Exposure
from lending.ports.book import Book

UNDECIDED = frozenset({State.SUBMITTED, State.SCREENING, State.DECISIONING})


def exposure_of(book: Book, application: Application) -> Exposure:
    """Everything of the applicant besides this application.

    Of two applications that wait for a decision at the same time only the older one counts for
    the younger: who comes first is served first, and never both are turned away for the other.
    Raises Retryable.
    """
    applications = applications_minor = loans = loans_minor = unsecured_minor = 0
    for other in book.applications_of(application.customer_id):
        if other.application_id == application.application_id:
            continue
        owed = 0
        if other.state is State.FUNDED:
            owed = book.principal_owed_minor(other.loan_id) if other.loan_id else 0
            loans += owed > 0
            loans_minor += owed
        elif _counts(other, application):
            owed = other.request.lent_minor
            applications += 1
            applications_minor += owed
        if other.request.vehicle is None:
            unsecured_minor += owed
    return Exposure(applications, applications_minor, loans, loans_minor, unsecured_minor)


def _counts(other: Application, application: Application) -> bool:
    if other.state in TERMINAL:
        return False
    mine = (application.submitted_at, application.application_id)
    return other.state not in UNDECIDED or (other.submitted_at, other.application_id) < mine
