"""A sample of pairs and triples; `autolend chaos --pairs all` runs every pair."""

import pytest

from tools.chaos.runner import Runner
from tools.chaos.scenarios import SCENARIOS

SEED = 2026
EACH = 12


@pytest.mark.parametrize("faults", [2, 3])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_random_faults_are_survived(scenario: str, faults: int, runner: Runner) -> None:
    fired = 0
    for number in range(EACH):
        result = runner.run_sampled(scenario, SEED * 1_000 + number, faults)
        told = [str(one) for one in result.violations]
        assert not told, f"{result.plan.to_json()}\n" + "\n".join(told)
        fired += len(result.plan.faults)
    assert fired > EACH, "most runs meet more than one fault"
