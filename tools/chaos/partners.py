"""The partner sandboxes without sockets: the product's HTTP adapters talk to their logic directly.

`careless` partners do whatever they are asked as often as they are asked: what is left then is
the product's own protocol.
"""

import json
import tempfile
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from urllib3.exceptions import ProtocolError, ReadTimeoutError

from tools.chaos.actors import Request, ask
from tools.chaos.papers import Stamps
from tools.chaos.plan import Mode
from tools.chaos.seams import Crash, Kind
from tools.partners.bank_rail import BankRail
from tools.partners.bank_webhooks import Delivery
from tools.partners.bureau import Bureau
from tools.partners.device import Devices
from tools.partners.employer import Employers
from tools.partners.identity import Identity
from tools.partners.income import Income
from tools.partners.messages import Messages
from tools.partners.service import Call, DroppedError, Partner
from tools.partners.valuation import Valuation

if TYPE_CHECKING:
    from tools.chaos.world import World

HTTP_MS: Final = 40
TIMEOUT_MS: Final = 3_000
LATE_MS: Final = 90_000
PAUSE_MS: Final = 12_000
SEED: Final = 11


@dataclass(frozen=True, slots=True)
class Late:
    """Agenda: a request that its sender gave up on reaches the partner."""

    partner: str
    method: str
    path: str
    body: bytes


class _NoJournal:
    """A world is saved as a whole; the sandboxes need no files."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(())

    def append(self, entry: Mapping[str, Any]) -> None:
        """Nothing to keep."""

    def clear(self) -> None:
        """Nothing to forget."""


class _Clock:
    """The world's time for the sandboxes."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def now(self) -> float:
        """Unix seconds."""
        return self._world.state.now_ms / 1000


class _Response:
    """What the product reads of an HTTP answer."""

    def __init__(self, status: int, raw: bytes) -> None:
        self.status = status
        self.closed = False
        self._raw = raw

    def read(self, amount: int) -> bytes:
        """At most so many bytes."""
        return self._raw[:amount]

    def release_conn(self) -> None:
        """There is none."""

    def close(self) -> None:
        """There is none."""
        self.closed = True


class Partners:
    """The sandboxes and the way to them. Their state is part of the world's."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.is_telling = False
        with tempfile.TemporaryDirectory() as text:
            folder = Path(text)
            self._services: dict[str, Any] = {
                "bank_rail": BankRail(folder, self._post),
                "bureau": Bureau(folder, SEED),
                "identity": Identity(folder),
                "valuation": Valuation(folder, SEED),
                "income": Income(folder),
                "device": Devices(folder, SEED),
                "employer": Employers(folder, SEED),
                "messages": Messages(folder),
                "authority": Stamps(),
            }
        self._faces: dict[str, Partner] = {}
        for name, service in self._services.items():
            service._journal = _NoJournal()
            face: Partner = service.partner()
            face.clock = _Clock(world)  # type: ignore[assignment]  # the same two methods
            self._faces[name] = face

    def url(self, name: str) -> str:
        """The base URL under which the product knows a partner."""
        return f"http://{name.replace('_', '-')}.invalid"

    def pool_manager(self, **_: object) -> SimpleNamespace:
        """Stands in for `urllib3.PoolManager`."""
        return SimpleNamespace(request=self._request)

    def save(self) -> dict[str, dict[str, Any]]:
        """What the sandboxes remember."""
        return {
            name: {key: value for key, value in vars(service).items() if isinstance(value, dict)}
            for name, service in self._services.items()
        }

    def restore(self, saved: Mapping[str, Mapping[str, Any]]) -> None:
        """Back to what was saved."""
        for name, held in saved.items():
            vars(self._services[name]).update(held)

    def clear(self) -> None:
        """Forget everything."""
        for face in self._faces.values():
            face.control(Call("POST", "/_control/reset", {}, {}))

    def tell(self, name: str, path: str, body: Mapping[str, Any]) -> None:
        """Set something up (a `_control` request)."""
        answer = self._faces[name].control(Call("POST", path, {}, dict(body)))
        if answer.status != 200:
            raise ValueError(f"{name} {path}: {answer}")

    @property
    def bank(self) -> BankRail:
        """The bank, for what a scenario or an invariant wants to know of its books."""
        bank: BankRail = self._services["bank_rail"]
        return bank

    def news_ms(self) -> int | None:
        """When the bank has something to move or to tell next; None = never, as it stands.

        A scenario lets it tell with `_control/webhooks` in manual mode (`bank_tells`).
        """
        state = self.bank._state
        due_s = [one["at_s"] for one in state["later"].values()]
        if state.setting("webhooks"):
            events = state["events"].values()
            due_s += [one["due_at"] for one in events if one["state"] == "pending"]
        return int(min(due_s) * 1000) + 1 if due_s else None

    def tell_news(self) -> None:
        """Move and tell all that is due now, one after the other."""
        self.is_telling = True
        try:
            self.bank.run_due()
        finally:
            self.is_telling = False

    def _post(self, delivery: Delivery) -> int:
        """One webhook request; the status that the receiver answers, 0 = it never came."""
        resource = urllib.parse.urlsplit(delivery.url).path
        body = delivery.body.decode()
        request = Request(
            "bank_rail", "", "POST", resource, {}, body, headers=dict(delivery.headers)
        )
        return ask(self._world, request).status

    def arrive(self, late: Late) -> None:
        """A late request reaches its partner; nobody hears the answer."""
        with suppress(ProtocolError):
            self._process(late.partner, late.method, late.path, late.body)

    def _request(self, method: str, url: str, body: bytes | None = None, **_: object) -> _Response:
        world = self._world
        parts = urllib.parse.urlsplit(url)
        name = str(parts.hostname).removesuffix(".invalid").replace("-", "_")
        path, raw = parts.path, body or b""
        where = f"{method} {path}" if method == "POST" else f"{method} {path.rpartition('/')[0]}/*"
        mode = world.seams.reach(world.worker, f"{name} {where}", _kind(name, method, path))
        world.state.now_ms += HTTP_MS
        match mode:
            case Mode.CRASH_BEFORE:
                raise Crash
            case Mode.UNREACHED | Mode.LATE:
                world.state.now_ms += TIMEOUT_MS
                if mode is Mode.LATE:
                    world.later(LATE_MS, Late(name, method, path, raw))
                raise ReadTimeoutError(None, url, "injected")  # type: ignore[arg-type]
            case Mode.ERROR:
                return _Response(503, b'{"error": "unavailable"}')
            case Mode.NONSENSE:
                return _Response(200, b'{"status": 42, "lorem": ["ipsum", null]}')
            case Mode.UNSURE:
                reference = urllib.parse.unquote(path.rsplit("/", 1)[1])
                answer = {"reference": reference, "status": "unknown"}
                return _Response(200, json.dumps(answer).encode())
            case Mode.TWIN:
                world.run_twin()
            case Mode.PAUSE:
                world.pause(PAUSE_MS)
            case Mode.REPEATED:
                self._process(name, method, path, raw)
        response = self._process(name, method, path, raw)
        if mode is Mode.CRASH_AFTER:
            raise Crash
        if mode is Mode.LOST:
            raise ProtocolError("Connection aborted.")
        return response

    def _process(self, name: str, method: str, path: str, raw: bytes) -> _Response:
        call = Call(method, urllib.parse.unquote(path), {}, json.loads(raw) if raw else {})
        try:
            answer = self._faces[name].answer(call)
        except DroppedError:
            raise ProtocolError("Connection aborted.") from None
        if method == "POST":
            self._note(name, call, answer.status, answer.body)
        return _Response(answer.status, json.dumps(answer.body, ensure_ascii=False).encode())

    def _note(self, name: str, call: Call, status: int, answer: Any) -> None:
        """What really happened outside: money that moved, messages that rang."""
        state = self._world.state
        if name == "bank_rail" and status == 202:
            if call.path != "/payments":
                return  # a debit draws money in; the bank's own books say how often
            known = {one["reference"] for one in state.paid}
            if call.body["reference"] not in known or name in state.careless:
                state.paid.append({**call.body, "at_ms": state.now_ms})
        if name == "messages" and status == 202:
            if not answer["duplicate"] or name in state.careless:
                state.rang.append({**call.body, "at_ms": state.now_ms})


def _kind(name: str, method: str, path: str) -> Kind:
    if name == "bank_rail" and not path.startswith("/accounts"):
        return Kind.PAYMENT if method == "POST" else Kind.PAYMENT_QUERY
    return Kind.MESSAGE if name == "messages" else Kind.ENQUIRY
