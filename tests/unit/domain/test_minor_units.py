"""Amounts of bank messages are exact or refused; no digit is ever rounded away."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.domain.minor_units import decimal_text, minor_of, places_of


@pytest.mark.parametrize(
    ("text", "currency", "expected"),
    [
        ("0", "EUR", 0),
        ("10", "EUR", 1000),
        ("10.5", "EUR", 1050),
        ("10.50", "EUR", 1050),
        ("10.50000", "EUR", 1050),
        ("+10.50", "EUR", 1050),
        ("\n 10.50\t", "EUR", 1050),
        ("0010.50", "EUR", 1050),
        (".5", "EUR", 50),
        ("7.", "CNY", 700),
        ("0.01", "CNY", 1),
        ("0.29", "USD", 29),  # 0.29 * 100 is 28.999999999999996 in binary
        ("4.35", "USD", 435),
        ("1050", "JPY", 1050),
        ("1050.000", "JPY", 1050),
        ("1.234", "KWD", 1234),
        ("1.2345", "CLF", 12345),
        ("9999999999999999.99", "CNY", 999999999999999999),
        ("-0.00", "EUR", 0),
        ("10.505", "EUR", "inexact_amount"),
        ("0.001", "EUR", "inexact_amount"),
        ("10.5", "JPY", "inexact_amount"),
        ("-0.01", "EUR", "negative_amount"),
        ("-10", "EUR", "negative_amount"),
        ("", "EUR", "malformed_amount"),
        (".", "EUR", "malformed_amount"),
        ("1e3", "EUR", "malformed_amount"),
        ("1,000.00", "EUR", "malformed_amount"),
        ("1 000", "EUR", "malformed_amount"),
        ("1_000", "EUR", "malformed_amount"),
        ("１０", "EUR", "malformed_amount"),
        ("NaN", "EUR", "malformed_amount"),
        ("INF", "EUR", "malformed_amount"),
        ("--1", "EUR", "malformed_amount"),
        ("\N{NO-BREAK SPACE}1", "EUR", "malformed_amount"),
        ("1.000000", "EUR", "malformed_amount"),  # six fraction digits: the schema allows five
        ("12345678901234567.89", "EUR", "malformed_amount"),  # 19 digits
        ("1" * 10_000, "EUR", "malformed_amount"),
        ("10.00", "EURO", "unknown_currency"),
        ("10.00", "eur", "unknown_currency"),
        ("10.00", "XXX", "unknown_currency"),
        ("10.00", "", "unknown_currency"),
    ],
)
def test_an_amount_is_exact_or_named(text: str, currency: str, expected: int | str) -> None:
    assert minor_of(text, currency) == expected


@given(st.integers(0, 10**17), st.sampled_from(["CNY", "USD", "JPY", "KWD", "CLF"]))
def test_writing_and_reading_an_amount_gives_it_back(amount_minor: int, currency: str) -> None:
    text = decimal_text(amount_minor, currency)
    assert minor_of(text, currency) == amount_minor
    places = places_of(currency)
    assert places is not None
    assert Decimal(text).scaleb(places) == amount_minor  # another arithmetic agrees


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_a_flaw_and_never_a_crash(text: str) -> None:
    result = minor_of(text, "EUR")
    if isinstance(result, int):
        assert result == Decimal(text.strip(" \t\r\n")) * 100


@pytest.mark.parametrize(("amount_minor", "currency"), [(-1, "EUR"), (1, "ABC"), (10**18, "EUR")])
def test_what_a_message_cannot_hold_is_not_written(amount_minor: int, currency: str) -> None:
    with pytest.raises(ValueError, match="no ISO 20022 amount"):
        decimal_text(amount_minor, currency)


def test_small_amounts_are_written_with_their_zeros() -> None:
    assert decimal_text(1, "EUR") == "0.01"
    assert decimal_text(0, "EUR") == "0.00"
    assert decimal_text(1, "JPY") == "1"
    assert decimal_text(1, "KWD") == "0.001"
