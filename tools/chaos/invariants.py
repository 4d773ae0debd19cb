"""What must hold at the end of every run, whatever went wrong (trust.md, I1-I15 and L1).

Each is one function from evidence to complaints. A new one: write it, add it to `INVARIANTS`.
Those of the ledger and of incoming money are in `books`.
"""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import lending_scorecard
from lending.adapters.dynamodb import keys
from lending.domain.application import LEGAL_MOVES, can_move
from lending.domain.messages import notice_text
from lending.domain.records import State
from lending.domain.waiting import WAITING_STATES

from tools.chaos import books, mistakes, reproduction
from tools.chaos.delivery import told_kinds
from tools.chaos.engine import SKEW_S
from tools.chaos.evidence import Evidence, Row, total
from tools.chaos.store import CONTRACTS, CUSTOMERS

SKEW_MS: Final = SKEW_S * 1000
type Check = Callable[[Evidence], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Violation:
    """One invariant that does not hold."""

    invariant: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}"


# What a transition must say to the world, in the same commit (I12).
TOLD_BY: Final[dict[tuple[str, str], str]] = {
    ("submit", "SUBMITTED"): "ApplicationSubmitted",
    ("decide", "APPROVED"): "ApplicationApproved",
    ("decide", "DECLINED"): "ApplicationDeclined",
    ("decide", "MANUAL_REVIEW"): "ApplicationReferred",
    ("screen", "FRAUD_REVIEW"): "ApplicationReferred",
    ("confirm_fraud", "DECLINED"): "ApplicationDeclined",
    ("review", "APPROVED"): "ApplicationApproved",
    ("review", "DECLINED"): "ApplicationDeclined",
    ("reconsider", "APPROVED"): "ApplicationApproved",
    ("reconsider", "DECLINED"): "ApplicationDeclined",
    ("accept", "OFFER_ACCEPTED"): "OfferAccepted",
    ("disburse", "FUNDING"): "DisbursementRequested",
    ("disburse", "FUNDING_FAILED"): "DisbursementFailed",
    ("deadline", "EXPIRED"): "ApplicationExpired",
    ("deadline", "REVOKED"): "ApplicationExpired",
    ("withdraw", "WITHDRAWN"): "ApplicationWithdrawn",
}
NEVER_CHANGED: Final = (
    keys.EVENT_PREFIX,
    keys.DECISION_PREFIX,
    keys.OFFER_PREFIX,
    keys.CONSENT_PREFIX,
    keys.TRANSACTION_PREFIX,
    keys.JOURNAL_PREFIX,
    keys.TERMS_PREFIX,
    keys.plan("").sk,
    "REMINDER#",
    "REPLY",
)
PLAN: Final = keys.plan("").sk
TERMS: Final = f"{keys.TERMS_PREFIX}#"  # of later plans
OUTBOX_TIMER: Final = frozenset({"timer_shard", "timer_at"})
MODEL: Final = lending_scorecard.load()


def paid_once(evidence: Evidence) -> Iterator[str]:
    """I1: one effective disbursement a loan; what the bank paid is what the loan says."""
    paid: dict[str, list[Row]] = defaultdict(list)
    for payment in evidence.world.state.paid:
        paid[payment["reference"]].append(payment)
    references = {f"dis-{row['application_id']}" for row in evidence.applications}
    orders = {row["reference"]: row for row in evidence.rows("LOAN#", keys.PAYOUT_PREFIX)}
    for reference in sorted(paid.keys() - references - orders.keys()):
        yield f"the bank paid {reference}, which is nobody's"
    for reference, order in orders.items():
        mine = [one["amount_minor"] for one in paid.get(reference, [])]
        wanted = [order["amount_minor"]] if order["state"] in ("ACCEPTED", "RETURNED") else []
        if mine != wanted:
            yield f"{reference} is {order['state']}: the bank paid {mine}, not {wanted}"
    for row in evidence.applications:
        application_id = row["application_id"]
        mine = paid.get(f"dis-{application_id}", [])
        payout, loan = evidence.row(keys.disbursement(application_id)), None
        if row.get("loan_id"):
            loan = evidence.row(keys.loan(row["loan_id"]))
        if len(mine) > 1:
            yield f"{application_id} was paid {len(mine)} times"
        if mine and row["state"] != "FUNDED":
            yield f"{application_id} was paid but is {row['state']}"
        if row["state"] != "FUNDED":
            continue
        if not mine or loan is None or payout is None or payout["status"] != "ACCEPTED":
            yield f"{application_id} is FUNDED without payment, loan or accepted payout"
            continue
        amounts = {total(one["amount_minor"] for one in mine), payout["amount_minor"]}
        if amounts != {loan["principal_minor"] - _for_later(evidence, application_id)}:
            yield f"{application_id}: bank, payout and loan differ: {amounts}"
        if {one["currency"] for one in mine} != {loan["currency"]}:
            yield f"{application_id}: paid in another currency"
    if len({row["application_id"] for row in evidence.loans}) != len(evidence.loans):
        yield "two loans of one application"


def _for_later(evidence: Evidence, application_id: str) -> int:
    """What the first payout leaves for tranches."""
    release = evidence.row(keys.release(application_id)) or {}
    return int(release.get("held_back_minor", 0))


def history_only_grows(evidence: Evidence) -> Iterator[str]:
    """I4: what was written for ever is never changed or removed."""
    replans = Counter(row["pk"].removeprefix("LEDGER#") for row in evidence.rows("LEDGER#", TERMS))
    for one in evidence.written:
        place = f"{one.pk} {one.sk}"
        loan_id = one.pk.removeprefix("LOAN#")
        if one.sk == PLAN and one.how == "MODIFY" and replans[loan_id]:
            replans[loan_id] -= 1  # once for each plan that came into force after the first
            continue
        if one.how == "INSERT":
            continue
        if one.sk.startswith(NEVER_CHANGED) or (one.table == CUSTOMERS and one.how == "REMOVE"):
            yield f"{place} was written once and then: {one.how}"
        elif one.sk.startswith(keys.OUTBOX_PREFIX):
            old, new = one.old or {}, one.new or {}
            kept = {k: v for k, v in old.items() if k not in OUTBOX_TIMER}
            if one.how == "REMOVE" or new != kept:
                yield f"{place}: an event was changed after it happened"


def nothing_is_stuck(evidence: Evidence) -> Iterator[str]:
    """I5, L1: all is over, or waits for a person with a live token; nobody gave up."""
    if evidence.stuck:
        yield evidence.stuck
    state = evidence.world.state
    yield from state.complaints
    for letter in state.dead:
        yield f"dead letter after a redrive: {letter.body:.200}"
    tokens = {
        (one.input["application_id"], one.token): one
        for one in evidence.world.engine.running()
        if one.token is not None
    }
    for row in evidence.applications:
        if not LEGAL_MOVES[State(row["state"])]:
            continue
        for name, states in WAITING_STATES.items():
            if row["state"] not in states:
                continue
            wait = evidence.row(keys.wait(row["application_id"], name))
            if wait is None or (row["application_id"], wait["token"]) not in tokens:
                yield f"{row['application_id']} in {row['state']}: nobody waits for it"
    for execution in evidence.world.engine.running():
        application = evidence.row(keys.application(str(execution.input.get("application_id"))))
        if application is None or not LEGAL_MOVES[State(application["state"])]:
            yield f"{execution.name} waits in {execution.state} for what is over"


def moves_are_legal(evidence: Evidence) -> Iterator[str]:
    """I6: legal transitions, numbered without a gap; the version is their number."""
    for row in evidence.applications:
        moves = evidence.rows(row["pk"], keys.EVENT_PREFIX)
        if [one["seq"] for one in moves] != list(range(1, len(moves) + 1)):
            yield f"{row['application_id']}: a transition is missing"
        if not moves or (row["version"], row["state"]) != (len(moves), moves[-1]["to_state"]):
            yield f"{row['application_id']}: version {row['version']} of {len(moves)} moves"
        before: str | None = None
        for one in moves:
            legal = before is None or can_move(State(before), State(one["to_state"]))
            if one.get("from_state") != before or not legal:
                yield f"{row['application_id']}: {before} to {one['to_state']}"
            before = one["to_state"]


def plans_repay_exactly(evidence: Evidence) -> Iterator[str]:
    """I7: principal sums to what was lent, each row adds up, the balance ends at zero."""
    for loan in evidence.loans:
        plan = evidence.row(keys.plan(loan["loan_id"]))
        rows = [] if plan is None else json.loads(plan["rows"])
        balance, dates = loan["principal_minor"], [row[1] for row in rows]
        for _, _, principal, interest, whole, left, *_ in rows:
            balance -= principal
            if principal + interest != whole or left != balance:
                yield f"{loan['loan_id']}: a row of the plan does not add up"
        if balance or len(rows) != loan["term_months"] or dates != sorted(set(dates)):
            yield f"{loan['loan_id']}: the plan does not repay the loan"


def one_key_one_answer(evidence: Evidence) -> Iterator[str]:
    """I10: the same idempotency key has the same answer and one effect."""
    answers: dict[tuple[str, str, str], set[tuple[int, str]]] = defaultdict(set)
    for one in evidence.world.state.exchanges:
        if one.status < 300:
            answers[one.who, one.route, one.key].add((one.status, one.body))
    for (_, route, key), said in answers.items():
        if len(said) > 1:
            yield f"{route} {key} was answered in {len(said)} ways"
    customers = Counter(row["customer_id"] for row in evidence.applications)
    for customer_id, count in customers.items():
        if count > 1:
            yield f"{customer_id} asked once and has {count} applications"


def paid_only_what_was_signed(evidence: Evidence) -> Iterator[str]:
    """I11: no payout without a signed contract of the accepted terms, decided and released."""
    for row in evidence.applications:
        payout = evidence.row(keys.disbursement(row["application_id"]))
        if payout is None:
            continue
        name = row["application_id"]
        contract = evidence.row(keys.contract(name))
        offer = evidence.row(keys.offer(name, str(row.get("accepted_offer_id"))))
        decisions = evidence.rows(row["pk"], keys.DECISION_PREFIX)
        if offer is None or contract is None or contract["status"] != "SIGNED":
            yield f"{name}: payout without an accepted offer and a signed contract"
            continue
        if contract["terms_sha256"] != offer["terms_sha256"]:
            yield f"{name}: what was signed is not what was accepted"
        yield from _sealed_once(evidence, name, contract)
        if payout["amount_minor"] != offer["principal_minor"] - _for_later(evidence, name):
            yield f"{name}: the payout is not what was accepted"
        if not decisions or decisions[-1]["outcome"] != "APPROVED":
            yield f"{name}: payout without an approval"
        yield from _four_eyes(evidence, row)
        yield from _payee(evidence, row)


def _payee(evidence: Evidence, row: Row) -> Iterator[str]:
    """Whom the release names, verified; after a change by two persons and a cooling period."""
    name = row["application_id"]
    release = evidence.row(keys.release(name))
    if release is None or release["payee_check"] != "match" or release["wanted_payee_id"]:
        yield f"{name}: paid to a payee that is not verified"
        return
    if release["confirmed_by"] and release["confirmed_by"] == release["requested_by"]:
        yield f"{name}: one person changed the payee"
    if not release.get("pays_from"):
        return
    pays_from_ms = datetime.fromisoformat(release["pays_from"]).timestamp() * 1000
    for payment in evidence.world.state.paid:
        # A worker's clock may be ahead by as much as the harness lets it be.
        if payment["reference"] == f"dis-{name}" and payment["at_ms"] < pays_from_ms - SKEW_MS:
            yield f"{name}: its payee was paid before the cooling period was over"


def _sealed_once(evidence: Evidence, name: str, contract: Row) -> Iterator[str]:
    """The archive holds exactly the document that the record tells of, and it was told once."""
    archived = json.loads(contract["archived"] or "{}")
    objects = evidence.world.state.objects
    sealed = objects.get(f"{CONTRACTS}/{archived.get('name')}")
    proof = objects.get(f"{CONTRACTS}/{archived.get('evidence_name')}")
    if sealed is None or hashlib.sha256(sealed).hexdigest() != archived["sha256"]:
        yield f"{name}: the archive does not hold the contract that was recorded"
    if proof is None or hashlib.sha256(proof).hexdigest() != archived["evidence_sha256"]:
        yield f"{name}: the archive does not hold the evidence that was recorded"
    contracts = [one for one in objects if one.endswith(f"/{contract['round']}/contract.pdf")]
    if len([one for one in contracts if contract["contract_id"] in one]) != 1:
        yield f"{name}: more than one contract"


def amended_only_as_signed(evidence: Evidence) -> Iterator[str]:
    """I11 of a running loan: a plan came into force for each signed amendment, and for no other."""
    for loan in evidence.loans:
        name = loan["loan_id"]
        found = evidence.rows(f"APP#{loan['application_id']}", keys.AMENDMENT_PREFIX)
        applied = [row for row in found if row["status"] == "APPLIED"]
        plans = evidence.rows(f"LEDGER#{name}", TERMS)
        if len(plans) != len(applied):
            yield f"{name}: {len(plans)} plans came into force for {len(applied)} amendments"
        for row in applied:
            paper = json.loads(row["paper"])
            if paper["status"] != "SIGNED":
                yield f"{row['amendment_id']}: in force and not signed"
            yield from _sealed_once(
                evidence,
                row["amendment_id"],
                {**paper, "archived": json.dumps(paper["archived"])},
            )
        wanted = sum(int(row["months"]) for row in applied)
        rows = json.loads((evidence.row(keys.plan(name)) or {"rows": "[]"})["rows"])
        terms = [json.loads(row["terms"])["plan"] for row in plans]
        if terms and [one[1:4] for one in rows] != [
            [on, *amounts] for on, *amounts, _ in terms[-1]
        ]:
            yield f"{name}: the loan's plan is not the one in force"
        if wanted and rows[-1][0] != loan["term_months"]:
            yield f"{name}: the plan does not end with the term"


def _four_eyes(evidence: Evidence, row: Row) -> Iterator[str]:
    moves = evidence.rows(row["pk"], keys.EVENT_PREFIX)
    released = [json.loads(one["actor"]) for one in moves if one["trigger"] == "release"]
    reviewed = [json.loads(one["actor"]) for one in moves if one["trigger"] == "review"]
    if not released:
        yield f"{row['application_id']}: paid without a release"
        return
    if json.loads(row["request"])["amount_minor"] > reproduction.four_eyes_above_minor(row):
        if released[-1]["kind"] != "operations":
            yield f"{row['application_id']}: above the limit and released by {released[-1]}"
    approvers = {reviewed[-1]["id"]} if reviewed else set()
    decision = evidence.rows(row["pk"], keys.DECISION_PREFIX)[-1]
    override = json.loads(decision.get("basis") or "{}").get("override")
    if override:
        approvers |= {override["proposed_by"], override["confirmed_by"]}
        if override["proposed_by"] == override["confirmed_by"]:
            yield f"{row['application_id']}: one person made an override"
    if released[-1]["id"] in approvers:
        yield f"{row['application_id']}: one person approved and released"


def _is_told(event: Row) -> bool:
    """Whether the customer hears of it: its kind is delivered, and there are words for it."""
    text = notice_text(event["kind"], "en", json.loads(event["data"]))
    return event["kind"] in told_kinds() and text is not None


def every_event_once(evidence: Evidence) -> Iterator[str]:
    """I12: each fact has its event, each event is published, each customer told exactly once."""
    state = evidence.world.state
    events = {event["event_id"]: event for event in evidence.events}
    published = Counter(one.detail["event_id"] for one in state.published)
    for row in evidence.lending:
        if row["sk"].startswith(keys.OUTBOX_PREFIX) and "timer_shard" in row:
            yield f"{row['event_id']} is still in the outbox"
    wanted_ids = events.keys() | books.ends_told(events)
    for event_id in wanted_ids - published.keys():
        yield f"{event_id} was never published"
    for event_id in published.keys() - wanted_ids:
        yield f"{event_id} was published but is no fact"
    rang = Counter(one["message_id"] for one in state.rang)
    for event_id, event in events.items():
        wanted = int(_is_told(event))
        if rang[event_id] != wanted:
            yield f"{event_id}: the customer was told {rang[event_id]} times, not {wanted}"
    yield from _facts_without_event(evidence, events)
    yield from books.facts_without_event(evidence, events)
    yield from books.ends_untold(evidence, published.keys())
    for name, count in Counter(
        (loan["loan_id"], one["kind"], one["due_on"])
        for loan in evidence.loans
        for one in evidence.rows(loan["pk"], "REMINDER#")
    ).items():
        if f"{name[0]}-InstalmentReminderDue-{name[1]}-{name[2]}" not in events or count > 1:
            yield f"reminder {name} without its one event"


def _facts_without_event(evidence: Evidence, events: dict[str, Row]) -> Iterator[str]:
    for row in evidence.applications:
        for move in evidence.rows(row["pk"], keys.EVENT_PREFIX):
            kind = TOLD_BY.get((move["trigger"], move["to_state"]))
            event_id = f"{row['application_id']}-{kind}-{move['seq']}"
            if kind and event_id not in events:
                yield f"{event_id}: it happened and no event says so"
    for loan in evidence.loans:
        if f"{loan['loan_id']}-LoanFunded-1" not in events:
            yield f"{loan['loan_id']}: opened and no event says so"


def decisions_reproduce(evidence: Evidence) -> Iterator[str]:
    """I13: the stored inputs give the stored score and decision again."""
    for row in evidence.applications:
        for decision in evidence.rows(row["pk"], keys.DECISION_PREFIX):
            features = json.loads(decision["findings"])["features"]
            scored = json.loads(decision["scored"]) if decision.get("scored") else None
            if scored and features:
                again = MODEL.evaluate(features)
                if (again.model, again.pd_ppm) != (scored["model"], scored["pd_ppm"]):
                    yield f"{decision['decision_id']}: another score from the same features"
    yield from reproduction.differences(evidence)


def nothing_personal_leaks(evidence: Evidence) -> Iterator[str]:
    """I14: no name, number, account or one-time password outside the vault."""
    needles = dict(_personal(evidence))
    for place, text in evidence.texts.items():
        for what, needle in needles.items():
            if needle in text:
                yield f"{what} in the {place}"


def _personal(evidence: Evidence) -> Iterator[tuple[str, str]]:
    for number, actor in enumerate(evidence.world.state.actors):
        body = getattr(actor, "body", None)
        if isinstance(body, dict) and "payee" in body:
            yield f"payee at the desk {number}", body["payee"]["account_no"]
        person = getattr(actor, "person", None)
        if person is None:
            continue
        applicant, payee = person.body["applicant"], person.body["payee"]
        for name in ("full_name", "id_no", "mobile", "email"):
            if applicant.get(name):
                yield f"{name} {number}", str(applicant[name])
        yield f"payee {number}", payee["name"]
        yield f"account {number}", payee["account_no"]
        if repayment := person.body.get("repayment"):
            yield f"payer {number}", repayment["name"]
            yield f"debited account {number}", repayment["account_no"]
    for message in evidence.world.state.rang:
        if message["template"] == "signing_otp":
            found = re.search(r"(?<!\d)\d{6}(?!\d)", message["text"])
            if found is not None:
                yield f"code of {message['message_id']}", f'"{found[0]}"'


def ends_well(evidence: Evidence) -> Iterator[str]:
    """L1: every application is where the scenario may end."""
    for row in evidence.applications:
        if row["state"] not in evidence.scenario.ends_in:
            yield f"{row['application_id']} ends {row['state']}"


INVARIANTS: Final[dict[str, Check]] = {
    "I1 paid once": paid_once,
    "I1 drawn once": books.drawn_once,
    "I1 owes nobody": books.owes_nobody,
    "I2 journals balance": books.journals_balance,
    "I3 balances are their postings": books.balances_are_their_postings,
    "I4 history only grows": history_only_grows,
    "I4 chains hold": books.chains_hold,
    "I4 anchors hold": books.anchors_hold,
    "I5 nothing is stuck": nothing_is_stuck,
    "I6 moves are legal": moves_are_legal,
    "I6 loans end with their books": books.rows_follow_their_books,
    "I7 plans repay exactly": plans_repay_exactly,
    "I8 money is booked once": books.money_is_booked_once,
    "I9 nothing is owed below zero": books.nothing_is_owed_below_zero,
    "I10 one key, one answer": one_key_one_answer,
    "I11 paid only what was signed": paid_only_what_was_signed,
    "I11 amended only as signed": amended_only_as_signed,
    "I12 every event once": every_event_once,
    "I13 decisions reproduce": decisions_reproduce,
    "I14 nothing personal leaks": nothing_personal_leaks,
    "I15 nothing of the bank is lost": books.nothing_of_the_bank_is_lost,
    "I15 balances agree": books.balances_agree,
    "L1 ends well": ends_well,
    "L2 fails by name": mistakes.fails_by_name,
}


def violations(evidence: Evidence) -> list[Violation]:
    """Everything that does not hold."""
    return [Violation(name, what) for name, check in INVARIANTS.items() for what in check(evidence)]
