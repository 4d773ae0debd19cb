"""Lending rules of a market: tables at the edges of every number, read from the profile."""

import json
from copy import deepcopy
from datetime import date, datetime
from pathlib import Path

import lending.profiles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.adapters.profiles import newest
from lending.domain import policy
from lending.domain.computable import NotComputable
from lending.domain.faults import Permanent
from lending.domain.policy import Payout
from lending.domain.profile import load_profile, newest_profile

FILES = Path(lending.profiles.__file__).parent
RAW = {market: json.loads((FILES / f"{market}.json").read_text("utf-8")) for market in ("cn", "us")}
CN = newest("cn").policy
US = newest("us").policy


@pytest.mark.parametrize(
    ("use", "power", "used", "full", "cap", "rule"),
    [
        ("private", "ice", False, False, 80, "private_ice"),
        ("private", "nev", False, False, 85, "private_nev"),
        ("commercial", "ice", False, False, 70, "commercial_ice"),
        ("commercial", "nev", False, False, 75, "commercial_nev"),
        ("private", "nev", True, False, 70, "used"),
        ("commercial", "nev", True, False, 70, "used"),
        # A lender may lend the whole price of a new private car, and of no other.
        ("private", "ice", False, True, 100, "private_full"),
        ("private", "nev", False, True, 100, "private_full"),
        ("private", "nev", True, True, 70, "used"),
        ("commercial", "nev", False, True, 75, "commercial_nev"),
    ],
)
def test_the_share_of_the_price(
    use: str, power: str, used: bool, full: bool, cap: int, rule: str
) -> None:
    found = policy.max_loan(CN, 10_000_000, None, use, power, used, full)
    assert found == policy.MaxLoan(cap * 100_000, f"ltv_cap_bps.{rule}")


@pytest.mark.parametrize(
    ("price", "valuation", "base"),
    [(1_000, None, 1_000), (1_000, 900, 900), (900, 1_000, 900), (1_000, 1_000, 1_000)],
)
def test_the_lower_of_price_and_valuation_is_lent_on(
    price: int, valuation: int | None, base: int
) -> None:
    found = policy.max_loan(CN, price, valuation, "private", "ice", used=True)
    assert found.max_loan_minor == base * 7 // 10


@pytest.mark.parametrize(
    ("price", "loan"),
    [
        # 85 % of 10 is 8.5, to the even 8; of 30 is 25.5, to the even 26; of 50 is 42.5, to 42.
        (10, 8),
        (30, 26),
        (50, 42),
        (11, 9),  # 9.35
        (1, 1),  # 0.85
    ],
)
def test_the_loan_is_rounded_once_half_even(price: int, loan: int) -> None:
    assert policy.max_loan(CN, price, None, "private", "nev", used=False).max_loan_minor == loan


@pytest.mark.parametrize(
    ("product", "longest"),
    [
        ("auto_new", 60),
        ("auto_used", 36),
        ("dealer", 12),
        ("consumer", 60),
        ("consumer_bank_2025", 84),
        ("online_bullet", 12),
        ("personal_business", 60),
        ("personal_business_max", 120),
    ],
)
def test_a_term_ends_at_its_products_limit(product: str, longest: int) -> None:
    rule = f"max_term_months.{product}"
    assert policy.term(CN, product, longest) == policy.Term(True, longest, rule)
    assert policy.term(CN, product, longest + 1) == policy.Term(False, longest, rule)


@pytest.mark.parametrize(
    ("original", "extended", "requested", "most", "allowed", "rule"),
    [
        # Up to 12 months: extensions together at most the original term.
        (12, 0, 12, 24, True, "extension.max_total_months"),
        (12, 0, 13, 60, False, "extension.ratio"),
        (12, 6, 6, 24, True, "extension.max_total_months"),
        (12, 7, 6, 60, False, "extension.ratio"),
        # Above: at most half of it, 6.5 of 13.
        (13, 0, 6, 60, True, "extension.max_total_months"),
        (13, 0, 7, 60, False, "extension.ratio"),
        (24, 6, 6, 36, True, "extension.max_total_months"),
        (24, 6, 7, 60, False, "extension.ratio"),
        # And with the original term within the product's.
        (24, 0, 12, 36, True, "extension.max_total_months"),
        (24, 0, 12, 35, False, "extension.max_total_months"),
        (60, 0, 1, 60, False, "extension.max_total_months"),
    ],
)
def test_an_extension(
    original: int, extended: int, requested: int, most: int, allowed: bool, rule: str
) -> None:
    found = policy.extension(CN, original, extended, requested, most)
    assert (found.allowed, found.rule) == (allowed, rule)


@pytest.mark.parametrize(
    ("days", "grace", "name"),
    [
        (-3, 0, "normal"),
        (0, 0, "normal"),
        (0, 7, "normal"),
        (1, 0, "special_mention"),
        (7, 7, "normal_technical"),
        (8, 7, "special_mention"),
        (90, 0, "special_mention"),
        (91, 0, "substandard"),
        (95, 100, "normal_technical"),
        (270, 0, "substandard"),
        (271, 0, "doubtful"),
        (360, 0, "doubtful"),
        (361, 0, "loss"),
        (9_999, 0, "loss"),
    ],
)
def test_a_class_by_days_past_due(days: int, grace: int, name: str) -> None:
    found = policy.classification(CN, days, grace)
    assert found == policy.Classified(name, "classification.past_due_days")


@given(st.integers(-100, 1_000), st.integers(0, 100))
def test_a_class_never_gets_better_with_a_day(days: int, grace: int) -> None:
    names = ("normal", "normal_technical", "special_mention", "substandard", "doubtful", "loss")
    today = policy.classification(CN, days, grace).name
    tomorrow = policy.classification(CN, days + 1, grace).name
    assert names.index(today) <= names.index(tomorrow)


@pytest.mark.parametrize(
    ("product", "amount", "known", "cash", "raised", "mode", "rule"),
    [
        ("auto", 1, False, True, True, "entrusted", "payout.always_entrusted"),
        ("consumer", 10**9, True, True, False, "self", "payout.cash_payee_self_directed"),
        ("business", 10**9, True, True, False, "self", "payout.cash_payee_self_directed"),
        ("business", 50_000_000, True, False, False, "self", "self_pay_limit_minor.business"),
        ("business", 50_000_001, False, False, True, "entrusted", "self_pay_limit_minor.business"),
        ("consumer", 1, True, False, False, "entrusted", "payout.known_payee_entrusted"),
        ("consumer", 30_000_000, False, False, False, "self", "self_pay_limit_minor.consumer"),
        ("consumer", 30_000_001, False, False, False, "entrusted", "self_pay_limit_minor.consumer"),
        (
            "consumer",
            50_000_000,
            False,
            False,
            True,
            "self",
            "self_pay_limit_minor.consumer_bank_2025",
        ),
        (
            "consumer",
            50_000_001,
            False,
            False,
            True,
            "entrusted",
            "self_pay_limit_minor.consumer_bank_2025",
        ),
        ("consumer", 1, True, False, True, "entrusted", "payout.known_payee_entrusted"),
    ],
)
def test_who_is_paid(
    product: str, amount: int, known: bool, cash: bool, raised: bool, mode: str, rule: str
) -> None:
    wanted = Payout.SELF_DIRECTED if mode == "self" else Payout.ENTRUSTED
    found = policy.payout(CN, product, amount, known, cash, raised)
    assert found == policy.PayoutMode(wanted, rule)


@pytest.mark.parametrize(
    ("at", "calls", "target", "reason"),
    [
        ("08:00:00", 0, "debtor", None),
        ("07:59:59", 0, "debtor", "time"),
        ("21:59:59", 2, "debtor", None),
        ("22:00:00", 0, "debtor", "time"),
        ("00:00:00", 0, "debtor", "time"),
        ("12:00:00", 3, "debtor", "frequency"),
        # Whom, when, how often: in this order.
        ("12:00:00", 0, "other", "third_party"),
        ("23:00:00", 9, "other", "third_party"),
        ("23:00:00", 9, "debtor", "time"),
    ],
)
def test_whom_when_and_how_often_to_call(
    at: str, calls: int, target: str, reason: str | None
) -> None:
    found = policy.contact(CN, datetime.fromisoformat(f"2026-01-05T{at}"), calls, target)
    assert (found.allowed, found.reason) == (reason is None, reason)
    assert (
        found.rule
        == {
            "third_party": "contact.third_party",
            "time": "contact.window",
            "frequency": "contact.max_calls_per_day",
            None: "contact.max_calls_per_day",
        }[reason]
    )


@pytest.mark.parametrize(
    ("amount", "institution", "bullet", "months", "allowed", "rule"),
    [
        (20_000_000, "default", False, 36, True, "online_limit_minor.default"),
        (20_000_001, "default", False, 6, False, "online_limit_minor.default"),
        (30_000_000, "bank_2025", False, 36, True, "online_limit_minor.bank_2025"),
        (30_000_001, "bank_2025", True, 36, False, "online_limit_minor.bank_2025"),
        (20_000_000, "default", True, 12, True, "online_bullet_max_months"),
        (20_000_000, "default", True, 13, False, "online_bullet_max_months"),
    ],
)
def test_the_line_for_online_loans(
    amount: int, institution: str, bullet: bool, months: int, allowed: bool, rule: str
) -> None:
    assert policy.online_limit(CN, amount, institution, bullet, months) == policy.Verdict(
        allowed, rule
    )


@pytest.mark.parametrize(
    "asked",
    [
        lambda: policy.max_loan(US, 1, None, "private", "ice", used=False, full_ltv_private=True),
        lambda: policy.term(US, "auto_new", 1),
        lambda: policy.extension(US, 12, 0, 1, 24),
        lambda: policy.classification(US, 0),
        lambda: policy.payout(US, "auto", 1, payee_known=True, payee_needs_cash=False),
        lambda: policy.contact(US, datetime(2026, 1, 5, 12), 0, "debtor"),
        lambda: policy.online_limit(US, 1, "default", bullet=False, months=1),
    ],
)
def test_a_market_without_the_rule_gives_no_answer(asked: object) -> None:
    with pytest.raises(NotComputable, match="no rule") as refused:
        asked()  # type: ignore[operator]
    assert (refused.value.code, refused.value.pointer) == ("invalid_field", "/market")


def test_every_market_has_a_word_on_every_rule() -> None:
    """Products and add-ons are each market's own; `add_on_finance` is a rule."""
    own = ("products.", "add_ons.")
    names = {
        market: {name for name in RAW[market]["values"] if not name.startswith(own)}
        for market in ("cn", "us")
    }
    assert names["cn"] == names["us"]


def test_rules_are_those_of_the_day() -> None:
    """The notices of 3 April 2024 and 14 March 2025, the measures in force on 1 July 2024."""

    def rules(day: str) -> policy.PolicyRules:
        return load_profile(RAW["cn"], date.fromisoformat(day)).policy

    assert rules("2024-04-02").ltv_cap_bps["private_full"] is None
    assert rules("2024-04-03").ltv_cap_bps["private_full"] == 10_000
    car = ("private", "ice", False, True)
    assert policy.max_loan(rules("2024-04-02"), 100, None, *car).max_loan_minor == 80
    assert rules("2024-06-30").max_term_months["consumer"] is None
    assert rules("2024-07-01").max_term_months["consumer"] == 60
    assert rules("2025-03-13").online_limit_minor["bank_2025"] is None
    assert rules("2025-03-14").online_limit_minor["bank_2025"] == 30_000_000
    assert newest("cn").policy == rules("2026-11-24")


def test_no_number_is_in_the_code() -> None:
    """Another value in the profile is another answer."""
    raw = deepcopy(RAW["cn"])
    raw["values"]["ltv_cap_bps.used"][-1]["value"] = 5_000
    raw["values"]["classification.past_due_days"][-1]["value"] = [["late", 30], ["lost", None]]
    raw["values"]["contact.window"][-1]["value"] = ["09:00:00", "10:00:00"]
    rules = newest_profile(raw).policy
    assert policy.max_loan(rules, 100, None, "private", "ice", used=True).max_loan_minor == 50
    assert policy.classification(rules, 31).name == "lost"
    assert policy.contact(rules, datetime(2026, 1, 5, 10), 0, "debtor").reason == "time"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("classification.past_due_days", [["late", 30]]),
        ("extension.ratio", {"short_bps": 1}),
        ("contact.window", ["8 o'clock", "22:00:00"]),
    ],
)
def test_a_malformed_rule_is_a_fault(name: str, value: object) -> None:
    raw = deepcopy(RAW["cn"])
    raw["values"][name][-1]["value"] = value
    with pytest.raises(Permanent):
        newest_profile(raw)
    del raw["values"][name]
    with pytest.raises(Permanent):
        newest_profile(raw)
    raw["values"][name] = []
    with pytest.raises(Permanent):
        newest_profile(raw)
