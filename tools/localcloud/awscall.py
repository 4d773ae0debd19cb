"""Reads what an AWS API request means: caller key, service, action, body and resources."""

import functools
import io
import json
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.request import Request as MotoRequest
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from tools.localcloud.calllog import items_of, resources_of

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/[^/]+/[^/]+/([^/]+)/")
_INVOCATION = re.compile(r"/2015-03-31/functions/(.+)/invocations")
_SERVICE_NAMES = {"states": "stepfunctions"}


@dataclass(frozen=True)
class AwsCall:
    """One AWS API request.

    `service` is the boto3 name; `target` is the `X-Amz-Target` header or empty; `protocol` is
    json, query or rest; `action` is the operation name; `body` the raw request body.
    """

    access_key: str
    service: str
    target: str
    protocol: str
    action: str
    body: bytes
    resources: tuple[str, ...]
    items: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which a fault rule may know this call."""
        return self.target or self.action, self.action, f"{self.service}:{self.action}"


def read_body(environ: dict[str, Any]) -> bytes:
    """Reads the request body and puts it back for whoever handles the request."""
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        data: bytes = environ["wsgi.input"].read()
        environ["CONTENT_LENGTH"] = str(len(data))
        environ.pop("HTTP_TRANSFER_ENCODING")
    else:
        data = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(data)
    return data


def invoked_function(path: str) -> str | None:
    """Function name or ARN of a Lambda Invoke path."""
    found = _INVOCATION.fullmatch(urllib.parse.unquote(path))
    return found[1] if found else None


def read_call(environ: dict[str, Any], body: bytes) -> AwsCall:
    """Works out what a signed request asks for."""
    # A presigned link carries in its query what other requests carry in a header.
    signed = environ.get("HTTP_AUTHORIZATION") or urllib.parse.unquote(
        environ.get("QUERY_STRING", "")
    )
    credential = _CREDENTIAL.search(signed)
    access_key, service = (credential[1], credential[2]) if credential else ("", "")
    service = _SERVICE_NAMES.get(service, service)
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        parsed = _json_object(body)
        action = target.rsplit(".", 1)[-1]
        items = items_of(parsed) if action == "TransactWriteItems" else ()
        resources = resources_of(service, parsed)
        return AwsCall(access_key, service, target, "json", action, body, resources, items)
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        form = dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace")))
        return AwsCall(
            access_key,
            service,
            "",
            "query",
            form.get("Action", ""),
            body,
            resources_of(service, form),
        )
    action, resources = _rest_action(service, environ)
    return AwsCall(access_key, service, "", "rest", action, body, resources)


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


@functools.cache
def _router(service: str) -> Any:
    return get_service_router(service)


def _rest_action(service: str, environ: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    path = environ.get("PATH_INFO", "/")
    function = invoked_function(path)
    if function is not None:
        return "Invoke", (function_name(function),)
    last = urllib.parse.unquote(path.rstrip("/").rsplit("/", 1)[-1])
    if service not in ("scheduler", "lambda", "apigateway", "s3"):
        return f"{environ['REQUEST_METHOD']} {path}", ()
    try:
        operation, _ = _router(service).match(MotoRequest(environ))
    except (NotFound, NotImplementedError):
        return f"{environ['REQUEST_METHOD']} {path}", (last,)
    return operation.name, (path.split("/")[1] if service == "s3" else last,)


def function_name(name_or_arn: str) -> str:
    """Bare function name of a name, partial ARN or qualified ARN."""
    if ":function:" in name_or_arn:
        name_or_arn = name_or_arn.split(":function:", 1)[1]
    return name_or_arn.split(":", 1)[0]


def error_response(protocol: str, code: str, message: str, status: int) -> Response:
    """An AWS error in the wire format of `protocol`."""
    if protocol == "query":
        kind = "Sender" if status < 500 else "Receiver"
        text = (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code>"
            f"<Message>{message}</Message></Error><RequestId>local</RequestId></ErrorResponse>"
        )
        return Response(text, status, content_type="text/xml")
    response = Response(
        json.dumps({"__type": code, "message": message, "Message": message}),
        status,
        content_type="application/x-amz-json-1.0",
    )
    response.headers["x-amzn-ErrorType"] = code
    return response
