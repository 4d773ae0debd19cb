"""The calc kind `allocate`."""

from datetime import date
from fractions import Fraction
from typing import Any

from tests.reference.exact import day, rounded

COMPONENTS = ("principal", "interest", "fee", "penalty")
TIMINGS = ("past_due", "due", "in_advance")


class Instalment:
    """What an instalment still owes, and what was paid on it."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.due_on = day(asked["due_on"])
        self.owed = {name: asked.get(f"{name}_minor", 0) for name in COMPONENTS}
        self.paid = self.in_advance = self.late = 0
        self.paid_on: date | None = None

    def timing(self, on: date) -> str:
        """past_due, due or in_advance at a payment."""
        if self.due_on < on:
            return "past_due"
        return "due" if self.due_on == on else "in_advance"


class Payment:
    """Money that is left, and what was taken from it."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.on = day(asked["on"])
        self.amount = self.left = asked["amount_minor"]
        self.taken = dict.fromkeys(COMPONENTS, 0)

    def pay(self, instalment: Instalment, component: str, most: int) -> int:
        """Pay at most `most` of one component; what was paid."""
        paid = min(most, self.left, instalment.owed[component])
        if paid == 0:
            return 0
        instalment.owed[component] -= paid
        instalment.paid += paid
        self.left -= paid
        self.taken[component] += paid
        if self.on < instalment.due_on:
            instalment.in_advance += paid
        if self.on > instalment.due_on:
            instalment.late += paid
        if sum(instalment.owed.values()) == 0:
            instalment.paid_on = self.on
        return paid


def allocate(request: dict[str, Any]) -> dict[str, Any]:
    """Apply every payment, in date order."""
    instalments = [Instalment(one) for one in request["instalments"]]
    payments = sorted((Payment(one) for one in request["payments"]), key=lambda one: one.on)
    entries = [tuple(entry.split(".")) for entry in twelve(request["order"])]
    future = request.get("future", "next")
    balances = []
    for payment in payments:
        if request.get("mode", "horizontal") == "horizontal":
            horizontal(payment, instalments, entries, future)
        else:
            for timing, component in entries:
                for instalment in of_timing(instalments, payment.on, timing, future):
                    payment.pay(instalment, component, payment.left)
        balances.append(sum(one.owed["principal"] for one in instalments))
    return {
        "instalments": [shown_instalment(one) for one in instalments],
        # Reading: payments are shown in the order in which they were applied.
        "payments": [
            {
                "on": one.on.isoformat(),
                "amount_minor": one.amount,
                **{f"{name}_minor": one.taken[name] for name in COMPONENTS},
                "excess_minor": one.left,
                "balance_minor": balance,
            }
            for one, balance in zip(payments, balances, strict=True)
        ],
    }


def twelve(order: list[str]) -> list[str]:
    """The 12 entries that a list of 4 components stands for."""
    if len(order) == 12:
        return order
    return [f"{timing}.{component}" for timing in TIMINGS for component in order]


def of_timing(
    instalments: list[Instalment], on: date, timing: str, future: str
) -> list[Instalment]:
    """The instalments of a timing in the order in which they are taken."""
    taken = [one for one in instalments if one.timing(on) == timing]
    if timing == "in_advance" and future == "last":
        # Reading: instalments with the same due date keep their order also when descending.
        return sorted(taken, key=lambda one: -one.due_on.toordinal())
    return taken


def horizontal(
    payment: Payment, instalments: list[Instalment], entries: list[tuple[str, ...]], future: str
) -> None:
    """Block by block; in a block instalment by instalment."""
    blocks: list[tuple[str, list[str]]] = []
    for timing, component in entries:
        if blocks and blocks[-1][0] == timing:
            blocks[-1][1].append(component)
        else:
            blocks.append((timing, [component]))
    reamortised = False
    for timing, components in blocks:
        taken = of_timing(instalments, payment.on, timing, future)
        # Reading: only the money left at the first in-advance block is divided; a later
        # in-advance block is walked as with `next`.
        if timing == "in_advance" and future == "reamortise" and not reamortised:
            reamortised = True
            in_shares(payment, taken, components)
            continue
        for instalment in taken:
            for component in components:
                payment.pay(instalment, component, payment.left)


def in_shares(payment: Payment, future: list[Instalment], components: list[str]) -> None:
    """Equal shares of the money left; what a share cannot use goes on to the next one."""
    owing = [one for one in future if sum(one.owed.values()) > 0]
    if not owing:
        return
    share = rounded(Fraction(payment.left, len(owing)), "half_even")
    left, carried = payment.left, 0
    for place, instalment in enumerate(owing):
        part = left if place == len(owing) - 1 else min(share, left)
        left -= part
        carried += part
        for component in components:
            carried -= payment.pay(instalment, component, carried)


def shown_instalment(one: Instalment) -> dict[str, Any]:
    """One instalment of the response."""
    return {
        "due_on": one.due_on.isoformat(),
        "paid_minor": one.paid,
        "in_advance_minor": one.in_advance,
        "late_minor": one.late,
        "outstanding_minor": sum(one.owed.values()),
        "paid_on": one.paid_on.isoformat() if one.paid_on else None,
    }
