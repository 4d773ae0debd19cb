"""A slow, literal reading of docs/calc.md in exact fractions, to hold the product against.

Written from the document alone, without looking at the product, and meant to stay that way:
when the two differ, the document decides. Requests are taken to be valid. Where the document
can be read in two ways a comment beginning with `Reading:` says which one is taken.
"""

from collections.abc import Callable
from typing import Any, Final

from tests.reference.allocation import allocate
from tests.reference.business_days import business_day
from tests.reference.delinquency import delinquency
from tests.reference.fractions_of_a_year import year_fraction
from tests.reference.schedules import schedule
from tests.reference.settlements import settlement

Document = dict[str, Any]

KINDS: Final[dict[str, Callable[[Document], Document]]] = {
    "schedule": schedule,
    "settlement": settlement,
    "allocate": allocate,
    "delinquency": delinquency,
    "year-fraction": year_fraction,
    "business-day": business_day,
}


def solve(kind: str, request: Document) -> Document:
    """The response of docs/calc.md to a valid request."""
    return KINDS[kind](request)
