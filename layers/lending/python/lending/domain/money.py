"""Integer money and the only places where a fraction becomes an integer."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never


class Rounding(StrEnum):
    """`half_up` sends ties away from zero, `down` and `up` go toward minus and plus infinity."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    DOWN = "down"
    UP = "up"


def divide(numerator: int, denominator: int, mode: Rounding) -> int:
    """Divide exactly and round once, so that a tie is a tie.

    Raises:
        ZeroDivisionError: the denominator is 0.
    """
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    floor, remainder = divmod(numerator, denominator)
    match mode:
        case Rounding.DOWN:
            return floor
        case Rounding.UP:
            return floor + (remainder > 0)
        case Rounding.HALF_EVEN:
            above = 2 * remainder > denominator
            tie = 2 * remainder == denominator
            return floor + (above or (tie and floor % 2 == 1))
        case Rounding.HALF_UP:
            above = 2 * remainder > denominator
            tie = 2 * remainder == denominator
            return floor + (above or (tie and floor >= 0))
    assert_never(mode)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (fen, cents) of one ISO 4217 currency."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other

    def allocate(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Split without losing a cent, by largest remainder (ties: earliest share).

        Raises:
            ValueError: a negative amount or weight, or weights that sum to 0.
        """
        total = sum(weights)
        if self.minor < 0 or total <= 0 or min(weights) < 0:
            raise ValueError("allocate needs an amount >= 0 and weights >= 0 with a positive sum")
        parts = [divmod(self.minor * weight, total) for weight in weights]
        shares = [quotient for quotient, _ in parts]
        by_remainder = sorted(range(len(parts)), key=lambda index: -parts[index][1])
        for index in by_remainder[: self.minor - sum(shares)]:
            shares[index] += 1
        return tuple(Money(share, self.currency) for share in shares)
