"""Keep a workflow's task token until somebody acts, or answer it at once when they did."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lending.domain.records import Wait
from lending.domain.waiting import WaitName
from lending.ports.book import Book
from lending.ports.system import Workflow
from lending.usecases.loading import application_of
from lending.usecases.resumption import resume_if_past

LONGEST_WAIT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class ParkWorkflow:
    """Store first, look second: whoever acts in between is seen by one of the two."""

    book: Book
    workflow: Workflow

    def __call__(self, application_id: str, name: WaitName, token: str, at: datetime) -> bool:
        """Park; True when the wait was answered at once.

        Raises:
            NotFound: no such application.  Retryable: a store or the engine was busy.
        """
        deadline_at = application_of(self.book, application_id).deadline_at or at + LONGEST_WAIT
        self.book.park(Wait(application_id, name, token, deadline_at, at))
        application = application_of(self.book, application_id)
        return resume_if_past(self.book, self.workflow, application, name)
