"""Every single fault at every call of every scenario: money, books and messages are right.

`autolend chaos --replay` repeats a plan that this names.
"""

import pytest

from tools.chaos.runner import Runner
from tools.chaos.scenarios import SCENARIOS

# So that two processes share the work, and none of it takes long.
PARTS = {
    "origination": 8,
    "referred": 8,
    "reminders": 8,
    "payee_change": 8,
    "files": 6,
    "suspected": 4,
    "restart": 4,
    "statement": 4,
    "tranches": 4,
    "paid_by_file": 4,
    "drawn_by_file": 6,
    "payments": 3,
}
SHARES = [(name, part) for name in SCENARIOS for part in range(PARTS.get(name, 2))]


@pytest.mark.parametrize(("scenario", "part"), SHARES)
def test_every_single_fault_is_survived(scenario: str, part: int, runner: Runner) -> None:
    plans = runner.singles(scenario)[part :: PARTS.get(scenario, 2)]
    assert plans
    for plan in plans:
        result = runner.run(plan)
        told = [str(one) for one in result.violations]
        assert not told, f"{plan.to_json()}\n" + "\n".join(told)
        assert not result.missed, plan
