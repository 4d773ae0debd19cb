"""How documents write amounts and days."""

from datetime import date

import pytest
from lending.domain.documents.words import day, in_words, money


@pytest.mark.parametrize(
    ("minor", "words"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (105, "壹元零伍分"),
        (110, "壹元壹角整"),
        (12_000_000, "壹拾贰万元整"),
        (10_000_500, "壹拾万零伍元整"),
        (100_100_000, "壹佰万壹仟元整"),
        (100_010_000, "壹佰万零壹佰元整"),
        (10_000_000_000, "壹亿元整"),
        (10_000_001_000, "壹亿零壹拾元整"),
        (1_001_000_000, "壹仟零壹万元整"),
        (123_456_789, "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"),
    ],
)
def test_amounts_in_financial_numerals(minor: int, words: str) -> None:
    assert in_words(minor, "zh-CN") == words


def test_amounts_in_words_are_for_chinese_and_not_negative() -> None:
    assert in_words(12_000_000, "en") == ""
    assert in_words(12_000_000, "zh-TW") == "壹拾貳萬圓整"
    with pytest.raises(ValueError, match="negative"):
        in_words(-1, "zh-CN")


def test_money_and_days_read_as_the_market_writes_them() -> None:
    assert money(12_000_000, "CNY", "zh-CN") == "人民币 120,000.00 元"
    assert money(12_000_000, "CNY", "zh-TW") == "人民幣 120,000.00 元"
    assert money(-150, "USD", "en") == "USD -1.50"
    on = date(2026, 11, 4)
    assert day(on, "zh-CN", "cn") == "2026年11月4日"
    assert day(on, "en", "cn") == "4 November 2026"
    assert day(on, "en", "us") == "November 4, 2026"
