"""Versioned envelopes of the facts we publish: producers validate, consumers parse.

Version 1 only grows by optional fields; anything else is version 2 beside it. `data` is a
closed list of fields, so personal data cannot slip into an event unnoticed (invariant I14).
"""

from datetime import date
from functools import cache
from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from lending.domain.faults import Permanent
from lending.domain.records import DomainEvent

SOURCE: Final = "autolend.lending"


class EventData(BaseModel):
    """What every event says: which customer token and which market."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    customer_id: str = Field(min_length=1)
    market: str = Field(pattern=r"^[a-z]{2}$")


class ApplicationData(EventData):
    """What every event about an application says besides."""

    application_id: str = Field(min_length=1)


class ApplicationSubmitted(ApplicationData):
    """An application entered underwriting."""

    product_id: str | None = None
    channel: str | None = None
    currency: str | None = None
    amount_minor: int | None = None
    term_months: int | None = None


class ApplicationApproved(ApplicationData):
    """At least one offer waits for the customer until `deadline_at`."""

    decision_id: str | None = None
    offer_ids: tuple[str, ...] = ()
    deadline_at: AwareDatetime | None = None


class ApplicationDeclined(ApplicationData):
    """Declined for one to four reasons."""

    decision_id: str | None = None
    reasons: tuple[str, ...] = ()


class ApplicationReferred(ApplicationData):
    """A person decides; `queue` says which desk."""

    decision_id: str | None = None
    queue: str | None = None
    causes: tuple[str, ...] = ()


class OfferAccepted(ApplicationData):
    """The customer chose an offer."""

    offer_id: str | None = None


class ContractSigned(ApplicationData):
    """The customer signed."""

    contract_id: str | None = None
    offer_id: str | None = None
    document_sha256: str | None = None
    terms_sha256: str | None = None


class DisbursementRequested(ApplicationData):
    """A payout intent exists; its reference is the only one ever used."""

    reference: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    attempt: int | None = None


class DisbursementFailed(ApplicationData):
    """The payout did not happen."""

    reference: str | None = None
    reason: str | None = None
    attempt: int | None = None


class LoanFunded(ApplicationData):
    """Money arrived; the loan is open."""

    loan_id: str = Field(min_length=1)
    principal_minor: int
    currency: str
    reference: str | None = None
    term_months: int | None = None
    instalment_minor: int | None = None
    opened_on: str | None = None
    first_due_on: str | None = None


class ApplicationExpired(ApplicationData):
    """A deadline passed."""

    from_state: str | None = None


class ApplicationWithdrawn(ApplicationData):
    """The customer walked away."""

    from_state: str | None = None


class InstalmentReminderDue(EventData):
    """An instalment falls due soon."""

    loan_id: str = Field(min_length=1)
    kind: Literal["T-7", "T-3", "T-1", "T0"]
    due_on: date
    amount_minor: int
    currency: str
    is_debited: bool = False


class LoanDelinquencyChanged(EventData):
    """How late a loan is on a business date; no bucket: it is current."""

    loan_id: str = Field(min_length=1)
    on: date
    bucket: str | None
    past_due_days: int
    overdue_minor: int
    currency: str


class MandateGiven(EventData):
    """The customer lets us debit instalments from an account; the id is that of the consent."""

    loan_id: str = Field(min_length=1)
    mandate_id: str = Field(min_length=1)


class MandateRevoked(EventData):
    """Instalments are not debited any more."""

    loan_id: str = Field(min_length=1)
    mandate_id: str = Field(min_length=1)


class AutoDebitFailed(EventData):
    """An attempt drew nothing, or its money went back; `next_on` is when it is repeated."""

    loan_id: str = Field(min_length=1)
    reference: str = Field(min_length=1)
    reason: str
    due_on: date
    amount_minor: int
    currency: str
    next_on: date | None = None


class PayoutReturned(EventData):
    """Money that we paid out came back; a person decides what becomes of it."""

    loan_id: str = Field(min_length=1)
    reference: str = Field(min_length=1)
    reason: str


class LoanCancelled(EventData):
    """The loan was never lent in the end; nothing is owed."""

    loan_id: str = Field(min_length=1)


class LoanExtended(EventData):
    """A signed extension came into force: the plan from here on, in its first and last row."""

    loan_id: str = Field(min_length=1)
    amendment_id: str = Field(min_length=1)
    months: int
    last_due_on: date
    instalment_minor: int
    currency: str


class AmendmentChanged(EventData):
    """An amendment was asked for, approved, or ended without coming into force."""

    loan_id: str = Field(min_length=1)
    amendment_id: str = Field(min_length=1)
    status: Literal["PROPOSED", "APPROVED", "DECLINED", "WITHDRAWN", "EXPIRED", "STALE"]
    months: int
    reason: str = ""


class MoneyData(EventData):
    """What every event about money on a loan says besides; amounts in minor units."""

    loan_id: str = Field(min_length=1)
    transaction_id: str = Field(min_length=1)
    amount_minor: int
    currency: str
    value_on: date


class PaymentReceived(MoneyData):
    """Money came in: what went to which component; the rest waits in suspense.

    `closes_loan`: nothing is owed any more; `LoanClosed` is told too.
    """

    principal_minor: int = 0
    interest_minor: int = 0
    fee_minor: int = 0
    penalty_minor: int = 0
    suspense_minor: int = 0
    closes_loan: bool = False


class PaymentReversed(MoneyData):
    """What `of` names is as if it had never been: a returned debit, a chargeback, a mistake."""

    of: str = Field(min_length=1)


class LoanClosed(MoneyData):
    """Nothing is owed any more; the transaction is the one that closed it."""


class LoanReopened(MoneyData):
    """Something is owed again after a reversal."""


class PaymentParked(EventData):
    """Money for a loan waits for a person; `case` says why it could not be booked."""

    loan_id: str = Field(min_length=1)
    receipt_id: str = Field(min_length=1)
    case: str
    amount_minor: int
    currency: str


class SuspenseAged(EventData):
    """Money of a loan has waited `since` a day for somebody to say what it is."""

    loan_id: str = Field(min_length=1)
    since: date
    amount_minor: int
    currency: str


DATA_MODELS: Final[dict[str, type[EventData]]] = {
    model.__name__: model
    for model in (
        ApplicationSubmitted,
        ApplicationApproved,
        ApplicationDeclined,
        ApplicationReferred,
        OfferAccepted,
        ContractSigned,
        DisbursementRequested,
        DisbursementFailed,
        LoanFunded,
        ApplicationExpired,
        ApplicationWithdrawn,
        InstalmentReminderDue,
        LoanDelinquencyChanged,
        MandateGiven,
        MandateRevoked,
        AutoDebitFailed,
        PayoutReturned,
        LoanCancelled,
        LoanExtended,
        AmendmentChanged,
        PaymentReceived,
        PaymentReversed,
        LoanClosed,
        LoanReopened,
        PaymentParked,
        SuspenseAged,
    )
}


class Envelope[Data: EventData](BaseModel):
    """The `detail` of an event on the bus. `event_id` is what consumers dedupe by."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    event_id: str = Field(min_length=1)
    schema_version: Literal[1]
    entity_id: str = Field(min_length=1)
    occurred_at: AwareDatetime
    data: Data


@cache  # pydantic forgets a class that nobody holds, and makes it anew
def envelope_model(kind: str) -> type[Envelope[EventData]]:
    """The envelope class of a detail-type. Raises Permanent for an unknown one."""
    data = DATA_MODELS.get(kind)
    if data is None:
        raise Permanent(f"no contract for event {kind}")
    return Envelope[data]  # type: ignore[valid-type]  # chosen at run time by design


def parse(kind: str, detail: object) -> Envelope[EventData]:
    """A consumer's reading of `detail` (a JSON text or object).

    Raises:
        Permanent: it does not match the contract of `kind`.
    """
    model = envelope_model(kind)
    try:
        if isinstance(detail, str | bytes):
            return model.model_validate_json(detail)
        return model.model_validate(detail)
    except ValidationError as error:
        places = sorted({".".join(map(str, e["loc"])) for e in error.errors()})
        raise Permanent(f"{kind} breaks its contract at: {', '.join(places)}") from None


def detail_json(event: DomainEvent) -> str:
    """The envelope of `event` as JSON text. Raises Permanent when it breaks its contract."""
    detail = {
        "event_id": event.event_id,
        "schema_version": event.schema_version,
        "entity_id": event.entity_id,
        "occurred_at": event.occurred_at,
        "data": event.data,
    }
    return parse(event.kind, detail).model_dump_json(exclude_unset=True)


def json_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema of every envelope by detail-type and version, for publication."""
    return {f"{kind}.v1": envelope_model(kind).model_json_schema() for kind in DATA_MODELS}
