"""A webhook is believed only when somebody with an active secret signed exactly it, just now."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.domain.webhooks import Delivery, Forgery, check, sign

OLD = b"old-secret-of-the-partner-0123456789"
NEW = b"new-secret-of-the-partner-0123456789"
AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
STAMP = str(int(AT.timestamp()))
BODY = b'{"event_id":"evt_1","type":"payout.accepted"}'


def delivery(secret: bytes = NEW, *, stamp: str = STAMP, body: bytes = BODY) -> Delivery:
    return Delivery(stamp, sign(secret, stamp, body), body)


def test_the_signature_is_a_plain_hmac_that_any_partner_can_make() -> None:
    by_hand = hmac.new(NEW, STAMP.encode() + b"." + BODY, hashlib.sha256).hexdigest()
    assert sign(NEW, STAMP, BODY) == f"v1={by_hand}"
    # printf '1.x' | openssl dgst -sha256 -hmac k
    assert sign(b"k", "1", b"x") == (
        "v1=976cb87e4f568d1c0f03f32859e90af8597cf00b978ba37c229c97d3a15b8449"
    )


def test_two_secrets_are_active_during_a_rotation_and_none_of_before() -> None:
    assert check(delivery(OLD), (NEW, OLD), AT) is None
    assert check(delivery(NEW), (NEW, OLD), AT) is None
    assert check(delivery(OLD), (NEW,), AT) is Forgery.WRONG_SIGNATURE
    third = b"the-secret-before-the-last-0123456789"
    assert check(delivery(third), (NEW, OLD, third), AT) is Forgery.WRONG_SIGNATURE


def test_a_sender_that_rotates_may_sign_with_both() -> None:
    both = ", ".join(sign(secret, STAMP, BODY) for secret in (OLD, NEW))
    assert check(Delivery(STAMP, both, BODY), (NEW,), AT) is None


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(minutes=5), None),
        (timedelta(minutes=-5), None),
        (timedelta(minutes=5, seconds=1), Forgery.STALE_TIMESTAMP),
        (timedelta(minutes=-5, seconds=-1), Forgery.STALE_TIMESTAMP),
        (timedelta(days=400), Forgery.STALE_TIMESTAMP),
    ],
)
def test_the_window_is_five_minutes_to_both_sides(age: timedelta, expected: object) -> None:
    assert check(delivery(), (NEW,), AT + age) == expected


@pytest.mark.parametrize(
    ("forged", "expected"),
    [
        (delivery(b"a-secret-that-nobody-gave-us-01234567"), Forgery.WRONG_SIGNATURE),
        (Delivery(STAMP, delivery().signature, BODY + b" "), Forgery.WRONG_SIGNATURE),
        (Delivery(STAMP, delivery().signature, BODY.replace(b"1", b"2")), Forgery.WRONG_SIGNATURE),
        (Delivery(str(int(STAMP) + 1), delivery().signature, BODY), Forgery.WRONG_SIGNATURE),
        (Delivery(STAMP, delivery().signature[:-1], BODY), Forgery.WRONG_SIGNATURE),
        (Delivery(STAMP, delivery().signature.upper(), BODY), Forgery.NO_SIGNATURE),
        (Delivery(STAMP, delivery().signature.removeprefix("v1="), BODY), Forgery.NO_SIGNATURE),
        (Delivery(STAMP, "v1=é", BODY), Forgery.NO_SIGNATURE),
        (Delivery(STAMP, "", BODY), Forgery.NO_SIGNATURE),
        (Delivery("", sign(NEW, "", BODY), BODY), Forgery.MALFORMED_TIMESTAMP),
        (delivery(stamp=f"+{STAMP}"), Forgery.MALFORMED_TIMESTAMP),
        (delivery(stamp=f" {STAMP}"), Forgery.MALFORMED_TIMESTAMP),
        (delivery(stamp=f"{STAMP}.0"), Forgery.MALFORMED_TIMESTAMP),
        (delivery(stamp="１７００００００００"), Forgery.MALFORMED_TIMESTAMP),
        (delivery(stamp="9" * 13), Forgery.MALFORMED_TIMESTAMP),
        (delivery(stamp=AT.isoformat()), Forgery.MALFORMED_TIMESTAMP),
    ],
)
def test_a_forged_delivery_has_a_name(forged: Delivery, expected: Forgery) -> None:
    assert check(forged, (NEW, OLD), AT) is expected


def test_an_empty_or_short_secret_never_verifies_anything() -> None:
    short = b"short"
    for secrets in ((), (b"",), (short,)):
        assert check(delivery(short), secrets, AT) is Forgery.NOT_CONFIGURED
    assert check(delivery(short), (short, NEW), AT) is Forgery.WRONG_SIGNATURE


def test_a_header_full_of_signatures_is_not_computed_through() -> None:
    stuffed = ",".join(["v1=" + "0" * 64] * 1000 + [delivery().signature])
    assert check(Delivery(STAMP, stuffed, BODY), (NEW,), AT) is Forgery.WRONG_SIGNATURE


@given(st.binary(max_size=200), st.integers(0, 199), st.integers(1, 255))
def test_a_changed_byte_is_always_noticed(body: bytes, place: int, by: int) -> None:
    original = delivery(body=body)
    changed = bytearray(body or b"\0")
    changed[place % len(changed)] = (changed[place % len(changed)] + by) % 256
    assert check(original, (NEW,), AT) is None
    tampered = Delivery(STAMP, original.signature, bytes(changed))
    assert check(tampered, (NEW,), AT) is Forgery.WRONG_SIGNATURE


@given(st.text(max_size=20), st.text(max_size=90))
def test_any_headers_are_answered(stamp: str, signature: str) -> None:
    assert check(Delivery(stamp, signature, BODY), (NEW,), AT) is not None
