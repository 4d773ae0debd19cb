"""Time value of money with the meaning of a spreadsheet: received positive, paid negative.

Every function solves pv*g + pmt*(1 + r*w)*(g - 1)/r + fv = 0 with g = (1 + r)^nper for one of its
letters; w is 1 for payments at the beginning of periods, else 0. Everything rational stays an
exact fraction: pmt to cumprinc and npv for whole periods, effect for whole periods a year.
Powers that are not rational, or whose exact digits would be too many, have 150 digits.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from lending.domain.computable import NotComputable
from lending.domain.money import Rounding, divide
from lending.domain.rate import Flow, rate_of, roots_of
from lending.domain.rate.precision import as_decimal, exact_context

DIGITS: Final = 150
RATE_DIGITS: Final = 100
# A solver's rate is cut here first, so that 0.01000...0001 is 0.01 and a tie is a tie.
RATE_PLACES: Final = Decimal("1e-70")
RATE_HIGHEST: Final = 5
# Larger exact powers than this cost more time than their digits are worth.
EXACT_BITS: Final = 13_000
# A value of more digits than this comes from mistaken input, and is longer than Python prints;
# a power on the way to one may have more.
MAGNITUDE_MAX: Final = 4_000
POWER_MAX: Final = 40_000
DAYS_PER_YEAR: Final = 365


def pmt(rate: Fraction, nper: Fraction, pv: Fraction, fv: Fraction, begin: bool) -> Fraction:
    """The payment a period.

    Raises:
        NotComputable: invalid_field, nper <= 0 or a rate of -100 % or less.
    """
    if nper <= 0:
        raise NotComputable("invalid_field", "/nper", "more than 0")
    return _quotient(-(pv * growth(rate, nper) + fv), annuity(rate, nper, begin))


def pv(rate: Fraction, nper: Fraction, pmt: Fraction, fv: Fraction, begin: bool) -> Fraction:
    """The present value of `nper` >= 0 payments and a final amount.

    Raises:
        NotComputable: invalid_field.
    """
    _not_negative(nper)
    return _quotient(-(fv + pmt * annuity(rate, nper, begin)), growth(rate, nper))


def fv(rate: Fraction, nper: Fraction, pmt: Fraction, pv: Fraction, begin: bool) -> Fraction:
    """The final amount after `nper` >= 0 payments and an initial one.

    Raises:
        NotComputable: invalid_field.
    """
    _not_negative(nper)
    return -(pv * growth(rate, nper) + pmt * annuity(rate, nper, begin))


def nper(rate: Fraction, pmt: Fraction, pv: Fraction, fv: Fraction, begin: bool) -> Fraction:
    """How many payments it takes; neither whole nor positive of necessity.

    Raises:
        NotComputable: invalid_field, or no_solution when no number of payments balances.
    """
    _above_minus_one(rate)
    if rate == 0:
        if pmt == 0:
            raise NotComputable("no_solution", "", "without interest and payments nothing changes")
        return _quotient(-(pv + fv), pmt)
    perpetual = _quotient(pmt * (1 + rate * begin), rate)
    late, early = perpetual - fv, perpetual + pv
    if late * early <= 0:
        raise NotComputable("no_solution", "", "no number of payments balances the amounts")
    with exact_context(DIGITS):
        grown = as_decimal(_quotient(late, early)).ln()
        return Fraction(grown / as_decimal(1 + rate).ln())


def ipmt(
    rate: Fraction, per: int, nper: Fraction, pv: Fraction, fv: Fraction, begin: bool
) -> Fraction:
    """The interest part of payment `per`; at the beginning of period 1 none has accrued.

    Raises:
        NotComputable: invalid_field.
    """
    payment = pmt(rate, nper, pv, fv, begin)
    if not 1 <= per <= nper:
        raise NotComputable("invalid_field", "/per", "from 1 to nper")
    if begin and per == 1:
        return Fraction(0)
    return -rate * _balance(rate, per - 1, payment, pv, begin)


def ppmt(
    rate: Fraction, per: int, nper: Fraction, pv: Fraction, fv: Fraction, begin: bool
) -> Fraction:
    """The principal part of payment `per`.

    Raises:
        NotComputable: invalid_field.
    """
    interest = ipmt(rate, per, nper, pv, fv, begin)
    return pmt(rate, nper, pv, fv, begin) - interest


def cumprinc(
    rate: Fraction, nper: Fraction, pv: Fraction, start: int, end: int, begin: bool
) -> Fraction:
    """The principal parts of the payments `start` to `end`, both included.

    Raises:
        NotComputable: invalid_field.
    """
    payment = pmt(rate, nper, pv, Fraction(0), begin)
    if start < 1:
        raise NotComputable("invalid_field", "/start", "1 or more")
    if not start <= end <= nper:
        raise NotComputable("invalid_field", "/end", "from start to nper")
    after = _balance(rate, end, payment, pv, begin)
    return after - _balance(rate, start - 1, payment, pv, begin)


def cumipmt(
    rate: Fraction, nper: Fraction, pv: Fraction, start: int, end: int, begin: bool
) -> Fraction:
    """The interest parts of the payments `start` to `end`, both included.

    Raises:
        NotComputable: invalid_field.
    """
    principal = cumprinc(rate, nper, pv, start, end, begin)
    return pmt(rate, nper, pv, Fraction(0), begin) * (end - start + 1) - principal


def rate(nper: Fraction, pmt: Fraction, pv: Fraction, fv: Fraction, begin: bool) -> Fraction:
    """The rate a period: the root nearest zero in (-0.99, 5), of two as near the positive one.

    Multiplied by r, the equation has the four powers n+1, n, 1 and 0 of x = 1 + r, and one
    root too many, x = 1; that is a rate only if the amounts balance without interest.

    Raises:
        NotComputable: invalid_field, or no_solution.
    """
    if nper <= 0:
        raise NotComputable("invalid_field", "/nper", "more than 0")
    if pv + pmt * nper + fv == 0:
        if fv == 0 and (pv == 0 or (begin and nper == 1)):
            raise NotComputable("no_solution", "", "every rate balances the amounts")
        return Fraction(0)
    powers = (pv + pmt, -pv, fv - pmt, -fv) if begin else (pv, pmt - pv, fv, -pmt - fv)
    times = (Fraction(0), Fraction(1), nper, nper + 1)
    flows = [Flow(amount, time) for amount, time in zip(powers, times, strict=True)]
    roots = [
        root
        for root in roots_of(flows, RATE_DIGITS)
        if abs(root) > RATE_PLACES and root < RATE_HIGHEST
    ]
    if not roots:
        raise NotComputable("no_solution", "", "no rate between -99 % and 500 % balances")
    return _cut(min(roots, key=lambda root: (abs(root), -root)))


def npv(rate: Fraction, flows: Sequence[Fraction]) -> Fraction:
    """The value today of flows a period apart, the first of them today.

    Raises:
        NotComputable: invalid_field.
    """
    _above_minus_one(rate)
    grown = 1 + rate
    if len(flows) * _bits(grown) > EXACT_BITS:
        with exact_context(DIGITS):
            value, discount = Decimal(0), 1 / as_decimal(grown)
            for flow in reversed(flows):
                value = value * discount + as_decimal(flow)
            return Fraction(value)
    total = Fraction(0)
    for flow in reversed(flows):
        total = _quotient(total, grown) + flow
    return total


def irr(flows: Sequence[Fraction]) -> Fraction:
    """The rate at which flows a period apart are worth nothing, as `lending.domain.rate` picks it.

    Raises:
        NotComputable: no_solution.
    """
    timed = [Flow(amount, time) for time, amount in enumerate(flows)]
    return _cut(rate_of(timed, RATE_DIGITS))


def xnpv(rate: Fraction, flows: Sequence[Fraction], days: Sequence[int]) -> Fraction:
    """The value on day 0 of flows on `days`, at a yearly rate, a year having 365 days.

    Raises:
        NotComputable: invalid_field.
    """
    return sum(
        (
            _quotient(flow, growth(rate, Fraction(day, DAYS_PER_YEAR)))
            for flow, day in zip(flows, days, strict=True)
        ),
        Fraction(0),
    )


def xirr(flows: Sequence[Fraction], days: Sequence[int]) -> Fraction:
    """The yearly rate at which flows on `days` are worth nothing.

    Raises:
        NotComputable: no_solution.
    """
    timed = [
        Flow(flow, Fraction(day, DAYS_PER_YEAR)) for flow, day in zip(flows, days, strict=True)
    ]
    return _cut(rate_of(timed, RATE_DIGITS))


def effect(nominal: Fraction, periods_per_year: Fraction) -> Fraction:
    """The effective yearly rate of a nominal one.

    Raises:
        NotComputable: invalid_field, -100 % a period or less.
    """
    if nominal <= -periods_per_year:
        raise NotComputable("invalid_field", "/nominal_pct", "above -100 % a period")
    return growth(_quotient(nominal, periods_per_year), periods_per_year) - 1


def nominal(effective: Fraction, periods_per_year: Fraction) -> Fraction:
    """The nominal yearly rate of an effective one.

    Raises:
        NotComputable: invalid_field, -100 % or less.
    """
    if effective <= -1:
        raise NotComputable("invalid_field", "/effective_pct", "above -100 %")
    return (growth(effective, _quotient(Fraction(1), periods_per_year)) - 1) * periods_per_year


def growth(rate: Fraction, periods: Fraction) -> Fraction:
    """(1 + rate)^periods: exact if that is rational and short, else to 150 digits.

    Raises:
        NotComputable: invalid_field, a rate of -100 % or less, or a power beyond 40,000 digits.
    """
    _above_minus_one(rate)
    grown = 1 + rate
    if periods.denominator == 1 and abs(periods) * _bits(grown) <= EXACT_BITS:
        return grown**periods.numerator
    with exact_context(DIGITS) as context:
        base, exponent = as_decimal(grown), as_decimal(periods)
        if abs(base.log10() * exponent) > POWER_MAX:
            raise NotComputable("invalid_field", "/nper", "the power has too many digits")
        return Fraction(context.power(base, exponent))


def annuity(rate: Fraction, nper: Fraction, begin: bool) -> Fraction:
    """What payments of 1 a period grow to by the end of period `nper`."""
    if rate == 0:
        return nper
    return _quotient((growth(rate, nper) - 1) * (1 + rate * begin), rate)


def significant(value: Fraction, digits: int) -> str:
    """`value` to so many significant digits, half even, without exponent or trailing zeros.

    Raises:
        NotComputable: invalid_field, more than 4,000 digits before or zeros after the point.
    """
    if value == 0:
        return "0"
    with exact_context(DIGITS):
        exponent = as_decimal(abs(value)).adjusted()
    if abs(exponent) > MAGNITUDE_MAX:
        raise NotComputable("invalid_field", "", "the value is too long to write")
    places = digits - 1 - exponent
    scale, unit = 10 ** max(0, places), 10 ** max(0, -places)
    whole = divide(abs(value.numerator) * scale, value.denominator * unit, Rounding.HALF_EVEN)
    text = str(whole * unit)
    if places > 0:
        text = text.rjust(places + 1, "0")
        text = f"{text[:-places]}.{text[-places:]}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


def _balance(rate: Fraction, paid: int, payment: Fraction, pv: Fraction, begin: bool) -> Fraction:
    """Principal after `paid` payments; at the beginning of periods, before interest on it."""
    if paid == 0:
        return pv
    count = Fraction(paid)
    return pv * growth(rate, count - begin) + payment * annuity(rate, count, begin=False)


def _quotient(dividend: Fraction, divisor: Fraction) -> Fraction:
    return Fraction(dividend, divisor)


def _cut(root: Decimal) -> Fraction:
    with exact_context(2 * MAGNITUDE_MAX):
        return Fraction(root.quantize(RATE_PLACES))


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _above_minus_one(rate: Fraction) -> None:
    if rate <= -1:
        raise NotComputable("invalid_field", "/rate", "above -1")


def _not_negative(nper: Fraction) -> None:
    if nper < 0:
        raise NotComputable("invalid_field", "/nper", "0 or more")
