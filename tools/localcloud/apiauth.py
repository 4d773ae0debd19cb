"""Lambda authorizers of API Gateway (TOKEN and REQUEST) with the result cache."""

import fnmatch
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

type Invoke = Callable[[str, bytes], tuple[str, bytes]]

_NO_ALLOW = "User is not authorized to access this resource"
_CACHE_ENTRIES = 10_000


class Refusal(Exception):
    """API Gateway answers by itself; `kind` is a gateway response type."""

    def __init__(self, kind: str, message: str = "", detail: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.message = message
        self.detail = detail


@dataclass
class Authorizer:
    """One `AWS::ApiGateway::Authorizer`. `ttl_s` of 0 switches the cache off."""

    kind: str
    function_arn: str
    identity_sources: tuple[str, ...]
    ttl_s: float = 300.0
    identity_pattern: str | None = None
    _cache: dict[tuple[str, ...], tuple[float, dict[str, Any]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def clear(self) -> None:
        """Empties the cache."""
        with self._lock:
            self._cache.clear()

    def authorize(
        self, event: Mapping[str, Any], method_arn: str, now_s: float, invoke: Invoke
    ) -> dict[str, Any]:
        """The `requestContext.authorizer` object of an allowed request; raises Refusal."""
        identity = self._identity(event)
        answer = self._cached(identity, now_s)
        if answer is None:
            answer = self._ask(event, method_arn, identity, invoke)
            if self.ttl_s > 0 and identity:
                with self._lock:
                    if len(self._cache) >= _CACHE_ENTRIES:
                        self._cache.clear()
                    self._cache[identity] = (now_s + self.ttl_s, answer)
        _require_allow(answer, method_arn)
        context = {k: _flat(v) for k, v in (answer.get("context") or {}).items()}
        return {**context, "principalId": answer["principalId"]}

    def _identity(self, event: Mapping[str, Any]) -> tuple[str, ...]:
        values = tuple(_source(event, source) for source in self.identity_sources)
        if any(not value for value in values):
            raise Refusal("UNAUTHORIZED")
        pattern = self.identity_pattern if self.kind == "TOKEN" else None
        if pattern and not re.fullmatch(pattern, values[0] or ""):
            raise Refusal("UNAUTHORIZED")
        return tuple(value or "" for value in values)

    def _cached(self, identity: tuple[str, ...], now_s: float) -> dict[str, Any] | None:
        with self._lock:
            found = self._cache.get(identity)
            return found[1] if found is not None and found[0] > now_s else None

    def _ask(
        self,
        event: Mapping[str, Any],
        method_arn: str,
        identity: tuple[str, ...],
        invoke: Invoke,
    ) -> dict[str, Any]:
        if self.kind == "TOKEN":
            question: dict[str, Any] = {
                "type": "TOKEN",
                "methodArn": method_arn,
                "authorizationToken": identity[0],
            }
        else:
            question = {**event, "type": "REQUEST", "methodArn": method_arn}
            question.pop("body", None)
            question.pop("isBase64Encoded", None)
        status, body = invoke(self.function_arn, json.dumps(question).encode())
        answer = json.loads(body or b"null")
        if status != "response":
            if isinstance(answer, dict) and answer.get("errorMessage") == "Unauthorized":
                raise Refusal("UNAUTHORIZED")
            raise Refusal("AUTHORIZER_FAILURE")
        if not isinstance(answer, dict) or not answer.get("principalId"):
            raise Refusal("AUTHORIZER_FAILURE")
        return answer


def _source(event: Mapping[str, Any], source: str) -> str | None:
    _, _, rest = source.partition("request.")
    kind, _, name = rest.partition(".")
    if kind == "header":
        headers: Mapping[str, str] = event["headers"]
        return next((v for k, v in headers.items() if k.lower() == name.lower()), None)
    if kind == "querystring":
        return (event["queryStringParameters"] or {}).get(name)
    if source.startswith("context."):
        node: Any = event["requestContext"]
        for part in source.removeprefix("context.").split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        return None if node is None else str(node)
    if source.startswith("stageVariables."):
        return (event["stageVariables"] or {}).get(source.removeprefix("stageVariables."))
    raise ValueError(f"identity source {source}")


def _flat(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _require_allow(answer: Mapping[str, Any], method_arn: str) -> None:
    """Evaluates the returned IAM policy for one method: explicit deny, then any allow."""
    allowed = False
    for statement in _list((answer.get("policyDocument") or {}).get("Statement")):
        actions = _list(statement.get("Action"))
        resources = _list(statement.get("Resource"))
        if not any(fnmatch.fnmatchcase("execute-api:invoke", a.lower()) for a in actions):
            continue
        if not any(_arn_matches(method_arn, resource) for resource in resources):
            continue
        if statement.get("Effect") == "Deny":
            raise Refusal("ACCESS_DENIED")
        allowed = allowed or statement.get("Effect") == "Allow"
    if not allowed:
        raise Refusal("ACCESS_DENIED", _NO_ALLOW)


def _arn_matches(arn: str, pattern: str) -> bool:
    # `[` is a letter in IAM patterns; only * and ? are wildcards.
    return fnmatch.fnmatchcase(arn, pattern.replace("[", "[[]"))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
