"""What only encryption can do wrong: leaks, swaps, races, caches that live too long."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from lending.adapters.dynamodb import vault as vault_module
from lending.adapters.dynamodb.rows import ProfileRow
from lending.adapters.dynamodb.table import RowCorrupt, Table
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.kms_vault_keys import (
    CACHED_FOR_S,
    CACHED_KEYS,
    CACHED_USES,
    BlindIndex,
    CustomerKeys,
)
from lending.domain.faults import Erased, Permanent, Retryable, StaleVersion
from lending.ports.vault import Consent

from tests.adapters.conftest import Calls, RawTable
from tests.adapters.samples import AT
from tests.adapters.test_vault_contract import ALL, CONSENT, FIELDS


@dataclass
class Seconds:
    """A monotonic clock that stands still."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def vault(table_name: str, vault_key: str, mac_key: str) -> DynamoKmsVault:
    return DynamoKmsVault(table_name, vault_key, mac_key)


def sealed(raw: RawTable) -> tuple[dict[str, Any], dict[str, Any]]:
    """The profile item and its ciphertexts by field."""
    item = raw.item("PROFILE")
    return item, json.loads(item["sealed"]["S"])


def test_no_value_and_no_guessable_hash_is_stored(vault: DynamoKmsVault, raw: RawTable) -> None:
    vault.save("cus_1", FIELDS, (CONSENT,))
    stored = json.dumps(raw.items(), ensure_ascii=False, default=repr)
    for name, value in FIELDS.items():
        assert name == "id_type" or not value or value not in stored, name
    assert {item["sk"]["S"] for item in raw.items()} == {
        "KEY",
        "PROFILE",
        "CONSENT#con_1",
        "CUSTOMER",
    }


def test_equal_values_look_different_each_time(vault: DynamoKmsVault, raw: RawTable) -> None:
    vault.save("cus_1", FIELDS, ())
    _, first = sealed(raw)
    vault.save("cus_1", FIELDS, ())
    _, second = sealed(raw)
    assert all(first[name] != second[name] for name in FIELDS)


@pytest.mark.parametrize("attack", ["bit", "field", "version", "short", "shape"])
def test_a_ciphertext_that_was_touched_or_moved_does_not_open(
    vault: DynamoKmsVault, raw: RawTable, attack: str
) -> None:
    vault.save("cus_1", FIELDS, ())
    item, fields = sealed(raw)
    version, text = fields["mobile"]
    fields["mobile"] = {
        "bit": [version, ("A" if text[20] != "A" else "B").join((text[:20], text[21:]))],
        "field": fields["id_no"],
        "version": [version + 1, text],
        "short": [version, text[:4]],
        "shape": [text],
    }[attack]
    raw.put({**item, "sealed": {"S": json.dumps(fields)}})
    with pytest.raises(RowCorrupt) as caught:
        vault.read("cus_1", "test", ("mobile",))
    assert str(caught.value).startswith("cus_1 mobile")
    assert vault.read("cus_1", "test", ("id_no",)) == {"id_no": FIELDS["id_no"]}


def test_one_customers_profile_does_not_open_as_anothers(
    vault: DynamoKmsVault, raw: RawTable
) -> None:
    vault.save("cus_1", FIELDS, ())
    stolen_key, stolen_profile = raw.item("KEY"), raw.item("PROFILE")
    vault.save("cus_2", {"full_name": "李四"}, ())
    raw.put({**stolen_profile, "pk": {"S": "CUS#cus_2"}})
    with pytest.raises(RowCorrupt):
        vault.read("cus_2", "test", ("mobile",))
    raw.put({**stolen_key, "pk": {"S": "CUS#cus_2"}})
    with pytest.raises(Permanent, match=r"kms\.Decrypt"):
        vault.read("cus_2", "test", ("mobile",))


def test_an_erased_row_set_is_a_tombstone_and_consents(
    vault: DynamoKmsVault, raw: RawTable
) -> None:
    vault.save("cus_1", FIELDS, (CONSENT,))
    vault.erase("cus_1", AT)
    assert {item["sk"]["S"] for item in raw.items()} == {"KEY", "CONSENT#con_1"}
    assert raw.item("KEY")["erased_at"] == {"S": AT.isoformat()}
    assert "dek" not in raw.item("KEY")


def test_no_decryption_for_a_masked_view_or_consents(vault: DynamoKmsVault, calls: Calls) -> None:
    vault.save("cus_1", FIELDS, (CONSENT,))
    calls.fail("Decrypt", "KMSInternalException", 500)
    assert vault.masked("cus_1")
    assert vault.consents("cus_1")
    with pytest.raises(Retryable):
        vault.read("cus_1", "test", ALL)


def test_kms_being_down_is_a_fault_and_saves_nothing(
    vault: DynamoKmsVault, raw: RawTable, calls: Calls
) -> None:
    calls.fail("GenerateMac", "DependencyTimeoutException", 500)
    with pytest.raises(Retryable):
        vault.save("cus_1", FIELDS, ())
    assert raw.items() == []
    with pytest.raises(Retryable):
        vault.find("mobile", "1")


def test_a_save_is_one_transaction(vault: DynamoKmsVault, raw: RawTable, calls: Calls) -> None:
    vault.save("cus_1", FIELDS, (CONSENT,))
    assert calls.count("TransactWriteItems") == 1
    assert calls.count("PutItem") == 0
    calls.fail("TransactWriteItems", "ThrottlingException")
    with pytest.raises(Retryable):
        vault.save("cus_2", FIELDS, (CONSENT,))
    assert {item["pk"]["S"] for item in raw.items() if "#cus_" in item["pk"]["S"]} == {"CUS#cus_1"}


def interleave(
    monkeypatch: pytest.MonkeyPatch, row: type, then: Callable[[], None]
) -> None:  # fmt: skip
    """Run `then` once, right before the first read of that row."""
    real, pending = Table.get, [then]

    def get(self: Table, wanted: Any, key: Any) -> Any:
        if wanted is row and pending:
            pending.pop()()
        return real(self, wanted, key)

    monkeypatch.setattr(Table, "get", get)


def between_reading_and_commit(
    monkeypatch: pytest.MonkeyPatch, then: Callable[[], None]
) -> None:  # fmt: skip
    """Run `then` once, right after the first rows that a save reads."""
    real, pending = Table.get_many, [then]

    def get_many(self: Table, wanted: Any) -> Any:
        found = real(self, wanted)
        if pending:
            pending.pop()()
        return found

    monkeypatch.setattr(Table, "get_many", get_many)


def test_two_first_saves_agree_on_one_key(
    vault: DynamoKmsVault, monkeypatch: pytest.MonkeyPatch, calls: Calls
) -> None:
    other = {"email": "other@example.com", "mobile": "13900005555"}
    between_reading_and_commit(monkeypatch, lambda: vault.save("cus_1", other, ()))
    vault.save("cus_1", FIELDS, (CONSENT,))
    assert calls.count("GenerateDataKey") == 2
    assert vault.read("cus_1", "test", ALL) == FIELDS
    assert vault.find("mobile", FIELDS["mobile"]) == "cus_1"
    assert vault.find("mobile", "13900005555") is None


def test_a_save_cannot_bring_a_person_back_behind_an_erasure(
    vault: DynamoKmsVault, raw: RawTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.save("cus_1", FIELDS, ())
    # The save has read key and profile; then the erasure; then the commit.
    between_reading_and_commit(monkeypatch, lambda: vault.erase("cus_1", AT))
    with pytest.raises(Erased):
        vault.save("cus_1", FIELDS, ())
    assert {item["sk"]["S"] for item in raw.items()} == {"KEY"}


def test_a_first_save_that_meets_a_whole_life_does_not_revive_it(
    vault: DynamoKmsVault, raw: RawTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def live_and_leave() -> None:
        vault.save("cus_1", FIELDS, ())
        vault.erase("cus_1", AT)

    between_reading_and_commit(monkeypatch, live_and_leave)
    with pytest.raises(Erased):
        vault.save("cus_1", FIELDS, ())
    assert {item["sk"]["S"] for item in raw.items()} == {"KEY"}


def test_the_first_of_two_erasures_is_the_one_on_record(
    vault: DynamoKmsVault, raw: RawTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.save("cus_1", FIELDS, ())
    interleave(monkeypatch, ProfileRow, lambda: vault.erase("cus_1", AT))
    vault.erase("cus_1", AT + timedelta(days=1))
    assert raw.item("KEY")["erased_at"] == {"S": AT.isoformat()}


def test_an_erasure_that_meets_a_save_erases_that_too(
    vault: DynamoKmsVault, raw: RawTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.save("cus_1", FIELDS, ())
    real = Table.commit
    pending = [lambda: vault.save("cus_1", {"mobile": "13900005555"}, ())]

    def commit(self: Table, work: Any) -> None:
        if pending:
            pending.pop()()
        real(self, work)

    monkeypatch.setattr(Table, "commit", commit)
    vault.erase("cus_1", AT)
    assert {item["sk"]["S"] for item in raw.items()} == {"KEY"}


def test_a_read_that_meets_an_erasure_says_erased(
    vault: DynamoKmsVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch is no snapshot: it may hold the key of before and no profile any more."""
    vault.save("cus_1", FIELDS, ())
    real = Table.get_many

    def torn(self: Table, wanted: Any) -> Any:
        items = real(self, wanted)
        vault.erase("cus_1", AT)
        return {key: item for key, item in items.items() if key.sk != "PROFILE"}

    monkeypatch.setattr(Table, "get_many", torn)
    with pytest.raises(Erased):
        vault.read("cus_1", "test", ALL)


def test_a_save_that_always_loses_gives_up(
    vault: DynamoKmsVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def lose(self: Table, work: Any) -> None:
        tries.append(work)
        raise StaleVersion("lost")

    monkeypatch.setattr(Table, "commit", lose)
    with pytest.raises(StaleVersion):
        vault.save("cus_1", FIELDS, ())
    assert len(tries) == vault_module._ATTEMPTS


def test_a_consent_stored_meanwhile_is_left_alone(
    vault: DynamoKmsVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Consent("con_1", "privacy", "2026-08", "f" * 64, AT, "en")
    vault.save("cus_1", {"locale": "en"}, ())
    between_reading_and_commit(monkeypatch, lambda: vault.save("cus_1", {}, (first,)))
    vault.save("cus_1", FIELDS, (CONSENT,))
    assert vault.consents("cus_1") == (first,)


def test_a_plain_key_is_kept_a_minute_and_no_longer(vault_key: str, calls: Calls) -> None:
    clock = Seconds()
    keys = CustomerKeys(vault_key, clock)
    plain, wrapped = keys.create("cus_1")
    assert len(plain) == 32
    assert keys.unwrap("cus_1", wrapped) == plain
    clock.now = CACHED_FOR_S - 0.001
    assert keys.unwrap("cus_1", wrapped) == plain
    assert calls.count("Decrypt") == 1
    clock.now = CACHED_FOR_S
    assert keys.unwrap("cus_1", wrapped) == plain
    assert calls.count("Decrypt") == 2


def test_a_plain_key_is_used_a_thousand_times_at_most(vault_key: str, calls: Calls) -> None:
    keys = CustomerKeys(vault_key, Seconds())
    _, wrapped = keys.create("cus_1")
    for _ in range(CACHED_USES):
        keys.unwrap("cus_1", wrapped)
    assert calls.count("Decrypt") == 1
    keys.unwrap("cus_1", wrapped)
    assert calls.count("Decrypt") == 2


def test_few_plain_keys_are_kept_and_forgotten_ones_are_gone(
    vault_key: str, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lending.adapters.kms_vault_keys.CACHED_KEYS", 2)
    keys = CustomerKeys(vault_key, Seconds())
    wrapped = {who: keys.create(who)[1] for who in ("a", "b", "c")}
    for who, one in wrapped.items():
        keys.unwrap(who, one)
    assert calls.count("Decrypt") == 3
    keys.unwrap("c", wrapped["c"])
    assert calls.count("Decrypt") == 3
    keys.unwrap("a", wrapped["a"])
    assert calls.count("Decrypt") == 4
    keys.forget("a")
    keys.unwrap("a", wrapped["a"])
    assert calls.count("Decrypt") == 5
    assert CACHED_KEYS <= 1000


def test_kms_refuses_a_key_under_another_customers_name(vault_key: str) -> None:
    keys = CustomerKeys(vault_key, Seconds())
    _, wrapped = keys.create("cus_1")
    with pytest.raises(Permanent):
        keys.unwrap("cus_2", wrapped)


def test_index_entries_differ_by_field_and_by_key(mac_key: str, account: None) -> None:
    import boto3

    other = boto3.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    one, two = BlindIndex(mac_key), BlindIndex(other["KeyMetadata"]["KeyId"])
    assert one.mac_hex("mobile", "139") == one.mac_hex("mobile", "139")
    assert len({one.mac_hex("mobile", "139"), one.mac_hex("id_no", "139"),
                two.mac_hex("mobile", "139")}) == 3  # fmt: skip
