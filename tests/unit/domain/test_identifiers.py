"""Identifiers: every reason, in its order; numbers are invented (region 99 does not exist)."""

from datetime import date
from string import ascii_uppercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.domain.identifiers import (
    CN_PROVINCES,
    USCC_ALPHABET,
    Identifier,
    check,
    cn_id_problem,
    normalise_cn_mobile,
    vin_problem,
)

CASES = [
    # cn_id. 11010519491231002X is the worked example of GB 11643 itself.
    ("cn_id", "11010519491231002X", None),
    ("cn_id", "990202199003150017", None),
    ("cn_id", "990202197811220440", None),
    ("cn_id", "", "length"),
    ("cn_id", "990202900315001", "length"),
    ("cn_id", "9902021990031500170", "length"),
    ("cn_id", "99020219900315001A", "character"),
    ("cn_id", "9902021990X3150017", "character"),
    ("cn_id", "99020219900315001\uff17", "character"),  # a fullwidth 7
    ("cn_id", "99020219900315001\u0667", "character"),  # an Arabic-Indic 7
    ("cn_id", "990202199002300017", "date"),
    ("cn_id", "990202000001010017", "date"),  # there is no year 0
    ("cn_id", "990202199003150018", "check_digit"),
    ("cn_id", "99020219900315001X", "check_digit"),
    # cn_mobile
    ("cn_mobile", "13900000001", None),
    ("cn_mobile", "19800000002", None),
    ("cn_mobile", "1390000000", "length"),
    ("cn_mobile", "139000000011", "length"),
    ("cn_mobile", "12900000001", "character"),
    ("cn_mobile", "23900000001", "character"),
    ("cn_mobile", "1390000000A", "character"),
    ("cn_mobile", "139000000\u0661\u0661", "character"),
    # uscc: the check of the second is 'D' = 13.
    ("uscc", "91990202MA9TE5T12M", None),
    ("uscc", "92990202MA9TE5T20D", None),
    ("uscc", "91990202MA9TE5T12N", "check_digit"),
    ("uscc", "9199020ZMA9TE5T12M", "character"),
    ("uscc", "9199020IMA9TE5T12M", "character"),
    ("uscc", "91990202MA9TE5T12", "length"),
    # luhn: 79927398713 is the textbook number; 7992739871 needs the 3.
    ("luhn", "79927398713", None),
    ("luhn", "0", None),
    ("luhn", "79927398710", "check_digit"),
    ("luhn", "7992739871A", "character"),
    ("luhn", "", "length"),
    # bank_card
    ("bank_card", "6222999900001118", None),
    ("bank_card", "622299990000222227", None),
    ("bank_card", "6233999900003333338", None),
    ("bank_card", "6222999900001119", "check_digit"),
    ("bank_card", "79927398713", "length"),
    ("bank_card", "62339999000033333380", "length"),
    ("bank_card", "622299990000111X", "character"),
    # vin: 1M8GDM9AXKP042788 is the worked example of 49 CFR 565, its check digit is X.
    ("vin", "1M8GDM9AXKP042788", None),
    ("vin", "LZZAB12C1RZ100001", None),
    ("vin", "11111111111111111", None),  # the sum is 89 = 1 mod 11
    ("vin", "LZZAB12C2RZ100001", "check_digit"),
    ("vin", "WZZEF56G1PZ300003", "check_digit"),  # checked also where no law demands it
    ("vin", "LZZAB12CARZ100001", "check_digit"),  # a letter that is never a check digit
    ("vin", "LZZAB12C1RZ10000", "length"),
    ("vin", "LZZAB12CIRZ100001", "character"),
    ("vin", "LZZAB12C1RZ10000O", "character"),
    ("vin", "LZZAB12C1RZ10000Q", "character"),
]


@pytest.mark.parametrize(("kind", "value", "reason"), CASES)
def test_the_first_reason_against_a_value(kind: str, value: str, reason: str | None) -> None:
    checked = check(Identifier(kind), value)
    assert (checked.reason, checked.valid) == (reason, reason is None)
    assert checked.normalised == value


@pytest.mark.parametrize(
    ("kind", "value", "normalised"),
    [
        ("cn_id", " 110105-19491231-002x ", "11010519491231002X"),
        ("uscc", "91990202 ma9te5t12m", "91990202MA9TE5T12M"),
        ("vin", "1m8gdm9axkp042788", "1M8GDM9AXKP042788"),
        ("bank_card", "6222 9999 0000 1118", "6222999900001118"),
        ("cn_mobile", "+86 139-0000-0001", "13900000001"),
        ("cn_mobile", "0086 139 0000 0001", "13900000001"),
        ("cn_mobile", "8613900000001", "13900000001"),
    ],
)
def test_a_value_is_normalised_before_it_is_checked(kind: str, value: str, normalised: str) -> None:
    checked = check(Identifier(kind), value)
    assert (checked.normalised, checked.valid) == (normalised, True)
    as_it_is = check(Identifier(kind), value, normalise=False)
    assert (as_it_is.normalised, as_it_is.valid) == (value, False)


@pytest.mark.parametrize(
    ("value", "normalised", "reason"),
    [
        ("8613900000", "8613900000", "length"),  # no prefix: 8 digits follow
        ("86139000000011", "86139000000011", "length"),  # 12 follow
        ("+8612900000001", "12900000001", "character"),
        ("008613900000001\n", "008613900000001\n", "length"),
        ("86139000000", "86139000000", "character"),  # eleven digits of its own
    ],
)
def test_a_prefix_is_one_before_eleven_digits(value: str, normalised: str, reason: str) -> None:
    checked = check(Identifier.CN_MOBILE, value)
    assert (checked.normalised, checked.reason) == (normalised, reason)


def test_normalising_makes_no_letter_of_another_alphabet() -> None:
    """str.upper makes an S of the long s, and an I of the dotless one."""
    assert check(Identifier.VIN, "LZZAB12C1RZ10000\u017f").reason == "character"


@pytest.mark.parametrize(
    ("value", "as_of", "reason"),
    [
        ("990202199003150017", "1990-03-15", None),
        ("990202199003150017", "1990-03-14", "date"),
        ("990202199003150018", "1990-03-14", "date"),  # the date is tested first
        ("990202209003150018", None, "check_digit"),  # without a day none is too late
    ],
)
def test_nobody_is_born_after_the_day_of_the_question(
    value: str, as_of: str | None, reason: str | None
) -> None:
    day = date.fromisoformat(as_of) if as_of else None
    assert check(Identifier.CN_ID, value, as_of=day).reason == reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("11010519491231002X", None),
        ("990202199003150017", "region"),
        ("990202199003150018", "region"),
        ("990202199002300017", "date"),
    ],
)
def test_a_region_is_tested_on_demand_between_date_and_check_digit(
    value: str, reason: str | None
) -> None:
    assert check(Identifier.CN_ID, value, check_region=True).reason == reason


def test_there_are_34_provinces() -> None:
    """23 provinces with Taiwan, 5 autonomous regions, 4 municipalities, 2 special regions."""
    assert len(CN_PROVINCES) == 34
    assert {"11", "54", "65", "71", "81", "82"} <= CN_PROVINCES
    assert not {"10", "16", "24", "38", "47", "55", "66", "83", "91"} & CN_PROVINCES


def test_problems_are_worded_for_the_person_who_typed() -> None:
    today = date(2026, 11, 24)
    assert cn_id_problem("11010519491231002x", today) is None
    assert "15-digit" in str(cn_id_problem("990202900315001", today))
    assert "future" in str(cn_id_problem("990202209003150018", today))
    assert "check digit" in str(cn_id_problem("990202199003150018", today))
    assert "18 characters" in str(cn_id_problem("99020219900315001", today))
    assert vin_problem("wzzef56g1pz300003") is None  # Europe does not check
    assert "position 9" in str(vin_problem("LZZAB12C2RZ100001"))
    assert "equal characters" in str(vin_problem("1" * 17))
    assert "without I, O and Q" in str(vin_problem("LZZAB12CIRZ100001"))
    assert normalise_cn_mobile("86 139 0000 0001") == "13900000001"


VALID = [(Identifier(kind), value) for kind, value, reason in CASES if reason is None]


@given(st.sampled_from(VALID), st.data())
def test_one_changed_character_is_always_found(
    valid: tuple[Identifier, str], data: st.DataObject
) -> None:
    """What the check digits promise; a mobile number has none."""
    kind, value = valid
    if kind is Identifier.CN_MOBILE:
        return
    place = data.draw(st.integers(0, len(value) - 1))
    alphabet = {
        Identifier.USCC: USCC_ALPHABET,
        # Of a VIN's letters several share a value: only digits are told apart.
        Identifier.VIN: digits,
    }.get(kind, digits)
    if kind is Identifier.VIN and (value[place] not in digits or place == 8):
        return
    other = data.draw(st.sampled_from([one for one in alphabet if one != value[place]]))
    assert not check(kind, value[:place] + other + value[place + 1 :]).valid


@given(st.sampled_from(Identifier), st.text(max_size=24), st.booleans(), st.booleans())
def test_any_text_has_an_answer(
    kind: Identifier, text: str, normalise: bool, check_region: bool
) -> None:
    checked = check(kind, text, normalise, check_region)
    if checked.valid:
        assert set(checked.normalised) <= set(digits + ascii_uppercase)
    assert check(kind, checked.normalised, normalise=False, check_region=check_region) == checked
