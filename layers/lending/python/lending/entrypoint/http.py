"""API Gateway REST proxy events: check, parse, call one handler, present. Nothing else.

Dispatch is a table lookup over `routes.json`; audience and groups are checked here again,
although the authorizer ran before, so that a wrongly deployed route stays closed.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from lending.domain.customer import customer_id_of
from lending.domain.faults import LendingFault, Permanent, StaleVersion
from lending.domain.records import ReplyKey, StoredReply
from lending.entrypoint.observability import logger, where
from lending.entrypoint.problems import (
    PROBLEM_TYPE,
    FieldError,
    Refused,
    problem_body,
    verdict,
)
from lending.entrypoint.refusals import unless_refused
from lending.entrypoint.routes import Route, routes_of
from lending.entrypoint.strict_json import parse_object
from lending.usecases.refusal import NotAllowed

BODY_BYTES_MAX: Final = 256 * 1024
AGENT_CHARS_MAX: Final = 200
_KEY_SHAPE: Final = re.compile(r"[\x21-\x7e]{1,255}")
_ID_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class WireModel(BaseModel):
    """Base of request bodies: exact types, unknown fields refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class EmptyBody(WireModel):
    """The body of a POST that says everything in its path: nothing, or `{}`."""


class SignedBytes(WireModel):
    """A body whose bytes are signed: it is not parsed before its signature is checked."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller as the authorizer verified it."""

    sub: str
    groups: frozenset[str] = frozenset()

    @property
    def customer_id(self) -> str:
        """The token under which this person's data are kept; one way from `sub`."""
        return customer_id_of(self.sub)


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The caller's key in its scope, and the hash of path and body it stands for."""

    key: ReplyKey
    body_sha256: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `body` is JSON-ready. A `str` body is sent as it is (a replayed answer)."""

    status: int
    body: Mapping[str, object] | str
    headers: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        if isinstance(self.body, str):
            return self.body
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Call[Body: BaseModel]:
    """One checked request. `now` is when API Gateway received it (aware UTC)."""

    body_model: Body
    principal: Principal
    now: datetime
    path: Mapping[str, str]
    query: Mapping[str, str]
    idempotency: Idempotency | None
    request_id: str
    if_none_match: str | None = None
    # From where the request came, for evidence: the front door's word, and the client's own.
    address: str = ""
    agent: str = ""
    # For `SignedBytes` only: what was sent, and under which headers (names in small letters).
    raw_body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def _replay(self, stored: StoredReply | None) -> Reply | None:
        """The stored answer to the same request, or None when it was never answered.

        Raises:
            Refused: 422 idempotency_key_reused, the key was used for another request.
        """
        if stored is None:
            return None
        if stored.body_sha256 != self._scope().body_sha256:
            raise Refused(
                422, "idempotency_key_reused", "This key was used for a different request."
            )
        return Reply(stored.status, stored.body, {"Idempotency-Replayed": "true"})

    def once[T](
        self,
        find: Callable[[ReplyKey], StoredReply | None],
        use_case: Callable[[Callable[[T], StoredReply]], T | NotAllowed],
        answer: Callable[[T], Reply],
    ) -> Reply:
        """Have its effect at most once per key: a stored answer is replayed, also to who lost.

        `use_case` is handed what makes the stored answer of a result, and commits that together
        with its effect; `answer` is what the caller is told of the result.

        Raises:
            Refused: the use case refuses, or the key was used for another request.
            StaleVersion: lost to something else.
        """
        if (again := self._replay(find(self._scope().key))) is not None:
            return again
        try:
            return answer(unless_refused(use_case(lambda result: self._stored(answer(result)))))
        except StaleVersion:
            if (again := self._replay(find(self._scope().key))) is not None:
                return again
            raise

    def _stored(self, reply: Reply) -> StoredReply:
        scope = self._scope()
        return StoredReply(
            key=scope.key,
            body_sha256=scope.body_sha256,
            status=reply.status,
            body=reply.text(),
            stored_at=self.now,
        )

    def _scope(self) -> Idempotency:
        if self.idempotency is None:
            raise Permanent("a route that is not idempotent has no stored replies")
        return self.idempotency


@dataclass(frozen=True, slots=True)
class _Endpoint:
    route: Route
    body: type[BaseModel]
    run: Callable[[Call[Any]], Reply]


class Api:
    """The HTTP side of one function: `handler = api` is the Lambda handler."""

    def __init__(self, function: str) -> None:
        self._function = function
        self._routes = {(route.method, route.path): route for route in routes_of(function)}
        self._endpoints: dict[tuple[str, str], _Endpoint] = {}

    @property
    def served(self) -> frozenset[tuple[str, str]]:
        """(method, path) of every registered handler; a test compares it with the table."""
        return frozenset(self._endpoints)

    def route[Body: BaseModel](
        self,
        method: str,
        path: str,
        body: type[Body] = EmptyBody,  # type: ignore[assignment]  # PEP 696 defaults: not in mypy
    ) -> Callable[[Callable[[Call[Body]], Reply]], Callable[[Call[Body]], Reply]]:
        """Register `run(call) -> Reply` for a row of routes.json.

        Raises:
            ValueError: the row is missing there, or belongs to another function.
        """
        route = self._routes.get((method, path))
        if route is None:
            raise ValueError(f"{method} {path} is not a route of {self._function}")
        if body.model_config.get("extra") != "forbid":
            raise ValueError(f"{body.__name__} must forbid unknown fields")

        def register(run: Callable[[Call[Body]], Reply]) -> Callable[[Call[Body]], Reply]:
            self._endpoints[method, path] = _Endpoint(route, body, run)
            return run

        return register

    def __call__(self, event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
        """Answer one proxy event; never raises for anything the caller did."""
        del context
        request_id = str(event.get("requestContext", {}).get("requestId", ""))
        logger().append_keys(request_id=request_id)
        try:
            reply = self._answer(event, request_id)
        except Refused as refused:
            logger().info("refused", status=refused.status, refusal=refused.code)
            reply = _problem(refused, request_id)
        except LendingFault as fault:
            logger().warning(str(fault), fault=type(fault).__name__, where=where(fault))
            reply = _fault(fault, request_id)
        except Exception as error:  # noqa: BLE001  # told as 500 internal_error, never as a "no"
            logger().error("request failed", where=where(error))
            reply = _fault(error, request_id)
        return {
            "statusCode": reply.status,
            "headers": {"Content-Type": "application/json"} | _HEADERS | reply.headers,
            "body": reply.text(),
            "isBase64Encoded": False,
        }

    def _answer(self, event: Mapping[str, Any], request_id: str) -> Reply:
        endpoint = self._endpoint(str(event["httpMethod"]), str(event["resource"]))
        route = endpoint.route
        principal = _principal(event, route)
        path = _path(event)
        headers = {str(k).lower(): str(v) for k, v in (event.get("headers") or {}).items()}
        raw = _raw_body(event, headers)
        idempotency = _idempotency(route, principal, str(event["path"]), headers, raw)
        is_signed = endpoint.body is SignedBytes
        call = Call(
            body_model=SignedBytes() if is_signed else _parsed(endpoint.body, raw, route.method),
            principal=principal,
            now=datetime.fromtimestamp(event["requestContext"]["requestTimeEpoch"] / 1000, UTC),
            path=path,
            query=dict(event.get("queryStringParameters") or {}),
            idempotency=idempotency,
            request_id=request_id,
            if_none_match=headers.get("if-none-match"),
            address=str((event["requestContext"].get("identity") or {}).get("sourceIp") or ""),
            agent=headers.get("user-agent", "")[:AGENT_CHARS_MAX],
            raw_body=raw if is_signed else b"",
            headers=headers if is_signed else {},
        )
        return endpoint.run(call)

    def _endpoint(self, method: str, resource: str) -> _Endpoint:
        endpoint = self._endpoints.get((method, resource))
        if endpoint is not None:
            return endpoint
        allowed = sorted(m for m, path in self._endpoints if path == resource)
        if allowed:
            raise Refused(405, "method_not_allowed", headers={"Allow": ", ".join(allowed)})
        raise Refused(404, "not_found", "There is no such resource.")


def _principal(event: Mapping[str, Any], route: Route) -> Principal:
    context = event["requestContext"].get("authorizer") or {}
    sub = str(context.get("sub") or "")
    groups = frozenset(filter(None, str(context.get("groups") or "").split(",")))
    if route.audience == "public":
        return Principal(sub, groups)
    if not sub:
        raise Refused(401, "unauthenticated", "Sign in first.")
    if route.audience == "staff" and not groups & set(route.groups):
        raise Refused(403, "forbidden", "Your role does not include this.")
    return Principal(sub, groups)


def _path(event: Mapping[str, Any]) -> dict[str, str]:
    """Path parameters; one that cannot be an id of ours is a resource that does not exist."""
    parameters = {str(k): str(v) for k, v in (event.get("pathParameters") or {}).items()}
    if any(_ID_SHAPE.fullmatch(value) is None for value in parameters.values()):
        raise Refused(404, "not_found", "There is no such resource.")
    return parameters


def _raw_body(event: Mapping[str, Any], headers: Mapping[str, str]) -> bytes:
    body = event.get("body") or ""
    if len(body) > 2 * BODY_BYTES_MAX:  # before decoding: base64 is at most 4/3 of the bytes
        raise Refused(413, "body_too_large", f"At most {BODY_BYTES_MAX} bytes.")
    try:
        raw = (
            base64.b64decode(body, validate=True)
            if event.get("isBase64Encoded")
            else str(body).encode("utf-8")
        )
    except ValueError:
        errors = (FieldError("", "not UTF-8"),)
        raise Refused(400, "invalid_json", "The body is not acceptable JSON.", errors) from None
    if len(raw) > BODY_BYTES_MAX:
        raise Refused(413, "body_too_large", f"At most {BODY_BYTES_MAX} bytes.")
    content_type = headers.get("content-type", "application/json").partition(";")[0].strip()
    if raw and content_type.lower() != "application/json":
        raise Refused(415, "unsupported_media_type", "Send application/json.")
    return raw


def _idempotency(
    route: Route, principal: Principal, path: str, headers: Mapping[str, str], raw: bytes
) -> Idempotency | None:
    if not route.idempotent:
        return None
    key = headers.get("idempotency-key", "")
    if not key:
        raise Refused(400, "idempotency_key_required", "Send an Idempotency-Key header.")
    if _KEY_SHAPE.fullmatch(key) is None:
        raise Refused(
            400, "idempotency_key_invalid", "At most 255 visible ASCII characters, no spaces."
        )
    canonical = json.dumps(parse_object(raw or b"{}"), sort_keys=True, separators=(",", ":"))
    # The concrete path is part of the request: one key cannot serve two applications.
    digest = hashlib.sha256(f"{path}\n{canonical}".encode()).hexdigest()
    return Idempotency(ReplyKey(principal.sub, f"{route.method} {route.path}", key), digest)


def _parsed(model: type[BaseModel], raw: bytes, method: str) -> BaseModel:
    """The body as its model; a GET has none.

    Raises:
        Refused: 400 invalid_json, 422 invalid_field with a pointer for each wrong field.
    """
    text = b"{}" if method == "GET" or (not raw and model is EmptyBody) else raw
    parse_object(text)  # what pydantic's own parser would let through: duplicates, floats
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        errors = [
            FieldError(
                "".join(f"/{str(p).replace('~', '~0').replace('/', '~1')}" for p in e["loc"]),
                e["msg"],
            )
            for e in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise Refused(422, "invalid_field", "Some fields are wrong.", errors[:50]) from None


def _problem(refused: Refused, request_id: str) -> Reply:
    body = problem_body(refused.status, refused.code, request_id, refused.detail, refused.errors)
    return Reply(refused.status, body, {"Content-Type": PROBLEM_TYPE} | refused.headers)


def _fault(error: Exception, request_id: str) -> Reply:
    told = verdict(error)
    body = problem_body(told.status, told.code, request_id, told.detail)
    return Reply(told.status, body, {"Content-Type": PROBLEM_TYPE} | told.headers)
