"""Invariants of the ledger and of money that comes in, over the rows as they are stored.

The hashes are checked with the product's own pure chain check; everything else by adding up.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, Final

from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.domain.ledger.chain import first_broken_link
from lending.domain.servicing.account import AccountStatus, status

from tools.chaos.evidence import Evidence, Row, total
from tools.chaos.store import LENDING

CASH: Final = "cash_clearing"
OWED: Final = ("loan_principal", "interest_receivable", "fee_receivable", "penalty_receivable")
MONEY_IN: Final = frozenset({"payment", "settlement", "recovery"})


class Entry:
    """One journal entry, flat."""

    def __init__(self, seq: int, stored: list[Any]) -> None:
        self.seq = seq
        self.kind, self.value_on, self.transaction_id, postings, self.reverses, self.sha256 = stored
        self.postings = [(str(account), int(amount)) for account, amount in postings]


def journal(evidence: Evidence, loan_id: str) -> list[Entry]:
    """Every entry of a loan, in order of its rows."""
    found: list[Entry] = []
    for row in evidence.rows(keys.ledger_partition(loan_id), keys.JOURNAL_PREFIX):
        stored = json.loads(row["entries"])
        found += [Entry(row["seq"] + offset, one) for offset, one in enumerate(stored)]
    return found


def transactions(evidence: Evidence, loan_id: str) -> list[dict[str, Any]]:
    """Every fact that was booked on a loan."""
    rows = evidence.rows(keys.ledger_partition(loan_id), keys.TRANSACTION_PREFIX)
    return [json.loads(row["fact"]) for row in rows]


def _books(evidence: Evidence, loan_id: str) -> dict[str, Any]:
    row = evidence.row(keys.books(loan_id))
    return {} if row is None else dict(json.loads(row["books"]))


def balances_of(entries: list[Entry]) -> dict[str, int]:
    """The sum of postings by account, without zeros."""
    sums: dict[str, int] = defaultdict(int)
    for entry in entries:
        for account, amount in entry.postings:
            sums[account] += amount
    return {account: amount for account, amount in sums.items() if amount}


def journals_balance(evidence: Evidence) -> Iterator[str]:
    """I2: each entry sums to zero, and so does everything together."""
    for loan in evidence.loans:
        entries = journal(evidence, loan["loan_id"])
        for entry in entries:
            if not entry.postings or total(amount for _, amount in entry.postings):
                yield f"{loan['loan_id']} entry {entry.seq} does not balance"
        if total(balances_of(entries).values()):
            yield f"{loan['loan_id']}: the trial balance is not zero"


def balances_are_their_postings(evidence: Evidence) -> Iterator[str]:
    """I3: what a loan's row says of each account is the sum of its entries.

    Accruals are left out on both sides: the row keeps the day they reach instead.
    """
    for loan in evidence.loans:
        stored = _books(evidence, loan["loan_id"]).get("balances", {})
        entries = journal(evidence, loan["loan_id"])
        summed = balances_of([one for one in entries if one.kind != "accrual"])
        if stored != summed:
            yield f"{loan['loan_id']}: {stored} is not {summed}"


def chains_hold(evidence: Evidence) -> Iterator[str]:
    """I4: entries are numbered without a gap and linked to the head that the loan's row holds."""
    ledger = _ledger()
    for loan in evidence.loans:
        loan_id = loan["loan_id"]
        entries = journal(evidence, loan_id)
        if [one.seq for one in entries] != list(range(1, len(entries) + 1)):
            yield f"{loan_id}: the journal has a gap"
        head = ledger.books(loan_id).head
        broken = first_broken_link(loan_id, loan["currency"], ledger.journals(loan_id), head)
        if broken is not None:
            yield str(broken)


@cache
def _ledger() -> DynamoLedger:
    return DynamoLedger(LENDING)


def money_is_booked_once(evidence: Evidence) -> Iterator[str]:
    """I8: of each payment exactly its amount stands in the books; of a reversed one, nothing."""
    for loan in evidence.loans:
        entries = journal(evidence, loan["loan_id"])
        gone = {entry.reverses for entry in entries if entry.reverses is not None}
        facts = transactions(evidence, loan["loan_id"])
        taken_back = {fact["of"] for fact in facts if fact["kind"] == "reversal"}
        for fact in facts:
            if fact["kind"] not in MONEY_IN:
                continue
            standing = [
                entry
                for entry in entries
                if entry.transaction_id == fact["transaction_id"]
                and entry.reverses is None
                and entry.seq not in gone
            ]
            cash = balances_of(standing).get(CASH, 0)
            wanted = 0 if fact["transaction_id"] in taken_back else fact["amount_minor"]
            if cash != wanted:
                yield f"{fact['transaction_id']}: {cash} stands in the books, not {wanted}"


def nothing_is_owed_below_zero(evidence: Evidence) -> Iterator[str]:
    """I9: no principal below zero, and nothing at all on a loan that is closed.

    Interest that is paid in advance is a receivable below zero until it is earned.
    """
    for loan in evidence.loans:
        balances = balances_of(journal(evidence, loan["loan_id"]))
        if balances.get(OWED[0], 0) < 0:
            yield f"{loan['loan_id']}: {OWED[0]} is {balances[OWED[0]]}"
        left = {account: balances[account] for account in OWED if balances.get(account)}
        if left and loan["status"] == "CLOSED_SETTLED":
            yield f"{loan['loan_id']} is closed and {left} is left"


def rows_follow_their_books(evidence: Evidence) -> Iterator[str]:
    """A loan is over in its row when it is in its books; what is left on it is somebody's task."""
    tasks = {row["loan_id"] for row in receipts(evidence) if row["outcome"] == "parked"}
    for loan in evidence.loans:
        loan_id, is_over = loan["loan_id"], loan["status"] == "CLOSED_SETTLED"
        account = _ledger().books(loan_id).account
        if is_over is not (status(account) is AccountStatus.CLOSED):
            yield f"{loan_id} is {loan['status']}, by its books {status(account).value}"
        is_seen = loan.get("holds_money") or loan_id in tasks
        if is_over and account.suspense_minor > 0 and not is_seen:
            yield f"{loan_id}: nobody knows of the {account.suspense_minor} that are left"


def anchors_hold(evidence: Evidence) -> Iterator[str]:
    """I4: each head under an anchor is still in its journal, and each anchor is in the archive."""
    kept = evidence.world.state.objects
    for row in evidence.rows("ANCHOR#", "HEADS#"):
        for loan_id, seq, sha256 in json.loads(row["heads"]):
            if (seq, sha256) not in {(one.seq, one.sha256) for one in journal(evidence, loan_id)}:
                yield f"{row['pk']}: entry {seq} of {loan_id} is another now"
    for row in evidence.rows("ANCHOR#", "ROOT"):
        documents = [text for name, text in kept.items() if name.endswith(f"{row['on']}.json")]
        if len(documents) != 1 or row["root_sha256"].encode() not in documents[0]:
            yield f"{row['pk']}: {len(documents)} documents in the archive say its root"


def owes_nobody(evidence: Evidence) -> Iterator[str]:
    """What is owed to a customer is paid out, or is a case."""
    cases = {row["loan_id"] for row in receipts(evidence) if row["outcome"] == "parked"}
    for loan in evidence.loans:
        balances = balances_of(journal(evidence, loan["loan_id"]))
        owed = -balances.get("refund_payable", 0)
        if owed and loan["loan_id"] not in cases:
            yield f"{loan['loan_id']}: {owed} is owed to the customer and nobody pays it"


def drawn_once(evidence: Evidence) -> Iterator[str]:
    """I1 for auto-debit: what was drawn for an instalment, less what went back, is owed once.

    Each collected order is one of ours, ended as the bank says, and in the books.
    """
    bank = evidence.world.partners.bank._state
    attempts = {row["reference"]: row for row in evidence.rows("LOAN#", keys.COLLECTION_PREFIX)}
    drawn: dict[tuple[str, int], int] = defaultdict(int)
    for reference, debit in bank["debits"].items():
        attempt = attempts.get(reference)
        if attempt is None:
            yield f"the bank drew {reference}, which is no attempt of ours"
            continue
        if debit["order"]["amount_minor"] != attempt["amount_minor"]:
            yield f"{reference}: another amount was ordered than written down"
        wanted = {"collected": "COLLECTED", "failed": "FAILED", "pending": "PENDING"}
        state = "RETURNED" if debit["returned"] else wanted[debit["status"]]
        if attempt["state"] != state:
            yield f"{reference} is {attempt['state']}, at the bank {state}"
        drawn[attempt["loan_id"], attempt["number"]] += state == "COLLECTED"
    for (loan_id, number), times in drawn.items():
        if times > 1:
            yield f"{loan_id}: instalment {number} was drawn {times} times"
    for loan in evidence.loans:
        held = -balances_of(journal(evidence, loan["loan_id"])).get("suspense", 0)
        if attempts and held and loan["status"] not in ("CLOSED_SETTLED", "CANCELLED"):
            yield f"{loan['loan_id']}: {held} more was drawn than was owed"
    for reference, attempt in attempts.items():
        if attempt["state"] in ("INTENT", "PENDING", "UNKNOWN"):
            yield f"{reference} is still {attempt['state']}"


# What an order's row leaves out of its receipt when there is nothing to say.
_ABSENT: Final[Row] = {"amount_minor": 0, "case": "", "for_case": ""}


def receipts(evidence: Evidence) -> list[Row]:
    """What became of everything that the bank told or a teller entered."""
    drawn = evidence.rows("LOAN#", keys.COLLECTION_PREFIX)
    in_orders = [_ABSENT | json.loads(row["receipt"]) for row in drawn if row.get("receipt")]
    return evidence.rows("RECEIPT#", "RECEIPT") + in_orders


def nothing_of_the_bank_is_lost(evidence: Evidence) -> Iterator[str]:
    """I15: each booking that we were told has its one receipt; all its money is accounted for."""
    bank = evidence.world.partners.bank._state
    known = {row["receipt_id"]: row for row in receipts(evidence)}
    told = _told(evidence)
    moved = 0
    for booking in bank["bookings"].values():
        is_told = booking["bank_reference"] in told
        if is_told and _receipt_id(booking) not in known:
            yield f"{booking['kind']} {booking['bank_reference']} has no receipt"
        if is_told or booking["kind"] == "payout":
            moved += booking["amount_minor"]
    for event in bank["events"].values():
        if event["state"] != "delivered":
            yield f"{event['type']} {event['event_id']} is {event['state']}"
    for row in known.values():
        if row["outcome"] == "parked" and not row["case"]:
            yield f"{row['receipt_id']} is parked without a case"
    held = total(row["amount_minor"] for row in known.values() if _is_held(row))
    desk = total(map(_at_desk, known.values()))
    booked = total(
        balances_of(journal(evidence, loan["loan_id"])).get(CASH, 0) for loan in evidence.loans
    )
    if moved + desk != booked + held:
        yield f"the bank moved {moved}, the desk {desk}; booked are {booked}, held {held}"


def balances_agree(evidence: Evidence) -> Iterator[str]:
    """I15: the newest proof explains the bank's balance; no finding is open that is not so."""
    proofs = evidence.rows("CONTROL#", "PROOF#")
    if not proofs:
        return
    newest = max(proofs, key=lambda row: str(row["on"]))
    tallies = json.loads(newest["tallies"])
    explained = newest["base_minor"] + newest["ledger_minor"] - tallies["unstated"][1]
    explained += tallies["held"][1] + tallies["outside"][1]
    if newest["bank_minor"] != explained:
        yield f"{newest['on']}: the bank says {newest['bank_minor']}, explained are {explained}"
    for row in receipts(evidence):
        if row["outcome"] == "parked" and row["case"] in {"clearing_differs", "statement_gap"}:
            yield f"{row['receipt_id']} is open: {row['amount_minor']}"


def _receipt_id(booking: dict[str, Any]) -> str:
    """A collection of ours is known by its own reference, anything else by the bank's."""
    if booking["kind"] == "collection":
        return f"debit-{booking['reference']}"
    if booking["kind"] == "payout" and booking["reference"].startswith(("rf", "rp", "tr")):
        return f"ref-{booking['reference']}-accepted"
    return f"bank-{booking['bank_reference']}"


def _told(evidence: Evidence) -> set[str]:
    """The bank's references that a webhook or the statement of a day brought to us."""
    bank = evidence.world.partners.bank._state
    heard = {
        one["data"].get("bank_reference")
        for one in bank["events"].values()
        if one["state"] == "delivered"
    }
    days = {row["pk"].removeprefix("RECON#") for row in evidence.rows("RECON#", "")}
    read = {one["bank_reference"] for one in bank["bookings"].values() if one["booked_on"] in days}
    return heard | read


def _is_held(row: Row) -> bool:
    """Money of a case that nobody has decided on; another content of known money is none."""
    return (
        row["outcome"] == "parked"
        and row["kind"] == "credit"
        and row["source"] != "teller"
        and "~" not in row["receipt_id"]
    )


def _at_desk(row: Row) -> int:
    """What a teller's ended entry moved, when it is not the money of a case."""
    signs = {"credited": 1, "reversed": -1}
    if row["source"] != "teller" or row["for_case"]:
        return 0
    return signs.get(row["outcome"], 0) * int(row["amount_minor"])


def facts_without_event(evidence: Evidence, events: dict[str, Row]) -> Iterator[str]:
    """I12: each payment and each reversal says so."""
    kinds = {"payment": "PaymentReceived", "settlement": "PaymentReceived"}
    kinds["reversal"] = "PaymentReversed"
    for loan in evidence.loans:
        for fact in transactions(evidence, loan["loan_id"]):
            kind = kinds.get(fact["kind"])
            event_id = f"{loan['loan_id']}-{kind}-{fact['transaction_id']}"
            if kind and event_id not in events:
                yield f"{event_id}: it was booked and no event says so"


def ends_told(events: dict[str, Row]) -> set[str]:
    """Ids of the events that payments tell besides their own: that they ended their loan."""
    found = set()
    for event in events.values():
        data = json.loads(event["data"]) if event["kind"] == "PaymentReceived" else {}
        if data.get("closes_loan"):
            found.add(f"{data['loan_id']}-LoanClosed-{data['transaction_id']}")
    return found


def ends_untold(evidence: Evidence, published: Collection[str]) -> Iterator[str]:
    """I12: a loan that is over was said to be."""
    for loan in evidence.loans:
        prefix = f"{loan['loan_id']}-LoanClosed-"
        is_told = any(event_id.startswith(prefix) for event_id in published)
        if loan["status"] == "CLOSED_SETTLED" and not is_told:
            yield f"{loan['loan_id']} is over and no event says so"
