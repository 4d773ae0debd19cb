"""Check digits and formats of the identifiers a market uses. A problem is a text or None."""

import re
from datetime import date

CN_ID = re.compile(r"\d{17}[\dX]", re.ASCII)
CN_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CN_ID_CHECKS = "10X98765432"
CN_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
US_PHONE = re.compile(r"[2-9]\d{2}[2-9]\d{6}", re.ASCII)
US_SSN = re.compile(r"(?!000|666|9)\d{3}-?(?!00)\d{2}-?(?!0000)\d{4}", re.ASCII)
VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.ASCII)
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


def cn_id_birth_date(id_no: str) -> date:
    """Birth date inside a resident id number.

    Raises:
        ValueError: no such date.
    """
    return date(int(id_no[6:10]), int(id_no[10:12]), int(id_no[12:14]))


def cn_id_problem(id_no: str, today: date) -> str | None:
    """Resident identity number, GB 11643: form, real birth date, check digit."""
    text = id_no.upper()
    if re.fullmatch(r"\d{15}", text, re.ASCII):
        return "the old 15-digit form is not accepted; give the 18-digit number"
    if not CN_ID.fullmatch(text):
        return "18 characters: 17 digits and a digit or X"
    try:
        born_on = cn_id_birth_date(text)
    except ValueError:
        return "the birth date in the number does not exist"
    if born_on > today:
        return "the birth date in the number is in the future"
    total = sum(int(digit) * weight for digit, weight in zip(text[:17], CN_ID_WEIGHTS, strict=True))
    if text[17] != CN_ID_CHECKS[total % 11]:
        return "the check digit is wrong"
    return None


def us_ssn_problem(ssn: str) -> str | None:
    """Social security number: the areas, groups and serials that are never issued are refused."""
    return None if US_SSN.fullmatch(ssn) else "nine digits of an issued form, such as 123-45-6789"


def normalise_cn_mobile(text: str) -> str | None:
    """Eleven digits without prefix, spaces or hyphens; None when it is no mainland mobile."""
    bare = re.sub(r"[\s-]", "", text)
    bare = re.sub(r"^(\+86|0086)", "", bare)
    return bare if CN_MOBILE.fullmatch(bare) else None


def normalise_us_phone(text: str) -> str | None:
    """Ten digits of the North American plan; None when it is none."""
    bare = re.sub(r"[\s().-]", "", text)
    bare = re.sub(r"^(\+1|1(?=\d{10}$))", "", bare)
    return bare if US_PHONE.fullmatch(bare) else None


def luhn_ok(digits: str) -> bool:
    """ISO/IEC 7812 check digit of a card number."""
    if not re.fullmatch(r"\d+", digits, re.ASCII):
        return False
    total = 0
    for position, character in enumerate(reversed(digits)):
        doubled = int(character) * (1 + position % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def vin_problem(vin: str) -> str | None:
    """Vehicle identification number, ISO 3779; the check digit binds China and North America."""
    text = vin.upper()
    if not VIN.fullmatch(text):
        return "17 characters without I, O and Q"
    if len(set(text)) == 1:
        return "17 equal characters are no vehicle"
    if text[0] not in VIN_ENFORCED_FIRST:
        return None
    total = sum(
        VIN_VALUES[character] * weight for character, weight in zip(text, VIN_WEIGHTS, strict=True)
    )
    check = "X" if total % 11 == 10 else str(total % 11)
    return None if text[8] == check else "the check digit (position 9) is wrong"
