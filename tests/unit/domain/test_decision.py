"""Profiles, price and decision: tables for the rules, properties for the arithmetic."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import lending.profiles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.domain.decision import decide
from lending.domain.faults import Permanent
from lending.domain.offer import make_offers, price_bps, terms_sha256
from lending.domain.profile import MarketProfile, load_profile, problems
from lending.domain.records import (
    Approved,
    Declined,
    Findings,
    Referred,
    Request,
    Scored,
    State,
    Vehicle,
)

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
FILES = Path(lending.profiles.__file__).parent
IDS = ("off_1", "off_2", "off_3")
VEHICLE = Vehicle("LZZAB12C1RZ100001", "new", "ice", 16_000_000, 2026)
REQUEST = Request(
    market="cn",
    product_id="cn-auto-new",
    channel="web",
    currency="CNY",
    amount_minor=12_000_000,
    term_months=36,
    plan="equal_instalment",
    purpose="vehicle_purchase",
    down_payment_minor=4_000_000,
    vehicle=VEHICLE,
    consent_ids=("con_1",),
)
FINDINGS = Findings("match", 35, "rep_1", 16_000_000, 2_000_000, 100_000, {})
SCORED = Scored("test-1", 30_000, 640, ())


def profile(market: str = "cn") -> MarketProfile:
    raw = json.loads((FILES / f"{market}.json").read_text("utf-8"))
    return load_profile(raw, AT.date())


@pytest.mark.parametrize("market", ["cn", "us"])
def test_a_shipped_profile_is_well_formed_and_its_prices_stay_under_the_cap(market: str) -> None:
    raw = json.loads((FILES / f"{market}.json").read_text("utf-8"))
    assert problems(raw) == []
    rules = profile(market)
    bands = rules.price_grid
    assert [band.max_pd_ppm for band in bands] == sorted({band.max_pd_ppm for band in bands})
    assert all(band.annual_rate_bps <= rules.apr_cap_bps for band in bands)
    assert rules.pd_refer_ppm <= rules.pd_decline_ppm <= bands[-1].max_pd_ppm
    assert State.APPROVED in rules.state_timeouts


def test_a_value_is_chosen_by_its_dates() -> None:
    raw = json.loads((FILES / "cn.json").read_text("utf-8"))
    newest = raw["values"]["apr_cap_bps"][0]
    before = {**newest, "value": 3600, "effective_from": "2000-01-01", "effective_to": "2023-12-31"}
    raw["values"]["apr_cap_bps"] = [before, newest]
    assert load_profile(raw, date(2026, 1, 1)).apr_cap_bps == 2400
    with pytest.raises(Permanent, match="no value in force"):
        load_profile(raw, date(2010, 1, 1))
    before["effective_to"] = "2023-12-30"
    assert any("gap" in problem for problem in problems(raw))


def test_the_price_rises_with_the_risk_and_ends_at_the_last_band() -> None:
    rules = profile()
    prices = [price_bps(ppm, rules) for ppm in (0, 20_000, 20_001, 100_000, 180_000)]
    assert prices == [480, 480, 680, 1280, 1680]
    assert price_bps(180_001, rules) is None


def test_offers_differ_in_term_and_carry_the_hash_of_their_terms() -> None:
    offers = make_offers(REQUEST, "app_1", 30_000, profile(), AT, IDS)
    assert [offer.term_months for offer in offers] == [36, 24, 48]
    for offer in offers:
        assert offer.terms_sha256 == terms_sha256(offer)
        assert terms_sha256(replace(offer, principal_minor=1)) != offer.terms_sha256


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        ({}, Approved),
        ({"findings": None}, Referred),
        ({"scored": None}, Referred),
        ({"failed": ("score",)}, Referred),
        ({"findings": replace(FINDINGS, missing=("bureau",))}, Referred),
        ({"findings": replace(FINDINGS, identity="mismatch")}, Referred),
        ({"findings": replace(FINDINGS, age_years=17)}, Declined),
        ({"findings": replace(FINDINGS, age_years=64)}, Declined),
        ({"findings": replace(FINDINGS, valuation_minor=14_000_000)}, Declined),
        ({"findings": replace(FINDINGS, income_monthly_minor=500_000)}, Declined),
        ({"scored": replace(SCORED, pd_ppm=100_001)}, Referred),
        ({"scored": replace(SCORED, pd_ppm=180_001)}, Declined),
    ],
)
def test_decision_table(what: dict[str, object], outcome: type) -> None:
    facts = {"findings": FINDINGS, "scored": SCORED, "failed": (), **what}
    decision = decide("app_1", REQUEST, profile=profile(), at=AT, offer_ids=IDS, **facts)
    assert type(decision) is outcome
    if isinstance(decision, Declined):
        assert 1 <= len(decision.reasons) <= 4


@given(st.booleans(), st.integers(0, 10**6), st.sampled_from([(), ("bureau",), ("valuation",)]))
def test_an_outage_never_declines(lost: bool, pd_ppm: int, missing: tuple[str, ...]) -> None:
    findings = None if lost else replace(FINDINGS, age_years=10, missing=missing or ("identity",))
    scored = replace(SCORED, pd_ppm=pd_ppm)
    decision = decide("app_1", REQUEST, findings, scored, (), profile(), AT, IDS)
    assert isinstance(decision, Referred)
