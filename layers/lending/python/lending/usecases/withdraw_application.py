"""The customer walks away; possible until money moves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lending.domain.application import Move, advance, can_move
from lending.domain.events import application_event
from lending.domain.records import Actor, Application, State, StoredReply
from lending.domain.waiting import wait_of
from lending.ports.book import Book, Change
from lending.ports.profiles import Profiles
from lending.ports.system import Workflow
from lending.usecases.loading import own_application, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state
from lending.usecases.resumption import nudge


@dataclass(frozen=True, slots=True)
class WithdrawApplication:
    """Move an application to WITHDRAWN and wake its workflow, which then ends."""

    book: Book
    profiles: Profiles
    workflow: Workflow

    def __call__(
        self,
        application_id: str,
        owner: str,
        at: datetime,
        reply: Callable[[Application], StoredReply],
    ) -> Application | NotAllowed:
        """Withdraw. Raises NotFound, StaleVersion, Retryable."""
        application = own_application(self.book, application_id, owner)
        if not can_move(application.state, State.WITHDRAWN):
            return illegal_state(application.state, "it can no longer be withdrawn")
        profile = rules_at(self.profiles, application.request.market, at)
        waited_in = wait_of(application.state)
        move = Move(State.WITHDRAWN, "withdraw", Actor("applicant", owner))
        withdrawn, transitions = advance(application, [move], at, profile.state_timeouts)
        event = application_event(
            "ApplicationWithdrawn", withdrawn, at, from_state=application.state.value
        )
        self.book.commit(
            Change(
                application=withdrawn,
                application_was=application.version,
                transitions=transitions,
                events=(event,),
                reply=reply(withdrawn),
            )
        )
        if waited_in is not None:
            nudge(self.book, self.workflow, withdrawn, waited_in)
        return withdrawn
