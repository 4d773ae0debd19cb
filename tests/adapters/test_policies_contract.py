"""Policies in memory and on the table: the same conditions, the same answers."""

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lending.adapters.dynamodb.policies import DynamoPolicies
from lending.adapters.dynamodb.rules_archive import DynamoRulesArchive
from lending.adapters.dynamodb.table import RowCorrupt
from lending.adapters.policies import shipped_document
from lending.adapters.profiles import ProfileStore
from lending.domain.faults import StaleVersion
from lending.domain.records import ReplyKey, StoredReply
from lending.domain.underwriting.change import Activation, PolicyVersion, Step, Timeline
from lending.domain.underwriting.policy import sha256_of

from tests.adapters.conftest import RawTable
from tests.fakes.policies import FakePolicies

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, table_name: str) -> Any:
    return FakePolicies() if request.param == "memory" else DynamoPolicies(table_name)


def reply(key: str) -> StoredReply:
    return StoredReply(ReplyKey("ann", "POST /x", key), "b" * 64, 200, "{}", AT)


def version(**other: Any) -> PolicyVersion:
    document = {**copy.deepcopy(dict(shipped_document("cn"))), "version": "cn-policy-2"}
    one = PolicyVersion(
        market="cn",
        version="cn-policy-2",
        document=document,
        sha256=sha256_of(document),
        status="DRAFT",
        row_version=1,
        history=(Step("drafted", "ann", AT, "a note"),),
    )
    return replace(one, **other)


def planned(*entries: Activation) -> Timeline:
    return Timeline("cn", entries, len(entries))


def entry(at: datetime, name: str = "cn-policy-2") -> Activation:
    return Activation(name, at, "ann", AT, "activated", "")


def test_a_version_comes_back_as_it_was_kept(store: Any) -> None:
    kept = version(back_test={"decisions": 3, "swaps": []})
    store.keep(reply("1"), version=kept)
    assert store.stored("cn", "cn-policy-2") == kept
    assert store.versions("cn") == (kept,)
    assert store.versions("us") == ()
    assert store.stored("cn", "cn-policy-3") is None


def test_a_draft_decides_nothing(store: Any) -> None:
    store.keep(reply("1"), version=version())
    assert store.version("cn", "cn-policy-2") is None
    store.keep(reply("2"), version=version(status="APPROVED", row_version=2))
    found = store.version("cn", "cn-policy-2")
    assert found.sha256 == version().sha256


def test_what_holds_is_read_by_time(store: Any) -> None:
    assert store.active("cn", AT).version == "cn-policy-1"
    store.keep(reply("1"), version=version(status="APPROVED"))
    store.keep(reply("2"), timeline=planned(entry(AT + timedelta(hours=1))))
    assert store.active("cn", AT).version == "cn-policy-1"
    assert store.active("cn", AT + timedelta(hours=1)).version == "cn-policy-2"
    assert store.timeline("cn") == planned(entry(AT + timedelta(hours=1)))


def test_the_second_of_two_writers_is_told(store: Any) -> None:
    store.keep(reply("1"), version=version())
    with pytest.raises(StaleVersion):
        store.keep(reply("2"), version=version())
    with pytest.raises(StaleVersion):
        store.keep(reply("1"), version=version(row_version=2))
    store.keep(reply("3"), timeline=planned(entry(AT)))
    with pytest.raises(StaleVersion):
        store.keep(reply("4"), timeline=planned(entry(AT)))


def test_what_another_process_changed_is_seen_after_seconds(table_name: str) -> None:
    mine, theirs = DynamoPolicies(table_name), DynamoPolicies(table_name)
    assert mine.active("cn", AT).version == "cn-policy-1"
    theirs.keep(reply("1"), version=version(status="APPROVED"))
    theirs.keep(reply("2"), timeline=planned(entry(AT)))
    assert mine.active("cn", AT + timedelta(seconds=5)).version == "cn-policy-1"
    assert mine.active("cn", AT + timedelta(seconds=6)).version == "cn-policy-2"


def test_an_altered_document_is_not_read(table_name: str, raw: RawTable) -> None:
    store = DynamoPolicies(table_name)
    store.keep(reply("1"), version=version(status="APPROVED", sha256="0" * 64))
    del raw
    with pytest.raises(RowCorrupt, match="document"):
        store.version("cn", "cn-policy-2")


def test_rules_are_kept_by_the_hash_of_their_values(table_name: str) -> None:
    profile = ProfileStore(("cn",)).get("cn", AT.date())
    archive = DynamoRulesArchive(table_name)
    assert archive.find(profile.sha256) is None
    archive.keep(profile)
    archive.keep(profile)
    DynamoRulesArchive(table_name).keep(profile)  # another process
    assert archive.find(profile.sha256) == profile
