"""JSONata for moto's Step Functions interpreter, which parses it but has no evaluator.

Compiled expressions are cached; `$states` and workflow variables are bound as values instead of
being pasted into the source text.
"""

import functools
import hashlib
import json
import random
import re
import threading
import uuid
from typing import Any

import jsonata
from jsonata.utils import Utils
from moto.stepfunctions.parser.api import EvaluationFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.jsonata import jsonata as moto_jsonata
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

UNDEFINED = object()
# jsonata-python keeps evaluation state in the expression object, which the cache shares.
_lock = threading.RLock()


@functools.lru_cache(maxsize=2048)
def _compiled(expression: str) -> Any:
    compiled = jsonata.Jsonata(expression)
    compiled.set_output_convert_nulls(False)
    for name, function in _FUNCTIONS.items():
        compiled.register_lambda(name, function)
    return compiled


def _partition(array: list[Any], size: int) -> list[list[Any]]:
    return [array[start : start + int(size)] for start in range(0, len(array), int(size))]


def _range(first: int, last: int, step: int) -> list[int]:
    return list(range(int(first), int(last) + (1 if step > 0 else -1), int(step)))


def _hash(data: Any, algorithm: str) -> str:
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    name = re.sub("-", "", algorithm).lower()
    return hashlib.new(name, text.encode()).hexdigest()


def _random(seed: int | None = None) -> float:
    return random.random() if seed is None else random.Random(seed).random()


# The functions Step Functions adds to JSONata.
_FUNCTIONS: dict[str, Any] = {
    "partition": _partition,
    "range": _range,
    "hash": _hash,
    "random": _random,
    "uuid": lambda: str(uuid.uuid4()),
    "parse": json.loads,
}


def evaluate(expression: str, bindings: dict[str, Any] | None = None) -> Any:
    """Value of a JSONata expression, or UNDEFINED when it selects nothing.

    `bindings` are variables by name without the dollar sign. Raises JSONataException.
    """
    with _lock:
        try:
            result = _compiled(expression).evaluate(None, bindings or {})
        except Exception as failure:
            raise moto_jsonata.JSONataException(
                "States.QueryEvaluationError", str(failure)
            ) from failure
        if result is None:
            return UNDEFINED
        plain = Utils.convert_nulls(result)
    if callable(plain):
        raise moto_jsonata.JSONataException(
            "States.QueryEvaluationError", f"'{expression}' returned an unsupported result type."
        )
    return json.loads(json.dumps(plain))


def _evaluate_text(expression: str) -> Any:
    result = evaluate(expression)
    return None if result is UNDEFINED else result


def _bindings(env: Any, with_states: bool) -> dict[str, Any]:
    store = env.variable_store
    bound = {**store._outer_scope, **store._inner_scope}
    if with_states:
        bound["states"] = env.states._states_data
    # A copy as plain JSON: datetimes become text and expressions cannot change the state.
    copied: dict[str, Any] = json.loads(to_json_str(bound))
    return copied


def _fail(env: Any, cause: str) -> FailureEventException:
    error = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    failure = FailureEventException(
        failure_event=FailureEvent(
            env=env,
            error_name=error,
            event_type=HistoryEventType.EvaluationFailed,
            event_details=EventDetails(
                evaluationFailedEventDetails=EvaluationFailedEventDetails(
                    cause=cause, error=error.error_name
                )
            ),
        )
    )
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.EvaluationFailed,
        event_details=EventDetails(
            evaluationFailedEventDetails=failure.get_evaluation_failed_event_details()
        ),
    )
    return failure


def _eval_expression(self: Any, env: Any) -> None:
    """`StringJSONata._eval_body`."""
    try:
        result = evaluate(self.expression, _bindings(env, with_states=True))
    except moto_jsonata.JSONataException as invalid:
        raise _fail(env, str(invalid.details)) from invalid
    if result is UNDEFINED:
        raise _fail(
            env, f"The JSONata expression '{self.expression}' returned nothing (undefined)."
        )
    env.stack.append(result)


def _eval_variable(self: Any, env: Any) -> None:
    """`StringVariableSample._eval_body`: `$name` in either query language."""
    jsonata_mode = self.query_language_mode == string_expression.QueryLanguageMode.JSONata
    result = evaluate(self.expression, _bindings(env, with_states=jsonata_mode))
    env.stack.append(None if result is UNDEFINED else result)


def install() -> None:
    """Patches moto in this process; repeating it changes nothing."""
    moto_jsonata._eval_jsonata = _evaluate_text
    string_expression.StringJSONata._eval_body = _eval_expression
    string_expression.StringVariableSample._eval_body = _eval_variable
