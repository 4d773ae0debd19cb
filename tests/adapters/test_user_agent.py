"""Every call to AWS says which product and function it comes from."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lending.adapters import aws
from lending.adapters.dynamodb.table import connection

CACHED = (aws.user_agent, aws._config, aws.kms, aws.events, connection)


@pytest.fixture
def in_a_function(account: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clients are made as a function of that name makes them, and forgotten afterwards."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "Autolend-dev-sign")
    for made in CACHED:
        made.cache_clear()
    yield
    for made in CACHED:
        made.cache_clear()


@pytest.mark.parametrize(
    ("client", "event", "ask"),
    [
        (lambda: connection().client, "dynamodb.ListTables", "list_tables"),
        (aws.kms, "kms.ListKeys", "list_keys"),
        (aws.events, "events.ListRules", "list_rules"),
    ],
)
def test_a_call_names_the_product_and_its_function(
    client: Callable[[], Any], event: str, ask: str, in_a_function: None
) -> None:
    seen: list[str] = []

    def note(request: Any, **_: Any) -> None:
        told = request.headers["User-Agent"]
        seen.append(told.decode() if isinstance(told, bytes) else told)

    one = client()
    one.meta.events.register_first(f"before-send.{event}", note)
    getattr(one, ask)()
    product, *rest = seen[0].split()
    assert product == "Autolend"
    assert "fn/Autolend-dev-sign" in rest
    assert any(part.startswith("Botocore/") for part in rest)
