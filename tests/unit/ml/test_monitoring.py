"""Monitoring: what moved is found where and when it moved, and nothing else is."""

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.frame import DataRefused
from ml.monitoring import alarms, measures, page, sources
from ml.monitoring.observations import Observations
from ml.monitoring.report import NothingToMonitor, build
from ml.monitoring.stability import number_bins, psi, text_bins

LIMITS = alarms.thresholds()


def _seen(month_rows: int = 1_500, seed: int = 4) -> Observations:
    """Six months, the first three the reference; outcomes follow the PD."""
    rng = np.random.default_rng(seed)
    count = 6 * month_rows
    month = np.repeat([f"2026-{number:02}" for number in range(1, 7)], month_rows)
    amount = rng.normal(0, 1, count)
    pd = 1 / (1 + np.exp(2 - amount))
    return Observations(
        month=month,
        pd=pd,
        model=np.full(count, "1"),
        is_reference=month < "2026-04",
        approved=(pd < 0.2).astype(float),
        bad=(rng.random(count) < pd).astype(float),
        numbers={"amount": amount, "other": rng.normal(0, 1, count)},
        texts={"channel": rng.choice(["web", "dealer"], count)},
        groups={"sex": rng.choice(["female", "male"], count)},
        beside={"2": pd.copy()},
    )


def _alarms(seen: Observations) -> set[tuple[str, str, str]]:
    found = build(seen, LIMITS)["alarms"]
    return {(a["measure"], a["subject"], a["month"]) for a in found if a["level"] == "alarm"}


def test_a_population_that_stays_alarms_nobody() -> None:
    assert _alarms(_seen()) == set()


def test_a_shift_of_one_input_is_named_in_its_month() -> None:
    seen = _seen()
    late = seen.month >= "2026-05"
    other = np.where(late, seen.numbers["other"] + 1.5, seen.numbers["other"])
    found = _alarms(replace(seen, numbers={**seen.numbers, "other": other}))
    assert found == {("feature_psi", "other", "2026-05"), ("feature_psi", "other", "2026-06")}


def test_an_input_that_goes_missing_and_a_new_level_are_shifts() -> None:
    seen = _seen()
    last = seen.month == "2026-06"
    amount = np.where(last, np.nan, seen.numbers["other"])
    channel = np.where(last, "phone", seen.texts["channel"])
    found = _alarms(
        replace(seen, numbers={**seen.numbers, "other": amount}, texts={"channel": channel})
    )
    assert {("feature_psi", "other", "2026-06"), ("feature_psi", "channel", "2026-06")} <= found


def test_a_world_that_got_worse_is_a_matter_of_calibration() -> None:
    seen = _seen()
    rng = np.random.default_rng(1)
    worse = (rng.random(len(seen)) < np.minimum(1, 2 * seen.pd)).astype(float)
    found = _alarms(replace(seen, bad=np.where(seen.month == "2026-06", worse, seen.bad)))
    assert found == {("ece", "score", "2026-06")}


def test_a_model_that_stopped_ranking_is_told() -> None:
    seen = _seen()
    shuffled = np.random.default_rng(1).permutation(seen.bad)
    found = _alarms(replace(seen, bad=np.where(seen.month == "2026-04", shuffled, seen.bad)))
    assert ("auc_drop", "score", "2026-04") in found


def test_a_group_that_is_turned_away_or_worse_than_predicted_is_told() -> None:
    seen = _seen()
    rng = np.random.default_rng(1)
    is_hit = (seen.groups["sex"] == "female") & (seen.month == "2026-05")
    turned = np.where(is_hit & (rng.random(len(seen)) < 0.5), 0.0, seen.approved)
    assert ("air", "sex=female", "2026-05") in _alarms(replace(seen, approved=turned))
    later = (seen.groups["sex"] == "female") & ~seen.is_reference
    worse = np.where(later, rng.random(len(seen)) < np.minimum(1, 2 * seen.pd), seen.bad)
    assert ("group_calibration", "sex=female", "all") in _alarms(replace(seen, bad=worse))


def test_a_challenger_is_compared_on_the_same_applications() -> None:
    seen = _seen()
    rng = np.random.default_rng(1)
    noise = np.where(seen.is_reference, np.nan, rng.random(len(seen)))
    report = build(replace(seen, beside={"same": seen.pd, "noise": noise}), LIMITS)
    same, other = report["beside"]["same"], report["beside"]["noise"]
    assert (same["swap_in"], same["swap_out"], same["rank_agreement"]) == (0, 0, 1)
    assert same["performance"] == same["performance_deciding"]
    assert other["performance"]["auc"] == pytest.approx(0.5, abs=0.04)
    assert other["swap_in"] == pytest.approx(0.21, abs=0.03)


def test_psi_by_hand() -> None:
    old, new = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    assert psi(old, new) == pytest.approx(0.25 * np.log(2) + 0.25 * np.log(1.5))
    assert psi(old, old) == 0.0
    assert np.isfinite(psi(np.array([1.0, 0.0]), np.array([0.0, 1.0])))
    bins = number_bins(np.array([1.0, 1.0, 1.0, np.nan]))
    assert bins.shares(np.array([0.5, 2.0, np.nan, np.inf])).sum() == 1.0
    levels = text_bins(np.array(["a", "a", "b", ""]))
    assert levels.labels == ("a", "b", "other", "missing")
    assert levels.shares(np.array(["a", "c", "", ""])).tolist() == [0.25, 0, 0.25, 0.5]


def test_a_rate_of_too_few_says_nothing() -> None:
    assert measures.rate(np.ones(measures.ROWS_MIN - 1)) is None
    assert measures.outcomes(np.full(50, 0.1), np.zeros(50, dtype=bool))["auc"] is None
    with pytest.raises(NothingToMonitor, match="the analysis has 0 rows"):
        build(replace(_seen(), is_reference=np.ones(9_000, dtype=bool)), LIMITS)


def test_the_page_says_what_was_found_and_quotes_what_it_did_not_write() -> None:
    seen = replace(_seen(), groups={"sex": np.full(9_000, "<b>x</b>")})
    shown = page.html(build(seen, LIMITS), "A <title>")
    assert "A &lt;title&gt;" in shown
    assert "&lt;b&gt;x" in shown
    assert "<b>" not in shown
    assert shown.count("<svg") >= 6


CSV = "at,chance,paid,granted,when,amount,channel\n"
DESCRIBED = """
time: at
score: {column: chance, means: good}
outcome: {column: paid, bad: "0"}
decision: {column: granted, approved: "1"}
reference: {column: when, is: before}
numbers: [amount]
texts: [channel]
groups: {channel: channel}
"""


def _file(tmp_path: Path, text: str, described: str = DESCRIBED) -> tuple[Path, dict[str, Any]]:
    (tmp_path / "d.yaml").write_text(described)
    (tmp_path / "f.csv.gz").write_bytes(gzip.compress(text.encode()))
    return tmp_path / "f.csv.gz", sources.description(str(tmp_path / "d.yaml"))


def test_a_file_is_read_by_its_description(tmp_path: Path) -> None:
    text = CSV + "2026-01-02,0.9,1,1,before,5,web\n2026-02-03,0.25,0,,after,,\n"
    seen = sources.from_file(*_file(tmp_path, text))
    assert seen.month.tolist() == ["2026-01", "2026-02"]
    assert seen.pd.tolist() == pytest.approx([0.1, 0.75])
    assert seen.bad.tolist() == [0, 1]
    assert seen.approved[0] == 1
    assert np.isnan(seen.approved[1])
    assert np.isnan(seen.numbers["amount"][1])
    assert seen.texts["channel"].tolist() == ["web", ""]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (CSV + "2026-01-02,1.9,1,1,before,5,web\n", "chance"),
        (CSV + "2026-01-02,,1,1,before,5,web\n", "chance"),
        (CSV + "2026-01-02,0.9,1,1,before,much,web\n", "amount"),
        (CSV.replace("amount", "sum") + "2026-01-02,0.9,1,1,before,5,web\n", "amount"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=named):
        sources.from_file(*_file(tmp_path, text))


def test_descriptions_and_thresholds_are_checked(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="shipped: synthetic_car_loan_drift"):
        sources.description("nothing")
    with pytest.raises(DataRefused, match="reference"):
        _file(tmp_path, CSV, "time: at\nscore: {column: c, means: good}\n")
    with pytest.raises(DataRefused, match="good or bad"):
        _file(tmp_path, CSV, DESCRIBED.replace("means: good", "means: high"))
    (tmp_path / "t.yaml").write_text("score_psi: {side: above, warning: 0.3, alarm: 0.2}\n")
    with pytest.raises(ValueError, match="score_psi alarms before it warns"):
        alarms.thresholds(tmp_path / "t.yaml")


def test_sources_are_put_together_with_what_each_lacks() -> None:
    one = _seen(month_rows=10)
    two = replace(one, numbers={"new": one.pd}, texts={}, groups={}, beside={})
    both = sources.together([one, two])
    assert len(both) == 120
    assert np.isnan(both.numbers["amount"][60:]).all()
    assert np.isnan(both.numbers["new"][:60]).all()
    assert (both.groups["sex"][60:] == "").all()
