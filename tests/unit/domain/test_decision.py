"""Profiles, price and decision: tables for the rules, properties for the arithmetic."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import lending.profiles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.adapters.policies import shipped
from lending.domain.decision import decide
from lending.domain.faults import Permanent
from lending.domain.offer import terms_sha256
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

from tests.fakes.offers import make_offers

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
FILES = Path(lending.profiles.__file__).parent
IDS = ("off_1", "off_2", "off_3", "off_4")
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
POLICY = shipped("cn")
SCORED = Scored("test-1", 30_000, 640, ())


def profile(market: str = "cn") -> MarketProfile:
    raw = json.loads((FILES / f"{market}.json").read_text("utf-8"))
    return load_profile(raw, AT.date())


@pytest.mark.parametrize("market", ["cn", "us"])
def test_a_shipped_profile_is_well_formed(market: str) -> None:
    raw = json.loads((FILES / f"{market}.json").read_text("utf-8"))
    assert problems(raw) == []
    rules = profile(market)
    assert rules.indicative_rate_bps <= rules.apr_cap_bps
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


def test_offers_differ_in_term_and_carry_the_hash_of_their_terms() -> None:
    offers = make_offers(REQUEST, "app_1", 30_000, profile(), AT, IDS)
    assert [offer.term_months for offer in offers] == [36, 24, 48, 36]
    assert offers[3].principal_minor == 10_400_000  # a tenth of the price more is paid at once
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
    judged = decide(
        "app_1", REQUEST, profile=profile(), policy=POLICY, at=AT, offer_ids=IDS, **facts
    )
    decision = judged.decision
    assert type(decision) is outcome
    if isinstance(decision, Declined):
        assert 1 <= len(decision.reasons) <= 4


@given(st.booleans(), st.integers(0, 10**6), st.sampled_from([(), ("bureau",), ("valuation",)]))
def test_an_outage_never_declines(lost: bool, pd_ppm: int, missing: tuple[str, ...]) -> None:
    findings = None if lost else replace(FINDINGS, age_years=10, missing=missing or ("identity",))
    scored = replace(SCORED, pd_ppm=pd_ppm)
    judged = decide("app_1", REQUEST, findings, scored, (), profile(), POLICY, AT, IDS)
    assert isinstance(judged.decision, Referred)
