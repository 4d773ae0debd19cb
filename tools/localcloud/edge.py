"""The one HTTP port of the local cloud.

Lambda Invoke, StartSyncExecution, the API front doors and `/_localcloud/*` are ours; every other
AWS call goes to moto. Fault rules and the call log see every call here.
"""

import datetime as dt
import json
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from moto.stepfunctions.parser.api import StateMachineDoesNotExist
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from tools.localcloud import ddbfix, sfnfix
from tools.localcloud.awscall import (
    AwsCall,
    error_response,
    function_name,
    invoked_function,
    read_body,
    read_call,
)
from tools.localcloud.calllog import Call, CallLog
from tools.localcloud.clock import VirtualClock
from tools.localcloud.destinations import AsyncInvoker
from tools.localcloud.faults import Fault, FaultBook, InvalidFault
from tools.localcloud.frontdoor import FrontDoor
from tools.localcloud.motoapp import MotoApp
from tools.localcloud.runtime import Function, Result, Throttled, Worker

ADMIN_KEY = "LCADMIN"
PUMP_KEY = "LCPUMP"
_CALLERS = {ADMIN_KEY: "client", PUMP_KEY: "pump", sfnfix.ACCESS_KEY: "stepfunctions"}
_START_SYNC = "AWSStepFunctions.StartSyncExecution"

type Start = Callable[..., Any]


@dataclass(frozen=True)
class _Caller:
    name: str
    function: Function | None = None
    worker: Worker | None = None


class Edge:
    """WSGI application of the local cloud; every member may be used from any thread."""

    def __init__(
        self, clock: VirtualClock, boto: Callable[[str], Any], account_id: str, region: str
    ) -> None:
        self.clock = clock
        self.account_id = account_id
        self.region = region
        self.functions: dict[str, Function] = {}
        self.front_doors: list[FrontDoor] = []
        self.calls = CallLog()
        self.faults = FaultBook()
        self.wake = threading.Event()
        self.ddb_lock = ddbfix.LOCK
        self.on_reset: list[Callable[[], None]] = []
        self.health_checks: list[Callable[[], Mapping[str, Any]]] = []
        self.admin_routes: dict[str, Callable[[Any], Any]] = {
            "faults": self._admin_faults,
            "clock": self._admin_clock,
            "reset": self._admin_reset,
            "calls": self._admin_calls,
        }
        self._moto = MotoApp()
        self._async = AsyncInvoker(self._invoke_function, boto, clock.datetime)
        self.counts: Counter[str] = Counter()
        """API requests and invocations since the start, for the cost of a run."""
        self._busy = 0
        self._busy_lock = threading.Lock()

    # Invocations

    def invoke(
        self, function_name_or_arn: str, payload: bytes, kind: str = "RequestResponse"
    ) -> tuple[str, bytes]:
        """Runs a function; returns (status, body) with status response, error or accepted.

        `kind` "Event" returns at once; retries and destinations happen in the background.
        Raises KeyError for an unknown function and Throttled when it reserves no concurrency.
        """
        function = self.functions[function_name(function_name_or_arn)]
        if kind == "Event":
            self._async.start(function, payload)
            return "accepted", b""
        return self._invoke_function(function, payload)

    def busy(self) -> int:
        """Invocations that run now or wait for a retry (for tests that wait until all is quiet)."""
        return self._busy + self._async.running

    def _invoke_function(self, function: Function, payload: bytes) -> Result:
        with self._busy_lock:
            self._busy += 1
            self.counts["lambda_request"] += 1
        try:
            fault = self.faults.take("invoke", {"function": (function.name,)})
            if fault is None:
                return function.invoke(payload)
            return self._invoke_with_fault(function, payload, fault)
        finally:
            with self._busy_lock:
                self._busy -= 1
            self.wake.set()

    @staticmethod
    def _invoke_with_fault(function: Function, payload: bytes, fault: Fault) -> Result:
        lost = json.dumps(
            {
                "errorType": "Runtime.ExitError",
                "errorMessage": f"injected crash {fault.when} the handler",
            }
        ).encode()
        if fault.do == "delay":
            time.sleep(fault.delay_s)
            return function.invoke(payload)
        if fault.do == "dup":
            function.invoke(payload)
            return function.invoke(payload)
        if fault.when == "after":
            function.invoke(payload)
        if fault.do == "kill":
            for access_key in list(function.workers):
                function.kill_worker(access_key)
        return "error", lost

    def take_fault(self, **wanted: str) -> Fault | None:
        """Uses up a pump rule: `take_fault(delivery=arn)`."""
        return self.faults.take("delivery", {key: (value,) for key, value in wanted.items()})

    # HTTP

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """WSGI entry point."""
        path = environ.get("PATH_INFO", "/")
        try:
            body = read_body(environ)
            if path.startswith("/_localcloud/"):
                response = self._admin(environ, path.removeprefix("/_localcloud/"), body)
            else:
                door, inner = self._front_door(environ, path)
                if door is not None and inner is not None:
                    request = Request(environ)
                    self.counts["api_request"] += 1
                    response = door.handle(request, inner, body, self._invoke_for_api)
                    self.wake.set()
                elif inner is not None:
                    response = Response('{"message":"Forbidden"}', 403)
                else:
                    response = self.aws(environ, body)
        except Exception as failure:  # noqa: BLE001 - one bad request must not end the server
            traceback.print_exc()
            response = error_response("json", "InternalError", repr(failure), 500)
        answer: Iterable[bytes] = response(environ, start)
        return answer

    def _front_door(
        self, environ: Mapping[str, Any], path: str
    ) -> tuple[FrontDoor | None, str | None]:
        """(door, path after the stage); (None, path) for an unknown stage; else (None, None)."""
        if path.startswith("/_api/"):
            first, _, rest = path.removeprefix("/_api/").partition("/")
            for door in self.front_doors:
                if first == door.stage and (door.owns(rest) or len(self.front_doors) == 1):
                    return door, "/" + rest
                if first == door.api_id and rest.startswith(door.stage):
                    return door, rest.removeprefix(door.stage) or "/"
            return None, path
        signed = (
            "HTTP_X_AMZ_TARGET" in environ
            or environ.get("HTTP_AUTHORIZATION", "").startswith("AWS")
            or "X-Amz-" in environ.get("QUERY_STRING", "")
            or environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
        )
        if not signed:
            for door in self.front_doors:
                if door.owns(path):
                    return door, path
        return None, None

    def _invoke_for_api(self, function_arn: str, payload: bytes) -> tuple[str, bytes]:
        try:
            return self.invoke(function_arn, payload)
        except Throttled:
            return "throttled", b""

    def aws(self, environ: dict[str, Any], body: bytes) -> Response:
        """The answer to one signed AWS request, with the faults that rules ask for."""
        call = read_call(environ, body)
        caller = self._caller(call.access_key)
        fault = self.faults.take(
            "call",
            {
                "call": call.names,
                "service": (call.service,),
                "function": (caller.name,),
                "resource": call.resources,
            },
        )
        response = self._perform(call, environ, fault, caller)
        self.calls.append(
            Call(
                at=self.clock.now(),
                caller=caller.name,
                service=call.service,
                action=call.action,
                resources=call.resources,
                status=response.status_code,
                function=caller.function.name if caller.function else None,
                items=call.items,
            )
        )
        if call.access_key != PUMP_KEY:
            self.wake.set()
        return response

    def _caller(self, access_key: str) -> _Caller:
        known = _CALLERS.get(access_key)
        if known is not None:
            return _Caller(known)
        for function in self.functions.values():
            worker = function.workers.get(access_key)
            if worker is not None:
                return _Caller(function.name, function, worker)
        return _Caller("client")

    def _perform(
        self, call: AwsCall, environ: dict[str, Any], fault: Fault | None, caller: _Caller
    ) -> Response:
        if fault is None:
            return self._answer(call, environ)
        if fault.do == "delay":
            time.sleep(fault.delay_s)
            return self._answer(call, environ)
        if fault.do == "dup":
            self._answer(call, dict(environ))
            environ["wsgi.input"].seek(0)
            return self._answer(call, environ)
        if fault.when == "after":
            self._answer(call, environ)
        if fault.do == "kill" and caller.worker is not None:
            caller.worker.kill()
        return error_response(call.protocol, fault.code, "injected fault", fault.status)

    def _answer(self, call: AwsCall, environ: dict[str, Any]) -> Response:
        name = invoked_function(environ.get("PATH_INFO", ""))
        if name is not None:
            return self._lambda_invoke(name, environ, call.body)
        if call.target == _START_SYNC:
            return self._start_sync(json.loads(call.body))
        return self._moto.call(call, environ)

    def _lambda_invoke(self, name: str, environ: Mapping[str, Any], body: bytes) -> Response:
        kind = environ.get("HTTP_X_AMZ_INVOCATION_TYPE", "RequestResponse")
        if function_name(name) not in self.functions:
            message = f"Function not found: {name}"
            return error_response("rest", "ResourceNotFoundException", message, 404)
        if kind == "DryRun":
            return Response(b"", 204)
        try:
            status, payload = self.invoke(name, body, kind)
        except Throttled:
            return error_response("rest", "TooManyRequestsException", "Rate Exceeded.", 429)
        response = Response(
            payload, 202 if status == "accepted" else 200, content_type="application/json"
        )
        response.headers["X-Amz-Executed-Version"] = "$LATEST"
        if status == "error":
            response.headers["X-Amz-Function-Error"] = "Unhandled"
        return response

    def _start_sync(self, body: Mapping[str, Any]) -> Response:
        backend = stepfunctions_parser_backends[self.account_id][self.region]
        try:
            answer = sfnfix.start_sync_execution(
                backend, body["stateMachineArn"], body.get("name"), body.get("input", "{}")
            )
        except StateMachineDoesNotExist as missing:
            return error_response("json", "StateMachineDoesNotExist", str(missing), 400)
        text = json.dumps(answer, default=_epoch)
        return Response(text, 200, content_type="application/x-amz-json-1.0")

    # Administration

    def _admin(self, environ: Mapping[str, Any], name: str, body: bytes) -> Response:
        if name == "health":
            health: dict[str, Any] = {"status": "ok", "functions": len(self.functions)}
            health["clock"] = self.clock.datetime().isoformat()
            for check in self.health_checks:
                health.update(check())
            return _json(health)
        route = self.admin_routes.get(name)
        if route is None or environ.get("REQUEST_METHOD") != "POST":
            return _json({"message": f"no such route: {name}"}, 404)
        try:
            return _json(route(json.loads(body) if body else {}))
        except (InvalidFault, ValueError, TypeError, KeyError) as wrong:
            return _json({"message": repr(wrong)}, 400)

    def _admin_faults(self, body: Any) -> Any:
        """`{rules: [...]}` replaces, `{add: {...}}` appends, `{}` only reports."""
        if "rules" in body:
            self.faults.replace(body["rules"])
        if "add" in body:
            self.faults.add(body["add"])
        return {"remaining": self.faults.remaining()}

    def _admin_clock(self, body: Any) -> Any:
        """`{advance: {days, hours, minutes, seconds}}` moves the clock, `{}` only reports."""
        if "advance" in body:
            self.clock.advance(**body["advance"])
            self.wake.set()
        return {
            "now": self.clock.now(),
            "iso": self.clock.datetime().isoformat(),
            "offset_s": self.clock.offset_s,
        }

    def _admin_reset(self, _body: Any) -> Any:
        self.faults.clear()
        self.calls.clear()
        for hook in self.on_reset:
            hook()
        return {"reset": True}

    def _admin_calls(self, body: Any) -> Any:
        position = int(body.get("since", 0))
        calls = [call.as_json() for call in self.calls.since(position)]
        return {"next": position + len(calls), "calls": calls}


def _epoch(value: Any) -> float:
    if isinstance(value, dt.datetime):
        return value.timestamp()
    raise TypeError(repr(value))


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value, default=str), status, content_type="application/json")


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    # Delayed acknowledgements would add 40 ms to each call.
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answers and keeps the connection open.

        werkzeug's own method closes each connection and first waits for unread bodies; the edge
        always reads the whole body, so neither is needed, and a call costs half.
        """
        told: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            told.append((status, headers))

        body = b"".join(self.server.app(self.make_environ(), cast("Any", start)))
        status, headers = told[-1]
        code, _, reason = status.partition(" ")
        try:
            self.send_response(int(code), reason)
            for name, value in headers:
                if name.lower() not in {"content-length", "connection", "server", "date"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            # One write, so that the client wakes once.
            self._headers_buffer.append(b"\r\n" if self.command == "HEAD" else b"\r\n" + body)
            self.flush_headers()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Silent: the call log is the log."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Silent too."""

    def connection_dropped(self, error: BaseException, environ: Any | None = None) -> None:
        """A killed worker drops its connection; that is expected."""


def serve(edge: Edge, port: int = 0) -> BaseWSGIServer:
    """Starts the edge on a loopback port (0: any free one) in a background thread."""
    server = make_server("127.0.0.1", port, edge, threaded=True, request_handler=_Handler)
    server.daemon_threads = True  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server
