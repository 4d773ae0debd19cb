"""Golden plans: a change of any number in them is a decision, made by `make golden`."""

import json

import pytest

from tests.golden.regenerate import CASES, FOLDER, render


@pytest.mark.parametrize("name", CASES)
def test_a_plan_is_the_golden_one(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text("utf-8")
    assert render(name) == text


@pytest.mark.parametrize("name", CASES)
def test_a_golden_plan_repays_exactly(name: str) -> None:
    golden = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    balance = golden["principal_minor"]
    for _, _, principal, interest, total, left in golden["rows"]:
        balance -= principal
        assert (total, left) == (principal + interest, balance)
    assert balance == 0
