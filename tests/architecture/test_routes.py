"""Every route has an owner rule, a handler and nothing beside; every function is told apart."""

import importlib
from pathlib import Path

import pytest
from lending.entrypoint.http import Api
from lending.entrypoint.routes import OWNER_RULES, routes, routes_of

ROOT = Path(__file__).parents[2]
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
SERVED = sorted({route.function for route in routes()})
RULES_OF = {
    "public": {"public"},
    "customer": {
        "self",
        "creates_own",
        "own_application",
        "own_loan",
        "own_document",
        "own_contract",
        "own_amendment",
    },
    "staff": {"staff"},
}


def test_every_route_has_an_owner_rule_of_its_audience() -> None:
    for route in routes():
        assert route.owner_rule in OWNER_RULES
        assert route.owner_rule in RULES_OF[route.audience], f"{route.method} {route.path}"


def test_every_post_but_quotes_and_webhooks_is_idempotent() -> None:
    """A quote changes nothing; what a bank tells has an id of its own."""
    for route in routes():
        has_no_key = route.path == "/v1/quotes" or route.path.startswith("/v1/webhooks/")
        wanted = route.method == "POST" and not has_no_key
        assert route.idempotent == wanted, route.path


@pytest.mark.parametrize("function", SERVED)
def test_a_function_serves_exactly_its_rows(function: str) -> None:
    api = importlib.import_module(f"functions.{function}.handler").handler
    assert isinstance(api, Api)
    assert api.served == {(route.method, route.path) for route in routes_of(function)}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_folder_has_a_handler_and_says_what_it_is(function: str) -> None:
    module = importlib.import_module(f"functions.{function}.handler")
    assert callable(module.handler)
    assert (module.__doc__ or "").strip()
    assert (importlib.import_module(f"functions.{function}").__doc__ or "").strip()
