"""Secrets of partners: read when needed, two at a time, forgotten in time, never guessed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from lending.adapters import aws
from lending.adapters.webhook_signature import SecretsManagerWebhookCheck, delivery_of
from lending.domain.faults import Permanent, Retryable
from lending.domain.webhooks import Delivery, Forgery, sign

from tests.adapters.conftest import Calls

OLD = "old-secret-of-the-partner-0123456789"
NEW = "new-secret-of-the-partner-0123456789"
BODY = b'{"event_id": "evt_1"}'


@dataclass
class Clock:
    at: datetime = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secret_id(account: None) -> Iterator[str]:
    """A secret of the bank, with one active value."""
    client = boto3.client("secretsmanager")
    arn = client.create_secret(Name="bank", SecretString=json.dumps({"active": [OLD]}))["ARN"]
    yield arn
    client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


def put(secret_id: str, *active: str, text: str = "") -> None:
    value = text or json.dumps({"active": active})
    boto3.client("secretsmanager").put_secret_value(SecretId=secret_id, SecretString=value)


def signed(secret: str, clock: Clock) -> Delivery:
    stamp = str(int(clock.at.timestamp()))
    headers = {
        "X-Webhook-Timestamp": stamp,
        "X-Webhook-Signature": sign(secret.encode(), stamp, BODY),
    }
    return delivery_of(headers, BODY)


def test_a_rotation_never_refuses_the_partner(secret_id: str, clock: Clock) -> None:
    webhooks = SecretsManagerWebhookCheck({"bank": secret_id})
    assert webhooks.check("bank", signed(OLD, clock), clock.at) is None
    put(secret_id, NEW, OLD)
    clock.at += timedelta(minutes=1)
    # The partner changes first and the new value is not in the cache: it is looked up.
    assert webhooks.check("bank", signed(NEW, clock), clock.at) is None
    assert webhooks.check("bank", signed(OLD, clock), clock.at) is None
    put(secret_id, NEW)
    clock.at += timedelta(minutes=6)
    assert webhooks.check("bank", signed(OLD, clock), clock.at) is Forgery.WRONG_SIGNATURE
    assert webhooks.check("bank", signed(NEW, clock), clock.at) is None


def test_forgers_do_not_make_us_read_secrets(secret_id: str, clock: Clock, calls: Calls) -> None:
    webhooks = SecretsManagerWebhookCheck({"bank": secret_id})
    for _ in range(29):
        assert webhooks.check("bank", signed(NEW, clock), clock.at) is Forgery.WRONG_SIGNATURE
        clock.at += timedelta(seconds=1)
    assert calls.count("GetSecretValue") == 1
    clock.at += timedelta(seconds=2)
    webhooks.check("bank", signed(NEW, clock), clock.at)
    webhooks.check("bank", signed(NEW, clock), clock.at)
    assert calls.count("GetSecretValue") == 2


def test_without_secrets_nothing_is_believed_or_refused(
    secret_id: str, clock: Clock, calls: Calls
) -> None:
    webhooks = SecretsManagerWebhookCheck({"bank": secret_id})
    calls.fail("GetSecretValue", "InternalServiceErrorException", 500)
    with pytest.raises(Retryable, match=r"secretsmanager\.GetSecretValue"):
        webhooks.check("bank", signed(OLD, clock), clock.at)


@pytest.mark.parametrize(
    "text",
    [
        "not json " + OLD,
        json.dumps([OLD]),
        json.dumps({"active": OLD}),
        json.dumps({"active": []}),
        json.dumps({"active": [OLD, NEW, OLD]}),
        json.dumps({"active": [OLD, "short"]}),
        json.dumps({"active": [OLD, 7]}),
    ],
)
def test_a_secret_of_the_wrong_shape_is_our_fault_and_is_not_shown(
    secret_id: str, clock: Clock, text: str
) -> None:
    put(secret_id, text=text)
    webhooks = SecretsManagerWebhookCheck({"bank": secret_id})
    with pytest.raises(Permanent) as caught:
        webhooks.check("bank", signed(OLD, clock), clock.at)
    assert OLD not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_unknown_partner_has_no_secret(secret_id: str, clock: Clock) -> None:
    webhooks = SecretsManagerWebhookCheck({"bank": secret_id})
    with pytest.raises(Permanent):
        webhooks.check("other", signed(OLD, clock), clock.at)


def test_missing_headers_are_empty_and_names_have_no_case() -> None:
    assert delivery_of({}, b"x") == Delivery("", "", b"x")
    told = delivery_of({"x-WEBHOOK-timestamp": "1", "X-Webhook-Signature": "v1=a"}, b"x")
    assert (told.timestamp, told.signature) == ("1", "v1=a")


def test_the_client_is_made_once(account: None) -> None:
    assert aws.secrets_manager() is aws.secrets_manager()
