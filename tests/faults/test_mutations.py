"""The harness sees every guard: without it some plan goes red, with it the same plan is green."""

from dataclasses import replace

import pytest

from tools.chaos.mutations import MUTATIONS
from tools.chaos.runner import Runner


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_guard_that_is_taken_away_is_missed(name: str, runner: Runner) -> None:
    mutation = MUTATIONS[name]
    with_it = [runner.run(plan) for plan in mutation.caught_by]
    assert [str(found) for result in with_it for found in result.violations] == []
    assert not any(result.missed for result in with_it)
    without = [runner.run(replace(plan, mutation=name)) for plan in mutation.caught_by]
    # A patch that merely does not fit would be a mistake by name, and no proof.
    found = {one.invariant for result in without for one in result.violations}
    assert found - {"L2 fails by name"}, mutation.guard


def test_a_guard_is_back_after_its_plan(runner: Runner) -> None:
    mutation = MUTATIONS["doubt_is_not_no"]
    plan = mutation.caught_by[0]
    assert not runner.run(replace(plan, mutation=mutation.name)).is_good
    assert runner.run(plan).is_good
