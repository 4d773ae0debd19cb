"""Reads requests from standard input, answers on standard output; problems as problem+json."""

import json
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final, TextIO

from lending.domain.computable import NotComputable
from pydantic import BaseModel, ValidationError

# Each kind's module has `Request` (a Shape) and `answer(request) -> dict`; loaded when asked for.
KINDS: Final = {
    "schedule": "tools.calc.schedule",
    "settlement": "tools.calc.settlement",
    "allocate": "tools.calc.allocate",
    "delinquency": "tools.calc.delinquency",
    "apr": "tools.calc.apr",
    "tvm": "tools.calc.tvm",
    "year-fraction": "tools.calc.year_fraction",
    "business-day": "tools.calc.business_day",
    "identifier": "tools.calc.identifier",
    "policy": "tools.calc.policy",
}
TITLES: Final = {
    "invalid_json": "Invalid JSON",
    "invalid_field": "Invalid field",
    "contradiction": "Contradicting fields",
    "no_solution": "No solution",
    "unknown_kind": "Unknown kind",
}
ERRORS_MAX: Final = 20

type Problem = dict[str, Any]


class _Refused(Exception):
    """Carries the problem document of one request or of the whole input."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem["code"])
        self.problem = problem


def problem(code: str, detail: str, errors: Sequence[tuple[str, str]] = ()) -> Problem:
    """A problem document (RFC 9457) whose errors are (pointer, detail) pairs."""
    return {
        "type": "about:blank",
        "title": TITLES[code],
        "status": 422,
        "code": code,
        "detail": detail,
        "errors": [{"pointer": pointer, "detail": text} for pointer, text in errors[:ERRORS_MAX]],
    }


def _as_json(answered: object) -> str:
    # dumps, not dump: only the former encodes in C, five times as fast for a long array.
    return json.dumps(answered, ensure_ascii=False)


def calculate(
    kind: str,
    source: TextIO,
    out: TextIO,
    err: TextIO,
    present: Callable[[object], str] = _as_json,
) -> int:
    """Answer the object or the array in `source`; 0, or 2 when nothing could be answered."""
    try:
        request_type, answer = _kind(kind)
        asked = _parse(source)
        if isinstance(asked, list):
            answered: object = [_answer_in_array(request_type, answer, one) for one in asked]
        else:
            answered = _answer(request_type, answer, asked)
    except _Refused as refused:
        json.dump(refused.problem, err, ensure_ascii=False)
        err.write("\n")
        return 2
    out.write(present(answered) + "\n")
    return 0


def solve(kind: str, asked: object) -> dict[str, Any]:
    """The answer to one parsed request, or {"error": problem}."""
    request_type, answer = _kind(kind)
    return _answer_in_array(request_type, answer, asked)


def _kind(kind: str) -> tuple[type[BaseModel], Callable[[Any], dict[str, Any]]]:
    if kind not in KINDS:
        detail = f"'{kind[:40]}' is none of {', '.join(KINDS)}"
        raise _Refused(problem("unknown_kind", detail))
    module = import_module(KINDS[kind])
    return module.Request, module.answer


def _parse(source: TextIO) -> object:
    try:
        return json.load(source, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise _Refused(problem("invalid_json", "nested too deeply")) from None
    except ValueError as error:  # syntax, text that is not UTF-8, numbers with too many digits
        raise _Refused(problem("invalid_json", str(error))) from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    parsed = dict(pairs)
    if len(parsed) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key '{twice}' appears twice")
    return parsed


def _no_constant(text: str) -> object:
    raise ValueError(f"{text} is not JSON")


def _answer_in_array(
    request_type: type[BaseModel], answer: Callable[[Any], dict[str, Any]], asked: object
) -> dict[str, Any]:
    try:
        return _answer(request_type, answer, asked)
    except _Refused as refused:
        return {"error": refused.problem}


def _answer(
    request_type: type[BaseModel], answer: Callable[[Any], dict[str, Any]], asked: object
) -> dict[str, Any]:
    if not isinstance(asked, dict):
        raise _Refused(problem("invalid_field", "a request is an object", [("", "not an object")]))
    try:
        return answer(request_type.model_validate(asked))
    except ValidationError as invalid:
        errors = [
            (_pointer(error["loc"]), error["msg"].removeprefix("Value error, "))
            for error in invalid.errors(include_url=False, include_input=False)
        ]
        raise _Refused(problem("invalid_field", "Some fields are wrong.", errors)) from None
    except NotComputable as impossible:
        errors = [(impossible.pointer, impossible.detail)]
        raise _Refused(problem(impossible.code, impossible.detail, errors)) from None


def _pointer(location: tuple[int | str, ...]) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in location)
    return "".join(f"/{part}" for part in parts)


def main(kind: str, present: Callable[[object], str] = _as_json) -> int:
    """`autolend calc KIND` over the process's own streams."""
    sys.stdin.reconfigure(encoding="utf-8", errors="strict")  # type: ignore[union-attr]
    return calculate(kind, sys.stdin, sys.stdout, sys.stderr, present)
