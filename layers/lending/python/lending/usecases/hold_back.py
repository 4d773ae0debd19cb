"""Pay the dealer in tranches: what is held back of the first payout is owed and paid later.

The customer has the vehicle and the whole loan from the first day; it is the dealer who waits for
the rest, say until the registration is proved. So the plan and its interest stay as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lending.domain.application import TERMINAL
from lending.domain.problem import Problem
from lending.domain.records import Release, StoredReply
from lending.domain.waiting import RELEASED_STATES
from lending.ports.book import Book, Change
from lending.ports.profiles import Profiles
from lending.usecases.loading import accepted_offer, file_of, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state, invalid
from lending.usecases.release_for_funding import release_of


@dataclass(frozen=True, slots=True)
class HoldBack:
    """Says how much the first payout leaves for later tranches; 0 takes it back."""

    book: Book
    profiles: Profiles

    def __call__(
        self,
        application_id: str,
        amount_minor: int,
        at: datetime,
        reply: Callable[[Release], StoredReply],
    ) -> Release | NotAllowed:
        """The release with it. Raises NotFound, StaleVersion, Retryable."""
        file = file_of(self.book, application_id)
        application = file.application
        if application.state in RELEASED_STATES or application.state in TERMINAL:
            return illegal_state(application.state, "its first payout is settled")
        if application.accepted_offer_id is None:
            return illegal_state(application.state, "no offer is accepted yet")
        offer = accepted_offer(file)
        products = rules_at(self.profiles, application.request.market, at).products
        product = None if offer.agreed is None else products.get(offer.agreed.product_id)
        if product is None or not product.has_vehicle:
            detail = "Only what a dealer gets can be paid in tranches."
            return NotAllowed("conflict", "not_by_dealer", detail)
        if amount_minor >= offer.payout_minor:
            most = offer.payout_minor - 1
            return invalid(Problem("/held_back_minor", f"at most {most}: something is paid first"))
        known = release_of(file)
        changed = replace(known, held_back_minor=amount_minor, version=known.version + 1)
        was = 0 if file.release is None else file.release.version
        self.book.commit(Change(release=changed, release_was=was, reply=reply(changed)))
        return changed
