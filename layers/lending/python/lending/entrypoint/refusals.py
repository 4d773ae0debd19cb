"""Use-case refusals over HTTP: the one table from their kinds to statuses."""

from typing import Final

from lending.entrypoint.problems import FieldError, Refused
from lending.usecases.refusal import NotAllowed

STATUS: Final = {"invalid": 422, "conflict": 409, "forbidden": 403, "limited": 429}


def unless_refused[T](result: T | NotAllowed) -> T:
    """The result itself.

    Raises:
        Refused: it is a refusal; told with its code and a pointer for each wrong field.
    """
    if not isinstance(result, NotAllowed):
        return result
    retry = result.retry_after_s
    raise Refused(
        STATUS[result.kind],
        result.code,
        result.detail,
        [FieldError(problem.pointer, problem.detail) for problem in result.problems],
        {} if retry is None else {"Retry-After": str(retry)},
    )
