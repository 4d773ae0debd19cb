"""When a parked workflow goes on, and with which answer: a pure reading of the state."""

from typing import Literal

from lending.domain.records import State

S = State
WaitName = Literal["review", "customer", "release"]

SIGNED_STATES = frozenset(
    {S.CONDITIONS_PENDING, S.READY_TO_FUND, S.FUNDING, S.FUNDING_FAILED, S.FUNDED}
)
APPROVED_STATES = SIGNED_STATES | {
    S.APPROVED,
    S.COUNTER_OFFERED,
    S.OFFER_ACCEPTED,
    S.CONTRACTING,
}
RELEASED_STATES = frozenset({S.READY_TO_FUND, S.FUNDING, S.FUNDING_FAILED, S.FUNDED})
WAITING_STATES: dict[WaitName, frozenset[State]] = {
    "review": frozenset({S.MANUAL_REVIEW, S.INFO_REQUIRED, S.FRAUD_REVIEW}),
    "customer": frozenset({S.APPROVED, S.COUNTER_OFFERED, S.OFFER_ACCEPTED, S.CONTRACTING}),
    "release": frozenset({S.CONDITIONS_PENDING}),
}
PASSED: dict[WaitName, tuple[frozenset[State], str]] = {
    "review": (APPROVED_STATES, "APPROVED"),
    "customer": (SIGNED_STATES, "SIGNED"),
    "release": (RELEASED_STATES, "READY"),
}


def wait_of(state: State) -> WaitName | None:
    """The wait that a workflow sits in while an application is in this state."""
    for name, states in WAITING_STATES.items():
        if state in states:
            return name
    return None


def answer(name: WaitName, state: State) -> str | None:
    """What the wait is answered with; None = keep waiting.

    A state that is neither waited in nor passed (withdrawn, expired, declined) answers with
    its own name, and the workflow ends.
    """
    if state in WAITING_STATES[name]:
        return None
    passed, outcome = PASSED[name]
    return outcome if state in passed else state.value
