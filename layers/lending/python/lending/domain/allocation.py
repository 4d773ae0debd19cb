"""Which part of which instalment a payment pays, by the lender's order.

The order is twelve entries, one for each timing (past due, due, in advance) and component;
four components mean that order for each timing in turn. Everything is integer minor units of
one currency; a payment in advance reprices no interest.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import groupby, pairwise

from lending.domain.computable import NotComputable
from lending.domain.money import Rounding, divide


class Timing(StrEnum):
    """Where an instalment's due date lies on the day of a payment."""

    PAST_DUE = "past_due"
    DUE = "due"
    IN_ADVANCE = "in_advance"


class Component(StrEnum):
    """What an instalment consists of."""

    PENALTY = "penalty"
    FEE = "fee"
    INTEREST = "interest"
    PRINCIPAL = "principal"


class Mode(StrEnum):
    """`horizontal` clears instalment by instalment, `vertical` component by component."""

    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"


class Future(StrEnum):
    """Which future instalment meets money in advance: the next, the last, or all alike."""

    NEXT = "next"
    LAST = "last"
    REAMORTISE = "reamortise"


type Entry = tuple[Timing, Component]
type Block = tuple[Timing, tuple[Component, ...]]

ENTRIES = tuple((timing, component) for timing in Timing for component in Component)


@dataclass(frozen=True, slots=True)
class Owed:
    """The amounts of one instalment by component, in minor units."""

    due_on: date
    principal_minor: int = 0
    interest_minor: int = 0
    fee_minor: int = 0
    penalty_minor: int = 0

    @property
    def total_minor(self) -> int:
        """All components together."""
        return self.principal_minor + self.interest_minor + self.fee_minor + self.penalty_minor


@dataclass(frozen=True, slots=True)
class Position:
    """One instalment being paid: what is still owed, and what came when.

    `paid_on` is the date of the payment that left nothing owed; None also when nothing ever was.
    """

    owed: Owed
    paid_minor: int = 0
    in_advance_minor: int = 0
    late_minor: int = 0
    paid_on: date | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """Money received on a day."""

    on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one component of one instalment (by its place in the list) took of a payment."""

    index: int
    component: Component
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Applied:
    """Where a payment went; `excess_minor` is what nothing could take.

    `balance_minor` is the principal still owed on all instalments after the payment.
    """

    payment: Payment
    parts: tuple[Part, ...]
    excess_minor: int
    balance_minor: int

    def taken_minor(self, component: Component) -> int:
        """What one component took over all instalments."""
        return sum(part.amount_minor for part in self.parts if part.component is component)


@dataclass(frozen=True, slots=True)
class Allocation:
    """The instalments after all payments, and each payment in the order it was applied."""

    positions: tuple[Position, ...]
    applied: tuple[Applied, ...]


@dataclass(frozen=True, slots=True)
class AllocationRules:
    """A lender's order, how it is walked, and how money in advance meets the future.

    Raises:
        NotComputable: the order is not each of the twelve entries once (invalid_field), or
            `reamortise` is walked vertically (contradiction: it shares among instalments).
    """

    order: tuple[Entry, ...]
    mode: Mode = Mode.HORIZONTAL
    future: Future = Future.NEXT
    blocks: tuple[Block, ...] = field(init=False)

    def __post_init__(self) -> None:
        if sorted(self.order) != sorted(ENTRIES):
            raise NotComputable("invalid_field", "/order", "each of the twelve entries once")
        if self.future is Future.REAMORTISE and self.mode is not Mode.HORIZONTAL:
            raise NotComputable("contradiction", "/future", "reamortise is horizontal only")
        object.__setattr__(self, "blocks", tuple(_blocks(self.order, self.mode)))


def _blocks(order: tuple[Entry, ...], mode: Mode) -> Iterator[Block]:
    """Vertical is horizontal in blocks of one entry; otherwise a block shares its timing."""
    if mode is Mode.VERTICAL:
        yield from ((timing, (component,)) for timing, component in order)
        return
    for timing, entries in groupby(order, key=lambda entry: entry[0]):
        yield timing, tuple(component for _, component in entries)


def entries_of(names: Sequence[str]) -> tuple[Entry, ...]:
    """The twelve entries from four component names or from twelve `timing.component` names.

    Raises:
        NotComputable: invalid_field, any other names or number of them.
    """
    wanted = {f"{timing}.{component}": (timing, component) for timing, component in ENTRIES}
    if len(names) == len(Component):
        names = [f"{timing}.{name}" for timing in Timing for name in names]
    if sorted(names) != sorted(wanted):
        detail = f"{', '.join(Component)} in any order, or the twelve {', '.join(wanted)}"
        raise NotComputable("invalid_field", "/order", detail)
    return tuple(wanted[name] for name in names)


def opened(instalments: Iterable[Owed]) -> tuple[Position, ...]:
    """Instalments on which nothing was paid yet.

    Raises:
        NotComputable: invalid_field, not ascending by due date or an amount below 0.
    """
    positions = tuple(Position(owed) for owed in instalments)
    for index, (earlier, later) in enumerate(pairwise(positions), start=1):
        if later.owed.due_on < earlier.owed.due_on:
            pointer = f"/instalments/{index}/due_on"
            raise NotComputable("invalid_field", pointer, "due dates ascend")
    for index, position in enumerate(positions):
        if min(_amounts(position.owed).values()) < 0:
            raise NotComputable("invalid_field", f"/instalments/{index}", "amounts are 0 or more")
    return positions


def allocate(
    instalments: Iterable[Owed], payments: Iterable[Payment], rules: AllocationRules
) -> Allocation:
    """Apply payments in date order (equal dates in the given order) to instalments.

    Raises:
        NotComputable: as `opened` and `apply_payment`.
    """
    positions, applied = opened(instalments), []
    for payment in sorted(payments, key=lambda payment: payment.on):
        positions, result = apply_payment(positions, payment, rules)
        applied.append(result)
    return Allocation(positions, tuple(applied))


def apply_payment(
    positions: Sequence[Position], payment: Payment, rules: AllocationRules
) -> tuple[tuple[Position, ...], Applied]:
    """One step: the positions (ascending by due date) after a payment, and where it went.

    Raises:
        NotComputable: invalid_field, a payment below 0.
    """
    if payment.amount_minor < 0:
        raise NotComputable("invalid_field", "/payments", "a payment is 0 or more")
    walk = _Walk(positions, payment)
    queues = _queues(positions, payment.on, rules.future)
    to_share = rules.future is Future.REAMORTISE
    for timing, components in rules.blocks:
        if to_share and timing is Timing.IN_ADVANCE:
            walk.share(queues[timing], components)
            to_share = False  # Only the money at the first such block is divided.
        else:
            walk.take(queues[timing], components)
    after = tuple(walk.after(index) for index in range(len(positions)))
    balance = sum(position.owed.principal_minor for position in after)
    return after, Applied(payment, tuple(walk.parts), walk.left, balance)


def _queues(
    positions: Sequence[Position], on: date, future: Future
) -> dict[Timing, tuple[int, ...]]:
    """The places of the instalments of each timing in the order they are taken.

    Equal due dates keep their given order, also where later dates come first.
    """
    due_on = [position.owed.due_on for position in positions]
    places = range(len(due_on))
    ahead = [place for place in places if due_on[place] > on]
    if future is Future.LAST:
        ahead.sort(key=lambda place: due_on[place], reverse=True)  # reverse keeps ties in order
    return {
        Timing.PAST_DUE: tuple(place for place in places if due_on[place] < on),
        Timing.DUE: tuple(place for place in places if due_on[place] == on),
        Timing.IN_ADVANCE: tuple(ahead),
    }


def _amounts(owed: Owed) -> dict[Component, int]:
    return {
        Component.PENALTY: owed.penalty_minor,
        Component.FEE: owed.fee_minor,
        Component.INTEREST: owed.interest_minor,
        Component.PRINCIPAL: owed.principal_minor,
    }


class _Walk:
    """The money of one payment on its way through the instalments."""

    def __init__(self, positions: Sequence[Position], payment: Payment) -> None:
        self.positions = positions
        self.payment = payment
        self.left = payment.amount_minor
        self.parts: list[Part] = []
        self._owed = [_amounts(position.owed) for position in positions]

    def take(self, queue: Iterable[int], components: tuple[Component, ...]) -> None:
        """Each instalment of the queue through all the components, before the next one."""
        for index in queue:
            if not self.left:
                return
            self.left -= self._pay(index, components, self.left)

    def share(self, queue: Iterable[int], components: tuple[Component, ...]) -> None:
        """Equal shares to all that still owe; what a share cannot use goes on to the next."""
        queue = [index for index in queue if sum(self._owed[index].values())]
        if not queue:
            return
        equal = divide(self.left, len(queue), Rounding.HALF_EVEN)
        undivided, carried = self.left, 0
        for index in queue:
            given = undivided if index == queue[-1] else min(equal, undivided)
            undivided -= given
            carried += given
            carried -= self._pay(index, components, carried)
        self.left = carried

    def _pay(self, index: int, components: tuple[Component, ...], money: int) -> int:
        """Pay one instalment's components in turn; what was used."""
        owed, used = self._owed[index], 0
        for component in components:
            amount = min(money - used, owed[component])
            if amount:
                owed[component] -= amount
                used += amount
                self.parts.append(Part(index, component, amount))
        return used

    def after(self, index: int) -> Position:
        """The instalment after the payment."""
        before, owed = self.positions[index], self._owed[index]
        paid = before.owed.total_minor - sum(owed.values())
        if not paid:
            return before
        on, due_on = self.payment.on, before.owed.due_on
        return replace(
            before,
            owed=Owed(
                due_on,
                principal_minor=owed[Component.PRINCIPAL],
                interest_minor=owed[Component.INTEREST],
                fee_minor=owed[Component.FEE],
                penalty_minor=owed[Component.PENALTY],
            ),
            paid_minor=before.paid_minor + paid,
            in_advance_minor=before.in_advance_minor + (paid if on < due_on else 0),
            late_minor=before.late_minor + (paid if on > due_on else 0),
            paid_on=before.paid_on if any(owed.values()) else on,
        )
