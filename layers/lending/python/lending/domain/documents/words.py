"""Amounts, days and rates as a document prints them, by locale. Integers in, text out."""

from datetime import date
from typing import Final

from lending.domain.contract import number, rate

CURRENCIES: Final = {
    "zh-CN": {"CNY": ("人民币 ", " 元"), "USD": ("美元 ", "")},
    "zh-TW": {"CNY": ("人民幣 ", " 元"), "USD": ("美元 ", "")},
}
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
# Numerals that cannot be altered with a stroke, as contracts in Chinese write amounts.
DIGITS: Final = {"zh-CN": "零壹贰叁肆伍陆柒捌玖", "zh-TW": "零壹貳參肆伍陸柒捌玖"}
PLACES: Final = ("", "拾", "佰", "仟")
GROUPS: Final = {"zh-CN": ("", "万", "亿", "万亿"), "zh-TW": ("", "萬", "億", "萬億")}
GROUP: Final = 10_000


def money(minor: int, currency: str, locale: str) -> str:
    """`人民币 120,000.00 元`, or `CNY 120,000.00`."""
    before, after = CURRENCIES.get(locale, {}).get(currency, (f"{currency} ", ""))
    return f"{before}{number(minor)}{after}"


def in_words(minor: int, locale: str) -> str:
    """An amount in financial numerals, such as 壹拾贰万元整; empty in other languages.

    Raises:
        ValueError: the amount is negative.
    """
    digits = DIGITS.get(locale)
    if digits is None:
        return ""
    if minor < 0:
        raise ValueError("amounts in words are not negative")
    yuan, jiao, fen = minor // 100, minor // 10 % 10, minor % 10
    sign = "圓" if locale == "zh-TW" else "元"
    found = f"{_integer(yuan, locale)}{sign}" if yuan or not (jiao or fen) else ""
    if not (jiao or fen):
        return f"{found}整"
    if jiao:
        found += f"{digits[jiao]}角"
    elif yuan:
        found += digits[0]
    return found + (f"{digits[fen]}分" if fen else "整")


def _integer(value: int, locale: str) -> str:
    digits, groups = DIGITS[locale], GROUPS[locale]
    if value == 0:
        return digits[0]
    found, at, has_gap = "", 0, False
    while value:
        value, part = divmod(value, GROUP)
        if part:
            said = _below_ten_thousand(part, digits) + groups[at]
            found = said + (digits[0] if has_gap and found else "") + found
            has_gap = part < GROUP // 10
        else:
            has_gap = bool(found)
        at += 1
    return found


def _below_ten_thousand(value: int, digits: str) -> str:
    found, has_zero = "", False
    for place in reversed(range(4)):
        digit = value // 10**place % 10
        if digit:
            found += (digits[0] if has_zero and found else "") + digits[digit] + PLACES[place]
            has_zero = False
        else:
            has_zero = True
    return found


def day(on: date, locale: str, market: str) -> str:
    """`2026年11月24日`, `24 November 2026`, or in the US `November 24, 2026`."""
    if locale.startswith("zh"):
        return f"{on.year}年{on.month}月{on.day}日"
    month = MONTHS[on.month - 1]
    return f"{month} {on.day}, {on.year}" if market == "us" else f"{on.day} {month} {on.year}"


def months(count: int, locale: str) -> str:
    """A term, such as `36 个月`."""
    unit = {"zh-CN": "个月", "zh-TW": "個月"}.get(locale, "months")
    return f"{count} {unit}"


def percent(bps: int) -> str:
    """Basis points as a percentage."""
    return rate(bps)
