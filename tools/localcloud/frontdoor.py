"""API Gateway REST front door: routing, authorizers, validation and Lambda proxy integration.

Answers are shaped as API Gateway shapes them (published developer guide): 403 for an unknown
route, 401 and 403 from authorizers, 400 from request validators, 413 for large bodies, 502 for a
failed function, each through the gateway responses of the template.
"""

import base64
import fnmatch
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request, Response

from tools.localcloud.apiauth import Authorizer, Refusal
from tools.localcloud.apivalidation import Validator
from tools.localcloud.clock import VirtualClock

MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_LAMBDA_EVENT_BYTES = 6 * 1024 * 1024
SOURCE_IP = "127.0.0.1"

type Invoke = Callable[[str, bytes], tuple[str, bytes]]

_MESSAGES: dict[str, tuple[int, str, str]] = {
    # response type: (status, message, x-amzn-ErrorType)
    "MISSING_AUTHENTICATION_TOKEN": (
        403,
        "Missing Authentication Token",
        "MissingAuthenticationTokenException",
    ),
    "UNAUTHORIZED": (401, "Unauthorized", "UnauthorizedException"),
    "ACCESS_DENIED": (
        403,
        "User is not authorized to access this resource with an explicit deny",
        "AccessDeniedException",
    ),
    "AUTHORIZER_FAILURE": (500, "Internal server error", "AuthorizerFailureException"),
    "BAD_REQUEST_BODY": (400, "Invalid request body", "BadRequestException"),
    "BAD_REQUEST_PARAMETERS": (400, "", "BadRequestException"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long", "RequestTooLargeException"),
    "THROTTLED": (429, "Too Many Requests", "TooManyRequestsException"),
    "API_CONFIGURATION_ERROR": (502, "Internal server error", "InternalServerErrorException"),
}


@dataclass(frozen=True)
class GatewayResponse:
    """`AWS::ApiGateway::GatewayResponse`, resolved."""

    status: int | None = None
    templates: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """One method of one resource. `function_arn` is None for a mock integration."""

    method: str
    resource: str
    function_arn: str | None
    authorizer: Authorizer | None = None
    validator: Validator | None = None
    mock: Mapping[str, Any] = field(default_factory=dict)

    @property
    def segments(self) -> list[str]:
        """Path segments of the resource."""
        return [part for part in self.resource.split("/") if part]

    def match(self, segments: list[str]) -> tuple[tuple[int, ...], dict[str, str]] | None:
        """(rank, path parameters) when the path fits; a lower rank is more specific."""
        rank: list[int] = []
        found: dict[str, str] = {}
        own = self.segments
        for position, part in enumerate(own):
            if part.startswith("{") and part.endswith("+}"):
                if position >= len(segments):
                    return None
                found[part[1:-2]] = "/".join(segments[position:])
                return (*rank, 2), found
            if position >= len(segments):
                return None
            if part.startswith("{"):
                found[part[1:-1]] = segments[position]
                rank.append(1)
            elif part != segments[position]:
                return None
            else:
                rank.append(0)
        return (tuple(rank), found) if len(own) == len(segments) else None


@dataclass
class FrontDoor:
    """One deployed stage of one REST API."""

    api_id: str
    stage: str
    region: str
    account_id: str
    clock: VirtualClock
    routes: list[Route]
    gateway_responses: Mapping[str, GatewayResponse] = field(default_factory=dict)
    binary_media_types: tuple[str, ...] = ()
    stage_variables: Mapping[str, str] | None = None

    def owns(self, path: str) -> bool:
        """Whether the first segment of `path` is a top-level resource of this API."""
        first = path.strip("/").split("/", 1)[0]
        return any(
            route.segments and (route.segments[0] == first or route.segments[0].startswith("{"))
            for route in self.routes
        )

    def handle(self, request: Request, path: str, body: bytes, invoke: Invoke) -> Response:
        """Answers one HTTP request; `path` starts after the stage."""
        context = self._request_context(request, path)
        segments = [part for part in path.split("/") if part]
        found = self._find(request.method, segments)
        try:
            if found is None:
                raise Refusal("MISSING_AUTHENTICATION_TOKEN")
            route, parameters = found
            context["resourcePath"] = route.resource
            if len(body) > MAX_BODY_BYTES:
                raise Refusal("REQUEST_TOO_LARGE")
            event = self._event(request, route, path, parameters, body, context)
            if route.authorizer is not None:
                method_arn = self._method_arn(request.method, path)
                context["authorizer"] = route.authorizer.authorize(
                    event, method_arn, self.clock.now(), invoke
                )
            if route.validator is not None:
                route.validator.check(event, body)
            if route.function_arn is None:
                return self._mock(route)
            return self._proxy(route.function_arn, event, context, invoke)
        except Refusal as refusal:
            return self._refuse(refusal, context)

    def _find(self, method: str, segments: list[str]) -> tuple[Route, dict[str, str]] | None:
        best: tuple[tuple[tuple[int, ...], int], Route, dict[str, str]] | None = None
        for route in self.routes:
            if route.method not in (method, "ANY"):
                continue
            matched = route.match(segments)
            if matched is None:
                continue
            rank = (matched[0], int(route.method == "ANY"))
            if best is None or rank < best[0]:
                best = (rank, route, matched[1])
        return None if best is None else (best[1], best[2])

    def _method_arn(self, method: str, path: str) -> str:
        return (
            f"arn:aws:execute-api:{self.region}:{self.account_id}:"
            f"{self.api_id}/{self.stage}/{method}/{path.lstrip('/')}"
        )

    def _request_context(self, request: Request, path: str) -> dict[str, Any]:
        now = self.clock.datetime()
        return {
            "accountId": self.account_id,
            "apiId": self.api_id,
            "domainName": f"{self.api_id}.execute-api.{self.region}.amazonaws.com",
            "domainPrefix": self.api_id,
            "extendedRequestId": uuid.uuid4().hex[:16],
            "httpMethod": request.method,
            "identity": {
                "sourceIp": request.headers.get("X-Forwarded-For", SOURCE_IP).split(",")[0],
                "userAgent": request.headers.get("User-Agent"),
                "apiKey": request.headers.get("X-Api-Key"),
            },
            "path": f"/{self.stage}{path}",
            "protocol": "HTTP/1.1",
            "requestId": str(uuid.uuid4()),
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "resourceId": uuid.uuid5(uuid.NAMESPACE_URL, path).hex[:6],
            "resourcePath": path,
            "stage": self.stage,
        }

    def _is_binary(self, content_type: str) -> bool:
        plain = content_type.split(";", 1)[0].strip().lower()
        return any(fnmatch.fnmatch(plain, kind.lower()) for kind in self.binary_media_types)

    def _event(
        self,
        request: Request,
        route: Route,
        path: str,
        parameters: dict[str, str],
        body: bytes,
        context: dict[str, Any],
    ) -> dict[str, Any]:
        headers: dict[str, list[str]] = {}
        for name, value in request.headers.items():
            headers.setdefault(name, []).append(value)
        query = {key: request.args.getlist(key) for key in request.args}
        binary = bool(body) and self._is_binary(request.headers.get("Content-Type", ""))
        if not body:
            text: str | None = None
        elif binary:
            text = base64.b64encode(body).decode()
        else:
            text = body.decode("utf-8", "replace")
        return {
            "resource": route.resource,
            "path": path,
            "httpMethod": request.method,
            "headers": {name: values[-1] for name, values in headers.items()},
            "multiValueHeaders": headers,
            "queryStringParameters": {k: v[-1] for k, v in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": parameters or None,
            "stageVariables": dict(self.stage_variables) if self.stage_variables else None,
            "requestContext": context,
            "body": text,
            "isBase64Encoded": binary,
        }

    def _proxy(
        self, function_arn: str, event: dict[str, Any], context: dict[str, Any], invoke: Invoke
    ) -> Response:
        payload = json.dumps(event, ensure_ascii=False).encode()
        if len(payload) > MAX_LAMBDA_EVENT_BYTES:
            raise Refusal("REQUEST_TOO_LARGE")
        status, answer = invoke(function_arn, payload)
        if status == "throttled":
            raise Refusal("THROTTLED")
        result = json.loads(answer or b"null") if status == "response" else None
        if not isinstance(result, dict) or not _is_status(result.get("statusCode")):
            raise Refusal("API_CONFIGURATION_ERROR")
        text = result.get("body") or ""
        if not isinstance(text, str):
            raise Refusal("API_CONFIGURATION_ERROR")
        data = base64.b64decode(text) if result.get("isBase64Encoded") else text.encode()
        response = Response(data, int(result["statusCode"]))
        response.headers.clear()
        for name, value in (result.get("headers") or {}).items():
            response.headers[name] = _header(value)
        for name, values in (result.get("multiValueHeaders") or {}).items():
            response.headers.setlist(name, [_header(value) for value in values])
        response.headers.setdefault("Content-Type", "application/json")
        response.headers["Content-Length"] = str(len(data))
        response.headers["x-amzn-RequestId"] = context["requestId"]
        return response

    def _mock(self, route: Route) -> Response:
        response = Response(route.mock.get("body", ""), int(route.mock.get("status", 200)))
        for name, value in route.mock.get("headers", {}).items():
            response.headers[name] = value
        return response

    def _refuse(self, refusal: Refusal, context: dict[str, Any]) -> Response:
        status, message, error_type = _MESSAGES[refusal.kind]
        message = refusal.message or message
        group = "DEFAULT_4XX" if status < 500 else "DEFAULT_5XX"
        given = self.gateway_responses.get(refusal.kind) or self.gateway_responses.get(group)
        given = given or GatewayResponse()
        template = given.templates.get("application/json")
        values = {
            "error.message": message,
            "error.messageString": json.dumps(message),
            "error.responseType": refusal.kind,
            "error.validationErrorString": refusal.detail,
        }
        if template is None:
            key = "Message" if refusal.kind == "ACCESS_DENIED" else "message"
            text = json.dumps({key: message})
        else:
            text = _fill(template, values, context)
        response = Response(text, given.status or status, content_type="application/json")
        response.headers["x-amzn-RequestId"] = context["requestId"]
        response.headers["x-amzn-ErrorType"] = error_type
        for name, value in given.parameters.items():
            if name.startswith("gatewayresponse.header."):
                header = name.removeprefix("gatewayresponse.header.")
                response.headers[header] = value.strip("'")
        return response


def _is_status(value: Any) -> bool:
    return (isinstance(value, int) and 100 <= value <= 599) or (
        isinstance(value, str) and value.isdigit()
    )


def _header(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fill(template: str, values: Mapping[str, str], context: Mapping[str, Any]) -> str:
    """Replaces `$context.a.b` in a gateway response template; unknown names become empty."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name in values:
            return values[name]
        node: Any = context
        for part in name.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        return "" if node is None else str(node)

    return re.sub(r"\$context\.([A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)*)", value, template)
