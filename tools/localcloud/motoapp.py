"""moto behind the edge: hot services are dispatched directly, the rest through moto's Flask app.

Going around Flask halves the time of a DynamoDB call. moto's request classes already take a WSGI
environ, so nothing is translated.
"""

import contextlib
import functools
import importlib
import threading
import traceback
from typing import Any

from moto.core.config import default_user_config
from moto.core.request import Request as MotoRequest
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from tools.localcloud import ddbfix, s3fix
from tools.localcloud.awscall import AwsCall, error_response

# JSON services with one URL: boto3 name -> (module, response class).
_DIRECT = {
    "dynamodb": ("moto.dynamodb.responses", "DynamoHandler"),
    "dynamodbstreams": ("moto.dynamodbstreams.responses", "DynamoDBStreamsHandler"),
    "stepfunctions": ("moto.stepfunctions.responses", "StepFunctionResponse"),
    "events": ("moto.events.responses", "EventsHandler"),
    "kms": ("moto.kms.responses", "KmsResponse"),
    "ssm": ("moto.ssm.responses", "SimpleSystemManagerResponse"),
    "secretsmanager": ("moto.secretsmanager.responses", "SecretsManagerResponse"),
    "sqs": ("moto.sqs.responses", "SQSResponse"),
}

# moto changes its dictionaries without locks in these services and their calls are short.
_LOCKED = frozenset({"stepfunctions", "events", "kms", "ssm", "secretsmanager", "sns", "scheduler"})


@functools.cache
def _handler(service: str) -> Any:
    module, name = _DIRECT[service]
    return getattr(importlib.import_module(module), name).dispatch


class MotoApp:
    """Answers AWS calls with moto; may be called from any thread."""

    def __init__(self) -> None:
        default_user_config["lambda"] = {"use_docker": False}
        s3fix.install()
        default_user_config["stepfunctions"] = {"execute_state_machine": True}
        self._flask = DomainDispatcherApplication(create_backend_app)
        self._locks = {service: threading.RLock() for service in _LOCKED}

    def call(self, call: AwsCall, environ: dict[str, Any]) -> Response:
        """The answer to one call; a failure inside moto becomes a 500 answer."""
        service = call.service
        if call.target.startswith("DynamoDBStreams"):
            service = "dynamodbstreams"
        with self._lock_of(service):
            if call.target and service in _DIRECT:
                return self._direct(service, call, environ)
            return Response.from_app(self._flask, environ)

    def _lock_of(self, service: str) -> contextlib.AbstractContextManager[Any]:
        if service in ("dynamodb", "dynamodbstreams"):
            return ddbfix.LOCK
        return self._locks.get(service) or contextlib.nullcontext()

    @staticmethod
    def _direct(service: str, call: AwsCall, environ: dict[str, Any]) -> Response:
        request = MotoRequest(environ)
        try:
            status, headers, body = _handler(service)(request, request.url, request.headers)
        except HTTPException as refused:
            return Response(refused.get_body(), refused.code, dict(refused.get_headers()))
        except Exception as failure:  # noqa: BLE001 - a bug in moto must not end the connection
            traceback.print_exc()
            code = "NotImplemented" if isinstance(failure, NotImplementedError) else "InternalError"
            return error_response(call.protocol, code, repr(failure), 500)
        response = Response(body, int(status))
        for name, value in headers.items():
            response.headers[name] = str(value)
        response.headers["Content-Length"] = str(response.calculate_content_length() or 0)
        return response
