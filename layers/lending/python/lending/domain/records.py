"""The facts the platform keeps, as frozen values. No I/O, no clock, no personal data.

Everything that identifies a person lives in the customers table behind the `Vault` port;
records here carry the `customer_id` token only.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal

from lending.domain.agreed import NO_PARAMETERS, AddOnChoice, Agreed, PlanName, PlanParameters
from lending.domain.findings import Beside as Beside
from lending.domain.findings import Findings as Findings
from lending.domain.findings import FraudFinding as FraudFinding
from lending.domain.findings import Scored as Scored
from lending.domain.replies import ReplyKey as ReplyKey
from lending.domain.replies import StoredReply as StoredReply
from lending.domain.signing import Archived, ShownDocument, Signer
from lending.domain.underwriting.decided import (
    NOTHING_OPEN,
    Alternative,
    CounterOffer,
    Exposure,
    Notice,
    Override,
    PriceBuild,
    RuleHit,
)

RowName = Literal["down_payment", "advance", "instalment", "residual"]
LoanStatus = Literal[
    "ACTIVE_CURRENT", "OVERDUE", "PAYOUT_RETURNED", "CANCELLED", "CLOSED_SETTLED"
]  # fmt: skip
# Instalments fall due in these.
LIVE: Final[frozenset[LoanStatus]] = frozenset({"ACTIVE_CURRENT", "OVERDUE"})


class State(StrEnum):
    """Application states; legal moves are data in `domain.application`."""

    LEAD = "LEAD"
    PREQUAL_REQUESTED = "PREQUAL_REQUESTED"
    PREQUALIFIED = "PREQUALIFIED"
    PREQUAL_DECLINED = "PREQUAL_DECLINED"
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    SCREENING = "SCREENING"
    INFO_REQUIRED = "INFO_REQUIRED"
    FRAUD_REVIEW = "FRAUD_REVIEW"
    DECISIONING = "DECISIONING"
    MANUAL_REVIEW = "MANUAL_REVIEW"
    COUNTER_OFFERED = "COUNTER_OFFERED"
    APPROVED = "APPROVED"
    OFFER_ACCEPTED = "OFFER_ACCEPTED"
    CONTRACTING = "CONTRACTING"
    CONDITIONS_PENDING = "CONDITIONS_PENDING"
    READY_TO_FUND = "READY_TO_FUND"
    FUNDING = "FUNDING"
    FUNDING_FAILED = "FUNDING_FAILED"
    FUNDED = "FUNDED"
    DECLINED = "DECLINED"
    DECLINED_BY_APPLICANT = "DECLINED_BY_APPLICANT"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who caused something: `kind` applicant, officer, operations, system or timer."""

    kind: Literal["applicant", "officer", "operations", "system", "timer"]
    id: str


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What secures the loan."""

    vin: str
    condition: Literal["new", "used"]
    power: Literal["ice", "nev"]
    price_minor: int
    model_year: int
    odometer_km: int = 0


@dataclass(frozen=True, slots=True)
class ConsentRef:
    """Which text of which version a consent of this application is about."""

    consent_id: str
    purpose: str
    version: str


@dataclass(frozen=True, slots=True)
class Request:
    """What the customer asked for: money, plan and collateral, no personal data.

    `given` names the optional facts in the vault that came with this application (address,
    employer, device); `dealer_id` is the dealer's registration with us.
    """

    market: str
    product_id: str
    channel: str
    currency: str
    amount_minor: int
    term_months: int
    plan: PlanName
    purpose: str
    down_payment_minor: int
    vehicle: Vehicle | None
    consent_ids: tuple[str, ...]
    parameters: PlanParameters = NO_PARAMETERS
    add_ons: tuple[AddOnChoice, ...] = ()
    mandate_id: str = ""  # of the consent to auto-debit; "" = the customer pays by hand
    consents: tuple[ConsentRef, ...] = ()
    given: tuple[str, ...] = ()
    dealer_id: str | None = None

    def consent(self, purpose: str) -> ConsentRef | None:
        """The consent to this purpose; None = not given (or an application older than this)."""
        return next((one for one in self.consents if one.purpose == purpose), None)

    @property
    def lent_minor(self) -> int:
        """The amount and what is financed of the add-ons."""
        return self.amount_minor + sum(choice.financed_minor for choice in self.add_ons)


@dataclass(frozen=True, slots=True)
class Application:
    """One request for credit. `version` grows by one with each transition.

    `owner` is the subject of the token that submitted it; `accepted_offer_id`,
    `contract_id` and `loan_id` are set as the application advances. `deadline_at`
    is when the sweeper must act if nothing else happens (None in terminal states). `payee_id`
    names who is paid, in the vault (None: before payees had names; the customer's only one).
    """

    application_id: str
    owner: str
    customer_id: str
    state: State
    version: int
    request: Request
    profile_version: str
    submitted_at: datetime
    updated_at: datetime
    deadline_at: datetime | None = None
    accepted_offer_id: str | None = None
    contract_id: str | None = None
    loan_id: str | None = None
    payee_id: str | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """One move of an application: immutable, numbered without gaps (`seq` = new version)."""

    application_id: str
    seq: int
    from_state: State | None
    to_state: State
    trigger: str
    actor: Actor
    at: datetime
    reason_codes: tuple[str, ...] = ()


class Refusal(StrEnum):
    """Named reasons for saying no, in the field's terms (texts per market in the profile)."""

    CREDIT_HISTORY_WEAK = "credit_history_weak"
    CREDIT_HISTORY_LIMITED = "credit_history_limited"
    PAST_DELINQUENCY = "past_delinquency"
    RECENT_ENQUIRIES = "recent_enquiries"
    COLLATERAL_VALUE_INSUFFICIENT = "collateral_value_insufficient"
    INCOME_TOO_LOW_FOR_INSTALMENT = "income_too_low_for_instalment"
    DEBT_LOAD_TOO_HIGH = "debt_load_too_high"
    TERM_TOO_LONG = "term_too_long"
    EMPLOYMENT_TOO_SHORT = "employment_too_short"
    VEHICLE_TOO_OLD = "vehicle_too_old"
    AGE_NOT_ELIGIBLE = "age_not_eligible"
    IDENTITY_NOT_CONFIRMED = "identity_not_confirmed"
    LOAN_TO_VALUE_TOO_HIGH = "loan_to_value_too_high"
    DEBT_TO_INCOME_TOO_HIGH = "debt_to_income_too_high"
    PD_TOO_HIGH = "pd_too_high"
    AMOUNT_TOO_HIGH = "amount_too_high"
    DOWN_PAYMENT_TOO_LOW = "down_payment_too_low"
    EXPOSURE_TOO_HIGH = "exposure_too_high"
    TOO_MANY_OPEN = "too_many_open"
    REVIEWER_DECLINED = "reviewer_declined"
    APPLICATION_NOT_VERIFIED = "application_not_verified"


class ReferralQueue(StrEnum):
    """Where a person looks at a referred application."""

    UNDERWRITING = "underwriting"
    IDENTITY = "identity"
    FRAUD = "fraud"
    DATA_MISSING = "data_missing"


@dataclass(frozen=True, slots=True)
class Instalment:
    """One row of a repayment plan; `balance_minor` is the principal left after it.

    `number` is that of the period it ends, 0 on the day of payout. `kind` residual is the price
    at which a leased vehicle is bought; `total_minor` is principal, interest and fee.
    """

    number: int
    due_on: date
    principal_minor: int
    interest_minor: int
    total_minor: int
    balance_minor: int
    fee_minor: int = 0
    kind: RowName = "instalment"


@dataclass(frozen=True, slots=True)
class Offer:
    """Priced terms, valid until `expires_at`; `terms_sha256` binds contract and payout to it.

    `principal_minor` is owed from the start: amount, financed add-ons and fees. `apr_bps` is the
    nominal annual all-in rate. `agreed` None: an offer made before plans had parameters, an
    equal instalment without fees.
    """

    offer_id: str
    application_id: str
    currency: str
    principal_minor: int
    term_months: int
    annual_rate_bps: int
    instalment_minor: int
    total_interest_minor: int
    total_fees_minor: int
    apr_bps: int
    plan: PlanName
    expires_at: datetime
    terms_sha256: str
    agreed: Agreed | None = None

    @property
    def payout_minor(self) -> int:
        """What is paid out under it: without fees that are only added to the principal."""
        return self.principal_minor if self.agreed is None else self.agreed.payout_minor


@dataclass(frozen=True, slots=True)
class Approved:
    """Yes, on these terms (best first)."""

    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Declined:
    """No, for one to four true reasons."""

    reasons: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Referred:
    """A person decides; `causes` say why the machine did not."""

    queue: ReferralQueue
    causes: tuple[str, ...]


Decision = Approved | Declined | Referred


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision was made from and by, besides findings and score.

    `request` is what was asked for without vehicle number and consents. `verdict_sha256` is over
    outcome, rules, price and offers: the same basis must give it again, bit for bit.
    """

    policy_version: str
    policy_sha256: str
    request: Request
    failed: tuple[str, ...] = ()
    exposure: Exposure = NOTHING_OPEN
    hits: tuple[RuleHit, ...] = ()
    price: PriceBuild | None = None
    alternatives: tuple[Alternative, ...] = ()
    counter_offers: tuple[CounterOffer, ...] = ()
    verdict_sha256: str = ""
    profile_sha256: str = ""
    notice: Notice | None = None
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """Everything needed to defend or reproduce one decision.

    `basis` None: a decision from before policies were data.
    """

    decision_id: str
    application_id: str
    number: int
    outcome: Literal["APPROVED", "DECLINED", "REFERRED"]
    reasons: tuple[str, ...]
    queue: str | None
    findings: Findings
    scored: Scored | None
    profile_version: str
    decided_by: Actor
    decided_at: datetime
    note: str = ""
    basis: Basis | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A rendered contract on its way to the archive. `terms_sha256` is the accepted offer's (I11).

    `round` counts renderings; a new one voids every code and confirmation before it.
    `signers` are in the order of signing. SIGNED means: sealed, and `archived` says where.
    `version` counts changes.
    """

    contract_id: str
    application_id: str
    offer_id: str
    document_sha256: str
    terms_sha256: str
    status: Literal["RENDERED", "VIEWED", "OTP_SENT", "CONFIRMED", "SIGNED", "VOID"]
    version: int
    round: int
    rendered_at: datetime
    documents: tuple[ShownDocument, ...]
    signers: tuple[Signer, ...]
    signed_at: datetime | None = None
    archived: Archived | None = None


@dataclass(frozen=True, slots=True)
class Disbursement:
    """One payout intent with its deterministic rail reference.

    `stated_on` is the day of the bank's statement that showed it (None: none has yet).
    """

    application_id: str
    reference: str
    amount_minor: int
    currency: str
    status: Literal["INTENT", "ACCEPTED", "REJECTED", "UNKNOWN"]
    version: int
    intended_at: datetime
    resolved_at: datetime | None = None
    reason: str = ""
    stated_on: date | None = None

    @property
    def awaits_statement(self) -> bool:
        """Whether the bank took it and no statement has shown it."""
        return self.status == "ACCEPTED" and self.stated_on is None


@dataclass(frozen=True, slots=True)
class Release:
    """Whether an application may be paid out, and to whom; its names are the vault's.

    `payee_check`: what the bank says of name and account ("" = not asked yet). `holds` are the
    named reasons why it is not released. A change of payee is wanted by one person
    (`wanted_payee_id`, `requested_by`) and confirmed by another; then `pays_from` is when the
    new payee may be paid at the earliest. `held_back_minor` of the payout is owed to the dealer
    and paid in later tranches.
    """

    application_id: str
    payee_id: str
    version: int
    payee_check: Literal["", "match", "mismatch"] = ""
    holds: tuple[str, ...] = ()
    wanted_payee_id: str = ""
    requested_by: str = ""
    confirmed_by: str = ""
    pays_from: datetime | None = None
    held_back_minor: int = 0


@dataclass(frozen=True, slots=True)
class Watch:
    """Releases just below the four-eyes limit of one borrower, vehicle or payee, newest last.

    `key` names the kind and a token; `releases` are when, which application, minor units.
    """

    key: str
    releases: tuple[tuple[datetime, str, int], ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class Loan:
    """A funded loan account.

    `next_due_on` is the oldest due date that is unpaid as far as the daily sweep knows, else the
    next one; `bucket` is how late it was then (None: not late). `mandate_id` names the account
    that instalments are debited from (None: none). `holds_money`: nothing is owed, and money of
    the customer is left that nobody has looked at yet. Whether it is over, its books say first;
    see `domain.loan_end`.
    """

    loan_id: str
    application_id: str
    owner: str
    customer_id: str
    market: str
    currency: str
    principal_minor: int
    annual_rate_bps: int
    term_months: int
    instalment_minor: int
    opened_on: date
    next_due_on: date | None
    status: LoanStatus
    version: int
    disbursement_reference: str
    plan: tuple[Instalment, ...] = field(default=())
    plan_name: PlanName = "equal_instalment"
    mandate_id: str | None = None
    bucket: str | None = None
    holds_money: bool = False


@dataclass(frozen=True, slots=True)
class DomainEvent:
    """A past-tense fact for the outbox; `data` is JSON-ready and free of personal data.

    `event_id` is deterministic (entity, kind, sequence), so a repeat is recognised.
    """

    event_id: str
    kind: str
    entity_id: str
    occurred_at: datetime
    data: dict[str, object]
    schema_version: int = 1


@dataclass(frozen=True, slots=True)
class Wait:
    """A workflow parked on a task token until `deadline_at`."""

    application_id: str
    name: Literal["customer", "review", "release"]
    token: str
    deadline_at: datetime
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class Reminder:
    """One reminder of one instalment; unique by (loan, kind, due date)."""

    loan_id: str
    kind: Literal["T-7", "T-3", "T-1", "T0"]
    due_on: date
    business_date: date
    amount_minor: int
    currency: str
