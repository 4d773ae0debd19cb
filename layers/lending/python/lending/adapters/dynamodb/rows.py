"""The rows as they are stored. Attribute names equal the record's field names where they can.

Rows know no table: `table.Table` is given its name at start-up, not at import.
"""

from pynamodb.attributes import (
    BinaryAttribute,
    BooleanAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.models import Model

from lending.adapters.dynamodb.attributes import (
    DayAttribute,
    InstantAttribute,
    IntegerAttribute,
    JsonAttribute,
    StateAttribute,
    TextsAttribute,
)


class Row(Model):
    """Any row: its key."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class TimedRow(Row):
    """A row that shows up in the `timers` index while both attributes are set."""

    timer_shard = UnicodeAttribute(null=True)
    timer_at = UnicodeAttribute(null=True)


class ApplicationRow(TimedRow):
    """pk=APP#id sk=FILE#STATE."""

    application_id = UnicodeAttribute()
    owner = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    state = StateAttribute()
    version = IntegerAttribute()
    request = JsonAttribute()
    profile_version = UnicodeAttribute()
    submitted_at = InstantAttribute()
    updated_at = InstantAttribute()
    deadline_at = InstantAttribute(null=True)
    accepted_offer_id = UnicodeAttribute(null=True)
    contract_id = UnicodeAttribute(null=True)
    loan_id = UnicodeAttribute(null=True)
    payee_id = UnicodeAttribute(null=True)


class PersonRow(Row):
    """pk=PERSON#customer_id sk=application_id. Never changed once written."""

    application_id = UnicodeAttribute()


class TransitionRow(Row):
    """pk=APP#id sk=EVENT#seq. Never changed once written."""

    application_id = UnicodeAttribute()
    seq = IntegerAttribute()
    from_state = StateAttribute(null=True)
    to_state = StateAttribute()
    trigger = UnicodeAttribute()
    actor = JsonAttribute()
    at = InstantAttribute()
    reason_codes = TextsAttribute()


class DecisionRow(TimedRow):
    """pk=APP#id sk=FILE#DECISION#n; listed by market and day. Never changed once written."""

    decision_id = UnicodeAttribute()
    application_id = UnicodeAttribute()
    number = IntegerAttribute()
    outcome = UnicodeAttribute()
    reasons = TextsAttribute()
    queue = UnicodeAttribute(null=True)
    findings = JsonAttribute()
    scored = JsonAttribute(null=True)
    profile_version = UnicodeAttribute()
    decided_by = JsonAttribute()
    decided_at = InstantAttribute()
    note = UnicodeAttribute()
    basis = JsonAttribute(null=True)


class ReviewRow(TimedRow):
    """pk=APP#id sk=FILE#REVIEW; in `timers` while somebody must do something."""

    application_id = UnicodeAttribute()
    version = IntegerAttribute()
    status = UnicodeAttribute()
    grounds = TextsAttribute()
    requested_at = InstantAttribute(null=True)
    answer_by = InstantAttribute(null=True)
    code = UnicodeAttribute()
    note = UnicodeAttribute()
    proposed_by = UnicodeAttribute()
    proposed_at = InstantAttribute(null=True)
    ended_by = UnicodeAttribute()
    ended_at = InstantAttribute(null=True)


class PolicyRow(Row):
    """pk=POLICY#market sk=VERSION#version: the document stays, `history` grows."""

    market = UnicodeAttribute()
    version = UnicodeAttribute()
    document = JsonAttribute()
    sha256 = UnicodeAttribute()
    status = UnicodeAttribute()
    row_version = IntegerAttribute()
    history = JsonAttribute()
    back_test = JsonAttribute(null=True)


class RulesRow(Row):
    """pk=RULES#sha256 sk=VALUES. Never changed once written."""

    market = UnicodeAttribute()
    version = UnicodeAttribute()
    values = JsonAttribute()


class PolicyTimelineRow(Row):
    """pk=POLICY#market sk=TIMELINE: `activations` grow."""

    version = IntegerAttribute()
    activations = JsonAttribute()


class OfferRow(Row):
    """pk=APP#id sk=FILE#OFFER#id. Never changed once written."""

    offer_id = UnicodeAttribute()
    application_id = UnicodeAttribute()
    currency = UnicodeAttribute()
    principal_minor = IntegerAttribute()
    term_months = IntegerAttribute()
    annual_rate_bps = IntegerAttribute()
    instalment_minor = IntegerAttribute()
    total_interest_minor = IntegerAttribute()
    total_fees_minor = IntegerAttribute()
    apr_bps = IntegerAttribute()
    plan = UnicodeAttribute()
    expires_at = InstantAttribute()
    terms_sha256 = UnicodeAttribute()
    agreed = JsonAttribute(null=True)


class ContractRow(Row):
    """pk=APP#id sk=FILE#CONTRACT."""

    contract_id = UnicodeAttribute()
    application_id = UnicodeAttribute()
    offer_id = UnicodeAttribute()
    document_sha256 = UnicodeAttribute()
    terms_sha256 = UnicodeAttribute()
    status = UnicodeAttribute()
    version = IntegerAttribute()
    round = IntegerAttribute()
    rendered_at = InstantAttribute()
    documents = JsonAttribute()
    signers = JsonAttribute()
    signed_at = InstantAttribute(null=True)
    archived = JsonAttribute(null=True)


class DisbursementRow(TimedRow):
    """pk=APP#id sk=FILE#DISBURSEMENT; in `timers` from its acceptance to its statement."""

    application_id = UnicodeAttribute()
    reference = UnicodeAttribute()
    amount_minor = IntegerAttribute()
    currency = UnicodeAttribute()
    status = UnicodeAttribute()
    version = IntegerAttribute()
    intended_at = InstantAttribute()
    resolved_at = InstantAttribute(null=True)
    reason = UnicodeAttribute()
    stated_on = DayAttribute(null=True)


class ReleaseRow(Row):
    """pk=APP#id sk=FILE#RELEASE."""

    application_id = UnicodeAttribute()
    payee_id = UnicodeAttribute()
    version = IntegerAttribute()
    payee_check = UnicodeAttribute()
    holds = TextsAttribute()
    wanted_payee_id = UnicodeAttribute()
    requested_by = UnicodeAttribute()
    confirmed_by = UnicodeAttribute()
    pays_from = InstantAttribute(null=True)
    held_back_minor = IntegerAttribute(default=0)


class WatchRow(Row):
    """pk=WATCH#kind#token sk=RELEASES: lists of time, application and minor units."""

    key = UnicodeAttribute()
    releases = JsonAttribute()
    version = IntegerAttribute()


class LoanRow(TimedRow):
    """pk=LOAN#id sk=STATE; the plan is the row beside it."""

    loan_id = UnicodeAttribute()
    application_id = UnicodeAttribute()
    owner = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    market = UnicodeAttribute()
    currency = UnicodeAttribute()
    principal_minor = IntegerAttribute()
    annual_rate_bps = IntegerAttribute()
    term_months = IntegerAttribute()
    instalment_minor = IntegerAttribute()
    opened_on = DayAttribute()
    next_due_on = DayAttribute(null=True)
    status = UnicodeAttribute()
    version = IntegerAttribute()
    disbursement_reference = UnicodeAttribute()
    plan_name = UnicodeAttribute(null=True)
    mandate_id = UnicodeAttribute(null=True)
    bucket = UnicodeAttribute(null=True)
    holds_money = BooleanAttribute(null=True)


class PlanRow(Row):
    """pk=LOAN#id sk=PLAN#0001: `rows` are lists in the order of Instalment's fields."""

    rows = JsonAttribute()


class ReminderRow(Row):
    """pk=LOAN#id sk=REMINDER#kind#due_on."""

    loan_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    due_on = DayAttribute()
    business_date = DayAttribute()
    amount_minor = IntegerAttribute()
    currency = UnicodeAttribute()


class OutboxRow(TimedRow):
    """pk=entity sk=OUTBOX#event; in `timers` until acknowledged."""

    event_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    entity_id = UnicodeAttribute()
    occurred_at = InstantAttribute()
    data = JsonAttribute()
    schema_version = IntegerAttribute()


class WaitRow(Row):
    """pk=APP#id sk=WAIT#name."""

    application_id = UnicodeAttribute()
    name = UnicodeAttribute()
    token = UnicodeAttribute()
    deadline_at = InstantAttribute()
    parked_at = InstantAttribute()


class ReplyRow(Row):
    """pk=IDEM#principal#route#key sk=REPLY; it expires."""

    principal = UnicodeAttribute()
    route = UnicodeAttribute()
    key = UnicodeAttribute()
    body_sha256 = UnicodeAttribute()
    status = IntegerAttribute()
    body = UnicodeAttribute()
    stored_at = InstantAttribute()
    expires_epoch = IntegerAttribute()


class AnswersRow(Row):
    """pk=ANSWERS#customer sk=ANSWERS: what sources said of a customer, by source; expires."""

    answers = JsonAttribute()
    expires_epoch = IntegerAttribute()


class EdgesRow(Row):
    """pk=LINK#kind#token#bucket#shard sk=EDGES: a set of application, customer, second; expires."""

    seen = UnicodeSetAttribute(null=True)
    expires_epoch = IntegerAttribute()


class LinksRow(Row):
    """pk=APP#id sk=LINKS: the tokens that an application joined with, by kind."""

    tokens = JsonAttribute()


class FraudCaseRow(TimedRow):
    """pk=APP#id sk=FRAUDCASE; in `timers` by month once it is closed."""

    application_id = UnicodeAttribute()
    status = UnicodeAttribute()
    score = IntegerAttribute()
    hits = JsonAttribute()
    linked = TextsAttribute()
    rules_version = UnicodeAttribute()
    findings = JsonAttribute()
    opened_at = InstantAttribute()
    version = IntegerAttribute()
    closed_at = InstantAttribute(null=True)
    closed_by = UnicodeAttribute(null=True)
    note = UnicodeAttribute()


class WatchedRow(TimedRow):
    """pk=WATCHED#kind#token sk=ENTRY; in `timers` until removed."""

    kind = UnicodeAttribute()
    token = UnicodeAttribute()
    shown = UnicodeAttribute()
    reason = UnicodeAttribute()
    added_by = UnicodeAttribute()
    added_at = InstantAttribute()
    expires_at = InstantAttribute(null=True)
    removed_at = InstantAttribute(null=True)
    removed_by = UnicodeAttribute(null=True)
    removed_because = UnicodeAttribute()


class CustomerKeyRow(Row):
    """pk=CUS#id sk=KEY: the wrapped data key, or (`erased_at` set) the tombstone."""

    dek = BinaryAttribute(null=True, legacy_encoding=False)
    erased_at = InstantAttribute(null=True)


class ProfileRow(Row):
    """pk=CUS#id sk=PROFILE: ciphertexts (base64), masked texts and blind-index MACs by field."""

    version = IntegerAttribute()
    sealed = JsonAttribute()
    masked = JsonAttribute()
    blind = JsonAttribute()


class ConsentRow(Row):
    """pk=CUS#id sk=CONSENT#id. Never changed once written; survives erasure."""

    consent_id = UnicodeAttribute()
    purpose = UnicodeAttribute()
    version = UnicodeAttribute()
    text_sha256 = UnicodeAttribute()
    given_at = InstantAttribute()
    locale = UnicodeAttribute()


class BlindRow(Row):
    """pk=BLIND#field#mac sk=CUSTOMER."""

    customer_id = UnicodeAttribute()


class SentRow(Row):
    """pk=CUS#id sk=MSG#event."""

    status = UnicodeAttribute()
    claimed_at = InstantAttribute()
    sent_at = InstantAttribute(null=True)


class BooksRow(Row):
    """pk=LOAN#id sk=LEDGER: `books` is JSON text, compared as a whole before it is replaced."""

    books = UnicodeAttribute()


class LedgerTermsRow(TimedRow):
    """pk=LEDGER#id sk=TERMS; lists the loan in `timers`. Never changed once written."""

    terms = JsonAttribute()


class TransactionRow(Row):
    """pk=LEDGER#id sk=TXN#transaction_id. Never changed once written.

    `head_seq` is the number of the loan's newest entry after its booking, which added `entries`.
    """

    fact = JsonAttribute()
    head_seq = IntegerAttribute()
    entries = IntegerAttribute()


class JournalRow(Row):
    """pk=LEDGER#id sk=JOURNAL#seq: the entries of one booking. Never changed once written.

    What they share is stored once. `entries` are lists: kind, value_on, transaction_id,
    postings, reverses, sha256.
    """

    seq = IntegerAttribute()
    booked_at = InstantAttribute()
    currency = UnicodeAttribute()
    previous_sha256 = UnicodeAttribute()
    entries = JsonAttribute()


class AnchorRow(TimedRow):
    """pk=ANCHOR#date sk=ROOT; lists the day in `timers`. Never changed once written."""

    on = DayAttribute()
    taken_at = InstantAttribute()
    loans = IntegerAttribute()
    root_sha256 = UnicodeAttribute()


class AnchoredRow(Row):
    """pk=ANCHOR#date sk=HEADS#root#n: `heads` are lists of loan id, number and hash."""

    heads = JsonAttribute()
