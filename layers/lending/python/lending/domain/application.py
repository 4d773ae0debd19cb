"""The application's life as data: every state, every legal move, and how to make one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from lending.domain.faults import Permanent
from lending.domain.records import Actor, Application, Request, State, Transition

S = State
LEGAL_MOVES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        S.LEAD: frozenset({S.PREQUAL_REQUESTED, S.EXPIRED, S.WITHDRAWN}),
        S.PREQUAL_REQUESTED: frozenset({S.PREQUALIFIED, S.PREQUAL_DECLINED, S.LEAD, S.WITHDRAWN}),
        S.PREQUALIFIED: frozenset({S.DRAFT, S.EXPIRED, S.WITHDRAWN}),
        S.DRAFT: frozenset({S.SUBMITTED, S.EXPIRED, S.WITHDRAWN}),
        S.SUBMITTED: frozenset({S.SCREENING, S.WITHDRAWN}),
        S.SCREENING: frozenset(
            {S.DECISIONING, S.INFO_REQUIRED, S.FRAUD_REVIEW, S.DECLINED, S.WITHDRAWN}
        ),
        S.INFO_REQUIRED: frozenset({S.SCREENING, S.EXPIRED, S.WITHDRAWN}),
        S.FRAUD_REVIEW: frozenset({S.DECISIONING, S.DECLINED, S.WITHDRAWN}),
        S.DECISIONING: frozenset(
            {S.APPROVED, S.COUNTER_OFFERED, S.DECLINED, S.MANUAL_REVIEW, S.WITHDRAWN}
        ),
        S.MANUAL_REVIEW: frozenset(
            {S.APPROVED, S.COUNTER_OFFERED, S.DECLINED, S.INFO_REQUIRED, S.WITHDRAWN}
        ),
        S.COUNTER_OFFERED: frozenset(
            {S.OFFER_ACCEPTED, S.DECLINED_BY_APPLICANT, S.EXPIRED, S.WITHDRAWN}
        ),
        S.APPROVED: frozenset({S.OFFER_ACCEPTED, S.EXPIRED, S.WITHDRAWN, S.REVOKED}),
        S.OFFER_ACCEPTED: frozenset({S.CONTRACTING, S.EXPIRED, S.WITHDRAWN}),
        S.CONTRACTING: frozenset({S.CONDITIONS_PENDING, S.EXPIRED, S.WITHDRAWN}),
        S.CONDITIONS_PENDING: frozenset({S.READY_TO_FUND, S.EXPIRED, S.REVOKED, S.WITHDRAWN}),
        S.READY_TO_FUND: frozenset({S.FUNDING, S.WITHDRAWN}),
        S.FUNDING: frozenset({S.FUNDED, S.FUNDING_FAILED}),
        S.FUNDING_FAILED: frozenset({S.FUNDING, S.CONDITIONS_PENDING, S.REVOKED}),
        S.FUNDED: frozenset(),
        S.DECLINED: frozenset(),
        S.DECLINED_BY_APPLICANT: frozenset(),
        S.PREQUAL_DECLINED: frozenset(),
        S.WITHDRAWN: frozenset(),
        S.EXPIRED: frozenset(),
        S.REVOKED: frozenset(),
    }
)
# What a person may do who looks again because the customer asked; the workflow is over by then.
RECONSIDERED: Mapping[State, frozenset[State]] = MappingProxyType(
    {S.DECLINED: frozenset({S.APPROVED, S.DECLINED})}
)
TERMINAL: frozenset[State] = frozenset(state for state, moves in LEGAL_MOVES.items() if not moves)


class IllegalMove(Permanent):
    """The state machine does not allow this move; the message names both states."""


@dataclass(frozen=True, slots=True)
class Move:
    """One wanted move and why."""

    to: State
    trigger: str
    actor: Actor
    reason_codes: tuple[str, ...] = ()


def can_move(from_state: State, to_state: State) -> bool:
    """Whether the lifecycle allows this move, or a person who looks again may make it."""
    return to_state in LEGAL_MOVES[from_state] | RECONSIDERED.get(from_state, frozenset())


def submitted(
    application_id: str,
    owner: str,
    customer_id: str,
    request: Request,
    profile_version: str,
    at: datetime,
    timeouts: Mapping[State, timedelta],
    payee_id: str | None = None,
) -> tuple[Application, tuple[Transition, ...]]:
    """A new application in SUBMITTED, version 1, with its first transition."""
    application = Application(
        application_id=application_id,
        owner=owner,
        customer_id=customer_id,
        state=State.SUBMITTED,
        version=1,
        request=request,
        profile_version=profile_version,
        submitted_at=at,
        updated_at=at,
        deadline_at=_deadline(State.SUBMITTED, at, timeouts),
        payee_id=payee_id,
    )
    first = Transition(
        application_id, 1, None, State.SUBMITTED, "submit", Actor("applicant", owner), at
    )
    return application, (first,)


def advance(
    application: Application,
    moves: Sequence[Move],
    at: datetime,
    timeouts: Mapping[State, timedelta],
) -> tuple[Application, tuple[Transition, ...]]:
    """Make the moves in order; each adds one to the version and leaves one transition.

    Raises:
        IllegalMove: the lifecycle does not allow one of them; nothing is returned then.
    """
    transitions: list[Transition] = []
    current = application
    for move in moves:
        if not can_move(current.state, move.to):
            raise IllegalMove(f"{current.application_id}: {current.state} to {move.to}")
        transitions.append(
            Transition(
                current.application_id,
                current.version + 1,
                current.state,
                move.to,
                move.trigger,
                move.actor,
                at,
                move.reason_codes,
            )
        )
        current = replace(
            current,
            state=move.to,
            version=current.version + 1,
            updated_at=at,
            deadline_at=_deadline(move.to, at, timeouts),
        )
    return current, tuple(transitions)


def _deadline(state: State, at: datetime, timeouts: Mapping[State, timedelta]) -> datetime | None:
    if state in TERMINAL or state not in timeouts:
        return None
    return at + timeouts[state]
