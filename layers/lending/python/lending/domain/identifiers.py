"""Check digits and formats of the identifiers a market uses.

`check` answers for any type with a stable reason; the `..._problem` functions word the reasons
for the person who typed the number, and are None when there is no problem.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from string import ascii_lowercase, ascii_uppercase
from typing import assert_never

# Digits are ASCII here: `str.isdigit` also takes other scripts' digits.
DIGITS = frozenset("0123456789")

CN_ID_LENGTH = 18
CN_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CN_ID_CHECKS = "10X98765432"
# GB/T 2260: provinces, autonomous regions, municipalities, Taiwan, Hong Kong, Macau.
CN_PROVINCES = frozenset(
    str(code)
    for first, last in (
        (11, 15),
        (21, 23),
        (31, 37),
        (41, 46),
        (50, 54),
        (61, 65),
        (71, 71),
        (81, 82),
    )
    for code in range(first, last + 1)
)
CN_MOBILE_LENGTH = 11
CN_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
CN_MOBILE_PREFIX = re.compile(r"(?:\+86|0086|86)(\d{11})", re.ASCII)
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_LENGTH = 18
CARD_LENGTHS = range(16, 20)
US_PHONE = re.compile(r"[2-9]\d{2}[2-9]\d{6}", re.ASCII)
US_SSN = re.compile(r"(?!000|666|9)\d{3}-?(?!00)\d{2}-?(?!0000)\d{4}", re.ASCII)
VIN_VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
VIN_ENFORCED_FIRST = "L12345"
# Not `str.upper`, which makes ASCII letters of others (the long s becomes an S).
UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)
SEPARATORS = str.maketrans("", "", " -")


class Identifier(StrEnum):
    """The types that `check` knows."""

    CN_ID = "cn_id"
    CN_MOBILE = "cn_mobile"
    USCC = "uscc"
    LUHN = "luhn"
    BANK_CARD = "bank_card"
    VIN = "vin"


class Reason(StrEnum):
    """Why an identifier is not valid, in the order in which it is tested."""

    LENGTH = "length"
    CHARACTER = "character"
    DATE = "date"
    REGION = "region"
    CHECK_DIGIT = "check_digit"


@dataclass(frozen=True, slots=True)
class Checked:
    """The value as it was checked, and the first reason against it (None = valid)."""

    normalised: str
    reason: Reason | None

    @property
    def valid(self) -> bool:
        """Whether nothing speaks against it."""
        return self.reason is None


def check(
    kind: Identifier,
    value: str,
    normalise: bool = True,
    check_region: bool = False,
    as_of: date | None = None,
) -> Checked:
    """Whether a value is a well-formed identifier with a right check digit.

    `check_region` and `as_of` (the last day on which somebody can be born; None = any day)
    matter to `cn_id`.
    """
    text = normalised(kind, value) if normalise else value
    return Checked(text, _reason(kind, text, check_region, as_of))


def normalised(kind: Identifier, value: str) -> str:
    """Without spaces and hyphens, upper case; a mobile without the prefix of mainland China."""
    bare = value.translate(SEPARATORS).translate(UPPER)
    if kind is Identifier.CN_MOBILE and (prefixed := CN_MOBILE_PREFIX.fullmatch(bare)):
        return prefixed[1]
    return bare


def _reason(kind: Identifier, text: str, check_region: bool, as_of: date | None) -> Reason | None:
    match kind:
        case Identifier.CN_ID:
            return _cn_id_reason(text, check_region, as_of)
        case Identifier.CN_MOBILE:
            if len(text) != CN_MOBILE_LENGTH:
                return Reason.LENGTH
            return None if CN_MOBILE.fullmatch(text) else Reason.CHARACTER
        case Identifier.USCC:
            return _uscc_reason(text)
        case Identifier.LUHN:
            return _luhn_reason(text) if text else Reason.LENGTH
        case Identifier.BANK_CARD:
            return _luhn_reason(text) if len(text) in CARD_LENGTHS else Reason.LENGTH
        case Identifier.VIN:
            return _vin_reason(text)
    assert_never(kind)


def _cn_id_reason(text: str, check_region: bool, as_of: date | None) -> Reason | None:
    """GB 11643: region, birth date, sequence and an ISO 7064 MOD 11-2 check character."""
    if len(text) != CN_ID_LENGTH:
        return Reason.LENGTH
    if not (set(text[:-1]) <= DIGITS and text[-1] in DIGITS | {"X"}):
        return Reason.CHARACTER
    try:
        born_on = cn_id_birth_date(text)
    except ValueError:
        return Reason.DATE
    if as_of is not None and born_on > as_of:
        return Reason.DATE
    if check_region and text[:2] not in CN_PROVINCES:
        return Reason.REGION
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], CN_ID_WEIGHTS, strict=True))
    return None if text[17] == CN_ID_CHECKS[total % 11] else Reason.CHECK_DIGIT


def _uscc_reason(text: str) -> Reason | None:
    """GB 32100: weights are the powers of 3 modulo 31, the check character completes to 31."""
    if len(text) != USCC_LENGTH:
        return Reason.LENGTH
    if not set(text) <= set(USCC_ALPHABET):
        return Reason.CHARACTER
    values = [USCC_ALPHABET.index(character) for character in text]
    total = sum(value * pow(3, place, 31) for place, value in enumerate(values[:-1]))
    return None if values[-1] == -total % 31 else Reason.CHECK_DIGIT


def _luhn_reason(text: str) -> Reason | None:
    if not set(text) <= DIGITS:
        return Reason.CHARACTER
    return None if luhn_ok(text) else Reason.CHECK_DIGIT


def _vin_reason(text: str) -> Reason | None:
    """ISO 3779 characters and the check digit of 49 CFR 565 in position 9."""
    if len(text) != len(VIN_WEIGHTS):
        return Reason.LENGTH
    if not set(text) <= VIN_VALUES.keys():
        return Reason.CHARACTER
    total = sum(
        VIN_VALUES[character] * weight for character, weight in zip(text, VIN_WEIGHTS, strict=True)
    )
    return None if text[8] == "0123456789X"[total % 11] else Reason.CHECK_DIGIT


def cn_id_birth_date(id_no: str) -> date:
    """Birth date inside a resident id number.

    Raises:
        ValueError: no such date.
    """
    return date(int(id_no[6:10]), int(id_no[10:12]), int(id_no[12:14]))


def cn_id_problem(id_no: str, today: date) -> str | None:
    """Resident identity number: form, real birth date not after today, check digit."""
    text = id_no.translate(UPPER)
    if re.fullmatch(r"\d{15}", text, re.ASCII):
        return "the old 15-digit form is not accepted; give the 18-digit number"
    match _cn_id_reason(text, check_region=False, as_of=today):
        case None:
            return None
        case Reason.DATE:
            return "the birth date in the number does not exist or is in the future"
        case Reason.CHECK_DIGIT:
            return "the check digit is wrong"
        case _:
            return "18 characters: 17 digits and a digit or X"


def us_ssn_problem(ssn: str) -> str | None:
    """Social security number: the areas, groups and serials that are never issued are refused."""
    return None if US_SSN.fullmatch(ssn) else "nine digits of an issued form, such as 123-45-6789"


def normalise_cn_mobile(text: str) -> str | None:
    """Eleven digits without prefix, spaces or hyphens; None when it is no mainland mobile."""
    checked = check(Identifier.CN_MOBILE, text)
    return checked.normalised if checked.valid else None


def normalise_us_phone(text: str) -> str | None:
    """Ten digits of the North American plan; None when it is none."""
    bare = re.sub(r"[\s().-]", "", text)
    bare = re.sub(r"^(\+1|1(?=\d{10}$))", "", bare)
    return bare if US_PHONE.fullmatch(bare) else None


def luhn_ok(digits: str) -> bool:
    """ISO/IEC 7812 check digit of a card number."""
    if not digits or not set(digits) <= DIGITS:
        return False
    total = 0
    for position, character in enumerate(reversed(digits)):
        doubled = int(character) * (1 + position % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def vin_problem(vin: str) -> str | None:
    """Vehicle identification number; the check digit binds China and North America."""
    text = vin.translate(UPPER)
    match _vin_reason(text):
        case Reason.LENGTH | Reason.CHARACTER:
            return "17 characters without I, O and Q"
        case _ if len(set(text)) == 1:
            return "17 equal characters are no vehicle"
        case Reason.CHECK_DIGIT if text[0] in VIN_ENFORCED_FIRST:
            return "the check digit (position 9) is wrong"
        case _:
            return None
