"""Clock, ids and market profiles of a real process."""

from datetime import UTC, date, timedelta

import pytest
from lending.adapters.profiles import ProfileStore
from lending.adapters.system import SystemClock, UlidIds
from lending.domain.faults import Permanent


def test_the_clock_is_aware_and_in_utc() -> None:
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert now.tzinfo is UTC


def test_ids_are_unique_and_sort_by_time_even_when_the_clock_stops_or_steps_back() -> None:
    times = iter([*[1_800_000_000_000] * 500, 1_700_000_000_000, 1_900_000_000_000])
    ids = UlidIds(lambda: next(times))
    made = [ids.new("app") for _ in range(502)]
    assert made == sorted(made)
    assert len(set(made)) == 502
    assert all(len(one) == len("app_") + 26 for one in made)
    assert not set("".join(one[4:] for one in made)) & set("ILOU")


def test_only_the_markets_of_this_deployment_have_rules() -> None:
    store = ProfileStore(("cn",))
    assert store.markets == ("cn",)
    assert store.get("cn", date(2026, 11, 24)).currency == "CNY"
    with pytest.raises(Permanent):
        store.get("us", date(2026, 11, 24))
    with pytest.raises(Permanent):
        store.get("../cn", date(2026, 11, 24))
