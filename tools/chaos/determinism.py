"""The one place where time, chance, threads and sockets are taken from the product.

Nothing of it knows: each is replaced by name in the adapter that uses it, and put back.
"""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self
from unittest import mock
from uuid import UUID

import urllib3
from lending.adapters import (
    circuit,
    kms_otp,
    kms_vault_keys,
    partner_http,
    system,
    trust_store,
)
from lending.adapters.dynamodb import table
from lending.entrypoint import observability
from lending.usecases import identify_applicant

from tools.chaos import papers

if TYPE_CHECKING:
    from tools.chaos.world import World


class InlinePool:
    """A thread pool that runs each call where it is submitted: partners answer in turn.

    A crash goes through at once, as the whole process would be gone.
    """

    def __init__(self, max_workers: int) -> None:
        del max_workers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing runs any more."""

    def submit[**P, T](self, run: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """A finished future."""
        future: Future[T] = Future()
        try:
            future.set_result(run(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the caller's
            future.set_exception(error)
        return future


class _Sink:
    """Where the product's log lines go."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def write(self, text: str) -> int:
        """Keep it with the run."""
        self._world.state.log.append(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


@contextmanager
def deterministic(world: "World") -> Iterator[None]:
    """Chance, time, threads and sockets of the product are the world's."""

    def draw() -> random.Random:
        return world.state.draw

    secrets = SimpleNamespace(
        randbits=lambda bits: draw().getrandbits(bits),
        randbelow=lambda limit: draw().randrange(limit),
    )
    time = SimpleNamespace(
        time_ns=lambda: world.state.now_ms * 1_000_000, monotonic=lambda: world.state.now_ms / 1000
    )
    uuid = SimpleNamespace(uuid4=lambda: UUID(int=draw().getrandbits(128)))
    http = SimpleNamespace(PoolManager=world.partners.pool_manager, Timeout=urllib3.Timeout)
    clock = SimpleNamespace(now=lambda _: world.now())
    patches: list[tuple[Any, str, Any]] = [
        (system, "secrets", secrets),
        (system, "time", time),
        (system, "datetime", clock),
        (kms_otp, "secrets", secrets),
        (table, "uuid", uuid),
        (partner_http, "urllib3", http),
        (circuit, "time", time),
        (identify_applicant, "ThreadPoolExecutor", InlinePool),
        (trust_store.S3TrustStore.__init__, "__defaults__", (time.monotonic,)),
        (kms_vault_keys.CustomerKeys.__init__, "__defaults__", (time.monotonic,)),
    ]
    with ExitStack() as stack:
        for target, name, value in [*patches, *papers.patches()]:
            stack.enter_context(mock.patch.object(target, name, value))
        handler: Any = observability.logger().registered_handler
        stream = handler.stream
        handler.setStream(_Sink(world))
        try:
            yield
        finally:
            handler.setStream(stream)
