"""One world a worker for all fault tests: scenarios are prepared once."""

from collections.abc import Iterator

import pytest

from tools.chaos.runner import Runner
from tools.chaos.world import open_world


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    """Runs plans in this process."""
    with open_world() as world:
        yield Runner(world)
