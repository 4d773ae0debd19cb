"""Waking a parked workflow once its application moved on."""

from lending.domain.faults import Retryable
from lending.domain.records import Application
from lending.domain.waiting import WaitName, answer
from lending.ports.book import Book
from lending.ports.system import Workflow


def resume_if_past(
    book: Book, workflow: Workflow, application: Application, name: WaitName
) -> bool:
    """Answer the wait when the application's state says how; True when it was answered.

    The answer is read from the state, so repeating it or doing it late changes nothing.

    Raises:
        Retryable: the engine or the book did not answer; the sweeper will try again.
    """
    outcome = answer(name, application.state)
    if outcome is None:
        return False
    wait = book.wait(application.application_id, name)
    if wait is None:
        return False
    resumed = workflow.resume(wait.token, output(application, outcome))
    book.unpark(wait)
    return resumed


def nudge(book: Book, workflow: Workflow, application: Application, name: WaitName) -> None:
    """Wake the workflow after a commit. The commit stands whatever happens here."""
    try:
        resume_if_past(book, workflow, application, name)
    except Retryable:
        return  # the sweeper finds the wait within a minute


def output(application: Application, outcome: str) -> dict[str, object]:
    """What the waiting state gets: ids and the outcome only."""
    return {"application_id": application.application_id, "outcome": outcome}
