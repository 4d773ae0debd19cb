"""The route table, loaded from `routes.json` (infra reads the same file without importing us)."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

OWNER_RULES: Final = frozenset(
    {
        "public",
        "self",
        "creates_own",
        "own_application",
        "own_amendment",
        "own_contract",
        "own_document",
        "own_loan",
        "staff",
    }
)


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the API.

    `owner_rule` names who may touch the resource behind it; the use case enforces it.
    `groups` (staff only): the caller must be in at least one. `idempotent`: the
    Idempotency-Key header is required.
    """

    method: str
    path: str
    function: str
    audience: Literal["public", "customer", "staff"]
    groups: tuple[str, ...]
    owner_rule: str
    idempotent: bool


@cache
def routes() -> tuple[Route, ...]:
    """Every route of the platform, in the file's order.

    Raises:
        ValueError: a row without a known owner rule, or two rows for one method and path.
    """
    rows = json.loads(files(__package__).joinpath("routes.json").read_text("utf-8"))["routes"]
    loaded = tuple(Route(**{**row, "groups": tuple(row["groups"])}) for row in rows)
    for route in loaded:
        if route.owner_rule not in OWNER_RULES:
            raise ValueError(f"{route.method} {route.path}: no owner rule {route.owner_rule!r}")
        if (route.audience == "staff") != bool(route.groups):
            raise ValueError(f"{route.method} {route.path}: groups are for staff routes")
    if len({(route.method, route.path) for route in loaded}) != len(loaded):
        raise ValueError("routes.json names a route twice")
    return loaded


def routes_of(function: str) -> tuple[Route, ...]:
    """The routes served by one function folder (its verb)."""
    return tuple(route for route in routes() if route.function == function)
