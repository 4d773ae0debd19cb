"""Step Functions tasks: parse the payload, run, and fail under one of exactly two names.

A state machine's `ErrorEquals` compares class names, not families, so every `Retryable`
leaves as exactly `Retryable` and everything else as exactly `Permanent`.
"""

from collections.abc import Callable
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from lending.domain.faults import LendingFault, Permanent, Retryable
from lending.entrypoint.observability import logger, where

type TaskHandler = Callable[[dict[str, Any], object], dict[str, Any]]


class TaskInput(BaseModel):
    """Base of task payloads. `at` is when the state was entered (ISO 8601 with zone)."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    at: AwareDatetime


def task[Input: BaseModel](
    payload: type[Input],
) -> Callable[[Callable[[Input], dict[str, Any]]], TaskHandler]:
    """Turn `run(payload_model) -> JSON dict` into a Lambda handler for a Task state.

    Raises (from the handler):
        Retryable: any Retryable, including its subclasses, under exactly this name.
        Permanent: everything else; the text names ids and classes only.
    """

    def wrap(run: Callable[[Input], dict[str, Any]]) -> TaskHandler:
        def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
            del context
            try:
                parsed = payload.model_validate(event)
            except ValidationError as error:
                places = sorted({".".join(map(str, e["loc"])) for e in error.errors()})
                logger().error("payload is malformed", places=places)
                raise Permanent(f"{payload.__name__}: {', '.join(places)}") from None
            try:
                return run(parsed)
            except Retryable as fault:
                logger().warning(str(fault), fault=type(fault).__name__, where=where(fault))
                raise Retryable(f"{type(fault).__name__}: {fault}") from fault
            except LendingFault as fault:
                logger().error(str(fault), fault=type(fault).__name__, where=where(fault))
                raise Permanent(f"{type(fault).__name__}: {fault}") from fault
            except Exception as error:  # noqa: BLE001  # a fault by name, never an answer
                logger().error("task failed", where=where(error))
                raise Permanent(type(error).__name__) from None

        return handler

    return wrap
