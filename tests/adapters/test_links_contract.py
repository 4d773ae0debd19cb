"""The link index and the fraud desk: fake and real keep the same promises."""

from datetime import UTC, datetime, timedelta

import pytest
from lending.adapters.dynamodb import links as links_module
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.links import DynamoLinks
from lending.domain.faults import Retryable
from lending.domain.fraud import Edge, LinkKind, WatchEntry, cleared, opened
from lending.domain.records import Findings, FraudFinding
from lending.ports.book import Book, Change

from tests.adapters.conftest import Calls, RawTable
from tests.fakes.book import FakeBook
from tests.fakes.fraud import FakeLinks

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
K = LinkKind
FINDING = FraudFinding(700, True, {"vin_shared": 600}, ("app_1", "app_2"), "r1")
FINDINGS = Findings("match", 36, None, 5, None, None, {"a": 1}, missing=("income",), fraud=FINDING)
CASE = opened("app_9", FINDING, FINDINGS, AT)


def edge(number: int, days_ago: int = 0) -> Edge:
    return Edge(f"app_{number}", f"cus_{number}", AT - timedelta(days=days_ago))


@pytest.fixture(params=["fake", "dynamo"])
def kept(request: pytest.FixtureRequest) -> tuple[Book, FakeLinks | DynamoLinks]:
    if request.param == "fake":
        book = FakeBook()
        return book, FakeLinks(book)
    name = request.getfixturevalue("table_name")
    return DynamoBook(name), DynamoLinks(name)


type Kept = tuple[Book, FakeLinks | DynamoLinks]


def test_applications_meet_at_their_tokens(kept: Kept) -> None:
    _, index = kept
    index.join(edge(1), {K.MOBILE: "m" * 32, K.VIN: "v" * 32})
    index.join(edge(2, 60), {K.MOBILE: "m" * 32, K.DEALER: "d" * 32})
    index.join(edge(1), {K.MOBILE: "m" * 32, K.VIN: "v" * 32})
    found = index.around({K.MOBILE: "m" * 32, K.VIN: "v" * 32, K.DEVICE: "x" * 32}, AT).edges
    assert set(found[K.MOBILE]) == {edge(1), edge(2, 60)}
    assert found[K.VIN] == (edge(1),)
    assert not found.get(K.DEVICE)
    assert not index.around({K.VIN: "m" * 32}, AT).edges.get(K.VIN), "kinds do not meet"
    assert set(index.around({K.DEALER: "d" * 32}, AT).edges[K.DEALER]) == {edge(2, 60)}


def test_an_application_remembers_its_tokens_and_marks_do_not_replace_them(kept: Kept) -> None:
    _, index = kept
    links = {K.MOBILE: "m" * 32, K.DEALER: "d" * 32}
    index.join(edge(1), links)
    index.join(edge(1), {K.DEALER_FRAUD: "d" * 32})
    assert index.links_of(("app_1", "app_2")) == {"app_1": links}
    assert index.links_of(()) == {}
    assert index.around({K.DEALER_FRAUD: "d" * 32}, AT).edges[K.DEALER_FRAUD] == (edge(1),)


def test_watched_tokens_are_seen_until_they_end(kept: Kept) -> None:
    book, index = kept
    entry = WatchEntry(K.VIN, "v" * 32, "", "stolen", "o", AT, AT + timedelta(days=9))
    book.commit(Change(watched=(entry,)))
    assert index.around({K.VIN: "v" * 32}, AT).watched == {K.VIN: "stolen"}
    assert index.around({K.MOBILE: "v" * 32}, AT).watched == {}
    assert index.around({K.VIN: "v" * 32}, AT + timedelta(days=9)).watched == {}
    assert index.watch_entry(K.VIN, "v" * 32) == entry
    assert index.watch_entry(K.VIN, "w" * 32) is None
    assert index.watch_list(K.VIN, 10) == (entry,)
    gone = WatchEntry(K.VIN, "v" * 32, "", "stolen", "o", AT, None, AT, "p", "found")
    book.commit(Change(watched=(gone,)))
    assert index.watch_list(K.VIN, 10) == ()
    assert index.watch_entry(K.VIN, "v" * 32) == gone
    assert index.around({K.VIN: "v" * 32}, AT).watched == {}


def test_cases_are_listed_by_the_month_in_which_they_were_closed(kept: Kept) -> None:
    book, desk = kept
    book.commit(Change(fraud_case=CASE))
    assert desk.case("app_9") == CASE
    assert desk.case("app_8") is None
    assert desk.closed_cases("2026-11", 10) == ()
    closed = cleared(CASE, "o", "fine", AT)
    book.commit(Change(fraud_case=closed, fraud_case_was=1))
    assert desk.closed_cases("2026-11", 10) == (closed,)
    assert desk.closed_cases("2026-12", 10) == ()


def test_a_full_token_takes_no_more_and_the_others_still_do(
    table_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links_module, "EDGES_MAX", 3)
    index = DynamoLinks(table_name)
    for number in range(5):
        index.join(edge(number), {K.MOBILE: "m" * 32, K.VIN: f"{number}" * 32})
    found = index.around({K.MOBILE: "m" * 32, K.VIN: "4" * 32}, AT).edges
    assert len(found[K.MOBILE]) == 3
    assert found[K.VIN] == (edge(4),)
    assert index.links_of(("app_4",))["app_4"][K.MOBILE] == "m" * 32


def test_a_dealer_is_spread_over_rows_and_everything_expires(
    table_name: str, raw: RawTable
) -> None:
    index = DynamoLinks(table_name)
    for number in range(30):
        index.join(edge(number), {K.DEALER: "d" * 32})
    rows = [item for item in raw.items() if item["sk"]["S"] == "EDGES"]
    assert 4 < len(rows) <= 8
    assert len(index.around({K.DEALER: "d" * 32}, AT).edges[K.DEALER]) == 30
    least = (AT + timedelta(days=90)).timestamp()
    assert all(int(item["expires_epoch"]["N"]) > least for item in rows)


def test_one_application_costs_one_write_and_one_read(table_name: str, calls: Calls) -> None:
    index = DynamoLinks(table_name)
    links = {kind: kind.value.ljust(32, "0") for kind in K if kind is not K.DEALER}
    index.join(edge(1), links)
    index.around(links, AT)
    assert calls.made == ["TransactWriteItems", "BatchGetItem"]


def test_a_busy_table_is_asked_again_and_then_it_is_a_fault(table_name: str, calls: Calls) -> None:
    index = DynamoLinks(table_name)
    calls.fail("TransactWriteItems", "ThrottlingException")
    with pytest.raises(Retryable):
        index.join(edge(1), {K.VIN: "v" * 32})
