"""The customer chooses an offer and confirms its cost sheet."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lending.domain.application import Move, advance, can_move
from lending.domain.events import application_event
from lending.domain.problem import Problem
from lending.domain.records import Actor, Application, State, StoredReply
from lending.ports.book import Book, Change
from lending.ports.profiles import Profiles
from lending.usecases.loading import own_file, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state, invalid


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """APPROVED to OFFER_ACCEPTED, bound to one offer."""

    book: Book
    profiles: Profiles

    def __call__(
        self,
        application_id: str,
        owner: str,
        offer_id: str,
        cost_sheet_confirmed: bool,
        at: datetime,
        reply: Callable[[Application], StoredReply],
    ) -> Application | NotAllowed:
        """Accept one unexpired offer. Raises NotFound, StaleVersion, Retryable."""
        file = own_file(self.book, application_id, owner)
        application = file.application
        if not cost_sheet_confirmed:
            return invalid(Problem("/cost_sheet_confirmed", "the cost sheet must be confirmed"))
        if not can_move(application.state, State.OFFER_ACCEPTED):
            return illegal_state(application.state, "there is no offer to accept")
        offers = {offer.offer_id: offer for offer in file.offers}
        offer = offers.get(offer_id)
        if offer is None:
            return invalid(Problem("/offer_id", "not an offer of this application"))
        if offer.expires_at <= at:
            return NotAllowed("conflict", "offer_expired", "The offer has expired.")
        profile = rules_at(self.profiles, application.request.market, at)
        move = Move(State.OFFER_ACCEPTED, "accept", Actor("applicant", owner))
        moved, transitions = advance(application, [move], at, profile.state_timeouts)
        accepted = replace(moved, accepted_offer_id=offer_id)
        self.book.commit(
            Change(
                application=accepted,
                application_was=application.version,
                transitions=transitions,
                events=(application_event("OfferAccepted", accepted, at, offer_id=offer_id),),
                reply=reply(accepted),
            )
        )
        return accepted
