"""Plans that once broke something: they stay here and must hold."""

from pathlib import Path

import pytest

from tools.chaos.plan import Plan
from tools.chaos.runner import Runner

PLANS = sorted((Path(__file__).parent / "plans").glob("*.json"))


def test_there_are_some() -> None:
    assert PLANS


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_what_was_mended_stays_mended(path: Path, runner: Runner) -> None:
    result = runner.run(Plan.from_json(path.read_text("utf-8")), from_start=True)
    assert not result.missed, "the call that it is about has another name now"
    assert [str(one) for one in result.violations] == []
