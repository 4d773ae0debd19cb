"""The bank: one port for money out and money drawn in, one for files; facts come back as values."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, Protocol

from lending.domain.bank_facts import BatchStatus, Fact, FileHead, Problem, Statement, StatementLine
from lending.domain.webhooks import Delivery, Forgery
from lending.ports.partners import Payee, RailAnswer

REFERENCE_CHARS_MAX: Final = 35  # EndToEndId of ISO 20022; the rail's bound for all channels


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """Money out. `reference` is deterministic and never used for anything else, ever."""

    reference: str
    amount_minor: int
    currency: str
    payee: Payee
    purpose: str


@dataclass(frozen=True, slots=True)
class Payer:
    """Whom we debit, under a mandate they gave: read from the vault at the moment of use only."""

    name: str
    account_no: str
    mandate_id: str


@dataclass(frozen=True, slots=True)
class DebitOrder:
    """Money drawn in on `due_on`. One reference is one attempt; a retry day has its own."""

    reference: str
    amount_minor: int
    currency: str
    payer: Payer
    due_on: date
    purpose: str


@dataclass(frozen=True, slots=True)
class DebitAnswer:
    """`pending`: the bank has it, the verdict comes later. `unknown`: ask, never send again.

    `returned` holds the reason code of a collection that was charged back after all.
    """

    status: Literal["collected", "failed", "pending", "unknown", "not_received"]
    reason: str = ""
    returned: str = ""


class PaymentRail(Protocol):
    """No method raises for an outage of the bank: that is `unknown`.

    A reference that the bank knows is never executed twice, and only `not_received` permits
    to send it (again).
    """

    def submit(self, order: PayoutOrder) -> RailAnswer: ...

    def query(self, *, reference: str) -> RailAnswer: ...

    def debit(self, order: DebitOrder) -> DebitAnswer: ...

    def query_debit(self, *, reference: str) -> DebitAnswer: ...


type FileItem = FileHead | Statement | StatementLine | Fact | BatchStatus | Problem


@dataclass(frozen=True, slots=True)
class BankFile:
    """A file that the bank delivered, read through once and found whole, or parked.

    `problem` names why nothing of it may be used; without one, `items` facts and cases are in
    it. `message_id` is the bank's id of the message ("" when it could not be read). `statements`
    are the ends of those in it: whose account, which days.
    """

    key: str
    etag: str
    kind: str
    message_id: str
    sha256: str
    size_bytes: int
    items: int
    problem: Problem | None
    statements: tuple[Statement, ...] = ()


class BankFiles(Protocol):
    """Host to host: we put files into the outbox, the bank puts files into the inbox."""

    def send(
        self, message_id: str, body: bytes, orders_sha256: str
    ) -> Literal["sent", "sent_before", "other_orders"]:
        """Put one file, at most once for ever per message id.

        `orders_sha256` stands for what the file orders, whenever it was written: the same orders
        may be sent again and change nothing; other orders under this id are not sent.

        Raises:
            Retryable, Permanent.
        """
        ...

    def was_sent(self, message_id: str) -> bool:
        """Whether a file of this id was put. Raises Retryable, Permanent."""
        ...

    def delivered(self, after: str = "", limit: int = 100) -> tuple[str, ...]:
        """Keys that lie in the inbox, by name, behind `after`: what was not dealt with yet.

        Raises:
            Retryable, Permanent.
        """
        ...

    def inspect(self, key: str) -> BankFile:
        """Read a file through without using it: whole or not. Raises NotFound, Retryable."""
        ...

    def items(self, file: BankFile) -> Iterator[FileItem]:
        """The items of a whole file, streamed. Cases of single entries are among them.

        Raises:
            Permanent: the file has a problem.  Retryable: it changed since it was inspected, or
            reading broke off; items have ids of their own, so begin again.
        """
        ...

    def claim(self, file: BankFile) -> Literal["new", "unfinished", "done", "other_body"]:
        """Remember this message id with this body, and tell whether it was here before.

        `unfinished`: an earlier attempt did not reach `finish`; `other_body`: the same id came
        with another content, which nobody may use. Raises Permanent (a problem), Retryable.
        """
        ...

    def finish(self, file: BankFile) -> None:
        """All items are booked or are cases: mark the message done, take it out of the inbox.

        A second delivery is then `done`; to finish it too takes it out as well. Raises Retryable.
        """
        ...

    def set_aside(self, file: BankFile) -> None:
        """Take a file that cannot be used out of the inbox and keep it. Raises Retryable."""
        ...


class WebhookCheck(Protocol):
    """Knows the secrets of partners."""

    def check(self, partner: str, delivery: Delivery, at: datetime) -> Forgery | None:
        """None when the partner sent exactly this, just before `at`.

        Raises:
            Retryable: the secrets cannot be read now; nothing is believed or refused.
            Permanent: the partner has no usable secret.
        """
        ...
