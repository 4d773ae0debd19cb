"""Field types of the calculator's requests: exact numbers only, unknown fields refused."""

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

DECIMAL: Final = re.compile(r"[+-]?\d{1,60}(\.\d{1,60})?", re.ASCII)
RATIO: Final = re.compile(r"([+-]?\d{1,60})/(\d{1,60})", re.ASCII)
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Shape(BaseModel):
    """A request or a part of one: strict types, no unknown fields, never changed."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True
    )


def _decimal(value: Any) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and DECIMAL.fullmatch(value):
        return Decimal(value)
    raise ValueError("a decimal string such as '7.25' (an integer is accepted, a float is not)")


def _ratio(value: Any) -> Fraction:
    if isinstance(value, str) and (parts := RATIO.fullmatch(value)):
        if int(parts[2]) == 0:
            raise ValueError("the denominator is 0")
        return Fraction(int(parts[1]), int(parts[2]))
    try:
        return Fraction(_decimal(value))
    except ValueError:
        raise ValueError("a decimal string or a fraction string such as '19/30'") from None


def _day(value: Any) -> date:
    if isinstance(value, str) and DAY.fullmatch(value):
        return date.fromisoformat(value)
    raise ValueError("a date as YYYY-MM-DD")


Number = Annotated[Decimal, BeforeValidator(_decimal)]
NotNegative = Annotated[Number, Field(ge=0)]
Ratio = Annotated[Fraction, BeforeValidator(_ratio)]
Day = Annotated[date, BeforeValidator(_day)]
# 10**18 minor units are more money than there is; larger numbers are mistakes.
Minor = Annotated[int, Field(ge=-(10**18), le=10**18)]
MinorNotNegative = Annotated[int, Field(ge=0, le=10**18)]
MinorPositive = Annotated[int, Field(gt=0, le=10**18)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


def decimals_text(value: Fraction | Decimal, places: int) -> str:
    """`value` with exactly `places` decimals, half even, without exponent."""
    ratio = Fraction(value)
    scaled = round(ratio * 10**places)  # round() of a Fraction is exact and half even
    digits = str(abs(scaled)).rjust(places + 1, "0")
    sign = "-" if scaled < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"
