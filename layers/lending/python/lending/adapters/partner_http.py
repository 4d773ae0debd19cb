"""JSON over HTTP to partners that are trusted with nothing (OWASP API10: unsafe consumption).

Short timeouts, no redirects, a bounded answer, and a checked shape. Whatever is odd raises
`PartnerUnavailable`, whose text names the partner and the kind of trouble only: an answer may
carry personal data.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import urllib3
from urllib3.exceptions import HTTPError

from lending.adapters.circuit import Circuit
from lending.domain.faults import OutOfRange, PartnerUnavailable, WrongSubject

CONNECT_TIMEOUT_S: Final = 2.0
READ_TIMEOUT_S: Final = 3.0
ANSWER_BYTES_MAX: Final = 64 * 1024
_TIMEOUT: Final = urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status below 500 and the JSON object that came with it."""

    status: int
    body: Mapping[str, object]


class PartnerHttp:
    """One partner's base URL with kept-alive connections."""

    def __init__(self, name: str, base_url: str, answer_bytes_max: int = ANSWER_BYTES_MAX) -> None:
        self.name = name
        self.circuit = Circuit(name)
        self._bytes_max = answer_bytes_max
        self._base_url = base_url.rstrip("/")
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False, maxsize=4)

    def call(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, attempts: int = 1
    ) -> Answer:
        """One exchange, repeated at once up to `attempts` times when it fails.

        `attempts` above 1 is for calls that the partner may see twice.

        Raises:
            PartnerUnavailable: no connection, timeout, 5xx or 429, not a JSON object, too long.
        """
        for _ in range(attempts - 1):
            try:
                return self._exchange(method, path, body)
            except PartnerUnavailable:
                continue
        return self._exchange(method, path, body)

    def nonsense(self, what: str) -> PartnerUnavailable:
        """The fault for an answer of the wrong shape; `what` names the place, not the value."""
        return PartnerUnavailable(f"{self.name}: {what}")

    def answer[T](
        self, path: str, question: Mapping[str, object], reading: "Callable[[Shape], T]"
    ) -> T:
        """What a data source says to a question: POST, twice at most, read by `reading`.

        A source that keeps failing or talks nonsense is not asked for a while (`Circuit`).

        Raises:
            PartnerUnavailable: no answer, or one of another shape or subject.
        """
        return self.circuit.run(lambda: self._answer(path, question, reading))

    def _answer[T](
        self, path: str, question: Mapping[str, object], reading: "Callable[[Shape], T]"
    ) -> T:
        answer = self.call("POST", path, question, attempts=2)
        if answer.status not in {200, 201}:
            raise self.nonsense(f"HTTP {answer.status}")
        return reading(Shape(answer.body, self.nonsense, self.name))

    def _exchange(self, method: str, path: str, body: Mapping[str, object] | None) -> Answer:
        payload = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Accept": "application/json"}
        if payload is not None:
            headers["Content-Type"] = "application/json"
        try:
            response = self._pool.request(
                method,
                self._base_url + path,
                body=payload,
                headers=headers,
                redirect=False,
                preload_content=False,
            )
            try:
                raw = response.read(self._bytes_max + 1)
                whole = len(raw) <= self._bytes_max
                if whole:
                    response.release_conn()
            finally:
                if not response.closed:
                    response.close()
        except (HTTPError, OSError) as error:
            raise self.nonsense(type(error).__name__) from None
        if response.status >= 500 or response.status == 429:
            raise self.nonsense(f"HTTP {response.status}")
        if not whole:
            raise self.nonsense("answer too long")
        try:
            document = json.loads(raw, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise self.nonsense("not JSON") from None
        if not isinstance(document, dict):
            raise self.nonsense("not an object")
        return Answer(response.status, document)


def _refuse(constant: str) -> object:
    raise ValueError(constant)


class Shape:
    """Typed access to an answer's fields; a wrong one is the partner's nonsense."""

    def __init__(
        self,
        body: Mapping[str, object],
        nonsense: Callable[[str], PartnerUnavailable],
        partner: str = "partner",
    ) -> None:
        self._body = body
        self._nonsense = nonsense
        self._partner = partner

    def about(self, name: str, wanted: str) -> None:
        """The field repeats what was asked about. Raises WrongSubject: it names another."""
        if self.text(name) != wanted:
            raise WrongSubject(f"{self._partner}: field {name} is about another")

    def text(self, name: str, length_max: int = 200) -> str:
        """A non-empty string."""
        value = self._body.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= length_max:
            raise self._nonsense(f"field {name}")
        return value

    def one_of[Choice: str](self, name: str, choices: tuple[Choice, ...]) -> Choice:
        """One of a closed set of strings."""
        value = self._body.get(name)
        for choice in choices:
            if value == choice:
                return choice
        raise self._nonsense(f"field {name}")

    def flag(self, name: str) -> bool:
        """A boolean."""
        value = self._body.get(name)
        if not isinstance(value, bool):
            raise self._nonsense(f"field {name}")
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        """An integer in the closed range."""
        value = self._body.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._nonsense(f"field {name}")
        if not low <= value <= high:
            raise OutOfRange(f"{self._partner}: field {name} is out of range")
        return value

    def maybe_integer(self, name: str, low: int, high: int) -> int | None:
        """An integer in the closed range, or null; the field itself must be there."""
        if name in self._body and self._body[name] is None:
            return None
        return self.integer(name, low, high)
