"""Key design of the tables: partition keys, sort keys and timer shards; fraud's: `fraud_keys`."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from urllib.parse import quote
from zlib import crc32

from lending.domain.records import Reminder, ReplyKey, State

TIMERS_INDEX: Final = "timers"
APPLICATION_SHARDS: Final = 4
OUTBOX_SHARDS: Final = 4
CASE_SHARDS: Final = 4
LOAN_SHARDS: Final = 8
LEDGER_SHARDS: Final = 8
DOCUMENT_SHARDS: Final = 4
NO_DEADLINE: Final = "9999"  # sorts after every real time

EVENT_PREFIX: Final = "EVENT#"
FILE_PREFIX: Final = "FILE#"  # what a use case reads of an application, in one query
DECISION_PREFIX: Final = f"{FILE_PREFIX}DECISION#"
OFFER_PREFIX: Final = f"{FILE_PREFIX}OFFER#"
AMENDMENT_PREFIX: Final = f"{FILE_PREFIX}AMENDMENT#"
OUTBOX_PREFIX: Final = "OUTBOX#"
CONSENT_PREFIX: Final = "CONSENT#"
TRANSACTION_PREFIX: Final = "TXN#"
TERMS_PREFIX: Final = "TERMS"
JOURNAL_PREFIX: Final = "JOURNAL#"
COLLECTION_PREFIX: Final = "COLLECTION#"
PAYOUT_PREFIX: Final = "PAYOUT#"


@dataclass(frozen=True, slots=True)
class Key:
    """Where one row lives."""

    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class Timer:
    """Where a row shows up in the sparse `timers` index."""

    shard: str
    at: str


def _shard(of: str, count: int) -> int:
    """A stable shard number; Python's own hash differs between processes."""
    return crc32(of.encode()) % count


def instant_text(at: datetime) -> str:
    """UTC with six decimals: text order is time order."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def application_partition(application_id: str) -> str:
    """Partition of everything about one application."""
    return f"APP#{application_id}"


def loan_partition(loan_id: str) -> str:
    """Partition of everything about one loan."""
    return f"LOAN#{loan_id}"


def application(application_id: str) -> Key:
    """The application's current state."""
    return Key(application_partition(application_id), f"{FILE_PREFIX}STATE")


POLICY_VERSION_PREFIX: Final = "VERSION#"


def policy_partition(market: str) -> str:
    """Partition of a market's credit policies."""
    return f"POLICY#{market}"


def policy_version(market: str, version: str) -> Key:
    """One version of a policy."""
    return Key(policy_partition(market), f"{POLICY_VERSION_PREFIX}{version}")


def policy_timeline(market: str) -> Key:
    """Which version holds from when on."""
    return Key(policy_partition(market), "TIMELINE")


def decision_timer(market: str, decided_at: datetime) -> Timer:
    """Decisions are listed by market and day (UTC), in the order in which they were made."""
    at = instant_text(decided_at)
    return Timer(decision_timer_shard(market, decided_at.astimezone(UTC).date()), at)


def decision_timer_shard(market: str, on: date) -> str:
    """The decisions of a day."""
    return f"DECIDED#{market}#{on.isoformat()}"


def rules(sha256: str) -> Key:
    """A market's rules of some day, by the hash of their values; never changed once written."""
    return Key(f"RULES#{sha256}", "VALUES")


def person_partition(customer_id: str) -> str:
    """Partition of what points to one person's applications: their token, nothing about them."""
    return f"PERSON#{customer_id}"


def person(customer_id: str, application_id: str) -> Key:
    """That an application is this person's."""
    return Key(person_partition(customer_id), application_id)


def transition(application_id: str, seq: int) -> Key:
    """One transition; at most 999,999, numbered from 1."""
    return Key(application_partition(application_id), f"{EVENT_PREFIX}{seq:06d}")


def decision(application_id: str, number: int) -> Key:
    """One decision, numbered from 1."""
    return Key(application_partition(application_id), f"{DECISION_PREFIX}{number:03d}")


def offer(application_id: str, offer_id: str) -> Key:
    """One offer."""
    return Key(application_partition(application_id), f"{OFFER_PREFIX}{offer_id}")


def contract(application_id: str) -> Key:
    """The newest contract."""
    return Key(application_partition(application_id), f"{FILE_PREFIX}CONTRACT")


def amendment(application_id: str, number: int) -> Key:
    """One amendment of the loan that came of an application."""
    return Key(application_partition(application_id), f"{AMENDMENT_PREFIX}{number:03d}")


def amendment_timer_shards() -> tuple[str, ...]:
    """Every shard of open amendments."""
    return tuple(f"AMENDMENT#{shard}" for shard in range(DOCUMENT_SHARDS))


def amendment_timer(amendment_id: str, expires_at: datetime) -> Timer:
    """Open amendments are listed by their end."""
    shard = amendment_timer_shards()[_shard(amendment_id, DOCUMENT_SHARDS)]
    return Timer(shard, instant_text(expires_at))


def disbursement(application_id: str) -> Key:
    """The payout intent."""
    return Key(application_partition(application_id), f"{FILE_PREFIX}DISBURSEMENT")


REVIEW_TIMER_SHARD: Final = "REVIEW#OPEN"


def review(application_id: str) -> Key:
    """What waits for a person at an application besides its state."""
    return Key(application_partition(application_id), f"{FILE_PREFIX}REVIEW")


def review_timer(due_at: datetime) -> Timer:
    """Open reviews are listed by when they must be answered."""
    return Timer(REVIEW_TIMER_SHARD, instant_text(due_at))


def release(application_id: str) -> Key:
    """Whether it may be paid out, and to whom."""
    return Key(application_partition(application_id), f"{FILE_PREFIX}RELEASE")


def watch(key: str) -> Key:
    """Releases just below the limit of one borrower, vehicle or payee."""
    return Key(f"WATCH#{key}", "RELEASES")


def wait(application_id: str, name: str) -> Key:
    """A parked task token."""
    return Key(application_partition(application_id), f"WAIT#{name}")


def loan(loan_id: str) -> Key:
    """The loan account."""
    return Key(loan_partition(loan_id), "STATE")


def plan(loan_id: str) -> Key:
    """The repayment plan, all rows in one item: 120 rows are about 12 KB."""
    return Key(loan_partition(loan_id), "PLAN#0001")


def reminder(of: Reminder) -> Key:
    """One reminder, unique by loan, kind and due date."""
    return Key(loan_partition(of.loan_id), f"REMINDER#{of.kind}#{of.due_on.isoformat()}")


def outbox(entity_id: str, event_id: str) -> Key:
    """One event, beside the entity it is about (loan ids begin with `loan`)."""
    is_loan = entity_id.startswith("loan")
    partition = loan_partition(entity_id) if is_loan else application_partition(entity_id)
    return Key(partition, f"{OUTBOX_PREFIX}{event_id}")


def reply(key: ReplyKey) -> Key:
    """A stored answer; the parts are escaped so that no two scopes share a key."""
    parts = (quote(part, safe="/{} ") for part in (key.principal, key.route, key.key))
    return Key("IDEM#" + "#".join(parts), "REPLY")


def application_timer_shards(state: State) -> tuple[str, ...]:
    """Every shard of one state."""
    return tuple(f"APP#{state.value}#{shard}" for shard in range(APPLICATION_SHARDS))


def application_timer(application_id: str, state: State, deadline_at: datetime | None) -> Timer:
    """Live applications are listed by state, oldest deadline first."""
    shard = application_timer_shards(state)[_shard(application_id, APPLICATION_SHARDS)]
    return Timer(shard, NO_DEADLINE if deadline_at is None else instant_text(deadline_at))


def outbox_timer_shards() -> tuple[str, ...]:
    """Every shard of unacknowledged events."""
    return tuple(f"OUTBOX#{shard}" for shard in range(OUTBOX_SHARDS))


def outbox_timer(event_id: str, occurred_at: datetime) -> Timer:
    """Events are listed until they are acknowledged."""
    shard = outbox_timer_shards()[_shard(event_id, OUTBOX_SHARDS)]
    return Timer(shard, instant_text(occurred_at))


def loan_timer_shard(shard: int) -> str:
    """One shard of loans with a next due date."""
    if not 0 <= shard < LOAN_SHARDS:
        raise ValueError(f"no loan shard {shard}")
    return f"DUE#{shard}"


def loan_timer(loan_id: str, next_due_on: date) -> Timer:
    """Loans are listed by their next due date."""
    return Timer(loan_timer_shard(_shard(loan_id, LOAN_SHARDS)), next_due_on.isoformat())


def collection(loan_id: str, number: int, attempt: int) -> Key:
    """One attempt at drawing an instalment."""
    return Key(loan_partition(loan_id), f"{COLLECTION_PREFIX}{number:03d}#{attempt}")


def collection_timer_shard(shard: int) -> str:
    """One shard of attempts whose fate is open; shards are those of the loans."""
    if not 0 <= shard < LOAN_SHARDS:
        raise ValueError(f"no loan shard {shard}")
    return f"DEBIT#{shard}"


def collection_timer(loan_id: str, intended_at: datetime) -> Timer:
    """Open attempts are listed, oldest first."""
    shard = collection_timer_shard(_shard(loan_id, LOAN_SHARDS))
    return Timer(shard, instant_text(intended_at))


def holding_timer_shard(shard: int) -> str:
    """One shard of loans that owe nothing and hold money of their customers."""
    if not 0 <= shard < LOAN_SHARDS:
        raise ValueError(f"no loan shard {shard}")
    return f"HELD#{shard}"


def holding_timer(loan_id: str) -> Timer:
    """They are listed by id."""
    return Timer(holding_timer_shard(_shard(loan_id, LOAN_SHARDS)), loan_id)


def loan_payout(loan_id: str, number: int) -> Key:
    """One payout of a loan after its first."""
    return Key(loan_partition(loan_id), f"{PAYOUT_PREFIX}{number:02d}")


def loan_payout_timer_shard(shard: int) -> str:
    """One shard of such payouts whose fate is open."""
    if not 0 <= shard < LOAN_SHARDS:
        raise ValueError(f"no loan shard {shard}")
    return f"PAYOUT#{shard}"


def loan_payout_timer(loan_id: str, intended_at: datetime) -> Timer:
    """Open payouts are listed, oldest first."""
    shard = loan_payout_timer_shard(_shard(loan_id, LOAN_SHARDS))
    return Timer(shard, instant_text(intended_at))


def books(loan_id: str) -> Key:
    """What a loan's books have come to: the one row of its ledger that is ever changed."""
    return Key(loan_partition(loan_id), "LEDGER")


def ledger_partition(loan_id: str) -> str:
    """Partition of what is written once about a loan's money; roles may not change its rows.

    It is another than the loan's, because a policy can tell partitions apart, not sort keys.
    """
    return f"LEDGER#{loan_id}"


def ledger_terms(loan_id: str, plan: int = 0) -> Key:
    """What a loan's books are kept by; each later plan has a row of its own behind the first."""
    return Key(ledger_partition(loan_id), f"{TERMS_PREFIX}#{plan:03d}" if plan else TERMS_PREFIX)


def ledger_transaction(loan_id: str, transaction_id: str) -> Key:
    """One fact about a loan's money; the row keeps its id taken for ever."""
    return Key(ledger_partition(loan_id), f"{TRANSACTION_PREFIX}{transaction_id}")


def journal(loan_id: str, first_seq: int) -> Key:
    """The entries of one booking, by the number of the first: at most 99,999,999."""
    return Key(ledger_partition(loan_id), f"{JOURNAL_PREFIX}{first_seq:08d}")


def ledger_timer_shards() -> tuple[str, ...]:
    """Every shard of loans with a ledger."""
    return tuple(f"LEDGER#{shard}" for shard in range(LEDGER_SHARDS))


def ledger_timer(loan_id: str) -> Timer:
    """Loans with a ledger are listed by id, so that nothing ever scans the table."""
    return Timer(ledger_timer_shards()[_shard(loan_id, LEDGER_SHARDS)], loan_id)


def anchor_partition(on: date) -> str:
    """Partition of one day's anchor."""
    return f"ANCHOR#{on.isoformat()}"


def anchor(on: date) -> Key:
    """The anchor of a day."""
    return Key(anchor_partition(on), "ROOT")


def anchored_prefix(root_sha256: str) -> str:
    """Chunks of the heads under a root; those of an attempt that broke off have another."""
    return f"HEADS#{root_sha256}#"


def anchored(on: date, root_sha256: str, chunk: int) -> Key:
    """One chunk of the heads under an anchor."""
    return Key(anchor_partition(on), f"{anchored_prefix(root_sha256)}{chunk:06d}")


ANCHOR_TIMER_SHARD: Final = "ANCHOR"


def anchor_timer(on: date) -> Timer:
    """Anchors are listed by day."""
    return Timer(ANCHOR_TIMER_SHARD, on.isoformat())


def receipt(receipt_id: str) -> Key:
    """What became of one booking of a bank."""
    return Key(f"RECEIPT#{receipt_id}", "RECEIPT")


def reconciliation(on: date, currency: str) -> Key:
    """One bank day in one currency against our books."""
    return Key(f"RECON#{on.isoformat()}", currency)


def case_timer_shards() -> tuple[str, ...]:
    """Every shard of open cases."""
    return tuple(f"CASE#{shard}" for shard in range(CASE_SHARDS))


def case_timer(receipt_id: str, received_at: datetime) -> Timer:
    """Parked receipts are listed until somebody ends them, oldest first."""
    shard = case_timer_shards()[_shard(receipt_id, CASE_SHARDS)]
    return Timer(shard, instant_text(received_at))


ENTRY_TIMER_SHARD: Final = "ENTRY"  # what people enter by hand: few enough for one


def entry_timer(received_at: datetime) -> Timer:
    """They are listed while they are open, and at the same place until a statement shows them."""
    return Timer(ENTRY_TIMER_SHARD, instant_text(received_at))


def unstated_timer_shards() -> tuple[str, ...]:
    """Every shard of movements that no statement has shown."""
    return tuple(f"UNSTATED#{shard}" for shard in range(CASE_SHARDS))


def unstated_timer(movement_id: str, since: datetime) -> Timer:
    """Receipts and payouts are listed until a statement shows them."""
    shard = unstated_timer_shards()[_shard(movement_id, CASE_SHARDS)]
    return Timer(shard, instant_text(since))


def outside_timer_shard(currency: str) -> str:
    """The shard of one currency."""
    return f"OUTSIDE#{currency}"


def outside_timer(currency: str, received_at: datetime) -> Timer:
    """Bookings that are explained outside the loan ledger: a few a month, listed for ever."""
    return Timer(outside_timer_shard(currency), instant_text(received_at))


def control_base(currency: str) -> Key:
    """What the bank's account held besides our movements."""
    return Key(f"CONTROL#{currency}", "BASE")


def control(on: date, currency: str, what: str) -> Key:
    """A day's PROOF or AGEING."""
    return Key(f"CONTROL#{currency}", f"{what}#{on.isoformat()}")


def answers(customer_id: str) -> Key:
    """What sources said of a customer."""
    return Key(f"ANSWERS#{customer_id}", "ANSWERS")


def link_shard(application_id: str, shards: int) -> int:
    """The shard of an application among those of a busy token."""
    return _shard(application_id, shards)


def documents_partition(customer_id: str) -> str:
    """Partition of every document issued to one person (in the lending table)."""
    return f"DOCS#{customer_id}"


def document(customer_id: str, document_id: str) -> Key:
    """One issued document."""
    return Key(documents_partition(customer_id), f"DOCUMENT#{document_id}")


def document_timer_shards() -> tuple[str, ...]:
    """Every shard of issued documents."""
    return tuple(f"DOCUMENT#{shard}" for shard in range(DOCUMENT_SHARDS))


def document_timer(document_id: str, retain_until: date) -> Timer:
    """Documents are listed by the end of their retention."""
    shard = document_timer_shards()[_shard(document_id, DOCUMENT_SHARDS)]
    return Timer(shard, retain_until.isoformat())


def customer_partition(customer_id: str) -> str:
    """Partition of one person."""
    return f"CUS#{customer_id}"


def customer_key(customer_id: str) -> Key:
    """The wrapped data key, or the tombstone."""
    return Key(customer_partition(customer_id), "KEY")


def customer_profile(customer_id: str) -> Key:
    """The encrypted fields."""
    return Key(customer_partition(customer_id), "PROFILE")


def consent(customer_id: str, consent_id: str) -> Key:
    """One consent."""
    return Key(customer_partition(customer_id), f"{CONSENT_PREFIX}{consent_id}")


def blind(field: str, mac_hex: str) -> Key:
    """One entry of the blind index."""
    return Key(f"BLIND#{field}#{mac_hex}", "CUSTOMER")


def sent_message(customer_id: str, event_id: str) -> Key:
    """One notification."""
    return Key(customer_partition(customer_id), f"MSG#{event_id}")
