"""Scenarios of money after the payout: what the bank tells, what tellers enter, what a day ends."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from lending.adapters.dynamodb import keys

from tools.chaos.actors import Desk, Reply, Request, applications
from tools.chaos.delivery import Tick
from tools.chaos.store import LENDING
from tools.demo.people import Person
from tools.partners import bank_statement

if TYPE_CHECKING:
    from tools.chaos.world import World

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
WEBHOOKS: Final = "/v1/webhooks/bank"
STATEMENT_UTC_OFFSET_H: Final = 8


def bank_tells(world: "World", *rules: dict[str, Any]) -> None:
    """From now on the bank sends webhooks, with these bad manners."""
    from tools.chaos.world import BANK_SECRET

    target = {"url": f"http://api.invalid{WEBHOOKS}", "secret": BANK_SECRET, "mode": "manual"}
    world.partners.tell("bank_rail", "/_control/webhooks", target)
    offset = {"utc_offset_hours": STATEMENT_UTC_OFFSET_H}
    world.partners.tell("bank_rail", "/_control/bank", offset)
    for rule in rules:
        world.partners.tell("bank_rail", "/_control/rules", rule)


def loan_row(world: "World") -> dict[str, Any]:
    """The one loan's row, in DynamoDB JSON."""
    found = [
        item
        for item in world.store.items(LENDING)
        if item["sk"]["S"] == keys.loan("").sk and item["pk"]["S"].startswith("LOAN#")
    ]
    (row,) = found
    return row


def loan_id_of(world: "World") -> str:
    """The one loan's id."""
    return str(loan_row(world)["loan_id"]["S"])


@dataclass(frozen=True, slots=True)
class PaysIn:
    """Agenda: somebody transfers money; `{loan}` in the reference is the loan's id."""

    reference: str
    amount_minor: int

    def do(self, world: "World") -> None:
        """The bank books it."""
        body = {
            "reference": self.reference.format(loan=loan_id_of(world)),
            "amount_minor": self.amount_minor,
            "currency": "CNY",
        }
        world.partners.tell("bank_rail", "/_control/credits", body)


@dataclass(frozen=True, slots=True)
class TakesBack:
    """Agenda: the bank returns the credit of so much."""

    amount_minor: int

    def do(self, world: "World") -> None:
        """Once."""
        for booking in list(world.partners.bank._state["bookings"].values()):
            if (booking["kind"], booking["amount_minor"]) == ("credit", self.amount_minor):
                body = {"kind": "credit", "reference": booking["bank_reference"]}
                world.partners.tell("bank_rail", "/_control/returns", body)


@dataclass(frozen=True, slots=True)
class ComesBack:
    """Agenda: the bank returns the first payout."""

    def do(self, world: "World") -> None:
        """Once."""
        reference = f"dis-{loan_row(world)['application_id']['S']}"
        body = {"kind": "payout", "reference": reference, "reason": "AC04"}
        world.partners.tell("bank_rail", "/_control/returns", body)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Agenda: nothing goes wrong from here on."""

    def do(self, world: "World") -> None:
        """What comes now is no seam."""
        world.seams.muted = True


def in_days(world: "World", *what: tuple[float, Any]) -> None:
    """Put each on the agenda, so many days from now."""
    for days, item in what:
        world.later(int(days * DAY_MS), item)


def payments(world: "World") -> None:
    """An instalment told twice, a part that is taken back, a stranger's money, the pay-off."""
    bank_tells(
        world,
        {"do": "webhook_twice", "on": "credit", "times": 1},
        {"do": "forged_body", "on": "credit", "times": 1},
    )
    in_days(
        world,
        (30, PaysIn("{loan}", 525_383)),
        (31, PaysIn("car {loan}", 100_000)),
        (32, TakesBack(100_000)),
        (32.5, PaysIn("whose is this", 777)),
        (40, PaysIn("{loan} all of it", 12_500_000)),
    )


def all_paid(world: "World") -> bool:
    """The pay-off closed the loan."""
    return bool(loan_row(world)["status"]["S"] == "CLOSED_SETTLED")


def end_taken_back(world: "World") -> None:
    """The pay-off is told, and five seconds later that it goes back: while the end spreads.

    A return that overtook its pay-off is parked; the next day's statement takes it up again.
    """
    bank_tells(world)
    in_days(world, (1, PaysIn("{loan}", 12_500_000)), (1.9, Quiet()), (2, Tick("reconcile")))
    moment = DAY_MS + 5_000
    world.later(moment, TakesBack(12_500_000))


def is_open_again(world: "World") -> bool:
    """The return of the pay-off was booked."""
    back = [
        item
        for item in world.store.items(LENDING)
        if item["pk"]["S"].startswith("RECEIPT#") and item["outcome"]["S"] == "reversed"
    ]
    return bool(back) and bool(loan_row(world)["status"]["S"] == "ACTIVE_CURRENT")


def unheard_payments(world: "World") -> None:
    """The bank tells nothing; its statement of the day does, twice."""
    bank_tells(world, {"do": "webhook_none", "on": "credit"})
    in_days(
        world,
        (0.1, PaysIn("{loan}", 525_383)),
        (0.11, PaysIn("whose is this", 777)),
        (1, Tick("reconcile")),
        (1.5, Tick("anchor")),
        (2, Tick("reconcile")),
        (2.5, Tick("anchor")),
        # What failed to the end is taken up a day later.
        (2.9, Quiet()),
        (3, Tick("reconcile")),
        (3.5, Tick("anchor")),
    )


@dataclass(frozen=True, slots=True)
class PutsFile:
    """Agenda: the bank delivers the statement of the day before under a name, whole or not."""

    name: str
    is_cut: bool = False

    def do(self, world: "World") -> None:
        """Write it into the inbox, over whatever has the name."""
        at = datetime.fromtimestamp(world.state.now_ms / 1000, UTC)
        local = at + timedelta(hours=STATEMENT_UTC_OFFSET_H)
        day = (local.date() - timedelta(days=1)).isoformat()
        told = world.partners.bank.statement_of(day, "CNY")
        text = bank_statement.camt053(told, f"M-{told['statement_id']}", at.timestamp() // 86400)
        body = text[: len(text) // 2] if self.is_cut else text
        world.state.objects[f"chaos-bank-files/inbox/{self.name}"] = body.encode()


def files_of_the_bank(world: "World") -> None:
    """The bank tells nothing; its files do: one twice, one cut short, one that is late."""
    bank_tells(world, {"do": "webhook_none", "on": "credit"})
    in_days(
        world,
        (0.1, PaysIn("{loan}", 525_383)),
        (0.11, PaysIn("whose is this", 777)),
        (1, PutsFile("first.xml")),
        (1.001, Tick("ingest")),
        (1.1, PutsFile("first-again.xml")),
        (1.1, PutsFile("cut.xml", is_cut=True)),
        (1.2, PaysIn("{loan}", 1_000)),
        (1.3, Tick("ingest")),
        (1.4, Tick("reconcile")),
        (2, PutsFile("second.xml")),
        (2.1, Tick("ingest")),
        (2.4, Tick("reconcile")),
        (2.9, Quiet()),
        (2.95, Tick("ingest")),
        (3, Tick("reconcile")),
        (3.1, Tick("reconcile")),
    )


def has_mandate(person: Person) -> Person:
    """The person lets instalments be debited."""
    person.body["repayment"] = {"name": "某还款人", "account_no": "6233999911112222"}
    consent = {"purpose": "auto_debit", "version": "2026-11", "text_sha256": "c" * 64}
    person.body["consents"] = [*person.body["consents"], consent]
    return person


def auto_debit(world: "World") -> None:
    """No funds on the due date; the day after it works, and the bank tells that days too late.

    The world begins at 10:00 in Shanghai; the sweep is at 09:00, and the first day due a month
    after the first. What an attempt left open is asked about a day later.
    """
    too_late_s = 4.0 * DAY_MS / 1000
    bank_tells(
        world,
        {"do": "insufficient_funds", "on": "debit", "match": "c-*-001-1"},
        {"do": "webhook_late", "on": "debit", "match": "c-*-001-2", "after_s": too_late_s},
    )
    ticks = [(30 + day - 1 / 24, Tick("servicing")) for day in range(5)]
    in_days(world, *ticks[:3], (32.9, Quiet()), *ticks[3:])


def refund(world: "World") -> None:
    """A drawn instalment, then the pay-off and a little more: it goes back to the account."""
    world.state.careless.add("bank_rail")
    ticks = [(day - 1 / 24, Tick("servicing")) for day in range(3, 7)]
    in_days(world, (1, PaysIn("{loan} all", 12_500_000)), *ticks[:2], (4.5, Quiet()), *ticks[2:])


def has_drawn(world: "World") -> None:
    """The first instalment is drawn; the sweep of the day after found nothing to do."""
    bank_tells(world)
    in_days(world, *((30 + day - 1 / 24, Tick("servicing")) for day in range(2)))


def is_refunded(world: "World") -> bool:
    """The loan is over, and the customer was paid what was left."""
    return ends_of(world, keys.PAYOUT_PREFIX) == ["ACCEPTED"] and _is_done(world)


def payout_comes_back(world: "World") -> None:
    """A day after the payout it is returned; two persons have it paid to another account."""
    bank_tells(world, {"do": "webhook_twice", "on": "payout"})
    wakes_ms = world.state.now_ms + DAY_MS + HOUR_MS
    payee = {"name": "某某汽车", "account_no": "6233999955556666"}
    world.state.actors += [
        Teller("teller-1", kind="payouts", body={"payee": payee}, wakes_ms=wakes_ms),
        Teller("teller-2", kind="payouts", confirms=True),
    ]
    ticks = [(day - 1 / 24, Tick("servicing")) for day in range(3, 6)]
    in_days(world, (1, ComesBack()), *ticks[:2], (4.5, Quiet()), *ticks[2:])


def is_paid_again(world: "World") -> bool:
    """The loan lives again on the second payout."""
    live = loan_row(world)["status"]["S"] == "ACTIVE_CURRENT"
    return live and is_refunded(world) and all_entered(world)


def ends_of(world: "World", prefix: str) -> list[str]:
    """How the loan's orders of one kind ended."""
    return [
        item["state"]["S"]
        for item in world.store.items(LENDING)
        if item["pk"]["S"].startswith("LOAN#") and item["sk"]["S"].startswith(prefix)
    ]


def _is_done(world: "World") -> bool:
    return not any(isinstance(item, Tick) for _, _, item in world.state.agenda)


def is_drawn(world: "World") -> bool:
    """The first instalment is paid by what was drawn, and nothing else is to come."""
    return ends_of(world, keys.COLLECTION_PREFIX).count("COLLECTED") == 1 and _is_done(world)


def heard_from_payout(world: "World") -> None:
    """The bank tells of the payout too, twice, while we ask and settle."""
    bank_tells(world, {"do": "webhook_twice", "on": "payout"})


@dataclass(slots=True)
class Teller(Desk):
    """Enters one thing, or confirms what another person entered."""

    kind: str = "payments"
    body: Any = None
    confirms: bool = False
    entry_id: str = ""

    def wants(self, world: "World") -> bool:
        """Once, and to confirm only what there is."""
        if self.has_done or world.state.now_ms < self.wakes_ms:
            return False
        return not self.confirms or self._entered(world) is not None

    def act(self, world: "World") -> None:
        """One request."""
        loan_id = loan_id_of(world)
        if not self.confirms:
            body = self.body(world) if callable(self.body) else self.body
            reply = self._send(world, f"/{self.kind}", {"loan_id": loan_id}, body)
            if reply is not None:
                self.entry_id = reply.body["id"]
            return
        entry_id = self._entered(world)
        assert entry_id is not None
        parameters = {"loan_id": loan_id, "entry_id": entry_id}
        resource = f"/{self.kind}/{{entry_id}}/confirmation"
        self._send(world, resource, parameters, {"approved": True})

    def _send(
        self, world: "World", what: str, parameters: dict[str, str], body: Any
    ) -> Reply | None:
        resource = "/v1/ops/loans/{loan_id}" + what
        key = f"{self.name}-{what}"
        request = Request(self.name, "operations", "POST", resource, parameters, body, key)
        return self.insist(world, what, request)

    def _entered(self, world: "World") -> str | None:
        for actor in world.state.actors:
            if isinstance(actor, Teller) and actor.kind == self.kind and actor.entry_id:
                return actor.entry_id
        return None


PAYEE: Final = {"name": "Chaos Dealer", "account_no": "6222000011112222"}


@dataclass(slots=True)
class PayeeDesk(Desk):
    """Wants another payee for the one application, or confirms what another person wants."""

    confirms: bool = False

    def wants(self, world: "World") -> bool:
        """Once; to confirm only what is wanted."""
        if self.has_done or world.state.now_ms < self.wakes_ms:
            return False
        return not self.confirms or any(
            isinstance(one, PayeeDesk) and not one.confirms and one.has_done
            for one in world.state.actors
        )

    def act(self, world: "World") -> None:
        """One request."""
        (row,) = applications(world)
        parameters = {"application_id": row["application_id"]}
        resource = "/v1/ops/applications/{application_id}/payee"
        body: Any = PAYEE
        if self.confirms:
            resource, body = f"{resource}/confirmation", {"approved": True}
        request = Request(self.name, "operations", "POST", resource, parameters, body, self.name)
        self.insist(world, "payee", request)


def changes_payee(world: "World") -> None:
    """Before the release: one person wants another payee, another confirms; then a day passes."""
    # The customer signs an hour later: what fails at the desk is repeated before that.
    for actor in world.state.actors:
        actor.wakes_ms = world.state.now_ms + HOUR_MS
    world.state.actors += [
        PayeeDesk("operator-7", "operations"),
        PayeeDesk("operator-8", "operations", confirms=True),
    ]
    heapq.heappush(world.state.agenda, (0, 0, DeskFirst()))


@dataclass(frozen=True, slots=True)
class DeskFirst:
    """Agenda: the payee is wanted before anything else goes on."""

    def do(self, world: "World") -> None:
        """Once."""
        for actor in world.state.actors:
            if isinstance(actor, PayeeDesk) and actor.wants(world):
                actor.act(world)


def paid_to_the_new_payee(world: "World") -> bool:
    """The bank paid, and nobody else than whom two persons named."""
    paid = [one["payee"]["account_no"] for one in world.state.paid]
    return paid == [PAYEE["account_no"]]


def tellers(world: "World") -> None:
    """Cash at the desk and its second person; then it turns out to have been none."""
    cash = {"amount_minor": 525_383, "currency": "CNY", "value_on": "2026-11-24"}
    world.state.actors += [
        Teller("teller-1", body=cash),
        Teller("teller-2", confirms=True),
        Teller("teller-3", kind="reversals", body=_reversal, wakes_ms=world.state.now_ms + HOUR_MS),
        Teller("teller-1", kind="reversals", confirms=True),
    ]


def at_the_same_time(world: "World") -> None:
    """A transfer and cash at the desk on one loan in one moment."""
    bank_tells(world)
    cash = {"amount_minor": 300_000, "currency": "CNY", "value_on": "2026-11-25"}
    in_days(world, (1, PaysIn("{loan}", 525_383)))
    wakes_ms = world.state.now_ms + DAY_MS
    world.state.actors += [
        Teller("teller-1", body=cash, wakes_ms=wakes_ms),
        Teller("teller-2", confirms=True),
    ]


def _reversal(world: "World") -> dict[str, str]:
    paid = next(one for one in world.state.actors if isinstance(one, Teller) and one.entry_id)
    return {"transaction_id": paid.entry_id, "value_on": "2026-11-24"}


def all_entered(world: "World") -> bool:
    """Everybody did what they came for."""
    return all(one.has_done for one in world.state.actors if isinstance(one, Teller))


type Begin = Callable[["World"], None]
