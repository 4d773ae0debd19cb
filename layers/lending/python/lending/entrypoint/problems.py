"""Errors over HTTP: problem+json (RFC 9457), and the one table from faults to statuses."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from lending.domain.faults import Erased, LendingFault, NotFound, Permanent, Retryable, StaleVersion

PROBLEM_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong place in a body; `pointer` is a JSON pointer (RFC 6901), "" = the whole."""

    pointer: str
    detail: str


class Refused(Exception):
    """The caller's request is refused; `code` is stable and documented, `detail` is for people.

    Raised by handlers only; the use cases return refusals as values.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        errors: Sequence[FieldError] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = headers or {}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one class of faults is told to the client: nothing of the fault's own text."""

    status: int
    code: str
    detail: str
    headers: dict[str, str] = field(default_factory=dict)


# Most derived first is not needed: the lookup follows the fault's own class hierarchy.
VERDICTS: Final[dict[type[LendingFault], Verdict]] = {
    NotFound: Verdict(404, "not_found", "There is no such resource."),
    Erased: Verdict(404, "not_found", "There is no such resource."),
    StaleVersion: Verdict(
        409, "changed_meanwhile", "Somebody else changed it first; read it again."
    ),
    Retryable: Verdict(
        503, "try_again", "A dependency is busy; repeat the call.", {"Retry-After": "2"}
    ),
    Permanent: Verdict(500, "internal_error", "The request could not be processed."),
}


def verdict(error: BaseException) -> Verdict:
    """The row for `error`; anything unlisted is an internal error without its text."""
    for cls in type(error).__mro__:
        if cls in VERDICTS:
            return VERDICTS[cls]
    return VERDICTS[Permanent]


def problem_body(
    status: int,
    code: str,
    request_id: str,
    detail: str = "",
    errors: Sequence[FieldError] = (),
) -> str:
    """Problem JSON text {type,title,status,code,request_id,detail?,errors?}."""
    problem: dict[str, object] = {
        "type": f"urn:autolend:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "request_id": request_id,
    }
    if detail:
        problem["detail"] = detail
    if errors:
        problem["errors"] = [{"pointer": e.pointer, "detail": e.detail} for e in errors]
    return json.dumps(problem, ensure_ascii=False)
