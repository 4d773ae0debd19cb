"""What the evaluator promises its callers, on the artefact that ships."""

import math
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending_scorecard import Score, Scorecard, UnknownFeature, load

CARD = load()
SIGNS = {
    "bureau_score": -1,
    "delinquencies_24m": 1,
    "enquiries_6m": 1,
    "ltv_pct": 1,
    "pti_pct": 1,
    "dti_pct": 1,
    "term_months": 1,
    "months_employed": -1,
    "vehicle_age_years": 1,
}
PERCENTAGES = ("ltv_pct", "pti_pct", "dti_pct")
REASON_FEATURES = {
    "credit_history_weak": ("bureau_score",),
    "credit_history_limited": ("bureau_score", "delinquencies_24m", "enquiries_6m"),
    "past_delinquency": ("delinquencies_24m",),
    "recent_enquiries": ("enquiries_6m",),
    "collateral_value_insufficient": ("ltv_pct",),
    "income_too_low_for_instalment": ("pti_pct",),
    "debt_load_too_high": ("dti_pct",),
    "term_too_long": ("term_months",),
    "employment_too_short": ("months_employed",),
    "vehicle_too_old": ("vehicle_age_years",),
}
WEAK = {
    "bureau_score": 590,
    "delinquencies_24m": 3,
    "enquiries_6m": 6,
    "ltv_pct": "131.00",
    "pti_pct": "26.5",
    "dti_pct": "61",
    "term_months": 84,
    "months_employed": 2,
    "vehicle_age_years": 12,
}


def applicants() -> st.SearchStrategy[dict[str, object]]:
    counts = {
        "bureau_score": st.integers(300, 900),
        "delinquencies_24m": st.integers(0, 12),
        "enquiries_6m": st.integers(0, 15),
        "term_months": st.integers(6, 96),
        "months_employed": st.integers(0, 500),
        "vehicle_age_years": st.integers(0, 25),
    }
    percent = st.decimals(0, 200, places=2).map(str) | st.floats(0, 200)
    values = counts | dict.fromkeys(PERCENTAGES, percent)
    return st.fixed_dictionaries({name: st.none() | values[name] for name in SIGNS})


def test_the_inputs_are_the_contract() -> None:
    assert CARD.features == tuple(SIGNS)


def test_a_weak_applicant_scores_worse_than_a_strong_one() -> None:
    weak = CARD.evaluate(WEAK)
    strong = CARD.evaluate(
        {
            "bureau_score": 830,
            "delinquencies_24m": 0,
            "enquiries_6m": 0,
            "ltv_pct": 70,
            "pti_pct": 7.5,
            "dti_pct": Decimal("18.2"),
            "term_months": 48,
            "months_employed": 90,
            "vehicle_age_years": 0,
        }
    )
    assert weak.pd > 10 * strong.pd
    assert weak.score < 600 < strong.score
    assert strong.reasons == ()
    assert len(weak.reasons) == 4
    assert weak.model == strong.model == CARD.version


@given(applicants(), st.sampled_from(sorted(SIGNS)), st.data())
def test_the_pd_follows_the_sign_of_every_feature(
    applicant: dict[str, object], name: str, data: st.DataObject
) -> None:
    ends = (0, 1_000) if name == "bureau_score" else (0, 300)
    low, high = sorted(data.draw(st.tuples(st.integers(*ends), st.integers(*ends))))
    lower = CARD.evaluate(applicant | {name: low})
    higher = CARD.evaluate(applicant | {name: high})
    assert SIGNS[name] * (higher.pd - lower.pd) >= 0
    assert SIGNS[name] * (higher.score - lower.score) <= 0


@given(applicants())
def test_every_reason_is_true(applicant: dict[str, object]) -> None:
    answer = CARD.evaluate(applicant)
    assert len(answer.reasons) == len(set(answer.reasons)) <= 4
    for reason in answer.reasons:
        best = {
            name: -SIGNS[name] * math.inf
            for name in REASON_FEATURES[reason]
            if answer.contributions[name] > 0
            and (applicant[name] is None) == (reason == "credit_history_limited")
        }
        assert best, reason
        improved = CARD.evaluate(applicant | best)
        assert improved.pd < answer.pd
        assert reason not in improved.reasons


@given(applicants())
def test_reasons_come_heaviest_first_and_leave_out_only_lighter_ones(
    applicant: dict[str, object],
) -> None:
    answer = CARD.evaluate(applicant)
    weight: dict[str, float] = {}
    for reason, names in REASON_FEATURES.items():
        is_for_missing = reason == "credit_history_limited"
        parts = [
            answer.contributions[name]
            for name in names
            if (applicant[name] is None) == is_for_missing and answer.contributions[name] > 0
        ]
        if parts:
            weight[reason] = sum(parts)
    listed = [weight[reason] for reason in answer.reasons]
    assert listed == pytest.approx(sorted(weight.values(), reverse=True)[:4])


@given(applicants())
def test_the_score_is_the_scaled_log_odds_and_the_ppm_the_rounded_pd(
    applicant: dict[str, object],
) -> None:
    answer = CARD.evaluate(applicant)
    odds = (1 - answer.pd) / answer.pd
    assert answer.score == pytest.approx(600 + 20 / math.log(2) * math.log(odds / 20), abs=0.5001)
    exact = Decimal(answer.pd) * 1_000_000
    assert answer.pd_ppm == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    assert 0 < answer.pd < 1


@pytest.mark.parametrize(("pd", "ppm"), [(0.5, 500_000), (2.0**-21, 0), (3 * 2.0**-7, 23_438)])
def test_parts_per_million_round_half_up(pd: float, ppm: int) -> None:
    assert Score(pd, 0, (), {}, "x").pd_ppm == ppm  # 3/128 is 23,437.5 ppm exactly


@given(applicants(), st.sampled_from(sorted(SIGNS)))
def test_withholding_a_value_is_never_better_than_the_reference(
    applicant: dict[str, object], name: str
) -> None:
    answer = CARD.evaluate(applicant | {name: None})
    assert answer.contributions[name] >= 0
    assert answer == CARD.evaluate(applicant | {name: math.nan})
    without = {key: value for key, value in applicant.items() if key != name}
    assert answer == CARD.evaluate(without)


def test_no_bureau_file_is_said_as_such() -> None:
    answer = CARD.evaluate(dict.fromkeys(SIGNS))
    assert answer.reasons == ("credit_history_limited",)


@pytest.mark.parametrize("name", ["rate", "sex", "age", "marital_status", "residence", "bureau"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UnknownFeature) as caught:
        CARD.evaluate({"bureau_score": 700, name: 1})
    assert caught.value.args == (name,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bureau_score", "700"),
        ("bureau_score", True),
        ("bureau_score", Decimal(700)),
        ("ltv_pct", True),
        ("ltv_pct", b"80"),
        ("pti_pct", [1]),
    ],
)
def test_other_types_are_refused(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=name):
        CARD.evaluate({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bureau_score", 700.5),
        *(
            ("ltv_pct", text)
            for text in ("", "-", "nan", "inf", "1e3", "1_0", " 80", "1.2.3", ".-5", "5-", "٣")
        ),
    ],
)
def test_numbers_it_cannot_read_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        CARD.evaluate({name: value})


@pytest.mark.parametrize("value", ["80.00", "80", 80, 80.0, Decimal("80.000")])
def test_one_percentage_has_one_answer_in_every_notation(value: object) -> None:
    assert CARD.evaluate({"ltv_pct": value}) == CARD.evaluate({"ltv_pct": "80.0"})


def test_the_ends_are_open() -> None:
    for name in SIGNS:
        least, most = (CARD.evaluate({name: end}).pd for end in (-math.inf, math.inf))
        assert SIGNS[name] * (most - least) > 0
    assert CARD.evaluate({"term_months": 10**400}) == CARD.evaluate({"term_months": math.inf})


def test_answers_are_values() -> None:
    assert CARD.evaluate(WEAK) == CARD.evaluate(WEAK)
    assert CARD.evaluate(WEAK) != CARD.evaluate({})
    assert CARD.evaluate(WEAK) != "a score"
    assert "reasons" in repr(CARD.evaluate(WEAK))
    assert isinstance(CARD, Scorecard)
