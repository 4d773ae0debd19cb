"""Clock, ids, workflow engine, bus and one-time passwords that tests control."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from lending.domain.faults import Retryable
from lending.domain.records import DomainEvent


@dataclass
class FixedClock:
    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass
class CountingIds:
    count: int = 0

    def new(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.count:026d}"


@dataclass
class FakeWorkflow:
    """Remembers starts by execution name; tokens are alive until they are answered."""

    down: bool = False
    started: dict[str, dict[str, object]] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)
    answers: dict[str, dict[str, object]] = field(default_factory=dict)

    def start_origination(self, application_id: str, attempt: int | None = None) -> None:
        name = application_id if attempt is None else f"{application_id}-{attempt}"
        self._start("origination", name, {"application_id": application_id})

    def start_disbursement(self, application_id: str, attempt: int) -> None:
        payload: dict[str, object] = {"application_id": application_id, "attempt": attempt}
        self._start("disbursement", f"{application_id}-{attempt}", payload)

    def start_amendment(
        self, amendment_id: str, rendering: int, attempt: int | None = None
    ) -> None:
        name = f"{amendment_id}-{rendering}" + ("" if attempt is None else f"-{attempt}")
        self._start("amendment", name, {"amendment_id": amendment_id})

    def resume(self, token: str, output: dict[str, object]) -> bool:
        if self.down:
            raise Retryable("fake: engine")
        if token not in self.tokens:
            return False
        self.tokens.remove(token)
        self.answers[token] = output
        return True

    def is_running(self, machine: str, name: str) -> bool:
        return f"{machine}/{name}" in self.running

    def _start(self, machine: str, name: str, payload: dict[str, object]) -> None:
        if self.down:
            raise Retryable("fake: engine")
        self.started.setdefault(f"{machine}/{name}", payload)


@dataclass
class FakeBus:
    """Accepts what it is told to; `refuse` kinds are left for a retry."""

    refuse: set[str] = field(default_factory=set)
    published: list[DomainEvent] = field(default_factory=list)

    def publish(self, events: tuple[DomainEvent, ...]) -> tuple[DomainEvent, ...]:
        accepted = tuple(event for event in events if event.kind not in self.refuse)
        self.published += accepted
        return accepted


@dataclass
class FakeOtp:
    next_code: str = "123456"

    def code(self) -> str:
        return self.next_code

    def mac(
        self, *, code: str, purpose: str, person: str, document_sha256: str, otp_id: str
    ) -> bytes:
        bound = f"{code}|{purpose}|{person}|{document_sha256}|{otp_id}"
        return hashlib.sha256(bound.encode()).digest()

    def verify(
        self,
        mac: bytes,
        *,
        code: str,
        purpose: str,
        person: str,
        document_sha256: str,
        otp_id: str,
    ) -> bool:
        return mac == self.mac(
            code=code,
            purpose=purpose,
            person=person,
            document_sha256=document_sha256,
            otp_id=otp_id,
        )
