"""The fold every plan ends in: payments meet interest, the rest repays principal."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lending.domain.money import Rounding, divide
from lending.domain.schedule.charges import Charges
from lending.domain.schedule.terms import RoundingRules


@dataclass(slots=True)
class Columns:
    """Principal, interest (rounded) and the balance after each period, one list for each."""

    principal: list[int] = field(default_factory=list)
    interest: list[int] = field(default_factory=list)
    balance: list[int] = field(default_factory=list)

    def extend(self, other: "Columns") -> None:
        """Go on with the periods of `other`."""
        self.principal += other.principal
        self.interest += other.interest
        self.balance += other.balance


def fold(
    balance: int,
    payments: Sequence[int],
    charged: Charges,
    mode: Rounding,
    *,
    clears: bool,
) -> Columns:
    """Apply one payment a period from the first on; `clears`: the last one takes all.

    A payment below the interest repays nothing: interest is due all the same (rule 2).
    """
    principals, interests, balances = [], [], []
    # The usual mode inline: calling `divide` for it is half the time of a whole schedule.
    half_even = mode is Rounding.HALF_EVEN
    for payment, slope, offset, denominator, arriving in zip(
        payments,
        charged.slopes,
        charged.offsets,
        charged.denominators,
        charged.arriving,
        strict=False,  # there may be periods without a payment at the end
    ):
        if half_even:
            interest, rest = divmod(balance * slope + offset, denominator)
            rest += rest
            if rest > denominator or (rest == denominator and interest & 1):
                interest += 1
        else:
            interest = divide(balance * slope + offset, denominator, mode)
        balance += arriving
        principal = payment - interest
        if principal < 0:
            principal = 0
        elif principal > balance:
            principal = balance
        balance -= principal
        principals.append(principal)
        interests.append(interest)
        balances.append(balance)
    if clears:
        principals[-1] += balance
        balances[-1] = 0
    return Columns(principals, interests, balances)


def fold_principal(balance: int, parts: Sequence[int], charged: Charges, mode: Rounding) -> Columns:
    """Repay given parts of principal, interest on top; the last period takes all."""
    columns = Columns()
    for part, slope, denominator in zip(parts, charged.slopes, charged.denominators, strict=True):
        columns.interest.append(divide(balance * slope, denominator, mode))
        principal = min(part, balance)
        balance -= principal
        columns.principal.append(principal)
        columns.balance.append(balance)
    columns.principal[-1] += balance
    columns.balance[-1] = 0
    return columns


def to_instalment(numerator: int, denominator: int, rules: RoundingRules) -> int:
    """An exact amount rounded once, directly to the instalment's multiple in its own mode."""
    unit = rules.instalment_multiple_minor
    return unit * divide(numerator, denominator * unit, rules.instalment_mode or rules.mode)
