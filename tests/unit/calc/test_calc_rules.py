"""`autolend calc identifier` and `policy`: wire shapes and refusals."""

from typing import Any

import pytest

from tools.calc.run import solve

FACTS: dict[str, dict[str, Any]] = {
    "max_loan": {"price_minor": 20_000_001, "use": "private", "power": "nev", "used": False},
    "term": {"product": "consumer_bank_2025", "months": 85},
    "extension": {
        "original_months": 12,
        "extended_months": 0,
        "requested_months": 12,
        "max_total_months": 24,
    },
    "classification": {"past_due_days": 5, "technical_grace_days": 5},
    "payout": {
        "product": "consumer",
        "amount_minor": 40_000_000,
        "payee_known": False,
        "payee_needs_cash": False,
    },
    "contact": {"at": "2026-01-05T22:00:00", "calls_today": 0, "target": "debtor"},
    "online_limit": {
        "amount_minor": 20_000_000,
        "institution": "default",
        "bullet": True,
        "months": 13,
    },
}


def checked(check: str, **given: Any) -> dict[str, Any]:
    return solve("policy", {"market": "CN", "check": check, **FACTS[check], **given})


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        # 85 % of 200,000.01 is 170,000.0085.
        ("max_loan", {"max_loan_minor": 17_000_001, "rule": "ltv_cap_bps.private_nev"}),
        (
            "term",
            {"allowed": False, "max_months": 84, "rule": "max_term_months.consumer_bank_2025"},
        ),
        ("extension", {"allowed": True, "rule": "extension.max_total_months"}),
        ("classification", {"class": "normal_technical", "rule": "classification.past_due_days"}),
        ("payout", {"mode": "entrusted", "rule": "self_pay_limit_minor.consumer"}),
        ("contact", {"allowed": False, "reason": "time", "rule": "contact.window"}),
        ("online_limit", {"allowed": False, "rule": "online_bullet_max_months"}),
    ],
)
def test_every_check_answers_with_its_rule(check: str, answer: dict[str, Any]) -> None:
    assert checked(check) == answer


def test_optional_facts_have_their_defaults() -> None:
    assert checked("max_loan", valuation_minor=1_000)["max_loan_minor"] == 850
    answer = solve("policy", {"market": "CN", "check": "classification", "past_due_days": 1})
    assert answer["class"] == "special_mention"


def test_a_lenders_policy_overrides_by_name() -> None:
    full = {"overrides": {"full_ltv_private": True}}
    assert checked("max_loan", **full)["max_loan_minor"] == 20_000_001
    assert checked("max_loan", **full, used=True)["rule"] == "ltv_cap_bps.used"
    assert checked("payout", overrides={"bank_2025_limits": True})["mode"] == "self_directed"
    # A lender has one policy for all checks: what does not concern a check changes nothing.
    assert checked("payout", **full)["mode"] == "entrusted"
    assert checked("max_loan", overrides={"full_ltv_private": False}) == checked("max_loan")


@pytest.mark.parametrize(
    ("check", "given", "pointer"),
    [
        ("max_loan", {"market": "cn"}, "/market"),
        ("max_loan", {"market": "EU"}, "/market"),
        ("max_loan", {"market": "US"}, "/market"),
        ("contact", {"market": "US"}, "/market"),
        ("max_loan", {"overrides": {"full_ltv": True}}, "/overrides/full_ltv"),
        ("max_loan", {"overrides": {"full_ltv_private": "true"}}, "/overrides/full_ltv_private"),
        ("max_loan", {"overrides": None}, "/overrides"),
        ("max_loan", {"price_minor": 0}, "/price_minor"),
        ("max_loan", {"valuation_minor": None}, "/valuation_minor"),
        ("max_loan", {"used": "no"}, "/used"),
        ("max_loan", {"power": "diesel"}, "/power"),
        ("max_loan", {"months": 12}, "/months"),
        ("term", {"price_minor": 1}, "/price_minor"),
        ("term", {"product": "boat"}, "/product"),
        ("term", {"months": 0}, "/months"),
        ("extension", {"requested_months": -1}, "/requested_months"),
        ("classification", {"past_due_days": "5"}, "/past_due_days"),
        ("classification", {"technical_grace_days": -1}, "/technical_grace_days"),
        ("payout", {"product": "dealer"}, "/product"),
        ("payout", {"payee_known": 1}, "/payee_known"),
        ("contact", {"at": "2026-01-05T24:00:00"}, "/at"),
        ("contact", {"at": "2026-01-05T09:30:00Z"}, "/at"),
        ("contact", {"at": "2026-01-05T09:30:00+08:00"}, "/at"),
        ("contact", {"at": "2026-01-05 09:30:00"}, "/at"),
        ("contact", {"at": "2026-01-05"}, "/at"),
        ("contact", {"calls_today": -1}, "/calls_today"),
        ("contact", {"target": "spouse"}, "/target"),
        ("online_limit", {"institution": "bank"}, "/institution"),
        ("online_limit", {"bullet": None}, "/bullet"),
    ],
)
def test_a_wrong_check_is_refused(check: str, given: dict[str, Any], pointer: str) -> None:
    problem = checked(check, **given)["error"]
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("invalid_field", pointer)


@pytest.mark.parametrize("check", FACTS)
def test_every_fact_is_needed(check: str) -> None:
    for missing in FACTS[check]:
        if missing == "technical_grace_days":
            continue
        facts = {name: value for name, value in FACTS[check].items() if name != missing}
        problem = solve("policy", {"market": "CN", "check": check, **facts})["error"]
        assert problem["code"] == "invalid_field"
        assert [error["pointer"] for error in problem["errors"]] == [f"/{missing}"]


def test_a_check_must_be_known() -> None:
    problem = solve("policy", {"market": "CN", "check": "dti"})["error"]
    assert problem["errors"][0]["pointer"] == "/check"
    problem = solve("policy", {"check": "term", "product": "dealer", "months": 1})["error"]
    assert problem["errors"][0]["pointer"] == "/market"


def test_an_identifier_is_checked() -> None:
    asked = {"type": "cn_id", "value": "990202 19900315 001-8"}
    assert solve("identifier", asked) == {
        "valid": False,
        "normalised": "990202199003150018",
        "reason": "check_digit",
    }
    assert solve("identifier", {**asked, "check_region": True})["reason"] == "region"
    assert solve("identifier", {**asked, "as_of": "1990-03-14"})["reason"] == "date"
    assert solve("identifier", {**asked, "normalise": False}) == {
        "valid": False,
        "normalised": asked["value"],
        "reason": "length",
    }
    card = {"type": "bank_card", "value": "6222999900001118", "as_of": "2026-01-01"}
    assert solve("identifier", card) == {
        "valid": True,
        "normalised": "6222999900001118",
        "reason": None,
    }


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"type": "iban"}, "/type"),
        ({"value": 6222999900001118}, "/value"),
        ({"value": None}, "/value"),
        ({"normalise": "yes"}, "/normalise"),
        ({"check_region": 1}, "/check_region"),
        ({"as_of": None}, "/as_of"),
        ({"as_of": "today"}, "/as_of"),
        ({"kind": "vin"}, "/kind"),
    ],
)
def test_a_wrong_identifier_request_is_refused(given: dict[str, Any], pointer: str) -> None:
    problem = solve("identifier", {"type": "luhn", "value": "0", **given})["error"]
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("invalid_field", pointer)
