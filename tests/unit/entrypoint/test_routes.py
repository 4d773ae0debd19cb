"""The route table: complete, closed by default, and served by exactly the functions it names."""

import re
from importlib import import_module

import pytest
from lending.entrypoint.routes import OWNER_RULES, Route, routes, routes_of


@pytest.mark.parametrize("route", routes(), ids=lambda one: f"{one.method} {one.path}")
def test_each_route_has_an_owner_rule_that_fits_its_audience(route: Route) -> None:
    assert route.owner_rule in OWNER_RULES
    assert (route.audience == "public") == (route.owner_rule == "public")
    assert (route.audience == "staff") == (route.owner_rule == "staff") == bool(route.groups)
    assert route.path.startswith("/v1/ops/") == (route.audience == "staff")


@pytest.mark.parametrize("route", routes(), ids=lambda one: f"{one.method} {one.path}")
def test_a_resource_in_the_path_belongs_to_somebody(route: Route) -> None:
    named = re.findall(r"{(\w+)}", route.path)
    if route.audience == "customer" and named:
        assert route.owner_rule == f"own_{named[0].removesuffix('_id')}"


def test_every_writing_route_is_idempotent_except_quotes_and_no_reading_one_is() -> None:
    """A webhook repeats by the ids of the bank, not by a key of ours."""
    keyless = {"/v1/quotes", "/v1/webhooks/bank"}
    for route in routes():
        writes = route.method != "GET" and route.path not in keyless
        assert route.idempotent == writes, route.path


def test_only_what_shows_nothing_is_public() -> None:
    public = {route.path for route in routes() if route.audience == "public"}
    signed = {"/v1/webhooks/bank"}  # shows nothing either, and believes nobody without a secret
    assert public == {"/v1/health", "/v1/products", "/v1/quotes"} | signed


@pytest.mark.parametrize("function", sorted({route.function for route in routes()}))
def test_each_function_serves_exactly_its_rows(function: str) -> None:
    api = import_module(f"functions.{function}.handler").handler
    assert api.served == {(route.method, route.path) for route in routes_of(function)}


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ([{"owner_rule": "anybody"}], "no owner rule"),
        ([{"audience": "staff", "owner_rule": "staff"}], "groups"),
        ([{"groups": ["x"]}], "groups"),
        ([{}, {}], "twice"),
    ],
)
def test_a_table_with_a_hole_is_refused(
    monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, object]], complaint: str
) -> None:
    row = {
        "method": "GET",
        "path": "/x",
        "function": "f",
        "audience": "customer",
        "groups": [],
        "owner_rule": "self",
        "idempotent": False,
    }
    table = {"routes": [{**row, **changed} for changed in rows]}
    monkeypatch.setattr("lending.entrypoint.routes.json.loads", lambda _: table)
    with pytest.raises(ValueError, match=complaint):
        routes.__wrapped__()
