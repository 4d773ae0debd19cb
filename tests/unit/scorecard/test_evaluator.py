"""The model layer as it ships: its checksum, its monotone shape, its reasons."""

import ast
import json
import sys
from pathlib import Path

import lending_scorecard
import pytest
from hypothesis import given
from hypothesis import strategies as st

PACKAGE = Path(lending_scorecard.__file__).parent
ARTEFACT = json.loads((PACKAGE.parents[1] / "artefacts/1.0.0.json").read_text("utf-8"))
SIGNS = {feature["name"]: feature["sign"] for feature in ARTEFACT["body"]["features"]}
GOOD: dict[str, object] = {
    "bureau_score": 760,
    "delinquencies_24m": 0,
    "enquiries_6m": 0,
    "ltv_pct": "60.00",
    "pti_pct": "8.00",
    "dti_pct": "15.00",
    "term_months": 36,
    "months_employed": 96,
    "vehicle_age_years": 0,
}


def test_the_artefact_scores_and_explains() -> None:
    card = lending_scorecard.load()
    good = card.evaluate(GOOD)
    bad = card.evaluate({**GOOD, "bureau_score": 480, "delinquencies_24m": 5})
    assert 0 < good.pd_ppm < bad.pd_ppm < 1_000_000
    assert good.score > bad.score
    assert bad.reasons[0] in {"credit_history_weak", "past_delinquency"}
    assert len(bad.reasons) <= 4


def test_everything_may_be_missing() -> None:
    unknown = lending_scorecard.load().evaluate(dict.fromkeys(GOOD))
    assert unknown.pd_ppm > lending_scorecard.load().evaluate(GOOD).pd_ppm


@given(
    st.sampled_from(sorted(SIGNS)), st.integers(0, 900), st.integers(0, 900), st.integers(0, 10**6)
)
def test_risk_moves_only_the_way_its_sign_says(name: str, one: int, two: int, _: int) -> None:
    low, high = sorted((one, two))
    card = lending_scorecard.load()
    at_low = card.evaluate({**GOOD, name: low}).pd_ppm
    at_high = card.evaluate({**GOOD, name: high}).pd_ppm
    assert (at_high - at_low) * SIGNS[name] >= 0


def test_an_unknown_feature_is_refused() -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        lending_scorecard.load().evaluate({**GOOD, "sex": 1})


def test_the_layer_is_small_and_stands_on_the_standard_library_alone() -> None:
    assert sum(path.stat().st_size for path in PACKAGE.iterdir() if path.is_file()) < 1_000_000
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                package = name.split(".")[0]
                assert package in sys.stdlib_module_names | {"lending_scorecard"}, name
