"""Who uses the platform: a customer who insists, staff who do what waits for them.

They look at the tables to know that something moved (a portal would poll), but act over the
functions' own HTTP events, with idempotency keys, and repeat what failed as good clients do.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lending.adapters.dynamodb import keys
from lending.entrypoint.routes import routes

from tools.chaos.delivery import HOUR_MS
from tools.chaos.engine import SKEW_S
from tools.chaos.plan import Mode
from tools.chaos.seams import Kind
from tools.chaos.state import Exchange
from tools.chaos.store import LENDING
from tools.demo.people import Person

if TYPE_CHECKING:
    from tools.chaos.world import World

READING_MS: Final = 12_000  # longer than the market asks
AGAIN_MS: Final = 2_000
REPEATED: Final = frozenset({409, 429, 500, 502, 503, 504})
TRIES_MAX: Final = 60
ALONE_MAX_MINOR: Final = 50_000_000  # what the shipped policy lets an underwriter approve alone
OTP: Final = re.compile(r"(?<!\d)\d{6}(?!\d)")
NEVER_MS: Final = 2**62
APPLICATION_SK: Final = keys.application("").sk


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client sees."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; also an agenda item, for one that comes again."""

    who: str
    groups: str
    method: str
    resource: str
    parameters: Mapping[str, str]
    body: Any
    key: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def function(self) -> str:
        """Who serves it."""
        for route in routes():
            if (route.method, route.path) == (self.method, self.resource):
                return route.function
        raise LookupError(f"{self.method} {self.resource}")

    def do(self, world: "World") -> None:
        """Once more, whoever hears the answer."""
        self.send(world)

    def send(self, world: "World", skew_s: int = 0) -> Reply:
        """Through the function's handler, with the event of API Gateway."""
        path = self.resource.format(**self.parameters)
        headers = {"Content-Type": "application/json", **self.headers}
        if self.key:
            headers["Idempotency-Key"] = self.key
        event = {
            "resource": self.resource,
            "path": path,
            "httpMethod": self.method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "pathParameters": dict(self.parameters) or None,
            "stageVariables": None,
            "requestContext": {
                "requestId": f"request-{world.serial()}",
                "requestTimeEpoch": world.state.now_ms + skew_s * 1000,
                "authorizer": {"sub": self.who, "groups": self.groups},
            },
            "body": self._text(),
            "isBase64Encoded": False,
        }
        outcome = world.invoke(self.function, event)
        if outcome.error:
            return Reply(502, None)
        reply = outcome.result
        if self.key:
            exchange = Exchange(
                self.who, f"{self.method} {path}", self.key, reply["statusCode"], reply["body"]
            )
            world.state.exchanges.append(exchange)
        return Reply(reply["statusCode"], json.loads(reply["body"] or "null"))

    def _text(self) -> str | None:
        """A body that is text already is sent as it is: its bytes may be signed."""
        if self.body is None or isinstance(self.body, str):
            return self.body
        return json.dumps(self.body, ensure_ascii=False)


def ask(world: "World", request: Request) -> Reply:
    """Send a request over a network on which things go wrong."""
    mode = world.seams.reach("deliver", request.function, Kind.REQUEST)
    if mode is Mode.REFUSED:
        return Reply(502, None)
    skew_s = {Mode.AHEAD: SKEW_S, Mode.BEHIND: -SKEW_S}.get(mode, 0) if mode else 0
    reply = request.send(world, skew_s)
    if mode is Mode.AGAIN:
        return Reply(504, None)
    if mode is Mode.AGAIN_LATE:
        world.later(HOUR_MS, request)
    return reply


@dataclass(slots=True)
class Actor:
    """Base of clients: does one thing at a time and tries again what failed."""

    name: str
    groups: str = ""
    busy: bool = False
    wakes_ms: int = 0
    tries: int = 0
    seen: tuple[str, str] | None = None  # (application, version) it has acted on

    def wants(self, world: "World") -> bool:
        """Whether there is something to do now."""
        raise NotImplementedError

    def act(self, world: "World") -> None:
        """One request."""
        raise NotImplementedError

    def post(
        self, world: "World", what: str, body: Any, key: str, application_id: str = ""
    ) -> Reply | None:
        """A POST below an application (or of one); None when it is to be tried again later."""
        base = BASES.get(self.groups, "/v1/ops/applications")
        resource = f"{base}/{{application_id}}/{what}" if application_id else base
        parameters = {"application_id": application_id} if application_id else {}
        request = Request(
            self.name, self.groups, "POST", resource, parameters, body, f"{self.name}-{key}"
        )
        reply = ask(world, request)
        if reply.status not in REPEATED or _is_final(reply):
            self.tries = 0
            return reply
        self.tries += 1
        if self.tries >= TRIES_MAX:
            world.state.complaints.append(f"{what}: {reply.status} after {self.tries} tries")
            self.wakes_ms = NEVER_MS
        else:
            wait_s = 30 if reply.status == 429 else min(60, 2**self.tries)
            self.wakes_ms = world.state.now_ms + wait_s * 1000
        return None


# Where somebody of a group acts; without a group it is the customer.
BASES: Final = {"": "/v1/applications", "fraud": "/v1/ops/fraud/cases"}


def _is_final(reply: Reply) -> bool:
    """A conflict that repeating the same request cannot end."""
    code = reply.body.get("code") if isinstance(reply.body, dict) else None
    return reply.status == 409 and code != "changed_meanwhile"


@dataclass(slots=True)
class Desk(Actor):
    """Base of operations: one request, repeated until it is answered."""

    has_done: bool = False

    def insist(self, world: "World", what: str, request: Request) -> Reply | None:
        """The answer; None when it is to be tried again later, or never will be any."""
        reply = ask(world, request)
        if reply.status < 300:
            self.has_done = True
            return reply
        self.tries += 1
        if self.tries > 30 or reply.status not in {409, 429, 500, 502, 503, 504}:
            world.state.complaints.append(f"{what}: {reply.status} {reply.body}")
            self.has_done = True
        self.wakes_ms = world.state.now_ms + AGAIN_MS * 2 ** min(self.tries, 5)
        return None


@dataclass(slots=True)
class Customer(Actor):
    """Applies, accepts, signs; `withdraws_in` names a state in which they walk away instead."""

    person: Person | None = None
    withdraws_in: str = ""
    takes_nothing: bool = False
    application_id: str = ""
    contract: dict[str, Any] | None = None
    prompted: dict[str, Any] | None = None
    contracts: int = 0
    signatures: int = 0

    def wants(self, world: "World") -> bool:
        """A state to act in, not acted on yet."""
        if world.state.now_ms < self.wakes_ms:
            return False
        if not self.application_id:
            return True
        row = peek(world, self.application_id)
        if row["state"] == self.withdraws_in:
            return self.seen != (row["state"], row["version"])
        wanted = {"APPROVED", "OFFER_ACCEPTED", "CONTRACTING"}
        if self.takes_nothing or row["state"] not in wanted:
            return False
        return self.seen != (row["state"], row["version"])

    def act(self, world: "World") -> None:
        """The next step on the way to the money."""
        if not self.application_id:
            assert self.person is not None
            reply = self.post(world, "applications", self.person.body, "apply")
            if reply is not None and self._succeeded(world, "apply", reply, 202):
                self.application_id = reply.body["application_id"]
            return
        row = peek(world, self.application_id)
        if row["state"] == self.withdraws_in:
            self._withdraw(world, row)
        elif row["state"] == "APPROVED":
            self._accept(world, row)
        elif self.contract is None:
            self._prepare(world)
        elif self.prompted is None:
            self._read(world)
        else:
            self._sign(world, row)

    def _withdraw(self, world: "World", row: Mapping[str, str]) -> None:
        reply = self.post(world, "withdrawal", {}, "withdraw", self.application_id)
        if reply is not None:  # 409: the money was faster
            self.seen = (row["state"], row["version"])

    def _accept(self, world: "World", row: Mapping[str, str]) -> None:
        request = Request(
            self.name,
            "",
            "GET",
            "/v1/applications/{application_id}",
            {"application_id": self.application_id},
            None,
        )
        view = ask(world, request)
        if view.status != 200:
            self.wakes_ms = world.state.now_ms + AGAIN_MS
            return
        offer_id = view.body["offers"][0]["offer_id"]
        body = {"offer_id": offer_id, "cost_sheet_confirmed": True}
        reply = self.post(world, "acceptance", body, "accept", self.application_id)
        if reply is not None:
            self._succeeded(world, "accept", reply, 200)
            self.seen = (row["state"], row["version"])

    def _prepare(self, world: "World") -> None:
        key = f"contract-{self.contracts}"
        reply = self.post(world, "contract", {}, key, self.application_id)
        if reply is not None and self._succeeded(world, "contract", reply, 201):
            self.contract = reply.body
            self.wakes_ms = world.state.now_ms + READING_MS

    def _read(self, world: "World") -> None:
        """Every page, every disclosure; then the code is on its way."""
        assert self.contract is not None
        viewed = [
            {"kind": one["kind"], "sha256": one["sha256"], "pages": [1, 2]}
            for one in self.contract["documents"]
        ]
        body = {"viewed": viewed, "disclosures": self.contract["disclosures"]}
        key = f"otp-{self.contracts}"
        reply = self.post(world, "contract/otp", body, key, self.application_id)
        if reply is None:
            return
        if reply.status == 422:  # the documents were rendered anew by an answer that was lost
            self._begin_anew(world, reply)
        elif self._succeeded(world, "otp", reply, 200):
            self.prompted = reply.body

    def _begin_anew(self, world: "World", reply: Reply) -> None:
        self.contract = self.prompted = None
        self.contracts += 1
        if self.contracts > TRIES_MAX:
            world.state.complaints.append(f"no code opens the contract: {reply}")
            self.wakes_ms = NEVER_MS

    def _sign(self, world: "World", row: Mapping[str, str]) -> None:
        assert self.prompted is not None
        body = {
            "otp_id": self.prompted["otp_id"],
            "code": self._code(world),
            "document_sha256": self.prompted["document_sha256"],
        }
        key = f"sign-{self.signatures}"
        reply = self.post(world, "signature", body, key, self.application_id)
        if reply is None:
            return
        if reply.status == 200:
            self.seen = (row["state"], row["version"])
            return
        # Expired, replaced or locked: a new code, and a new request for it.
        self.signatures += 1
        self._begin_anew(world, reply)

    def _code(self, world: "World") -> str:
        """Look at the phone."""
        assert self.prompted is not None
        for message in reversed(world.state.rang):
            if message["message_id"] == self.prompted["otp_id"]:
                found = OTP.search(message["text"])
                if found is not None:
                    return found[0]
        return "000000"

    def _succeeded(self, world: "World", what: str, reply: Reply, wanted: int) -> bool:
        if reply.status == wanted:
            return True
        code = reply.body.get("code") if isinstance(reply.body, dict) else None
        if code == "illegal_state":  # moved on meanwhile: look again
            self.wakes_ms = world.state.now_ms + AGAIN_MS
            return False
        world.state.complaints.append(f"{what}: {reply.status} {reply.body}")
        self.wakes_ms = NEVER_MS
        return False


@dataclass(slots=True)
class Staff(Actor):
    """An underwriter approves what is referred, above their limit as an override that a senior
    one confirms; an operator releases what is held; the fraud desk clears
    what is suspected.
    """

    does: str = "review"
    acted_on: set[tuple[str, str]] = field(default_factory=set)

    def wants(self, world: "World") -> bool:
        """Something waits for this role."""
        return world.state.now_ms >= self.wakes_ms and self._next(world) is not None

    def act(self, world: "World") -> None:
        """Approve it."""
        row = self._next(world)
        assert row is not None
        body: dict[str, Any] = {"approved": True}
        if self.does == "review":
            body = {"outcome": "APPROVED", "reasons": [], "note": "looks right"}
            if json.loads(row["request"])["amount_minor"] > ALONE_MAX_MINOR:
                body["override_code"] = "policy_exception"
        elif self.does == "outcome":
            body = {"outcome": "cleared", "note": "a family with one phone"}
        key = f"{self.does}-{row['application_id']}-{row['version']}"
        reply = self.post(world, self.does, body, key, row["application_id"])
        if reply is not None:
            self.acted_on.add((row["application_id"], row["version"]))

    def _next(self, world: "World") -> dict[str, str] | None:
        state = ACTS_IN.get(self.does, "MANUAL_REVIEW")
        for row in applications(world):
            if (
                row["state"] == state
                and (row["application_id"], row["version"]) not in self.acted_on
            ):
                if self._waits_for_me(world, row["application_id"]):
                    return row
        return None

    def _waits_for_me(self, world: "World", application_id: str) -> bool:
        if self.does == "release":
            return _is_held(world, application_id)
        if self.does == "outcome":
            return True
        case = world.store.item(LENDING, keys.review(application_id))
        is_proposed = case is not None and case["status"]["S"] == "PROPOSED"
        return is_proposed == (self.does == "override-confirmation")


# In which state somebody acts; reviewers act in MANUAL_REVIEW.
ACTS_IN: Final = {"release": "CONDITIONS_PENDING", "outcome": "FRAUD_REVIEW"}


def _is_held(world: "World", application_id: str) -> bool:
    return world.store.item(LENDING, keys.wait(application_id, "release")) is not None


def peek(world: "World", application_id: str) -> dict[str, str]:
    """The application's row as it is stored, flat."""
    item = world.store.item(LENDING, keys.application(application_id))
    assert item is not None, application_id
    return {name: str(next(iter(value.values()))) for name, value in item.items()}


def applications(world: "World") -> list[dict[str, str]]:
    """Every application's row, flat."""
    return [
        {name: str(next(iter(value.values()))) for name, value in item.items()}
        for item in world.store.items(LENDING, APPLICATION_SK)
        if item["pk"]["S"].startswith("APP#")
    ]
