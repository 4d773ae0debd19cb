"""Releases and watches: the same suite over the fake and over DynamoDB."""

from dataclasses import asdict, replace
from datetime import timedelta

import boto3
import pytest
from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.book import DynamoBook
from lending.domain.faults import StaleVersion
from lending.domain.records import Release, Watch
from lending.domain.release import WATCHED_MAX, watched
from lending.ports.book import Book, Change

from tests.adapters import samples
from tests.adapters.samples import APP, AT
from tests.fakes.book import FakeBook

RELEASE = Release(APP, "pay_1", 1, "match", ("four_eyes",), "pay_2", "op-1", "op-2", AT, 700)


@pytest.fixture(params=["fake", "dynamodb"])
def book(request: pytest.FixtureRequest) -> Book:
    if request.param == "fake":
        return FakeBook()
    return DynamoBook(request.getfixturevalue("table_name"))


def test_a_release_is_read_with_the_file_and_replaced_by_its_next_version(book: Book) -> None:
    application = samples.application()
    book.commit(Change(application=application, transitions=(samples.transition(),)))
    file = book.file(APP)
    assert file is not None
    assert file.release is None
    book.commit(Change(release=RELEASE))
    file = book.file(APP)
    assert file is not None
    assert file.release == RELEASE
    with pytest.raises(StaleVersion):
        book.commit(Change(release=RELEASE))
    bare = Release(APP, "pay_1", 2)
    book.commit(Change(release=bare, release_was=1))
    file = book.file(APP)
    assert file is not None
    assert file.release == bare


def test_a_release_of_before_there_were_tranches_holds_nothing_back(table_name: str) -> None:
    book = DynamoBook(table_name)
    application = samples.application()
    book.commit(Change(application=application, transitions=(samples.transition(),)))
    book.commit(Change(release=RELEASE))
    place = {name: {"S": text} for name, text in asdict(keys.release(APP)).items()}
    boto3.client("dynamodb").update_item(
        TableName=table_name, Key=place, UpdateExpression="REMOVE held_back_minor"
    )
    file = book.file(APP)
    assert file is not None
    assert file.release == replace(RELEASE, held_back_minor=0)


def test_watches_are_fresh_until_somebody_is_counted_and_only_one_of_two_is(book: Book) -> None:
    keys = ("borrower#cus_1", "vehicle#VIN1")
    fresh = book.watches(keys)
    assert fresh == tuple(Watch(key) for key in keys)
    counted = tuple(watched(one, APP, 700, AT) for one in fresh)
    book.commit(Change(watches=counted))
    assert book.watches(keys) == counted
    with pytest.raises(StaleVersion):
        book.commit(Change(watches=tuple(watched(one, "app_2", 900, AT) for one in fresh)))
    again = watched(counted[0], "app_2", 900, AT + timedelta(days=1))
    book.commit(Change(watches=(again,)))
    (found,) = book.watches(keys[:1])
    assert [one for _, one, _ in found.releases] == [APP, "app_2"]


def test_a_watch_counts_an_application_once_and_forgets_the_oldest() -> None:
    watch = Watch("payee#t")
    for number in range(WATCHED_MAX + 5):
        watch = watched(watch, f"app_{number}", 1, AT)
    assert len(watch.releases) == WATCHED_MAX
    assert len(watched(watch, "app_20", 1, AT).releases) == WATCHED_MAX
    assert replace(watch, releases=()).releases == ()
