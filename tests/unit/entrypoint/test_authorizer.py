"""The authorizer lets verified tokens in and nothing else, and says so when it cannot know."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import RSAKey
from lending.domain.faults import Retryable
from lending.entrypoint.authorizer import (
    KEYS_KEPT_S,
    LEEWAY_S,
    REFETCH_AFTER_S,
    Authorizer,
    Unauthorized,
)

from tests.adapters.partner_server import PartnerServer, Script

ISSUER = "https://issuer.example/pool"
NOW_S = 1_800_000_000
ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/v1/me"
KEY = RSAKey.generate_key(2048, {"kid": "one"})
NEXT_KEY = RSAKey.generate_key(2048, {"kid": "two"})
STRANGER = RSAKey.generate_key(2048, {"kid": "one"})
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "autolend",
    "sub": "sub-1",
    "iat": NOW_S,
    "nbf": NOW_S,
    "exp": NOW_S + 3600,
    "token_use": "access",
    "cognito:groups": ["underwriter", "operations"],
}


class Keys:
    """The issuer's key endpoint."""

    def __init__(self, *keys: RSAKey) -> None:
        self.keys = keys
        self.asked: list[str] = []
        self.down = False

    def __call__(self, url: str) -> Mapping[str, Any]:
        self.asked.append(url)
        if self.down:
            raise Retryable("issuer: down")
        return {"keys": [key.as_dict(private=False) for key in self.keys]}


@pytest.fixture
def keys() -> Keys:
    return Keys(KEY)


@pytest.fixture
def authorizer(keys: Keys) -> Authorizer:
    return Authorizer(ISSUER + "/", "autolend", keys)


def token(key: RSAKey = KEY, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """A signed token; a claim given as None is left out."""
    told = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(
        {"alg": "RS256", "kid": key.kid, **(header or {})}, told, key, algorithms=["RS256"]
    )


def event(authorization: str | None, at_s: float = NOW_S) -> dict[str, Any]:
    """What API Gateway sends."""
    return {
        "type": "REQUEST",
        "methodArn": ARN,
        "headers": {} if authorization is None else {"authorization": authorization},
        "requestContext": {"requestTimeEpoch": int(at_s * 1000)},
    }


def asks(authorizer: Authorizer, encoded: str, at_s: float = NOW_S) -> dict[str, Any]:
    return authorizer(event(f"Bearer {encoded}", at_s))


def b64(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_good_token_opens_the_whole_stage_with_the_callers_context(
    authorizer: Authorizer, keys: Keys
) -> None:
    assert asks(authorizer, token()) == {
        "principalId": "sub-1",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "execute-api:Invoke",
                    "Resource": "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/*",
                }
            ],
        },
        "context": {"sub": "sub-1", "groups": "underwriter,operations"},
    }
    assert keys.asked == [f"{ISSUER}/.well-known/jwks.json"]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Basic abc", token(), f"Bearer {token()} x", "Bearer é.é.é",
     "Bearer a.b.c", "Bearer ....", "Bearer " + "x" * 9000, "Bearer \udc80.a.b"],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_bearer_token_is_unauthorized(
    authorizer: Authorizer, authorization: str | None
) -> None:
    with pytest.raises(Unauthorized) as caught:
        authorizer(event(authorization))
    assert str(caught.value) == "Unauthorized", "API Gateway compares exactly this text"


def test_headers_and_scheme_are_read_in_any_case(authorizer: Authorizer) -> None:
    for name, scheme in [("Authorization", "bearer"), ("AUTHORIZATION", "BEARER")]:
        asked = event(None)
        asked["headers"] = {name: f"{scheme} {token()}"}
        assert authorizer(asked)["principalId"] == "sub-1"


def forged() -> dict[str, str]:
    """Tokens that nobody but the issuer may be able to make, and none of these is its."""
    head, body, signature = token().split(".")
    with_hmac = f"{b64({'alg': 'HS256', 'kid': 'one'})}.{body}"
    public_pem = KEY.as_pem(private=False)
    mac = hmac.new(public_pem, with_hmac.encode(), hashlib.sha256).digest()
    unencoded = {"alg": "RS256", "kid": "one", "crit": ["b64"], "b64": False}
    other_body = b64({**CLAIMS, "sub": "sub-2"})
    embedded = {"jwk": STRANGER.as_dict(private=False)}
    return {
        "alg none": f"{b64({'alg': 'none', 'kid': 'one'})}.{body}.",
        "alg None": f"{b64({'alg': 'None', 'kid': 'one'})}.{body}.{signature}",
        "alg list": f"{b64({'alg': ['RS256'], 'kid': 'one'})}.{body}.{signature}",
        "no alg": f"{b64({'kid': 'one'})}.{body}.{signature}",
        "header list": f"{b64(['RS256'])}.{body}.{signature}",
        "public key as secret": f"{with_hmac}.{b64(mac)}",
        "other rsa": jws.serialize_compact(
            {"alg": "PS256", "kid": "one"}, json.dumps(CLAIMS), KEY, algorithms=["PS256"]
        ),
        "stranger": token(STRANGER),
        "embedded key": f"{b64({'alg': 'RS256', 'kid': 'one', **embedded})}."
        + ".".join(token(STRANGER).split(".")[1:]),
        "jku": token(STRANGER, {"jku": "https://evil.example/jwks.json"}),
        "swapped payload": f"{head}.{other_body}.{signature}",
        "no signature": f"{head}.{body}.",
        "cut signature": f"{head}.{body}.{signature[:-8]}",
        "path kid": token(header={"kid": "../../dev/null"}),
        "kid number": f"{b64({'alg': 'RS256', 'kid': 1})}.{body}.{signature}",
        "crit": f"{b64(unencoded)}.{body}.{signature}",
        "payload list": jws.serialize_compact(
            {"alg": "RS256", "kid": "one"}, b"[1]", KEY, algorithms=["RS256"]
        ),
        "payload bytes": jws.serialize_compact(
            {"alg": "RS256", "kid": "one"}, b"\xff", KEY, algorithms=["RS256"]
        ),
        "five parts": f"{head}.{body}.{signature}.a.b",
    }  # fmt: skip


@pytest.mark.parametrize("encoded", forged().values(), ids=forged())
def test_a_forged_token_is_unauthorized(authorizer: Authorizer, encoded: str) -> None:
    with pytest.raises(Unauthorized):
        asks(authorizer, encoded)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://issuer.example/other"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": []},
        {"aud": 5},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": "s" * 257},
        {"exp": None},
        {"exp": "1900000000"},
        {"exp": True},
        {"nbf": "soon"},
        {"token_use": "id"},
        {"token_use": None},
        {"iat": NOW_S + 3600},
    ],
    ids=str,
)
def test_a_signed_token_for_something_else_is_unauthorized(
    authorizer: Authorizer, claims: dict[str, Any]
) -> None:
    with pytest.raises(Unauthorized):
        asks(authorizer, token(**claims))


def test_several_audiences_may_include_ours(authorizer: Authorizer) -> None:
    assert asks(authorizer, token(aud=["autolend", "other"]))["principalId"] == "sub-1"


def test_validity_is_judged_by_the_requests_time_with_a_small_leeway(
    authorizer: Authorizer,
) -> None:
    good = token(exp=NOW_S + 600)
    assert asks(authorizer, good, NOW_S - LEEWAY_S)
    assert asks(authorizer, good, NOW_S + 600 + LEEWAY_S - 1)
    for at_s in (NOW_S - LEEWAY_S - 1, NOW_S + 600 + LEEWAY_S + 1, 0, NOW_S * 2):
        with pytest.raises(Unauthorized):
            asks(authorizer, good, at_s)


@pytest.mark.parametrize(
    ("told", "groups"),
    [
        (None, ""),
        ([], ""),
        (["underwriter"], "underwriter"),
        ("underwriter", ""),
        (7, ""),
        ({"underwriter": 1}, ""),
        (["a,operations", "x y", "", 5, None, "ok-1", "g" * 65], "ok-1"),
    ],
    ids=str,
)
def test_groups_cannot_smuggle_others_in(authorizer: Authorizer, told: Any, groups: str) -> None:
    answer = asks(authorizer, token(**{"cognito:groups": told}))
    assert answer["context"] == {"sub": "sub-1", "groups": groups}


def test_keys_are_fetched_once_in_ten_minutes(authorizer: Authorizer, keys: Keys) -> None:
    good = token(exp=NOW_S + 9999)
    for at_s in (NOW_S, NOW_S + 1, NOW_S + KEYS_KEPT_S - 1):
        asks(authorizer, good, at_s)
    assert len(keys.asked) == 1
    asks(authorizer, good, NOW_S + KEYS_KEPT_S)
    assert len(keys.asked) == 2


def test_a_rotated_key_is_learnt_and_a_withdrawn_one_is_refused(
    authorizer: Authorizer, keys: Keys
) -> None:
    asks(authorizer, token())
    keys.keys = (NEXT_KEY,)
    later = NOW_S + REFETCH_AFTER_S
    assert asks(authorizer, token(NEXT_KEY), later)["principalId"] == "sub-1"
    with pytest.raises(Unauthorized):
        asks(authorizer, token(), later)


def test_a_flood_of_unknown_keys_asks_the_issuer_once_in_half_a_minute(
    authorizer: Authorizer, keys: Keys
) -> None:
    asks(authorizer, token())
    unknown = [token(header={"kid": f"k{number}"}) for number in range(5)]
    for at_s in (NOW_S + 1, NOW_S + REFETCH_AFTER_S, NOW_S + REFETCH_AFTER_S + 1):
        for encoded in unknown:
            with pytest.raises(Unauthorized):
                asks(authorizer, encoded, at_s)
    assert len(keys.asked) == 2


def test_an_issuer_that_is_down_is_a_fault_never_an_answer(
    authorizer: Authorizer, keys: Keys
) -> None:
    keys.down = True
    with pytest.raises(Retryable):
        asks(authorizer, token())
    keys.down = False
    assert asks(authorizer, token())


def test_known_keys_outlive_an_outage_and_an_unknown_one_is_asked_for_once(
    authorizer: Authorizer, keys: Keys
) -> None:
    asks(authorizer, token())
    keys.down = True
    later = NOW_S + REFETCH_AFTER_S
    assert asks(authorizer, token(), later)
    with pytest.raises(Retryable):
        asks(authorizer, token(NEXT_KEY), later)
    for _ in range(3):
        with pytest.raises(Unauthorized):
            asks(authorizer, token(NEXT_KEY), later + 1)
    assert len(keys.asked) == 2
    with pytest.raises(Retryable):
        asks(authorizer, token(), NOW_S + KEYS_KEPT_S)


@pytest.mark.parametrize(
    "published", [{}, {"keys": None}, {"keys": 5}, {"keys": ["x"]}, {"keys": [{"kty": "RSA"}]}],
    ids=str,
)  # fmt: skip
def test_a_key_set_that_is_none_is_a_fault(published: dict[str, Any]) -> None:
    with pytest.raises(Retryable):
        asks(Authorizer(ISSUER, "autolend", lambda _: published), token())


@pytest.fixture(scope="module")
def server() -> Iterator[PartnerServer]:
    running = PartnerServer()
    yield running
    running.close()


def test_keys_come_over_http(server: PartnerServer) -> None:
    server.script = Script()
    server.script.say((200, {"keys": [KEY.as_dict(private=False)]}))
    authorizer = Authorizer(server.url, "autolend")
    assert asks(authorizer, token(iss=server.url))["principalId"] == "sub-1"
    assert server.script.seen == [("GET", "/.well-known/jwks.json", None)]


@pytest.mark.parametrize(
    "answer",
    [(500, {}), (404, {}), (302, {}), (200, b"<html>"), (200, b"[]"), (200, b"\xff"),
     (200, b'{"keys":[' + b" " * 70_000 + b"]}")],
    ids=range(7),
)  # fmt: skip
def test_nonsense_over_http_is_a_fault(server: PartnerServer, answer: tuple[int, object]) -> None:
    server.script = Script(headers={"Location": "/elsewhere"} if answer[0] == 302 else {})
    server.script.say(answer)
    with pytest.raises(Retryable):
        asks(Authorizer(server.url, "autolend"), token(iss=server.url))
    assert {path for _, path, _ in server.script.seen} == {"/.well-known/jwks.json"}


def test_an_absent_issuer_is_a_fault() -> None:
    nobody = PartnerServer()
    nobody.close()
    with pytest.raises(Retryable):
        asks(Authorizer(nobody.url, "autolend"), token(iss=nobody.url))
