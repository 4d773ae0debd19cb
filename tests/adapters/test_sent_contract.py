"""What every SentMessages must do."""

from datetime import timedelta

import pytest
from lending.adapters.dynamodb.sent import SentLog
from lending.domain.faults import Permanent, Retryable
from lending.ports.engagement import SentMessages

from tests.adapters.conftest import Calls, RawTable
from tests.adapters.samples import AT
from tests.fakes.sent import FakeSent

LATER = AT + timedelta(minutes=5)


@pytest.fixture(params=["fake", "dynamodb"])
def sent(request: pytest.FixtureRequest) -> SentMessages:
    if request.param == "fake":
        return FakeSent()
    return SentLog(request.getfixturevalue("table_name"))


def test_a_message_is_claimed_until_it_is_done(sent: SentMessages) -> None:
    assert sent.claim("cus_1", "evt-1", AT) is True
    assert sent.claim("cus_1", "evt-1", LATER) is True, "the sender may have died before sending"
    sent.done("cus_1", "evt-1", LATER)
    assert sent.claim("cus_1", "evt-1", LATER) is False
    sent.done("cus_1", "evt-1", LATER)
    assert sent.claim("cus_1", "evt-1", LATER) is False


def test_other_events_and_customers_have_claims_of_their_own(sent: SentMessages) -> None:
    sent.claim("cus_1", "evt-1", AT)
    sent.done("cus_1", "evt-1", AT)
    assert sent.claim("cus_1", "evt-2", AT) is True
    assert sent.claim("cus_2", "evt-1", AT) is True


def test_nothing_is_done_that_was_not_claimed(sent: SentMessages) -> None:
    with pytest.raises(Retryable):
        sent.done("cus_1", "evt-1", AT)
    assert sent.claim("cus_1", "evt-1", AT) is True


def test_rows_say_when(table_name: str, raw: RawTable) -> None:
    log = SentLog(table_name)
    log.claim("cus_1", "evt-1", AT)
    log.claim("cus_1", "evt-1", LATER)
    log.done("cus_1", "evt-1", LATER)
    item = raw.item("MSG#evt-1")
    assert item["pk"]["S"] == "CUS#cus_1"
    assert item["claimed_at"]["S"] == AT.isoformat(), "the first claim"
    assert (item["status"]["S"], item["sent_at"]["S"]) == ("SENT", LATER.isoformat())


def test_a_store_that_is_down_is_a_fault_not_an_answer(table_name: str, calls: Calls) -> None:
    log = SentLog(table_name)
    calls.fail("PutItem", "ThrottlingException")
    with pytest.raises(Retryable):
        log.claim("cus_1", "evt-1", AT)
    calls.fail("PutItem", "AccessDeniedException")
    with pytest.raises(Permanent):
        log.claim("cus_1", "evt-1", AT)
