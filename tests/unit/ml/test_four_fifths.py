"""The one rule of fairness: whom a group is compared with."""

import pytest

from ml import four_fifths

REGIONS = {
    "north": {"approved": 0.85, "share": 0.2, "air": 1.28},
    "south": {"approved": 0.60, "share": 0.3, "air": 0.75},
    "west": {"approved": 0.70, "share": 0.495, "air": 1.02},
    "isle": {"approved": 0.10, "share": 0.005, "air": 0.14},
}
AGES = {
    "age_under_25": {"approved": 0.3, "share_of_applicants": 0.1},
    "age_25_to_61": {"approved": 0.8, "share_of_applicants": 0.7},
    "age_62_and_over": {"approved": 0.72, "share_of_applicants": 0.2},
}


def test_a_group_is_held_against_the_best_off_and_against_the_rest() -> None:
    found = {(one.group, round(one.ratio, 3)) for one in four_fifths.comparisons("region", REGIONS)}
    assert found == {
        ("north", 1.0), ("north", 1.28), ("south", 0.706), ("south", 0.75),
        ("west", 0.824), ("west", 1.02),
    }  # fmt: skip
    worst = four_fifths.worst("region", REGIONS)
    assert (worst.group, worst.other) == ("south", four_fifths.Side(0.85, 0.2))


def test_the_rest_is_as_large_as_the_others_together() -> None:
    rest = next(
        one for one in four_fifths.comparisons("region", REGIONS) if one.ratio == 1.28
    ).other
    assert rest.share == pytest.approx(0.795)
    assert rest.rate == pytest.approx(0.85 / 1.28)


def test_where_a_reference_is_named_only_the_protected_are_judged_by_it() -> None:
    (one,) = four_fifths.comparisons("age", AGES)
    assert (one.group, round(one.ratio, 3)) == ("age_62_and_over", 0.9)
    renamed = {name.removeprefix("age_"): told for name, told in AGES.items()}
    assert four_fifths.worst("age", renamed).group == "under_25"


@pytest.mark.parametrize(
    "figures",
    [{}, {"a": {}}, {"a": {"approved": "x"}}, {"a": {"approved": 0.5, "air": float("nan")}}],
)
def test_what_says_nothing_passes_nothing(figures: dict[str, dict[str, object]]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        four_fifths.worst("region", figures)
