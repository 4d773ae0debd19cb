"""Loans, reminders, contract text, events, features and masks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.domain.application import submitted
from lending.domain.contract import document_sha256, render_terms
from lending.domain.events import application_event, instalment_reminder_due, loan_funded
from lending.domain.faults import Permanent
from lending.domain.features import model_features, percent
from lending.domain.loan import open_loan, reminders_for
from lending.domain.masking import mask
from lending.domain.money import Rounding
from lending.domain.records import Application, Loan, Offer, Request, Vehicle

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
VEHICLE = Vehicle("LZZAB12C1RZ100001", "new", "ice", 16_000_000, 2026)
REQUEST = Request(
    "cn", "cn-auto-new", "web", "CNY", 12_000_000, 36, "equal_instalment", "car", 0, VEHICLE, ()
)
OFFER = Offer(
    offer_id="off_1",
    application_id="app_1",
    currency="CNY",
    principal_minor=12_000_000,
    term_months=36,
    annual_rate_bps=680,
    instalment_minor=369_434,
    total_interest_minor=1_299_624,
    total_fees_minor=0,
    apr_bps=680,
    plan="equal_instalment",
    expires_at=AT + timedelta(days=30),
    terms_sha256="0" * 64,
)


def an_application() -> Application:
    application, _ = submitted("app_1", "sub", "cus_1", REQUEST, "cn-1", AT, {})
    return replace(application, accepted_offer_id="off_1")


def a_loan() -> Loan:
    return open_loan(
        an_application(), OFFER, "dis-app_1", "loan_1", date(2026, 11, 24), Rounding.HALF_UP
    )


def test_a_loan_opens_on_the_accepted_offer_only() -> None:
    loan = a_loan()
    assert sum(row.principal_minor for row in loan.plan) == OFFER.principal_minor
    assert loan.next_due_on == date(2026, 12, 24)
    with pytest.raises(Permanent, match="was not accepted"):
        open_loan(
            replace(an_application(), accepted_offer_id="off_2"),
            OFFER,
            "dis-app_1",
            "loan_1",
            date(2026, 11, 24),
            Rounding.HALF_UP,
        )


@pytest.mark.parametrize(
    ("day", "kinds"),
    [
        (date(2026, 12, 16), []),
        (date(2026, 12, 17), ["T-7"]),
        (date(2026, 12, 19), ["T-7"]),
        (date(2026, 12, 21), ["T-3"]),
        (date(2026, 12, 23), ["T-1"]),
        (date(2026, 12, 24), ["T0"]),
        (date(2026, 12, 25), []),
    ],
)
def test_a_reminder_is_the_latest_whose_day_has_come(day: date, kinds: list[str]) -> None:
    assert [one.kind for one in reminders_for(a_loan(), day, (7, 3, 1, 0))] == kinds


def test_events_are_deterministic_and_carry_tokens_only() -> None:
    loan, application = a_loan(), an_application()
    [reminder] = reminders_for(loan, date(2026, 12, 17), (7, 3, 1, 0))
    for event in (
        application_event("ApplicationSubmitted", application, AT),
        loan_funded(loan, AT),
        instalment_reminder_due(loan, reminder, AT),
    ):
        assert event.event_id.startswith(f"{event.entity_id}-{event.kind}-")
        assert event.data["customer_id"] == "cus_1"
        assert "sub" not in event.data.values()
    with pytest.raises(ValueError, match="no such event"):
        application_event("Applied", application, AT)


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW", "en", "xx"])
def test_the_contract_names_every_cost_and_is_repeatable(locale: str) -> None:
    text = render_terms(an_application(), OFFER, locale)
    for shown in ("CNY 120,000.00", "6.80 %", "CNY 3,694.34", OFFER.terms_sha256):
        assert shown in text
    assert document_sha256(text) == document_sha256(render_terms(an_application(), OFFER, locale))
    dearer = replace(OFFER, annual_rate_bps=681)
    assert document_sha256(text) != document_sha256(render_terms(an_application(), dearer, locale))


def test_features_are_ratios_and_missing_stays_missing() -> None:
    features = model_features(
        REQUEST,
        bureau_score=700,
        delinquencies_24m=None,
        enquiries_6m=2,
        valuation_minor=16_000_000,
        income_monthly_minor=1_200_000,
        other_debt_monthly_minor=None,
        months_employed=24,
        instalment_minor=369_434,
        on_year=2026,
    )
    assert features["ltv_pct"] == "75.00"
    assert features["pti_pct"] == "30.79"
    assert features["dti_pct"] is None
    assert features["vehicle_age_years"] == 0
    assert percent(1, 0) is None


@given(
    st.sampled_from(["full_name", "id_no", "mobile", "email", "payee_account_no", "birth_date"]),
    st.text(st.characters(categories=["L", "N"]), min_size=6, max_size=30),
)
def test_a_mask_never_shows_the_whole_value(field: str, value: str) -> None:
    assert value not in mask(field, value)
