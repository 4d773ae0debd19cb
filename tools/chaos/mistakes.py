"""What fails must fail as a fault that the product knows by name; anything else is our mistake.

An `AttributeError` of a worker is a bug even when a repetition hides it from every row; so is a
`Permanent` that nothing injected explains. Each handler logs what it caught, with the class of the
error and of its causes.
"""

import json
from collections.abc import Iterator
from typing import Final

from lending.domain import faults
from lending.domain.faults import Retryable

from tools.chaos.evidence import Evidence

RETRYABLE: Final = frozenset(
    name
    for name, one in vars(faults).items()
    if isinstance(one, type) and issubclass(one, Retryable)
)
FOR_GOOD: Final = "DisabledException"  # the one injected error that repeating cannot help


def fails_by_name(evidence: Evidence) -> Iterator[str]:
    """L2: no worker ended, or gave up a record or a request, for another reason than a fault."""
    yield from dict.fromkeys(evidence.world.state.mistakes)
    lines = "".join(evidence.world.state.log).splitlines()
    caught = (json.loads(one) for one in lines if '"where"' in one and FOR_GOOD not in one)
    yield from dict.fromkeys(
        f"{one['message']}: {' < '.join(one['where'][:4])}"
        for one in caught
        if one["where"][0] not in RETRYABLE
    )
