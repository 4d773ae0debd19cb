"""`autolend verify-contract`: a verdict with reasons, and an exit status that scripts can use."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.sealing import SEAL, Lender, lender_of
from tests.fakes.pdf import small_pdf
from tools.cli.main import main


@pytest.fixture(scope="module")
def lender(account: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lender]:
    with lender_of(tmp_path_factory.mktemp("authority")) as one:
        yield one


@pytest.fixture
def files(lender: Lender, tmp_path: Path) -> dict[str, str]:
    pdf = lender.sealer().seal(small_pdf(), SEAL).pdf
    kept = {"signed": pdf, "cut": pdf[:-1500], "trust": lender.document, "none": small_pdf()}
    for name, content in kept.items():
        (tmp_path / name).write_bytes(content)
    found = {name: str(tmp_path / name) for name in kept}
    return {**found, "sha256": hashlib.sha256(pdf).hexdigest(), "gone": str(tmp_path / "gone")}


def judged(capsys: Any, *arguments: str) -> tuple[int, str]:
    status = main(["verify-contract", *arguments])
    return status, capsys.readouterr().out


def test_a_signed_contract_is_valid(files: dict[str, str], capsys: Any) -> None:
    given = (files["signed"], "--trust", files["trust"], "--sha256", files["sha256"])
    status, told = judged(capsys, *given)
    assert (status, told.splitlines()[-1]) == (0, "VALID")
    assert "-   evidence       no evidence record was given" in told


def test_with_todays_lists_too(files: dict[str, str], capsys: Any) -> None:
    status, told = judged(capsys, files["signed"], "--trust", files["trust"], "--online")
    assert (status, "as of now" in told) == (0, True)


@pytest.mark.parametrize("which", ["cut", "none"])
def test_a_cut_or_unsigned_one_is_not(files: dict[str, str], capsys: Any, which: str) -> None:
    status, told = judged(capsys, files[which], "--trust", files["trust"], "--json")
    assert status == 1
    assert json.loads(told)["verdict"] == "INVALID"


def test_another_file_than_the_recorded_one_is_not(files: dict[str, str], capsys: Any) -> None:
    given = (files["signed"], "--trust", files["trust"], "--sha256", "0" * 64)
    status, told = judged(capsys, *given)
    assert (status, "NO  whole_file" in told) == (1, True)


def test_a_file_that_is_not_there_cannot_be_judged(files: dict[str, str], capsys: Any) -> None:
    assert judged(capsys, files["gone"], "--trust", files["trust"]) == (2, "")
