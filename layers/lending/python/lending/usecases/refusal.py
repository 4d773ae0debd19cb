"""How a use case says no to its caller: a value with a stable code, never an exception."""

from dataclasses import dataclass
from typing import Literal

from lending.domain.problem import Problem


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """`kind` is what went wrong, `code` is stable and documented, `problems` name fields.

    invalid: the content is wrong; conflict: not in this state; forbidden: not this person;
    limited: too early or too often (`retry_after_s` says when).
    """

    kind: Literal["invalid", "conflict", "forbidden", "limited"]
    code: str
    detail: str
    problems: tuple[Problem, ...] = ()
    retry_after_s: int | None = None


def invalid(*problems: Problem) -> NotAllowed:
    """Some fields are wrong."""
    return NotAllowed("invalid", "invalid_field", "Some fields are wrong.", problems)


def illegal_state(state: str, wanted: str) -> NotAllowed:
    """The application is not in a state that allows this."""
    return NotAllowed("conflict", "illegal_state", f"The application is {state}; {wanted}.")
