"""Scenarios of a bank that is reached by files only: it fetches orders and reports on them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tools.chaos import money_scenarios as money
from tools.chaos.delivery import Tick
from tools.partners.bank_files import HostToHost

if TYPE_CHECKING:
    from tools.chaos.world import World

BUCKET: Final = "chaos-bank-files/"
HOUR: Final = 1 / 24  # of a day
MINUTE: Final = HOUR / 60


@dataclass(frozen=True, slots=True)
class Fetches:
    """Agenda: the bank executes what is new in the outbox, and puts its reports into the inbox."""

    def do(self, world: "World") -> None:
        """Whoever wrote a file, it is executed once."""
        kept, bank = world.state.objects, world.partners.bank
        for name in sorted(one for one in kept if one.startswith(f"{BUCKET}outbox/")):
            told = HostToHost(bank).execute(name.removeprefix(BUCKET), kept[name])
            if told is not None:
                kept[f"{BUCKET}inbox/{told[0]}"] = told[1].encode()
        paid = {one["reference"] for one in world.state.paid}
        for reference, payment in bank._state["payments"].items():
            if reference not in paid and not payment["reason"]:
                world.state.paid.append({**payment["order"], "at_ms": world.state.now_ms})


def _exchange(at: float) -> list[tuple[float, Any]]:
    """The bank takes what is there, and a little later we read what it delivered."""
    return [(at, Fetches()), (at + MINUTE, Tick("ingest"))]


def paid_by_file(world: "World") -> None:
    """The bank fetches the payout within minutes; its report is all that it ever tells."""
    money.bank_tells(world, {"do": "webhook_none", "on": "payout"})
    early = [one for minutes in (1, 5, 12, 25, 50) for one in _exchange(minutes * MINUTE)]
    late = [one for hours in (3, 8) for one in _exchange(hours * HOUR)]
    money.in_days(world, *early, *late, (12 * HOUR, money.Quiet()), *_exchange(13 * HOUR))


def drawn_by_file(world: "World") -> None:
    """The first debit is refused in a report, the second drawn and shown by the statement alone."""
    money.bank_tells(
        world,
        {"do": "webhook_none", "on": "debit"},
        {"do": "reject", "on": "debit", "match": "c-*-001-1", "reason": "AM04"},
    )

    def day(number: int) -> list[tuple[float, Any]]:
        begins = 30 + number - HOUR
        statement = (begins + 2 * HOUR, money.PutsFile(f"day-{number}.xml"))
        read = (begins + 3 * HOUR, Tick("ingest"))
        return [(begins, Tick("servicing")), *_exchange(begins + HOUR), statement, read]

    days = [one for number in range(4) for one in day(number)]
    quiet = (33.5, money.Quiet())
    money.in_days(world, *days, quiet, *(one for number in (4, 5) for one in day(number)))
