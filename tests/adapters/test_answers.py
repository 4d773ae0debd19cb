"""Kept answers in the table, and tokens under a key that KMS derives."""

from datetime import UTC, datetime, timedelta

import pytest
from lending.adapters.dynamodb.answers import DynamoKeptAnswers
from lending.adapters.kms_tokens import KmsBlindTokens
from lending.domain.faults import Permanent, Retryable
from lending.ports.answers import KeptAnswer

from tests.adapters.conftest import Calls, RawTable

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
ANSWER = KeptAnswer("q" * 32, {"value": 5, "none": None}, AT, AT + timedelta(days=7))
OLDER = KeptAnswer("r" * 32, {"found": True}, AT, AT + timedelta(days=1))


def test_answers_are_kept_whole_and_replaced_whole(table_name: str, raw: RawTable) -> None:
    kept = DynamoKeptAnswers(table_name)
    assert kept.of("cus_1") == {}
    kept.keep("cus_1", {"bureau": ANSWER, "identity": OLDER})
    assert kept.of("cus_1") == {"bureau": ANSWER, "identity": OLDER}
    kept.keep("cus_1", {"identity": OLDER})
    assert kept.of("cus_1") == {"identity": OLDER}
    assert kept.of("cus_2") == {}
    (item,) = raw.items()
    assert int(item["expires_epoch"]["N"]) > OLDER.valid_until.timestamp()


def test_a_row_that_cannot_be_read_is_no_answer(table_name: str, raw: RawTable) -> None:
    kept = DynamoKeptAnswers(table_name)
    for broken in ("[]", '{"bureau": 7}', '{"bureau": {"question": "q"}}', "not json"):
        kept.keep("cus_1", {"bureau": ANSWER})
        raw.put({**raw.item("ANSWERS"), "answers": {"S": broken}})
        assert kept.of("cus_1") == {}


def test_equal_values_meet_under_one_kind_only(mac_key: str) -> None:
    tokens = KmsBlindTokens(mac_key)
    token = tokens.token("mobile", "139 0000-1234")
    assert (
        token
        == tokens.token("mobile", "13900001234")
        == KmsBlindTokens(mac_key).token("mobile", "13900001234")
    )
    assert token != tokens.token("id_no", "13900001234")
    assert "13900001234" not in token


def test_kms_is_asked_once_a_process(mac_key: str, calls: Calls) -> None:
    tokens = KmsBlindTokens(mac_key)
    for number in range(20):
        tokens.token("device", f"phone-{number}")
    assert calls.count("GenerateMac") == 1


def test_kms_in_trouble_is_a_fault_and_is_asked_again(mac_key: str, calls: Calls) -> None:
    tokens = KmsBlindTokens(mac_key)
    calls.fail("GenerateMac", "KMSInternalException", 500)
    with pytest.raises(Retryable):
        tokens.token("vin", "X")
    calls.fail("GenerateMac", "DisabledException")
    with pytest.raises(Permanent):
        tokens.token("vin", "X")
    calls.failing.clear()
    assert len(tokens.token("vin", "X")) == 32
