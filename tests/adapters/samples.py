"""One believable record of each kind, with whatever a test wants different."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from lending.adapters.profiles import ProfileStore
from lending.domain.auto_debit import Collection, CollectionState
from lending.domain.documents import DocumentKind
from lending.domain.documents.record import DocumentRecord
from lending.domain.offer import terms_sha256
from lending.domain.records import (
    Actor,
    Application,
    Basis,
    Beside,
    Contract,
    DecisionRecord,
    Disbursement,
    DomainEvent,
    Findings,
    Loan,
    Offer,
    Reminder,
    ReplyKey,
    Scored,
    State,
    StoredReply,
    Transition,
    Wait,
)
from lending.domain.signing import SentOtp, ShownDocument, Signer, Viewed
from lending.domain.underwriting.decided import (
    Alternative,
    CounterOffer,
    Exposure,
    Override,
    PriceBuild,
    RuleHit,
)
from lending.ports.book import Change

from tests.fakes.plans import equal_instalment
from tests.fakes.world import REQUEST

AT = datetime(2026, 11, 24, 2, 0, 0, 123456, tzinfo=UTC)
IN_SHANGHAI = AT.astimezone(timezone(timedelta(hours=8)))
APP = "app_00000000000000000000000001"
LOAN = "loan_00000000000000000000000001"
FINDINGS = Findings(
    identity="match",
    age_years=36,
    bureau_report_id=None,
    valuation_minor=16_000_000,
    income_monthly_minor=None,
    other_debt_monthly_minor=0,
    features={"age": 36, "power": "nev", "score": None},
    missing=("bureau",),
)


def application(application_id: str = APP, **other: Any) -> Application:
    """Version 1, submitted, due in an hour."""
    first = Application(
        application_id=application_id,
        owner="sub-1",
        customer_id="cus_1",
        state=State.SUBMITTED,
        version=1,
        request=replace(REQUEST, consent_ids=("con_1", "con_2")),
        profile_version="cn-1",
        submitted_at=AT,
        updated_at=AT,
        deadline_at=AT + timedelta(hours=1),
    )
    return replace(first, **other)


def transition(seq: int = 1, application_id: str = APP, **other: Any) -> Transition:
    """Submission (seq 1) or a move to screening."""
    one = Transition(
        application_id=application_id,
        seq=seq,
        from_state=None if seq == 1 else State.SUBMITTED,
        to_state=State.SUBMITTED if seq == 1 else State.SCREENING,
        trigger="submit",
        actor=Actor("applicant", "sub-1"),
        at=AT,
        reason_codes=("late", "申请"),
    )
    return replace(one, **other)


def opening(application_id: str = APP, **other: Any) -> Change:
    """The change that stores a new application."""
    return Change(
        application=application(application_id, **other),
        transitions=(transition(1, application_id),),
    )


def moved(was: int = 1, application_id: str = APP, **other: Any) -> Change:
    """The change that moves a stored application one version on."""
    return Change(
        application=application(
            application_id, **{"state": State.SCREENING, "version": was + 1, **other}
        ),
        application_was=was,
        transitions=(transition(was + 1, application_id),),
    )


BASIS = Basis(
    policy_version="cn-policy-1",
    policy_sha256="c" * 64,
    request=REQUEST,
    failed=("score",),
    exposure=Exposure(1, 5_000_000, 1, 3_000_000, 3_000_000),
    hits=(RuleHit("matrix", "M1", "approve"), RuleHit("market", "dti_cap_bps", "cap", "", 5_000)),
    price=PriceBuild(40_000, 4_000, 10_000, 80, 220, 100, 280, 680, 144_000),
    alternatives=(Alternative("off_1", "asked", 0, 0),),
    counter_offers=(
        CounterOffer(9_000_000, 36, 7_000_000, 20_000, 480, 270_000, ("amount_minor",)),
    ),
    verdict_sha256="d" * 64,
    override=Override("new_facts", "officer-1", "officer-2"),
)


def decision(number: int = 1, **other: Any) -> DecisionRecord:
    """An approval."""
    one = DecisionRecord(
        decision_id=f"dec_{number}",
        application_id=APP,
        number=number,
        outcome="APPROVED",
        reasons=(),
        queue=None,
        findings=FINDINGS,
        scored=Scored(
            "test-1",
            30_000,
            640,
            ("credit_history_limited",),
            {"bureau_score": -120_000},
            "challenger",
            (Beside("test-0", 31_000, 638), Beside("test-2", failed="TypeError")),
        ),
        profile_version="cn-1",
        decided_by=Actor("system", "decide"),
        decided_at=AT,
        note="",
        basis=BASIS,
    )
    return replace(one, **other)


def offer(offer_id: str = "off_1", **other: Any) -> Offer:
    """Priced terms with their true hash."""
    one = Offer(
        offer_id=offer_id,
        application_id=APP,
        currency="CNY",
        principal_minor=12_000_000,
        term_months=36,
        annual_rate_bps=680,
        instalment_minor=369_435,
        total_interest_minor=1_299_660,
        total_fees_minor=0,
        apr_bps=702,
        plan="equal_instalment",
        expires_at=IN_SHANGHAI,
        terms_sha256="",
    )
    one = replace(one, **other)
    return replace(one, terms_sha256=terms_sha256(one))


def contract(**other: Any) -> Contract:
    """A contract whose code was sent."""
    one = Contract(
        contract_id="ctr_1",
        application_id=APP,
        offer_id="off_1",
        document_sha256="d" * 64,
        terms_sha256="e" * 64,
        status="OTP_SENT",
        version=1,
        round=1,
        rendered_at=AT,
        documents=(
            ShownDocument("contract", "d" * 64, 1000, 3, "contracts/1", "v1", "c.v1", "0" * 64),
        ),
        signers=(
            Signer(
                "borrower",
                "sub-1",
                "cus_1",
                viewed=(Viewed("contract", "d" * 64, (1, 2, 3), AT),),
                disclosures=("all_in_cost",),
                acknowledged_at=AT,
                otp=SentOtp("otp_1", bytes(range(32)), "***1234", AT, AT + timedelta(minutes=10)),
                otps_sent=1,
            ),
        ),
    )
    return replace(one, **other)


def disbursement(**other: Any) -> Disbursement:
    """A payout intent."""
    one = Disbursement(
        application_id=APP,
        reference=f"{APP}-pay",
        amount_minor=12_000_000,
        currency="CNY",
        status="INTENT",
        version=1,
        intended_at=AT,
    )
    return replace(one, **other)


def loan(loan_id: str = LOAN, **other: Any) -> Loan:
    """A fresh loan of twelve instalments."""
    rounding = ProfileStore(("cn",)).get("cn", AT.date()).rounding
    plan = equal_instalment(12_000_000, 680, 12, date(2026, 11, 24), rounding)
    one = Loan(
        loan_id=loan_id,
        application_id=APP,
        owner="sub-1",
        customer_id="cus_1",
        market="cn",
        currency="CNY",
        principal_minor=12_000_000,
        annual_rate_bps=680,
        term_months=12,
        instalment_minor=plan[0].total_minor,
        opened_on=date(2026, 11, 24),
        next_due_on=plan[0].due_on,
        status="ACTIVE_CURRENT",
        version=1,
        disbursement_reference=f"{APP}-pay",
        plan=plan,
    )
    return replace(one, **other)


def document(**other: Any) -> DocumentRecord:
    """A signed contract in the archive."""
    one = DocumentRecord(
        document_id="contract-ctr_1-v1",
        kind=DocumentKind.CONTRACT,
        number="ctr_1",
        version=1,
        customer_id="cus_1",
        application_id=APP,
        loan_id=None,
        locale="zh-CN",
        sha256="a" * 64,
        pages=6,
        template_id="contract.cn.auto.zh-CN.v1",
        template_sha256="b" * 64,
        store="archive",
        name="contracts/ctr_1/1/contract.pdf",
        object_version="v-1",
        issued_at=AT,
        signed_at=AT,
        retain_until=date(2034, 11, 24),
    )
    return replace(one, **other)


def event(number: int = 1, **other: Any) -> DomainEvent:
    """A fact about the application."""
    one = DomainEvent(
        event_id=f"{APP}-ApplicationSubmitted-{number}",
        kind="ApplicationSubmitted",
        entity_id=APP,
        occurred_at=AT + timedelta(seconds=number),
        data={
            "application_id": APP,
            "customer_id": "cus_1",
            "market": "cn",
            "amount_minor": 12_000_000,
        },
    )
    return replace(one, **other)


def reminder(**other: Any) -> Reminder:
    """Three days before the first instalment."""
    one = Reminder(
        loan_id=LOAN,
        kind="T-3",
        due_on=date(2026, 12, 24),
        business_date=date(2026, 12, 21),
        amount_minor=1_036_000,
        currency="CNY",
    )
    return replace(one, **other)


def reply(key: str | ReplyKey = "k-1", **other: Any) -> StoredReply:
    """A stored answer."""
    one = StoredReply(
        key=key if isinstance(key, ReplyKey) else ReplyKey("sub-1", "POST /v1/applications", key),
        body_sha256="b" * 64,
        status=202,
        body='{"text":"已收到"}',
        stored_at=AT,
    )
    return replace(one, **other)


def wait(token: str = "token-1", **other: Any) -> Wait:
    """A workflow that waits for a reviewer."""
    one = Wait(
        application_id=APP,
        name="review",
        token=token,
        deadline_at=AT + timedelta(days=3),
        parked_at=AT,
    )
    return replace(one, **other)


def collection(**changes: Any) -> Collection:
    """The first attempt at the first instalment, as it is written down."""
    one = Collection(
        loan_id="loan_1",
        number=1,
        attempt=1,
        reference="c-1-001-1",
        mandate_id="con_1",
        due_on=AT.date(),
        collect_on=AT.date(),
        amount_minor=12_345,
        currency="CNY",
        state=CollectionState.INTENT,
        version=1,
        intended_at=AT,
    )
    return replace(one, **changes)
