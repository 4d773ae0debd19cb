"""The scenario of a payout in tranches: held back, then ordered by two, at a careless bank."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lending.adapters.dynamodb import keys

from tools.chaos import money_scenarios as money
from tools.chaos.actors import Desk, Request, applications
from tools.chaos.delivery import Tick
from tools.chaos.money_scenarios import DAY_MS, HOUR_MS, Teller

if TYPE_CHECKING:
    from tools.chaos.world import World

HELD_MINOR: Final = 3_000_000


@dataclass(slots=True)
class HoldsBack(Desk):
    """Says before the release how much of the payout is for later."""

    def wants(self, world: "World") -> bool:
        """Once."""
        return not self.has_done and world.state.now_ms >= self.wakes_ms

    def act(self, world: "World") -> None:
        """One request."""
        (row,) = applications(world)
        parameters = {"application_id": row["application_id"]}
        resource = "/v1/ops/applications/{application_id}/tranches"
        body = {"held_back_minor": HELD_MINOR}
        request = Request(self.name, "operations", "POST", resource, parameters, body, self.name)
        self.insist(world, "tranches", request)


def pays_in_tranches(world: "World") -> None:
    """The customer signs an hour later; the day after the dealer is to get the rest."""
    for actor in world.state.actors:
        actor.wakes_ms = world.state.now_ms + HOUR_MS
    money.bank_tells(world, {"do": "webhook_twice", "on": "payout"})
    wakes_ms = world.state.now_ms + DAY_MS + HOUR_MS
    world.state.actors += [
        HoldsBack("operator-7", "operations"),
        Teller("teller-1", kind="tranches", body={"amount_minor": HELD_MINOR}, wakes_ms=wakes_ms),
        Teller("teller-2", kind="tranches", confirms=True),
    ]
    ticks = [(day - 1 / 24, Tick("servicing")) for day in range(3, 6)]
    money.in_days(world, *ticks[:2], (4.5, money.Quiet()), *ticks[2:])


def is_paid_in_tranches(world: "World") -> bool:
    """The bank paid twice, together what was lent; nothing is owed to the dealer any more."""
    loan = money.loan_row(world)
    orders = [one["reference"].partition("-")[0] for one in world.state.paid]
    paid = sum(int(one["amount_minor"]) for one in world.state.paid)
    is_whole = paid == int(loan["principal_minor"]["N"])
    entered = money.all_entered(world) and money.ends_of(world, keys.PAYOUT_PREFIX) == ["ACCEPTED"]
    return is_whole and orders == ["dis", "tr01"] and entered
