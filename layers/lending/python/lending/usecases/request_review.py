"""A declined customer asks for a person; the clock for the answer starts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lending.domain.problem import Problem
from lending.domain.records import State, StoredReply
from lending.domain.review import Grounds, ReviewCase, asked
from lending.ports.book import Book, Change
from lending.usecases.loading import own_application
from lending.usecases.refusal import NotAllowed, illegal_state, invalid


@dataclass(frozen=True, slots=True)
class RequestReview:
    """One request an application, within the time that the notice of the decision names."""

    book: Book

    def __call__(
        self,
        application_id: str,
        owner: str,
        grounds: tuple[str, ...],
        at: datetime,
        reply: Callable[[ReviewCase], StoredReply],
    ) -> ReviewCase | NotAllowed:
        """Keep the request. Raises NotFound, StaleVersion, Retryable."""
        application = own_application(self.book, application_id, owner)
        known = {one.value for one in Grounds}
        if wrong := [i for i, one in enumerate(grounds) if one not in known]:
            detail = f"one of {', '.join(sorted(known))}"
            return invalid(*(Problem(f"/grounds/{index}", detail) for index in wrong))
        if application.state != State.DECLINED:
            return illegal_state(application.state, "there is no refusal to look at again")
        if self.book.review(application_id) is not None:
            return NotAllowed("conflict", "already_requested", "A person looks at it, or has.")
        # The first decision is the machine's; a person's is any later one.
        first = self.book.decision_numbered(application_id, 1)
        notice = first.basis.notice if first and first.basis else None
        if notice is None or self.book.decision_numbered(application_id, 2) is not None:
            return NotAllowed("conflict", "decided_by_person", "A person has decided already.")
        if at > datetime.fromisoformat(notice.review_until):
            return NotAllowed("conflict", "too_late", f"Until {notice.review_until}.")
        case = asked(application_id, grounds, notice.answer_within_hours, at)
        self.book.commit(Change(review=case, reply=reply(case)))
        return case
