"""Training: the artefact that ships is the one training writes, and scikit-learn agrees with it."""

import gzip
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lending_scorecard import Scorecard, load

from ml import artefact, binning, external_check, quality, specification
from ml.population import MONTHS, Floats, simulate
from ml.specification import Specification
from ml.train_scorecard import ARTEFACT_PATH, Trained, main, matrix, train

SPEC = specification.read()


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train(SPEC)


@pytest.fixture(scope="module")
def small() -> Specification:
    return replace(SPEC, applicants=12_000)


def test_training_again_writes_the_same_bytes_as_ship(trained: Trained) -> None:
    rendered = artefact.render(trained, SPEC.trained_at)
    assert rendered == ARTEFACT_PATH.read_text("utf-8")


def test_the_command_writes_the_same_file_twice_and_stamps_the_instant(
    small: Specification,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(specification, "read", lambda: small)
    outputs = [tmp_path / "a.json", tmp_path / "b.json"]
    for output in outputs:
        main(["--trained-at", "2026-02-03T04:05:06Z", "--output", str(output)])
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    assert json.loads(outputs[0].read_text())["body"]["trained_at"] == "2026-02-03T04:05:06Z"
    assert "holdout" in capsys.readouterr().out
    assert load(str(outputs[0])).version == small.version


def _edge_cases(rng: np.random.Generator, base: Floats) -> Floats:
    """Rows with one or all features on, just below or just above a split point, or extreme."""
    rows = []
    pools = []
    for column, feature in enumerate(SPEC.features):
        pool = [math.inf, -math.inf, 0.0, -1.0, 1e300, -1e300, math.nan]
        for edge in feature.edges:
            near = (
                [edge - 1, edge + 1]
                if feature.is_integer
                else [math.nextafter(edge, -math.inf), math.nextafter(edge, math.inf)]
            )
            pool += [edge, *near]
        pools.append(np.array(pool))
        for value in pool:
            row = base[rng.integers(len(base))].copy()
            row[column] = value
            rows.append(row)
    mixed = np.column_stack([rng.choice(pool, 4_000) for pool in pools])
    return np.vstack([np.array(rows), mixed])


def _differences(trained: Trained, card: Scorecard, values: Floats) -> Floats:
    expected = trained.pipeline.predict_proba(values)[:, 1]
    names = card.features
    got = [card.evaluate(dict(zip(names, row, strict=True))).pd for row in values.tolist()]
    return np.abs(np.array(got) - expected)


def test_the_evaluator_agrees_with_scikit_learn(trained: Trained) -> None:
    rng = np.random.default_rng(7)
    usual = matrix(SPEC, simulate(rng, 8_000))
    values = np.vstack([usual, _edge_cases(rng, usual)])
    assert len(values) > 12_000
    assert np.isnan(values).any(axis=1).sum() > 1_000
    assert _differences(trained, load(), values).max() <= 1e-12


def test_the_holdout_meets_the_gates(trained: Trained) -> None:
    assert 0.06 <= trained.default_rate <= 0.08
    assert trained.metrics["auc"] > 0.75
    assert trained.metrics["ks"] > 0.40
    assert trained.metrics["ece"] <= 0.01
    for name, group in trained.groups.items():
        assert group["mean_pd"] == pytest.approx(group["default_rate"], abs=0.015), name
    groups = trained.groups
    assert groups["female"]["approved"] / groups["male"]["approved"] > 0.8
    assert groups["age_62_and_over"]["approved"] / groups["age_25_to_61"]["approved"] > 0.8


def test_bins_that_break_the_order_are_merged_and_the_end_result_keeps_the_sign() -> None:
    rng = np.random.default_rng(3)
    values = rng.uniform(0, 100, (20_000, 1))
    # Risk rises, except that it dips between 40 and 60.
    chance = np.where((values[:, 0] >= 40) & (values[:, 0] < 60), 0.05, values[:, 0] / 200)
    defaulted = rng.random(20_000) < chance
    feature = replace(SPEC.features[3], edges=(20.0, 40.0, 60.0, 80.0), sign=1)
    spec = replace(SPEC, features=(feature,))
    fitted, edges = binning.fit_monotone(spec, values, defaulted)
    (term,) = binning.coefficients(fitted, edges)
    assert list(term[:-1]) == sorted(term[:-1])
    assert 40.0 not in edges[0]
    assert 80.0 in edges[0]


def test_calibration_that_would_reverse_the_ranking_is_refused() -> None:
    from ml.train_scorecard import _calibrate

    log_odds = np.linspace(-3, 3, 400)
    with pytest.raises(ValueError, match="reversed"):
        # Noisy, so that the fit converges: risk falls where the model says it rises.
        noise = np.random.default_rng(5).random(400) < 0.2
        _calibrate(log_odds, (log_odds < 0) ^ noise)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  vehicle_age_years:\n", "  age_years:\n", "prohibited"),
        ("edges: [1, 2, 3]", "edges: [1, 3, 2]", "edges must rise"),
        ("sign: -1", "sign: 2", "sign must be"),
        ("    missing: neutral\n", "    missing: best\n", "missing must be"),
    ],
)
def test_a_wrong_specification_is_refused(old: str, new: str, message: str, tmp_path: Path) -> None:
    text = specification.SPEC_PATH.read_text("utf-8")
    assert old in text
    path = tmp_path / "spec.yaml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ValueError, match=message):
        specification.read(path)


def test_calibration_error_of_known_cases() -> None:
    defaulted = np.array([True, False] * 50)
    assert quality.calibration_error(defaulted, np.full(100, 0.5)) == pytest.approx(0.0)
    assert quality.calibration_error(defaulted, np.full(100, 0.7)) == pytest.approx(0.2)


def test_the_population_is_realistic_and_repeatable() -> None:
    one, two = (simulate(np.random.default_rng(5), 30_000) for _ in range(2))
    assert all(
        np.array_equal(one.features[name], two.features[name], equal_nan=True)
        for name in one.features
    )
    assert 0.06 < one.defaulted.mean() < 0.09
    assert set(one.applied_month.tolist()) == set(range(MONTHS))
    missing = {name: float(np.isnan(column).mean()) for name, column in one.features.items()}
    assert 0.03 < missing["bureau_score"] < 0.12
    assert missing["term_months"] == 0
    score = one.features["bureau_score"]
    assert np.nanmin(score) >= 300
    assert np.nanmax(score) <= 900
    assert 680 < np.nanmedian(score) < 750
    assert 6 < np.nanmedian(one.features["pti_pct"]) < 15
    for feature in SPEC.features:
        column = one.features[feature.name]
        known = ~np.isnan(column)
        link = np.corrcoef(column[known], one.defaulted[known])[0, 1]
        assert feature.sign * link > 0.02, feature.name


def test_a_population_needs_somebody() -> None:
    with pytest.raises(ValueError, match="at least one"):
        simulate(np.random.default_rng(1), 0)


def test_the_external_check_ranks_disclosed_loans(tmp_path: Path) -> None:
    path = tmp_path / "loans.csv.gz"
    header = (
        "credit_score,loan_amount,vehicle_value,payment_to_income,term_months,"
        "vehicle_model_year,origination_month,default"
    )
    lines = [
        header,
        "810,12000,24000,0.05,60,2016,2016-08,0",
        ",30000,24000,,72,2010,2016-08,1",
        "600,30000,24000,0.22,72,2010,2016-08,1",
    ]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    found = external_check.check(path)
    assert found["rows"] == 3
    assert found["auc"] == 1.0
