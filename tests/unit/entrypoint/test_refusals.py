"""Refusals of use cases over HTTP."""

from typing import get_args, get_type_hints

import pytest
from lending.domain.problem import Problem
from lending.entrypoint.problems import FieldError, Refused
from lending.entrypoint.refusals import STATUS, unless_refused
from lending.usecases.refusal import NotAllowed


def test_a_result_passes() -> None:
    assert unless_refused(5) == 5


def test_every_kind_has_a_status() -> None:
    assert set(get_args(get_type_hints(NotAllowed)["kind"])) == set(STATUS)


@pytest.mark.parametrize(("kind", "status"), STATUS.items())
def test_a_refusal_is_told_with_its_places(kind: str, status: int) -> None:
    refusal = NotAllowed(
        kind=kind,  # type: ignore[arg-type]
        code="some_code",
        detail="why",
        problems=(Problem("/amount_minor", "too much"),),
        retry_after_s=30,
    )
    with pytest.raises(Refused) as caught:
        unless_refused(refusal)
    told = caught.value
    assert (told.status, told.code, told.detail) == (status, "some_code", "why")
    assert told.errors == (FieldError("/amount_minor", "too much"),)
    assert told.headers == {"Retry-After": "30"}
