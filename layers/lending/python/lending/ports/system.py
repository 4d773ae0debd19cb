"""Clock, ids, workflow engine, event bus and one-time passwords."""

from datetime import datetime
from typing import Protocol

from lending.domain.records import DomainEvent


class Clock(Protocol):
    def now(self) -> datetime:
        """Timezone-aware UTC."""
        ...


class Ids(Protocol):
    def new(self, prefix: str) -> str:
        """A fresh, sortable id such as `app_01J...` (prefix, underscore, 26 characters)."""
        ...


class Workflow(Protocol):
    def start_origination(self, application_id: str, attempt: int | None = None) -> None:
        """Idempotent by name: the application id, and the attempt when it is a restart."""
        ...

    def resume(self, token: str, output: dict[str, object]) -> bool:
        """Send task success; False when the token is no longer waiting."""
        ...

    def is_running(self, machine: str, name: str) -> bool:
        """Whether execution `name` of `machine` (origination, disbursement) runs now."""
        ...

    def start_disbursement(self, application_id: str, attempt: int) -> None:
        """Idempotent: the execution's name is application id and attempt."""
        ...

    def start_amendment(
        self, amendment_id: str, rendering: int, attempt: int | None = None
    ) -> None:
        """Seal and apply a signed amendment; idempotent by name, as `start_origination`."""
        ...


class EventBus(Protocol):
    def publish(self, events: tuple[DomainEvent, ...]) -> tuple[DomainEvent, ...]:
        """Publish; returns those accepted (a partial failure leaves the rest for a retry)."""
        ...


class Otp(Protocol):
    def code(self) -> str:
        """Six random digits."""
        ...

    def mac(
        self, *, code: str, purpose: str, person: str, document_sha256: str, otp_id: str
    ) -> bytes:
        """Keyed MAC (KMS HMAC) that binds the code to purpose, person, document and OTP id."""
        ...

    def verify(
        self,
        mac: bytes,
        *,
        code: str,
        purpose: str,
        person: str,
        document_sha256: str,
        otp_id: str,
    ) -> bool: ...
