"""API Gateway proxy events: what is let through to a handler, and how everything else is told."""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from lending.domain.faults import (
    Erased,
    NotFound,
    PartnerUnavailable,
    Permanent,
    Retryable,
    StaleVersion,
)
from lending.domain.records import ReplyKey, StoredReply
from lending.entrypoint.http import BODY_BYTES_MAX, Api, Call, EmptyBody, Reply, WireModel
from lending.entrypoint.problems import FieldError, Refused
from lending.usecases.refusal import NotAllowed
from pydantic import ConfigDict

from tests.unit.entrypoint.conftest import Lines

CREATE = "/v1/applications"
WITHDRAW = "/v1/applications/{application_id}/withdrawal"
REVIEW = "/v1/ops/applications/{application_id}/review"
AT_MS = 1_800_000_000_123


class Inner(WireModel):
    amount_minor: int


class Body(WireModel):
    name: str
    inner: Inner
    tags: tuple[str, ...] = ()


class Seen:
    """An API of three functions' routes; remembers calls and answers or raises as told."""

    def __init__(self) -> None:
        self.calls: list[Call[Any]] = []
        self.raises: Exception | None = None
        self.answer = Reply(200, {"ok": True, "text": "已收到"})
        self.apply = Api("apply")
        self.apply.route("POST", CREATE, Body)(self.run)
        self.apply.route("POST", WITHDRAW)(self.run)
        self.quote = Api("quote")
        self.quote.route("GET", "/v1/health")(self.run)
        self.quote.route("POST", "/v1/quotes", Body)(self.run)
        self.ops = Api("ops")
        self.ops.route("POST", REVIEW)(self.run)

    def run(self, call: Call[Any]) -> Reply:
        self.calls.append(call)
        if self.raises is not None:
            raise self.raises
        return self.answer


@pytest.fixture
def seen(log: Lines) -> Seen:
    return Seen()


GOOD = {"name": "王", "inner": {"amount_minor": 5}}
KEYED = {"Content-Type": "application/json", "Idempotency-Key": "k-1"}


def event(
    method: str = "POST",
    resource: str = CREATE,
    body: object = GOOD,
    *,
    headers: dict[str, str] | None = None,
    sub: str | None = "sub-1",
    groups: str = "",
    path: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A REST proxy event; a str or None `body` is sent as it is."""
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    concrete = resource
    for name, value in (path or {}).items():
        concrete = concrete.replace("{" + name + "}", value)
    return {
        "httpMethod": method,
        "resource": resource,
        "path": concrete,
        "headers": KEYED if headers is None else headers,
        "queryStringParameters": None,
        "pathParameters": path,
        "requestContext": {
            "requestId": "req-1",
            "requestTimeEpoch": AT_MS,
            "authorizer": None if sub is None else {"sub": sub, "groups": groups},
        },
        "body": text,
        "isBase64Encoded": False,
    }


def problem(answer: dict[str, Any]) -> dict[str, Any]:
    """The problem document; its fixed parts are checked for every one."""
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert answer["headers"]["Cache-Control"] == "no-store"
    document: dict[str, Any] = json.loads(answer["body"])
    assert document["status"] == answer["statusCode"]
    assert document["type"] == f"urn:autolend:problem:{document['code']}"
    assert document["title"]
    assert document["request_id"] == "req-1"
    assert set(document) <= {"type", "title", "status", "code", "request_id", "detail", "errors"}
    return document


def refused(answer: dict[str, Any]) -> tuple[int, str]:
    return answer["statusCode"], problem(answer)["code"]


def pointers(answer: dict[str, Any]) -> list[str]:
    return sorted(error["pointer"] for error in problem(answer)["errors"])


def test_a_good_request_reaches_its_handler_parsed(seen: Seen) -> None:
    answer = seen.apply(event())
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert json.loads(answer["body"]) == {"ok": True, "text": "已收到"}
    assert answer["headers"] == {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    (call,) = seen.calls
    assert call.body_model == Body(name="王", inner=Inner(amount_minor=5))
    assert call.now == datetime.fromtimestamp(AT_MS / 1000, UTC)
    assert call.principal.sub == "sub-1"
    assert call.request_id == "req-1"


def test_a_customers_token_is_one_way_and_stable(seen: Seen) -> None:
    seen.apply(event())
    expected = "cus_" + hashlib.sha256(b"sub-1").hexdigest()[:24]
    assert seen.calls[0].principal.customer_id == expected


def test_a_base64_body_is_read_too(seen: Seen) -> None:
    encoded = event(body=base64.b64encode(json.dumps(GOOD).encode()).decode())
    assert seen.apply({**encoded, "isBase64Encoded": True})["statusCode"] == 200
    broken = {**event(body="@@@"), "isBase64Encoded": True}
    assert refused(seen.apply(broken)) == (400, "invalid_json")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        "[]",
        '"text"',
        "5",
        '{"name":"a","name":"b","inner":{"amount_minor":5}}',
        '{"name":"a","inner":{"amount_minor":5,"amount_minor":6}}',
        '{"name":"a","inner":{"amount_minor":NaN}}',
        '{"name":"a","inner":{"amount_minor":-Infinity}}',
        '{"name":"\\ud800","inner":{"amount_minor":5}}',
        '{"name":"a","inner":{"amount_minor":5}} {}',
        '{"x":' + "[" * 20 + "]" * 20 + "}",
        "[" * 100_000,
        '{"name":"a","inner":{"amount_minor":' + "9" * 5000 + "}}",
        '{"name":"a",}',
        "{'name':'a'}",
        "\ufeff{}",
    ],
    ids=lambda body: body[:40] or "empty",
)
@pytest.mark.parametrize("resource", [CREATE, "/v1/quotes"])
def test_what_is_not_strict_json_is_400(seen: Seen, resource: str, body: str) -> None:
    api = seen.apply if resource == CREATE else seen.quote
    assert refused(api(event(resource=resource, body=body))) == (400, "invalid_json")
    assert seen.calls == []


def test_a_lone_surrogate_that_arrived_decoded_is_400(seen: Seen) -> None:
    body = '{"name":"\ud800","inner":{"amount_minor":5}}'
    assert refused(seen.apply(event(body=body))) == (400, "invalid_json")


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ('{"name":"a","inner":{"amount_minor":1.0}}', ["/inner/amount_minor"]),
        ('{"name":"a","inner":{"amount_minor":1e3}}', ["/inner/amount_minor"]),
        ('{"name":"a","inner":{"amount_minor":9007199254740992}}', ["/inner/amount_minor"]),
        ('{"name":"a","inner":{"amount_minor":"5"}}', ["/inner/amount_minor"]),
        ('{"name":"a","inner":{"amount_minor":true}}', ["/inner/amount_minor"]),
        ('{"name":"a","inner":{"amount_minor":null}}', ["/inner/amount_minor"]),
        ('{"name":"a","inner":{"amount_minor":5,"x":1}}', ["/inner/x"]),
        ('{"name":"a","inner":{"amount_minor":5},"a/b~c":1}', ["/a~1b~0c"]),
        ('{"name":5,"inner":{},"tags":["a",1]}', ["/inner/amount_minor", "/name", "/tags/1"]),
        ("{}", ["/inner", "/name"]),
    ],
)
def test_every_wrong_field_is_named_at_once(seen: Seen, body: str, places: list[str]) -> None:
    answer = seen.apply(event(body=body))
    assert refused(answer) == (422, "invalid_field")
    assert pointers(answer) == places
    assert seen.calls == []


def test_a_refusal_of_a_field_does_not_quote_the_person(seen: Seen, log: Lines) -> None:
    answer = seen.apply(event(body={"name": "王小明", "inner": {"amount_minor": "王小明"}}))
    assert "王小明" not in answer["body"]
    assert "王小明" not in log.text


def test_the_number_of_errors_is_bounded(seen: Seen) -> None:
    answer = seen.apply(event(body={f"field_{number}": 1 for number in range(500)}))
    assert len(problem(answer)["errors"]) == 50


def test_bodies_have_a_limit(seen: Seen) -> None:
    def named(size: int) -> str:
        return json.dumps({**GOOD, "name": "x" * size})

    rest = len(named(0))
    assert seen.apply(event(body=named(BODY_BYTES_MAX - rest)))["statusCode"] == 200
    for size in (BODY_BYTES_MAX - rest + 1, BODY_BYTES_MAX * 3):
        assert refused(seen.apply(event(body=named(size)))) == (413, "body_too_large")
    many_bytes = json.dumps({**GOOD, "name": "王" * (BODY_BYTES_MAX // 2)}, ensure_ascii=False)
    assert refused(seen.apply(event(body=many_bytes))) == (413, "body_too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/json"])
def test_only_json_is_accepted(seen: Seen, kind: str) -> None:
    headers = {**KEYED, "Content-Type": kind}
    assert refused(seen.apply(event(headers=headers))) == (415, "unsupported_media_type")
    for fine in ("application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"):
        assert seen.apply(event(headers={**KEYED, "Content-Type": fine}))["statusCode"] == 200


def test_unknown_resources_and_methods(seen: Seen) -> None:
    assert refused(seen.apply(event(resource="/v1/nothing"))) == (404, "not_found")
    wrong = seen.apply(event(method="DELETE"))
    assert refused(wrong) == (405, "method_not_allowed")
    assert wrong["headers"]["Allow"] == "POST"


@pytest.mark.parametrize("value", ["../etc", "a b", "é", "", "x" * 81, "app#1", "a\n"])
def test_a_path_that_cannot_be_an_id_is_404(seen: Seen, value: str) -> None:
    asked = event(resource=WITHDRAW, body=None, path={"application_id": value})
    assert refused(seen.apply(asked)) == (404, "not_found")
    assert seen.calls == []


@pytest.mark.parametrize("body", [None, "", "{}", " { } "])
def test_a_post_that_says_all_in_its_path_needs_no_body(seen: Seen, body: str | None) -> None:
    asked = event(resource=WITHDRAW, body=body, path={"application_id": "app_1"})
    assert seen.apply(asked)["statusCode"] == 200
    assert seen.calls[0].path == {"application_id": "app_1"}
    assert isinstance(seen.calls[0].body_model, EmptyBody)


def test_a_post_that_says_all_in_its_path_takes_nothing_else(seen: Seen) -> None:
    asked = event(resource=WITHDRAW, body={"force": True}, path={"application_id": "app_1"})
    assert refused(seen.apply(asked)) == (422, "invalid_field")


def test_a_get_ignores_a_body_and_needs_no_caller_when_public(seen: Seen) -> None:
    asked = event("GET", "/v1/health", None, headers={}, sub=None)
    assert seen.quote({**asked, "headers": None, "queryStringParameters": {"a": "b"}})
    assert seen.calls[0].query == {"a": "b"}
    assert seen.calls[0].idempotency is None


def test_audience_and_groups_are_checked_again_behind_the_authorizer(seen: Seen) -> None:
    assert refused(seen.apply(event(sub=None))) == (401, "unauthenticated")
    assert refused(seen.apply(event(sub=""))) == (401, "unauthenticated")
    review = {"resource": REVIEW, "body": None, "path": {"application_id": "app_1"}}
    assert refused(seen.ops(event(**review, sub=None))) == (401, "unauthenticated")  # type: ignore[arg-type]
    for groups in ("", "operations", "under,writer", "Underwriter"):
        assert refused(seen.ops(event(**review, groups=groups))) == (403, "forbidden")  # type: ignore[arg-type]
    assert seen.calls == []
    seen.ops(event(**review, groups="x,underwriter"))  # type: ignore[arg-type]
    assert seen.calls[0].principal.groups == {"x", "underwriter"}


def test_who_may_not_is_told_so_before_the_body_is_read(seen: Seen) -> None:
    asked = event(resource=REVIEW, body="{", path={"application_id": "app_1"}, groups="operations")
    assert refused(seen.ops(asked)) == (403, "forbidden")


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_required"),
        ("", "idempotency_key_required"),
        ("a b", "idempotency_key_invalid"),
        ("é", "idempotency_key_invalid"),
        ("k\n", "idempotency_key_invalid"),
        ("k" * 256, "idempotency_key_invalid"),
    ],
)
def test_idempotency_keys_are_required_and_checked(seen: Seen, key: str | None, code: str) -> None:
    headers = {} if key is None else {"idempotency-key": key}
    assert refused(seen.apply(event(headers=headers))) == (400, code)
    assert seen.calls == []


def scope(seen: Seen, **how: Any) -> Any:
    seen.apply(event(**how))
    return seen.calls[-1].idempotency


def test_the_same_request_has_the_same_scope_however_it_is_spelt(seen: Seen) -> None:
    first = scope(seen)
    assert first.key == ReplyKey("sub-1", f"POST {CREATE}", "k-1")
    respelt = '{ "inner" : {"amount_minor":5}, "name":"\\u738b" }'
    assert scope(seen, body=respelt, headers={"IDEMPOTENCY-KEY": "k-1"}) == first
    assert scope(seen, sub="sub-2").key != first.key
    assert scope(seen, body={**GOOD, "name": "李"}).body_sha256 != first.body_sha256


def test_one_key_does_not_serve_two_resources(seen: Seen) -> None:
    one = scope(seen, resource=WITHDRAW, body=None, path={"application_id": "app_1"})
    two = scope(seen, resource=WITHDRAW, body=None, path={"application_id": "app_2"})
    assert one.key == two.key
    assert one.body_sha256 != two.body_sha256


type Kept = Callable[[str], StoredReply]


class Replies:
    """Stored replies; `late` appears only at the second look (a race)."""

    def __init__(self, late: bool = False) -> None:
        self.stored: StoredReply | None = None
        self.late = late
        self.looks = 0

    def find(self, key: ReplyKey) -> StoredReply | None:
        self.looks += 1
        return None if self.late and self.looks == 1 else self.stored


def made(seen: Seen) -> Call[Any]:
    seen.apply(event())
    return seen.calls[-1]


def told(name: str) -> Reply:
    return Reply(202, {"application_id": name, "说": "好"})


def has_effect(replies: Replies, name: str = "app_1") -> Callable[[Kept], str]:
    """A use case that commits its answer with its effect."""

    def use_case(keep: Kept) -> str:
        replies.stored = keep(name)
        return name

    return use_case


def forbidden(_keep: Kept) -> str:
    pytest.fail("ran twice")


def test_the_first_answer_is_replayed_byte_by_byte(seen: Seen) -> None:
    call, replies = made(seen), Replies()
    first = call.once(replies.find, has_effect(replies), told)
    assert replies.stored is not None
    assert replies.stored.stored_at == call.now
    again = call.once(replies.find, forbidden, told)
    assert (
        (again.status, again.text()) == (first.status, first.text()) == (202, told("app_1").text())
    )
    assert again.headers == {"Idempotency-Replayed": "true"}


def test_a_key_for_another_body_is_422(seen: Seen) -> None:
    replies = Replies()
    made(seen).once(replies.find, has_effect(replies), told)
    seen.apply(event(body={**GOOD, "name": "李"}))
    with pytest.raises(Refused) as caught:
        seen.calls[-1].once(replies.find, forbidden, told)
    assert (caught.value.status, caught.value.code) == (422, "idempotency_key_reused")


def test_the_loser_of_a_race_gets_the_winners_answer(seen: Seen) -> None:
    call, replies = made(seen), Replies(late=True)
    has_effect(replies)(lambda name: call._stored(told(name)))

    def lose(_keep: Kept) -> str:
        raise StaleVersion("lost")

    assert call.once(replies.find, lose, told).text() == told("app_1").text()
    with pytest.raises(StaleVersion):
        call.once(Replies().find, lose, told)


def test_a_refusal_is_told_and_not_stored(seen: Seen) -> None:
    def refuse(_keep: Kept) -> str | NotAllowed:
        return NotAllowed("conflict", "too_late", "It is over.")

    with pytest.raises(Refused) as caught:
        made(seen).once(Replies().find, refuse, told)
    assert (caught.value.status, caught.value.code) == (409, "too_late")


def test_a_route_without_keys_stores_nothing(seen: Seen) -> None:
    seen.quote(event("GET", "/v1/health", None))
    with pytest.raises(Permanent):
        seen.calls[0].once(Replies().find, forbidden, told)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (NotFound("app_9"), 404, "not_found"),
        (Erased("cus_9"), 404, "not_found"),
        (StaleVersion("x"), 409, "changed_meanwhile"),
        (Retryable("dynamodb.Query: Throttling"), 503, "try_again"),
        (PartnerUnavailable("bureau"), 503, "try_again"),
        (Permanent("secret internals"), 500, "internal_error"),
        (KeyError("secret internals"), 500, "internal_error"),
        (ValueError("王小明 110105199003070017"), 500, "internal_error"),
    ],
)
def test_faults_are_told_without_their_text(
    seen: Seen, log: Lines, fault: Exception, status: int, code: str
) -> None:
    seen.raises = fault
    answer = seen.apply(event())
    assert refused(answer) == (status, code)
    assert "secret" not in answer["body"]
    assert "王" not in answer["body"] + log.text
    assert answer["headers"].get("Retry-After") == ("2" if status == 503 else None)
    (line,) = log.parsed()
    assert line["request_id"] == "req-1"
    assert type(fault).__name__ in line["where"]


def test_a_refusal_keeps_its_headers_and_errors(seen: Seen) -> None:
    seen.raises = Refused(
        429, "otp_too_soon", "Wait.", [FieldError("/x", "no")], {"Retry-After": "30"}
    )
    answer = seen.apply(event())
    assert refused(answer) == (429, "otp_too_soon")
    assert answer["headers"]["Retry-After"] == "30"
    assert problem(answer)["detail"] == "Wait."
    assert problem(answer)["errors"] == [{"pointer": "/x", "detail": "no"}]


def test_handlers_may_add_headers(seen: Seen) -> None:
    seen.answer = Reply(201, {}, {"ETag": '"3"'})
    assert seen.apply(event())["headers"]["ETag"] == '"3"'


def test_a_broken_event_is_a_500_problem_not_a_crash(seen: Seen) -> None:
    for broken in ({}, {"requestContext": {"requestId": "req-1"}}):
        assert seen.apply(broken)["statusCode"] == 500


def test_only_rows_of_the_table_can_be_served() -> None:
    api = Api("apply")
    with pytest.raises(ValueError, match="not a route of apply"):
        api.route("GET", "/v1/me")
    with pytest.raises(ValueError, match="not a route of apply"):
        api.route("PUT", CREATE)

    class Open(WireModel):
        model_config = ConfigDict(extra="ignore")

    with pytest.raises(ValueError, match="forbid"):
        api.route("POST", CREATE, Open)
