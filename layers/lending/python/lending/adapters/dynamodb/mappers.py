"""Rows to records and back; invariants are held on both ways, because rows outlive releases."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime, timedelta
from typing import Any, Final

from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.documents import agreed_of, basis_of, findings_of, request_of
from lending.adapters.dynamodb.rows import (
    ApplicationRow,
    ContractRow,
    DecisionRow,
    DisbursementRow,
    LoanRow,
    OfferRow,
    OutboxRow,
    PersonRow,
    PlanRow,
    ReleaseRow,
    ReminderRow,
    ReplyRow,
    ReviewRow,
    Row,
    TransitionRow,
    WaitRow,
    WatchRow,
)
from lending.adapters.dynamodb.signers import signer_document, signer_of
from lending.adapters.dynamodb.table import RowCorrupt
from lending.domain.application import TERMINAL
from lending.domain.offer import terms_sha256
from lending.domain.records import (
    LIVE,
    Actor,
    Application,
    Beside,
    Contract,
    DecisionRecord,
    Disbursement,
    DomainEvent,
    Instalment,
    Loan,
    Offer,
    Release,
    Reminder,
    ReplyKey,
    Request,
    Scored,
    StoredReply,
    Transition,
    Wait,
    Watch,
)
from lending.domain.review import ReviewCase
from lending.domain.signing import Archived, ShownDocument

REPLIES_KEPT: Final = timedelta(days=35)


def _columns(record: Any, *nested: str) -> dict[str, Any]:
    """The record's fields by name, without those that need a shape of their own."""
    return {
        field.name: getattr(record, field.name)
        for field in fields(record)
        if field.name not in nested
    }


def _record[R](cls: type[R], row: Row, **nested: Any) -> R:
    """`cls` from the row's attributes of the same names and the `nested` values."""
    names = (field.name for field in fields(cls))  # type: ignore[arg-type]  # a dataclass
    flat = {name: getattr(row, name) for name in names if name not in nested}
    try:
        return cls(**flat, **nested)
    except (KeyError, TypeError, ValueError) as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: {type(error).__name__}") from error


def _key(key: keys.Key) -> dict[str, Any]:
    return {"pk": key.pk, "sk": key.sk}


def _timer(timer: keys.Timer | None) -> dict[str, Any]:
    return {
        "timer_shard": timer.shard if timer else None,
        "timer_at": timer.at if timer else None,
    }


def application_row(application: Application) -> ApplicationRow:
    """The STATE row; live applications carry a timer."""
    timer = None
    if application.state not in TERMINAL:
        timer = keys.application_timer(
            application.application_id, application.state, application.deadline_at
        )
    return ApplicationRow(
        **_key(keys.application(application.application_id)),
        **_timer(timer),
        **_columns(application, "request"),
        request=asdict(application.request),
    )


def person_row(application: Application) -> PersonRow:
    """The row by which a person's applications are found."""
    key = keys.person(application.customer_id, application.application_id)
    return PersonRow(**_key(key), application_id=application.application_id)


def application(row: ApplicationRow) -> Application:
    """The application of a STATE row. Raises RowCorrupt."""
    return _record(Application, row, request=_request(row, row.request))


def _request(row: Row, document: Mapping[str, Any]) -> Request:
    try:
        return request_of(document)
    except (KeyError, TypeError) as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: request") from error


def transition_row(transition: Transition) -> TransitionRow:
    """One EVENT row."""
    return TransitionRow(
        **_key(keys.transition(transition.application_id, transition.seq)),
        **_columns(transition, "actor"),
        actor=asdict(transition.actor),
    )


def transition(row: TransitionRow) -> Transition:
    """The transition of an EVENT row. Raises RowCorrupt."""
    return _record(Transition, row, actor=_actor(row, row.actor))


def _actor(row: Row, document: Mapping[str, Any]) -> Actor:
    try:
        return Actor(kind=document["kind"], id=document["id"])
    except KeyError as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: actor") from error


def decision_row(decision: DecisionRecord) -> DecisionRow:
    """One DECISION row, listed by market and day where the basis says the market."""
    timer = None
    if decision.basis is not None:
        timer = keys.decision_timer(decision.basis.request.market, decision.decided_at)
    return DecisionRow(
        **_key(keys.decision(decision.application_id, decision.number)),
        **_timer(timer),
        **_columns(decision, "findings", "scored", "decided_by", "basis"),
        findings=asdict(decision.findings),
        scored=None if decision.scored is None else asdict(decision.scored),
        decided_by=asdict(decision.decided_by),
        basis=None if decision.basis is None else asdict(decision.basis),
    )


def decision(row: DecisionRow) -> DecisionRecord:
    """The decision of a DECISION row. Raises RowCorrupt."""
    try:
        findings = findings_of(row.findings)
        scored = None if row.scored is None else _scored(row.scored)
        basis = None if row.basis is None else basis_of(row.basis)
    except (KeyError, TypeError) as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: findings, score or basis") from error
    return _record(
        DecisionRecord,
        row,
        findings=findings,
        scored=scored,
        basis=basis,
        decided_by=_actor(row, row.decided_by),
    )


def _scored(document: Mapping[str, Any]) -> Scored:
    """The score of a decision; one from before models stood beside each other has fewer parts."""
    beside = tuple(Beside(**one) for one in document.get("beside", ()))
    return Scored(**{**document, "reasons": tuple(document["reasons"]), "beside": beside})


def offer_row(offer: Offer) -> OfferRow:
    """One OFFER row. Raises RowCorrupt when the hash is not that of its terms."""
    _check_terms(offer)
    return OfferRow(
        **_key(keys.offer(offer.application_id, offer.offer_id)),
        **_columns(offer, "agreed"),
        agreed=None if offer.agreed is None else asdict(offer.agreed),
    )


def offer(row: OfferRow) -> Offer:
    """The offer of an OFFER row. Raises RowCorrupt when its terms were altered."""
    try:
        agreed = None if row.agreed is None else agreed_of(row.agreed)
    except (KeyError, TypeError) as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: agreed") from error
    read = _record(Offer, row, agreed=agreed)
    _check_terms(read)
    return read


def _check_terms(offer: Offer) -> None:
    if terms_sha256(offer) != offer.terms_sha256:
        raise RowCorrupt(f"offer {offer.offer_id}: the hash is not that of its terms")


def contract_row(contract: Contract) -> ContractRow:
    """The CONTRACT row."""
    return ContractRow(
        **_key(keys.contract(contract.application_id)),
        **_columns(contract, "documents", "signers", "archived"),
        documents=[asdict(one) for one in contract.documents],
        signers=[signer_document(one) for one in contract.signers],
        archived=None if contract.archived is None else asdict(contract.archived),
    )


def contract(row: ContractRow) -> Contract:
    """The contract of a CONTRACT row. Raises RowCorrupt."""
    try:
        documents = tuple(ShownDocument(**one) for one in row.documents)
        signers = tuple(signer_of(one) for one in row.signers)
        archived = None if row.archived is None else Archived(**row.archived)
    except (KeyError, TypeError, ValueError) as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: {type(error).__name__}") from error
    return _record(Contract, row, documents=documents, signers=signers, archived=archived)


def disbursement_row(disbursement: Disbursement) -> DisbursementRow:
    """The DISBURSEMENT row."""
    key = keys.disbursement(disbursement.application_id)
    timer = None
    if disbursement.awaits_statement:
        since = disbursement.resolved_at or disbursement.intended_at
        timer = keys.unstated_timer(disbursement.reference, since)
    return DisbursementRow(**_key(key), **_timer(timer), **_columns(disbursement))


def disbursement(row: DisbursementRow) -> Disbursement:
    """The payout of a DISBURSEMENT row. Raises RowCorrupt."""
    return _record(Disbursement, row)


def review_row(review: ReviewCase) -> ReviewRow:
    """The REVIEW row, listed while it waits: by the customer's due time, else by its own."""
    due_at = review.answer_by or review.proposed_at
    timer = keys.review_timer(due_at) if review.is_waiting and due_at else None
    key = keys.review(review.application_id)
    return ReviewRow(**_key(key), **_timer(timer), **_columns(review))


def review(row: ReviewRow) -> ReviewCase:
    """The case of a REVIEW row. Raises RowCorrupt."""
    return _record(ReviewCase, row)


def release_row(release: Release) -> ReleaseRow:
    """The RELEASE row."""
    return ReleaseRow(**_key(keys.release(release.application_id)), **_columns(release))


def release(row: ReleaseRow) -> Release:
    """The release of a RELEASE row. Raises RowCorrupt."""
    return _record(Release, row, holds=tuple(row.holds))


def watch_row(watch: Watch) -> WatchRow:
    """The RELEASES row of a watch."""
    told = [[at.isoformat(), *rest] for at, *rest in watch.releases]
    return WatchRow(**_key(keys.watch(watch.key)), **_columns(watch, "releases"), releases=told)


def watch(row: WatchRow) -> Watch:
    """The watch of its row. Raises RowCorrupt."""
    try:
        releases = tuple(
            (datetime.fromisoformat(at), str(one), int(minor)) for at, one, minor in row.releases
        )
    except (TypeError, ValueError) as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: releases") from error
    return Watch(row.key, releases, row.version)


def loan_row(loan: Loan) -> LoanRow:
    """The STATE row of a loan; with a next due date it carries a timer."""
    timer = None
    if loan.next_due_on is not None and loan.status in LIVE:
        timer = keys.loan_timer(loan.loan_id, loan.next_due_on)
    elif loan.holds_money and loan.status not in LIVE:
        timer = keys.holding_timer(loan.loan_id)
    return LoanRow(**_key(keys.loan(loan.loan_id)), **_timer(timer), **_columns(loan, "plan"))


def plan_row(loan: Loan) -> PlanRow:
    """The PLAN row. Raises RowCorrupt when the plan does not repay the loan exactly."""
    _check_plan(loan)
    return PlanRow(
        **_key(keys.plan(loan.loan_id)),
        rows=[
            [
                row.number,
                row.due_on.isoformat(),
                row.principal_minor,
                row.interest_minor,
                row.total_minor,
                row.balance_minor,
                row.fee_minor,
                row.kind,
            ]
            for row in loan.plan
        ],
    )


def loan(row: LoanRow, plan: PlanRow | None) -> Loan:
    """The loan of its two rows. Raises RowCorrupt when the plan does not repay it exactly."""
    if plan is None:
        raise RowCorrupt(f"{row.pk}: no plan")
    try:
        instalments = tuple(
            Instalment(number, date.fromisoformat(due_on), *rest)
            for number, due_on, *rest in plan.rows
        )
    except (TypeError, ValueError) as error:
        raise RowCorrupt(f"{plan.pk} {plan.sk}: {type(error).__name__}") from error
    plan_name = row.plan_name or "equal_instalment"  # older rows know one plan only
    held = bool(row.holds_money)
    read = _record(Loan, row, plan=instalments, plan_name=plan_name, holds_money=held)
    _check_plan(read)
    return read


def _check_plan(loan: Loan) -> None:
    """Invariant I7: principal sums up, each row adds up, the balance runs down to zero.

    Numbers of periods and due dates rise; row 0 is paid with the payout.
    """
    balance, number, due_on = loan.principal_minor, -1, date.min
    for row in loan.plan:
        balance -= row.principal_minor
        adds_up = row.principal_minor + row.interest_minor + row.fee_minor == row.total_minor
        rises = row.number > number and row.due_on > due_on
        if not rises or not adds_up or row.balance_minor != balance:
            raise RowCorrupt(f"loan {loan.loan_id}: plan row {row.number} does not add up")
        number, due_on = row.number, row.due_on
    if not loan.plan or balance != 0:
        raise RowCorrupt(f"loan {loan.loan_id}: the plan does not repay the principal")


def reminder_row(reminder: Reminder) -> ReminderRow:
    """One REMINDER row."""
    return ReminderRow(**_key(keys.reminder(reminder)), **_columns(reminder))


def outbox_row(event: DomainEvent) -> OutboxRow:
    """One OUTBOX row, listed until it is acknowledged."""
    return OutboxRow(
        **_key(keys.outbox(event.entity_id, event.event_id)),
        **_timer(keys.outbox_timer(event.event_id, event.occurred_at)),
        **_columns(event),
    )


def event(row: OutboxRow) -> DomainEvent:
    """The event of an OUTBOX row. Raises RowCorrupt."""
    return _record(DomainEvent, row)


def wait_row(wait: Wait) -> WaitRow:
    """One WAIT row."""
    return WaitRow(**_key(keys.wait(wait.application_id, wait.name)), **_columns(wait))


def wait(row: WaitRow) -> Wait:
    """The wait of a WAIT row. Raises RowCorrupt."""
    return _record(Wait, row)


def reply_row(reply: StoredReply) -> ReplyRow:
    """The REPLY row; it expires after 35 days."""
    return ReplyRow(
        **_key(keys.reply(reply.key)),
        **_columns(reply, "key"),
        principal=reply.key.principal,
        route=reply.key.route,
        key=reply.key.key,
        expires_epoch=int((reply.stored_at + REPLIES_KEPT).timestamp()),
    )


def reply(row: ReplyRow) -> StoredReply:
    """The stored answer of a REPLY row. Raises RowCorrupt."""
    return _record(StoredReply, row, key=ReplyKey(row.principal, row.route, row.key))
