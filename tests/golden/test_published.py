"""Numbers that others have published, and that the calculator must reproduce.

published/*.json are arrays of {"source", "kind", "request", "expect", "tolerance"?}. `expect`
maps dotted paths of the response to values; `*` stands for every element of a list. `tolerance`,
by the same paths, is there only where the source prints rounded numbers or rounds otherwise.
"""

import json
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

from tools.calc.run import KINDS, solve

FOLDER = Path(__file__).parent / "published"
EXAMPLES = [
    pytest.param(example, id=f"{path.stem}-{place}")
    for path in sorted(FOLDER.glob("*.json"))
    for place, example in enumerate(json.loads(path.read_text("utf-8")))
]


def found(answer: Any, path: str) -> Any:
    """What a dotted path leads to."""
    head, _, rest = path.partition(".")
    if head == "*":
        return [found(one, rest) if rest else one for one in answer]
    value = answer[int(head)] if isinstance(answer, list) else answer[head]
    return found(value, rest) if rest else value


def number(value: Any) -> Decimal | None:
    """A JSON integer or a decimal string; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def agrees(value: Any, expected: Any, tolerance: Decimal) -> bool:
    """Equal, or as near as the source can say."""
    if isinstance(expected, list):
        return len(value) == len(expected) and all(
            agrees(*pair, tolerance) for pair in zip(value, expected, strict=True)
        )
    mine, theirs = number(value), number(expected)
    if type(value) is type(expected) and mine is not None and theirs is not None:
        return abs(mine - theirs) <= tolerance
    return bool(value == expected)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_published_example_is_reproduced(example: dict[str, Any]) -> None:
    answer = json.loads(json.dumps(solve(example["kind"], example["request"])))
    assert "error" not in answer, answer
    tolerances = example.get("tolerance", {})
    wrong = {
        path: (found(answer, path), expected)
        for path, expected in example["expect"].items()
        if not agrees(found(answer, path), expected, Decimal(tolerances.get(path, "0")))
    }
    assert not wrong, example["source"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_says_where_it_was_published(example: dict[str, Any]) -> None:
    assert set(example) <= {"source", "kind", "request", "expect", "tolerance"}
    assert len(example["source"]) > 20
    assert example["expect"]
    assert set(example.get("tolerance", {})) <= set(example["expect"])


def test_there_are_many_examples_of_every_kind_that_has_published_ones() -> None:
    assert len(EXAMPLES) >= 60
    kinds = {example.values[0]["kind"] for example in EXAMPLES}
    assert kinds == set(KINDS) - {"policy"}
