"""What is going on while things go wrong. Each scenario ends in a state that can be checked.

`prepare` runs without faults and is saved once a process; `begin` adds what the faults meet.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tools.chaos import amendments, by_file, tranches
from tools.chaos import money_scenarios as money
from tools.chaos.actors import READING_MS, Customer, Staff, applications
from tools.chaos.delivery import Tick
from tools.chaos.people import GOOD_REPORT, good_person
from tools.chaos.plan import Mode
from tools.chaos.scenario import Scenario
from tools.chaos.seams import Kind
from tools.chaos.store import LENDING
from tools.demo.people import Person

if TYPE_CHECKING:
    from tools.chaos.world import World

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class ActorsFirst:
    """Agenda: whoever wants to act does so before anything else goes on."""

    def do(self, world: "World") -> None:
        """Each once."""
        for actor in world.state.actors:
            if actor.wants(world):
                actor.act(world)


@dataclass(frozen=True, slots=True)
class Moment:
    """Agenda: only a time to come to."""

    def do(self, world: "World") -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Until:
    """A scenario that is over at once when the application comes to a state."""

    state: str

    def is_over(self, world: "World") -> bool:
        """As long as nothing else can happen first."""
        return any(row["state"] == self.state for row in applications(world))


def arrives(
    world: "World", person: Person, *, identity: str = "match", takes: bool = True
) -> Customer:
    """The customer, and what the partners know about them."""
    body = person.body
    id_no = body["applicant"]["id_no"]
    world.partners.tell("bureau", "/_control/subjects", {"id_no": id_no, "report": GOOD_REPORT})
    world.partners.tell("identity", "/_control/subjects", {"id_no": id_no, "result": identity})
    price = {"vin": body["vehicle"]["vin"], "value_minor": body["vehicle"]["price_minor"]}
    world.partners.tell("valuation", "/_control/vehicles", price)
    customer = Customer(name=person.sub, person=person, takes_nothing=not takes)
    world.state.actors.append(customer)
    return customer


def staff(world: "World") -> None:
    """An underwriter, a senior one and an operator: three people."""
    world.state.actors.append(Staff(name="underwriter-1", groups="underwriter"))
    senior = Staff(name="senior-1", groups="senior_underwriter", does="override-confirmation")
    world.state.actors.append(senior)
    world.state.actors.append(Staff(name="operator-1", groups="operations", does="release"))


def _empty(world: "World") -> None:
    arrives(world, good_person())


def _with_staff(world: "World") -> None:
    arrives(world, good_person())
    staff(world)


def _two(world: "World") -> None:
    arrives(world, good_person(0))
    arrives(world, good_person(1))
    staff(world)


def _until(state: str) -> Callable[["World"], None]:
    def prepare(world: "World") -> None:
        _with_staff(world)
        run_until(world, Until(state))

    return prepare


def run_until(world: "World", until: Until) -> None:
    """Step by step, without faults, to the first moment at which the state is reached."""
    for _ in range(2_000):
        if until.is_over(world):
            return
        if not world.step():
            world.let_time_pass()
    raise AssertionError(f"{until.state} is never reached")


def run_for(world: "World", milliseconds: int) -> None:
    """Without faults, as long as that."""
    until_ms = world.state.now_ms + milliseconds
    world.later(milliseconds, Moment())
    while world.state.now_ms < until_ms:
        if not world.step():
            world.let_time_pass()


def _referred(world: "World") -> None:
    arrives(world, good_person(amount_minor=60_000_000), identity="mismatch")
    staff(world)
    run_until(world, Until("MANUAL_REVIEW"))


def _suspected(world: "World") -> None:
    """An emulator, and half of the income that was declared: an alert, which somebody clears."""
    person = good_person()
    applicant = person.body["applicant"]
    person.body["device"]["device_id"] = "emu-0001"
    arrives(world, person)
    report = {"income_monthly_minor": applicant["income_monthly_minor"] // 2}
    flows = {"id_no": applicant["id_no"], "report": report}
    world.partners.tell("income", "/_control/subjects", flows)
    world.state.actors.append(Staff(name="fraud-1", groups="fraud", does="outcome"))
    staff(world)


def _closed_account(world: "World") -> None:
    person = good_person()
    person.body["payee"]["account_no"] = "6222999900000000"
    arrives(world, person)
    staff(world)
    run_until(world, Until("READY_TO_FUND"))


def _next_days_sweep(world: "World") -> None:
    world.later(25 * HOUR_MS, Tick("sweep"))


def _next_days_sweeps(world: "World") -> None:
    for days in (1, 2):
        world.later(days * DAY_MS, Tick("sweep"))


def _careless(name: str) -> Callable[["World"], None]:
    def begin(world: "World") -> None:
        world.state.careless.add(name)

    return begin


def _walks_away_in(state: str) -> Callable[["World"], None]:
    def begin(world: "World") -> None:
        for actor in world.state.actors:
            if isinstance(actor, Customer):
                actor.withdraws_in = state

    return begin


def _walks_away_first(world: "World") -> None:
    _walks_away_in("READY_TO_FUND")(world)
    heapq.heappush(world.state.agenda, (0, 0, ActorsFirst()))


def _takes_nothing(world: "World") -> None:
    """Half a day before the offers expire."""
    arrives(world, good_person(), takes=False)
    run_until(world, Until("APPROVED"))
    run_for(world, 29 * DAY_MS + 12 * HOUR_MS)


def _is_funded(world: "World") -> None:
    _with_staff(world)
    # Nobody in a world that waits for days may keep its scenario from its end.
    world.run(SCENARIOS["origination"])


def _is_funded_with_mandate(world: "World") -> None:
    arrives(world, money.has_mandate(good_person()))
    staff(world)
    world.run(SCENARIOS["origination"])


def _has_read_an_extension(world: "World") -> None:
    """Funded, and the paper of an extension is read; a code is on the phone."""
    _is_funded(world)
    paper = amendments.drawn_up(world)
    run_for(world, READING_MS)
    amendments.is_read(world, paper)


def _has_drawn(world: "World") -> None:
    """Funded, and the first instalment was debited."""
    _is_funded_with_mandate(world)
    money.has_drawn(world)
    run_for(world, 31 * DAY_MS)


def _has_read_a_day(world: "World") -> None:
    """Funded, and the statement of that day is reconciled."""
    _is_funded(world)
    world.later(23 * HOUR_MS, Tick("reconcile"))
    run_for(world, DAY_MS)


def _days_of_reminders(world: "World") -> None:
    """09:00 in Shanghai on the days before the first instalment: T-7, T-3, T-1, T0.

    The world begins at 10:00 there on 24 November; the first instalment is due a month later.
    """
    for days in (23, 27, 29, 30):
        world.later(days * DAY_MS - HOUR_MS, Tick("servicing"))


def _is_reminded(world: "World") -> bool:
    rows = [item["sk"]["S"] for item in world.store.items(LENDING)]
    return any(sk.startswith("REMINDER#T0#") for sk in rows) and not any(
        isinstance(item, Tick) for _, _, item in world.state.agenda
    )


def _restart(world: "World") -> None:
    world.engine.forget_everything()
    world.soon(Tick("boot"))


_FUNDED: Final = frozenset({"FUNDED"})
# One worker at a time: two need a bank that knows its references.
_ONE_AT_A_TIME: Final = frozenset(
    {
        (Kind.PAYMENT, Mode.REPEATED),
        (Kind.PAYMENT, Mode.LATE),
        *((kind, mode) for kind in Kind for mode in (Mode.TWIN, Mode.PAUSE)),
    }
)
_SIGNING: Final = frozenset({"account", "sign", "seal"})  # the same whoever decided
_ALL: Final = (
    Scenario(
        "origination",
        "a car buyer from application to payout, told what happens",
        _FUNDED,
        _with_staff,
    ),
    Scenario(
        "referred",
        "a person reviews, a second person releases above the limit",
        _FUNDED,
        _referred,
        elsewhere=_SIGNING,
    ),
    Scenario(
        "suspected",
        "the fraud desk clears an alert, the application is decided, its offers are refused",
        frozenset({"WITHDRAWN"}),
        _suspected,
        _walks_away_in("APPROVED"),
    ),
    Scenario("disbursement", "from release to the open loan", _FUNDED, _until("READY_TO_FUND")),
    Scenario(
        "careless_bank",
        "the same with a bank that pays as often as it is asked",
        _FUNDED,
        _until("READY_TO_FUND"),
        _careless("bank_rail"),
        excluded=_ONE_AT_A_TIME,
    ),
    Scenario(
        "careless_gateway",
        "the same with a gateway that rings as often as it is asked",
        _FUNDED,
        _until("READY_TO_FUND"),
        _careless("messages"),
        only=frozenset({Kind.QUEUE, Kind.STREAM, Kind.TASK, Kind.PUBLISH}),
    ),
    Scenario(
        "rejected",
        "the bank says no, nobody acts, a day later it is over",
        frozenset({"REVOKED"}),
        _closed_account,
        _next_days_sweep,
    ),
    Scenario(
        "withdrawal",
        "the customer walks away while the payout begins",
        frozenset({"WITHDRAWN", "FUNDED"}),
        _until("READY_TO_FUND"),
        _walks_away_in("READY_TO_FUND"),
    ),
    Scenario(
        "withdrawal_first",
        "the customer walks away just before the payout begins",
        frozenset({"WITHDRAWN", "FUNDED"}),
        _until("READY_TO_FUND"),
        _walks_away_first,
    ),
    Scenario(
        "early_withdrawal",
        "the customer walks away from the offers",
        frozenset({"WITHDRAWN"}),
        _until("APPROVED"),
        _walks_away_in("APPROVED"),
    ),
    Scenario(
        "expiry",
        "nobody takes the offers for a month",
        frozenset({"EXPIRED"}),
        _takes_nothing,
        _next_days_sweeps,
    ),
    Scenario(
        "reminders",
        "the days before the first instalment",
        _FUNDED,
        _is_funded,
        _days_of_reminders,
        also=_is_reminded,
    ),
    Scenario(
        "restart",
        "the workflow engine forgets everything while a customer signs",
        _FUNDED,
        _until("CONTRACTING"),
        _restart,
    ),
)
_TELLING: Final = frozenset({"publish", "notify", "remind"})
# Reminders and their index are the business of another scenario; so are eight shards alike.
_OF_MONEY: Final = frozenset(
    {
        Kind.WRITE,
        Kind.PAYMENT,
        Kind.PAYMENT_QUERY,
        Kind.REQUEST,
        Kind.SCHEDULE,
    }
)
_PICKED_UP: Final = frozenset({"ingest s3", "deliver ingest"})  # the same whatever a file says
_OF_FILES: Final = frozenset({Kind.WRITE, Kind.OBJECT, Kind.OBJECT_READ, Kind.SCHEDULE})
_MONEY: Final = (
    Scenario(
        "told_payout",
        "the payout while the bank tells of it too, twice",
        _FUNDED,
        _until("READY_TO_FUND"),
        money.heard_from_payout,
    ),
    Scenario(
        "payments",
        "an instalment told twice and forged, a return, a stranger's money, the pay-off",
        _FUNDED,
        _is_funded,
        money.payments,
        also=money.all_paid,
    ),
    Scenario(
        "end_taken_back",
        "the pay-off ends the loan and goes back five seconds later",
        _FUNDED,
        _is_funded,
        money.end_taken_back,
        also=money.is_open_again,
        only=_OF_MONEY | {Kind.READ, Kind.BATCH_READ, Kind.STREAM, Kind.PUBLISH},
    ),
    Scenario(
        "statement",
        "no webhook comes: the day's statement is reconciled, the ledger anchored",
        _FUNDED,
        _has_read_a_day,
        money.unheard_payments,
    ),
    Scenario(
        "files",
        "no webhook comes: the bank's files do, twice, cut short and with the day's control",
        _FUNDED,
        _has_read_a_day,
        money.files_of_the_bank,
    ),
    Scenario(
        "payee_change",
        "another payee, wanted and confirmed by two, is paid a day later",
        _FUNDED,
        _until("CONTRACTING"),
        money.changes_payee,
        also=money.paid_to_the_new_payee,
        elsewhere=_SIGNING,
        # A day of sweeps lies in between: what they read can go wrong elsewhere.
        only=frozenset(
            {Kind.WRITE, Kind.TASK, Kind.REQUEST, Kind.ENQUIRY, Kind.PAYMENT, Kind.PAYMENT_QUERY}
        ),
    ),
    Scenario(
        "meeting",
        "a transfer and cash at the desk for one loan in one moment",
        _FUNDED,
        _is_funded,
        money.at_the_same_time,
        also=money.all_entered,
    ),
    Scenario(
        "tellers",
        "a payment by hand and its reversal, each with a second person",
        _FUNDED,
        _is_funded,
        money.tellers,
        also=money.all_entered,
    ),
    Scenario(
        "auto_debit",
        "an instalment is debited: no funds, then it works and is told days too late",
        _FUNDED,
        _is_funded_with_mandate,
        money.auto_debit,
        also=money.is_drawn,
        only=_OF_MONEY,
        elsewhere=_TELLING,
    ),
    Scenario(
        "refund",
        "more than the pay-off is paid: the rest goes back once, at a bank that pays if asked",
        _FUNDED,
        _has_drawn,
        money.refund,
        also=money.is_refunded,
        only=_OF_MONEY,
        elsewhere=_TELLING,
        excluded=_ONE_AT_A_TIME,
    ),
    Scenario(
        "returned_payout",
        "the payout comes back and is paid to another account by two persons",
        _FUNDED,
        _is_funded,
        money.payout_comes_back,
        also=money.is_paid_again,
        only=_OF_MONEY,
        elsewhere=_TELLING,
    ),
    Scenario(
        "tranches",
        "a part of the payout is held back, and paid a day later by two persons",
        _FUNDED,
        _until("CONTRACTING"),
        tranches.pays_in_tranches,
        also=tranches.is_paid_in_tranches,
        only=_OF_MONEY,
        elsewhere=_TELLING | _SIGNING,
    ),
    Scenario(
        "extension",
        "an extension is signed, sealed and applied, while a payment arrives",
        _FUNDED,
        _has_read_an_extension,
        amendments.is_signed_and_paid,
        also=amendments.is_decided,
        only=_OF_MONEY | frozenset({Kind.START, Kind.READ}),
        elsewhere=_TELLING | frozenset({"account", "seal", "collect"}),
    ),
    Scenario(
        "paid_by_file",
        "the payout is a file that the bank fetches, its report the only answer",
        _FUNDED,
        _until("READY_TO_FUND"),
        by_file.paid_by_file,
        only=_OF_FILES | {Kind.TASK},
        elsewhere=_TELLING,
        orders_by="files",
    ),
    Scenario(
        "drawn_by_file",
        "debits are files: one refused in a report, one shown by the statement's file alone",
        _FUNDED,
        _is_funded_with_mandate,
        by_file.drawn_by_file,
        also=money.is_drawn,
        only=_OF_FILES,
        elsewhere=_TELLING | _PICKED_UP,
        orders_by="files",
    ),
)
SCENARIOS: Final[dict[str, Scenario]] = {one.name: one for one in (*_ALL, *_MONEY)}
