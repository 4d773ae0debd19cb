"""What nearly every use case reads first: the application (its owner's only) and the rules."""

from datetime import datetime

from lending.domain.faults import NotFound
from lending.domain.profile import MarketProfile
from lending.domain.records import Application, Offer
from lending.ports.book import ApplicationFile, Book
from lending.ports.profiles import Profiles


def application_of(book: Book, application_id: str) -> Application:
    """The application. Raises NotFound."""
    application = book.application(application_id)
    if application is None:
        raise NotFound(application_id)
    return application


def own_application(book: Book, application_id: str, owner: str) -> Application:
    """The owner's application; somebody else's does not exist for the caller. Raises NotFound."""
    application = application_of(book, application_id)
    if application.owner != owner:
        raise NotFound(application_id)
    return application


def file_of(book: Book, application_id: str) -> ApplicationFile:
    """The application with all that is kept beside it, in one read. Raises NotFound."""
    found = book.file(application_id)
    if found is None:
        raise NotFound(application_id)
    return found


def own_file(book: Book, application_id: str, owner: str) -> ApplicationFile:
    """The owner's application file; as `own_application`. Raises NotFound."""
    found = file_of(book, application_id)
    if found.application.owner != owner:
        raise NotFound(application_id)
    return found


def accepted_offer(file: ApplicationFile) -> Offer:
    """The offer that the customer accepted. Raises NotFound."""
    for offer in file.offers:
        if offer.offer_id == file.application.accepted_offer_id:
            return offer
    raise NotFound(f"{file.application.application_id}: no accepted offer")


def rules_at(profiles: Profiles, market: str, at: datetime) -> MarketProfile:
    """The market's rules on the market's own calendar day. Raises Permanent."""
    profile = profiles.get(market, at.date())
    local = profile.local_date(at)
    return profile if local == at.date() else profiles.get(market, local)
