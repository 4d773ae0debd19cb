"""`autolend calc identifier`: form and check digit of an identifier."""

from typing import Annotated, Any, Literal

from lending.domain.identifiers import Identifier, check
from pydantic import Field

from tools.calc.absent import NotNull
from tools.calc.wire import Day, Shape


class Request(Shape):
    """A value and what it should be."""

    kind: Literal["cn_id", "cn_mobile", "uscc", "luhn", "bank_card", "vin"] = Field(alias="type")
    value: str
    normalise: bool = True
    check_region: bool = False
    as_of: Annotated[Day | None, NotNull] = None


def answer(request: Request) -> dict[str, Any]:
    """Whether it is valid, as it was checked, and the first reason against it."""
    checked = check(
        Identifier(request.kind),
        request.value,
        request.normalise,
        request.check_region,
        request.as_of,
    )
    return {
        "valid": checked.valid,
        "normalised": checked.normalised,
        "reason": checked.reason.value if checked.reason else None,
    }
