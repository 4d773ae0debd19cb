"""Exact annuities against the recurrences of docs/calc.md in fractions."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from lending.domain.schedule.annuity import annuity


def by_definition(
    rates: list[Fraction], weights: list[int] | None = None
) -> tuple[Fraction, Fraction]:
    """Rule 2: the product, and fn = 1, then 1 + fn * (1 + r); rule 7 with weights."""
    product, fn = Fraction(1), Fraction(0)
    for index, rate in enumerate(rates):
        product *= 1 + rate
        fn = (1 if weights is None else weights[index]) + fn * (1 + rate)
    return product, fn


RATES = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from([360, 365, 12_000])), min_size=1, max_size=60
)


@given(RATES, st.booleans(), st.data())
@settings(max_examples=60)
def test_every_length_is_exact(
    rates: list[tuple[int, int]], weighted: bool, data: st.DataObject
) -> None:
    repeated = rates * data.draw(st.sampled_from([1, 1, 9]))  # longer ones are halved
    numerators, denominators = zip(*repeated, strict=True)
    weights = None
    if weighted:
        of_weights = st.lists(st.integers(0, 9), min_size=len(rates), max_size=len(rates))
        weights = data.draw(of_weights) * (len(repeated) // len(rates))
    found = annuity(numerators, denominators, weights)
    product, fn = by_definition([Fraction(*pair) for pair in repeated], weights)
    assert Fraction(found.growth, found.unit) == product
    assert Fraction(found.sum, found.unit) == fn


def test_constant_rates_in_closed_form() -> None:
    for rate in (0, 7):
        found = annuity([rate] * 37, [1_200] * 37)
        product, fn = by_definition([Fraction(rate, 1_200)] * 37)
        assert (Fraction(found.growth, found.unit), Fraction(found.sum, found.unit)) == (
            product,
            fn,
        )
