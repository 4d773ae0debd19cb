"""Rules of the house that imports and linters cannot say."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("layers/lending", "layers/scorecard", "functions", "infra", "ml", "tools")
    for path in (ROOT / folder).rglob("*.py")
)
DOMAIN = ROOT / "layers/lending/python/lending/domain"


def _modules(*names: str) -> list[Path]:
    """The files of modules or packages of the domain, as far as they exist."""
    return sorted(
        path
        for name in names
        for path in [DOMAIN / f"{name}.py", *(DOMAIN / name).rglob("*.py")]
        if path.exists()
    )


INTEGERS = _modules(
    "money",
    "dates",
    "daycount",
    "schedule",
    "settlement",
    "ledger",
    "pricing",
    "products",
    "servicing",
    "allocation",
    "delinquency",
    "policy",
)
# Solvers divide decimals; the operator is the same as for floats, so only floats are looked for.
DECIMALS = _modules("rate", "disclosure")


def test_there_is_something_to_check() -> None:
    assert len(SOURCES) > 20


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_short_and_named_for_an_idea(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common"}
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 500
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < 70, node.name


@pytest.mark.parametrize(
    "path", INTEGERS + DECIMALS, ids=lambda path: str(path.relative_to(DOMAIN))
)
def test_no_float_where_money_is_computed(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), node.lineno
        assert not (isinstance(node, ast.Name) and node.id == "float"), node.lineno
        if path in INTEGERS:
            assert not isinstance(node, ast.Div), "true division makes a float"
