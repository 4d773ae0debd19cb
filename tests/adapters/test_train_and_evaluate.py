"""`autolend train` and `autolend evaluate` on made-up loans: figures, parity, refusals."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from ml import evaluation
from ml.evaluation import ModelRefused
from ml.frame import read
from ml.release import checks
from ml.splines import Shape, fit
from tools.cli.main import main

SPEC = """
name: made_up
title: Made-up loans
licence: ours
target: {column: bad, event: 1, meaning: went bad}
slices: {time: month, holdout: 0.2, folds: 2}
columns:
  loan: {role: id}
  month: {role: time}
  income: {low: 0}
  debt: {low: 0}
  town: {}
  age: {protected: true, allowed: tested}
  apr: {role: leakage}
  bad: {role: target}
features:
  income: {sign: -1}
  burden: {op: ratio, of: [debt, income], sign: 1}
  town: {op: category, least: 5}
  town_rate: {op: target_rate, of: town, weight: 10}
  age: {}
champion: {kind: additive, options: {c: 0.3}, pairs: [[income, burden]]}
members:
  - {name: lightgbm, kind: lightgbm, weight: 0.5, features: [income, burden, town, town_rate, age],
     options: {rounds: 30, min_child_samples: 20}}
  - {name: hgb, kind: hgb, weight: 0.2, options: {max_iter: 20, max_leaf_nodes: 6}}
  - {name: forest, kind: forest, weight: 0.2, options: {n_estimators: 10, min_samples_leaf: 10}}
  - {name: additive, kind: additive, weight: 0.1, options: {c: 0.3}}
compact: [{name: hgb, kind: hgb, options: {max_iter: 20, max_leaf_nodes: 6}}]
comparison: [logistic_woe, ebm, forest_lasso, tree, svm, mlp, naive_bayes, bayesian_network, stack]
fairness:
  approved_share: 0.7
  groups: {age: {bands: [25, 62]}}
  offsets: [{feature: age, below: 25}]
  offsets_between: [0.6, 0.8]
  blind: blind
  variants: {all: {}, age_from_30: {keep_within: {age: [30, 99]}}, blind: {drop: [age]}}
"""
COLUMNS = ("loan", "month", "income", "debt", "town", "age", "apr", "bad")


def _write(path: Path, rows: int, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    income = rng.lognormal(8, 0.5, rows).round()
    debt = (income * rng.uniform(0, 1.5, rows)).round()
    town, age = rng.integers(0, 6, rows), rng.integers(18, 80, rows)
    risk = -1.6 + 1.6 * (debt / income - 0.7) - 0.5 * np.log(income / 3000) + 0.9 * (age < 25)
    bad = rng.random(rows) < 1 / (1 + np.exp(-risk - 0.2 * (town == 3)))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for at in range(rows):
            told = "" if rng.random() < 0.05 else int(income[at])
            month = f"2024-{1 + at * 12 // rows:02d}"
            writer.writerow(
                [at, month, told, int(debt[at]), f"T{town[at]}", age[at], 0.1, int(bad[at])]
            )
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    (folder / "made_up.yaml").write_text(SPEC, "utf-8")
    data = _write(folder / "early.csv", 2_500, 1)
    _write(folder / "later.csv", 1_200, 2)
    arguments = ["train", str(folder / "made_up.yaml"), "--data", str(data)]
    stamp = ["--trained-at", "2026-01-05T00:00:00Z"]
    assert main([*arguments, "--out", str(folder / "out"), *stamp]) == 0
    return folder


def test_all_candidates_are_in_one_table_and_the_best_served_one_is_chosen(trained: Path) -> None:
    report = json.loads((trained / "out/report.json").read_text("utf-8"))
    names = {row["name"] for row in report["comparison"]}
    assert {"champion", "blend", "lightgbm", "logistic_woe", "ebm", "tree"} <= names
    assert {"forest_lasso", "svm", "mlp", "naive_bayes", "bayesian_network", "stack"} <= names
    assert all(row["auc"] > 0.55 for row in report["comparison"])
    assert report["chosen"] in {row["name"] for row in report["comparison"] if row["servable"]}
    assert report["holdout"]["rows"] == report["slices"]["holdout"]


def test_evaluation_of_later_rows_tells_all_figures_and_groups(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = trained / "predictions.csv"
    arguments = ["evaluate", str(trained / "out"), "--data", str(trained / "later.csv")]
    assert main([*arguments, "--json", "--predictions", str(out)]) == 0
    told = json.loads(capsys.readouterr().out)
    wanted = {"auc", "ks", "gini", "brier", "log_loss", "pr_auc", "ece"}
    assert wanted | {"tpr_at_1_fpr", "tpr_at_5_fpr", "groups"} <= told.keys()
    assert told["auc"] > 0.6
    assert told["ece"] < 0.08
    assert told["groups"]["age"]["under_25"]["air"] > 0.7
    lines = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    assert [line["loan"] for line in lines] == [str(at) for at in range(1_200)]
    assert all(0 < float(line["probability"]) < 1 for line in lines)


def test_the_figures_are_said_in_words_too(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", str(trained / "out/blind"), "--data", str(trained / "later.csv")]
    assert main(arguments) == 0
    assert "tpr_at_5_fpr" in capsys.readouterr().out


def test_the_model_layer_answers_what_was_computed_here(trained: Path) -> None:
    for directory in ("out", "out/champion", "out/compact", "out/blind"):
        loaded = evaluation.load(trained / directory)
        rows = read(trained / "later.csv")
        pd = evaluation.predict(loaded, rows)  # Refuses when the evaluator differs.
        assert np.ptp(pd) > 0.05


def test_the_smaller_recipe_is_judged_like_the_others_and_can_be_released(trained: Path) -> None:
    told = json.loads((trained / "out/report.json").read_text("utf-8"))["compact"]
    assert told["auc"] > 0.55
    assert told["folds"]["auc"] > 0.55
    assert told["bytes"] == (trained / "out/compact/model.json").stat().st_size
    one = checks.candidate(trained / "out/compact")
    assert one.card.version == "made_up-compact-2026-01-05"
    assert all(check(one) for check in checks.CHECKS.values())


def test_the_champion_is_small_and_the_card_is_one_file(trained: Path) -> None:
    assert (trained / "out/champion/model.json").stat().st_size < 1_000_000
    page = (trained / "out/card.html").read_text("utf-8")
    assert page.count("<svg") >= 10
    for chart in ("ROC", "Kolmogorov-Smirnov", "Calibration by tenths", "Gains", "Stability: AUC",
                  "Approval of age", "Frontier"):  # fmt: skip
        assert f"<figcaption>{chart}" in page
    assert page.index("Shapes of the additive model") < page.index("income, missing")
    assert "src=" not in page
    assert "href=" not in page


def test_without_outcomes_there_are_predictions_and_no_figures(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "bare.csv"
    lines = [line.rsplit(",", 1)[0] for line in (trained / "later.csv").read_text().splitlines()]
    bare.write_text("\n".join(lines) + "\n", "utf-8")
    arguments = ["evaluate", str(trained / "out"), "--data", str(bare)]
    assert main([*arguments, "--predictions", str(tmp_path / "p.csv")]) == 0
    assert len((tmp_path / "p.csv").read_text().splitlines()) == 1_201
    assert main(arguments) == 1
    assert "no target 'bad'" in capsys.readouterr().err


def test_a_target_of_another_name(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (trained / "later.csv").read_text("utf-8").replace("apr,bad", "apr,y", 1)
    (tmp_path / "y.csv").write_text(text, "utf-8")
    arguments = ["evaluate", str(trained / "out"), "--data", str(tmp_path / "y.csv")]
    assert main([*arguments, "--target", "y", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 1_200


def test_absent_columns_files_and_models_are_named(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "short.csv").write_text("loan,month,town,age,bad\n1,2024-01,T1,30,0\n", "utf-8")
    directory = str(trained / "out")
    assert main(["evaluate", directory, "--data", str(tmp_path / "short.csv")]) == 1
    assert "columns are missing: debt, income" in capsys.readouterr().err
    assert main(["evaluate", directory, "--data", str(tmp_path / "none.csv")]) == 1
    assert "none.csv" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path), "--data", str(tmp_path / "short.csv")]) == 1
    assert "model.json" in capsys.readouterr().err


def test_an_input_that_tells_the_outcome_is_refused(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    leak = SPEC.replace("  apr: {role: leakage}", "  told: {}").replace(
        "  age: {}\nchampion", "  age: {}\n  told: {}\nchampion"
    )
    (tmp_path / "leak.yaml").write_text(leak, "utf-8")
    lines = (trained / "early.csv").read_text("utf-8").splitlines()
    head, *rows = lines
    told = [",".join((*row.split(",")[:6], row[-1], row[-1])) for row in rows]
    (tmp_path / "leak.csv").write_text("\n".join([head.replace("apr", "told"), *told]), "utf-8")
    arguments = ["train", str(tmp_path / "leak.yaml"), "--data", str(tmp_path / "leak.csv")]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 1
    assert "leakage: told" in capsys.readouterr().err


def test_declined_applicants_make_the_model_more_careful(trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["train", str(trained / "made_up.yaml"), "--data", str(trained / "early.csv")]
    rejects = ["--rejects", str(trained / "later.csv"), "--reject-factor", "3"]
    assert main([*arguments, "--out", str(out), "--fast", *rejects]) == 0
    rows = read(trained / "later.csv")
    early = evaluation.load(trained / "out/champion")
    late = evaluation.load(out / "champion")
    assert early.body["model"] != late.body["model"]
    assert evaluation.predict(late, rows).shape == (1_200,)


@pytest.mark.parametrize("command", ["evaluate", "train"])
def test_a_withheld_protected_column_is_told_and_stops_nothing(
    command: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = trained / ("later.csv" if command == "evaluate" else "early.csv")
    lines = [line.split(",") for line in source.read_text("utf-8").splitlines()]
    data = tmp_path / "without.csv"
    data.write_text("\n".join(",".join(one[:5] + one[6:]) for one in lines), "utf-8")
    if command == "evaluate":
        arguments = ["evaluate", str(trained / "out"), "--data", str(data)]
        assert main([*arguments, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["withheld"] == ["age"]
        assert told["groups"] == {}
        assert told["auc"] > 0.6
        assert main(arguments) == 0
        assert "read as missing: age" in capsys.readouterr().out
        return
    spec, out = str(trained / "made_up.yaml"), tmp_path / "out"
    assert main(["train", spec, "--data", str(data), "--out", str(out), "--fast"]) == 0
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert report["quality"]["absent_columns"] == ["age"]
    assert report["holdout"]["auc"] > 0.6


def test_what_cannot_be_trained_or_judged_is_said(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = "\n".join((trained / "early.csv").read_text("utf-8").splitlines()[:40])
    (tmp_path / "few.csv").write_text(few, "utf-8")
    (tmp_path / "taken").write_text("a file", "utf-8")
    spec, early = str(trained / "made_up.yaml"), str(trained / "early.csv")
    out, few_rows = str(tmp_path / "out"), str(tmp_path / "few.csv")
    for arguments, words in (
        (["train", spec, "--data", few_rows, "--out", out], "too few rows"),
        (["train", spec, "--data", early, "--out", str(tmp_path / "taken")], "taken"),
        (["train", spec, "--data", str(tmp_path / "no.csv"), "--out", out], "no.csv"),
        (["train", "made_up", "--data", early, "--out", out], "no shipped specification"),
        (["train", spec, "--data", early, "--out", out, "--rejects", early,
          "--reject-factor", "nan"], "between 1 and 20"),
        (["train", spec, "--data", early, "--out", out, "--rejects",
          str(trained / "made_up.yaml")], "made_up.yaml"),
    ):  # fmt: skip
        assert main(arguments) == 1
        assert words in capsys.readouterr().err


@pytest.mark.parametrize("name", ["model.json", "prepare.json"])
def test_a_damaged_part_of_a_model_is_named(trained: Path, tmp_path: Path, name: str) -> None:
    for part in ("model.json", "prepare.json", "spec.yaml"):
        (tmp_path / part).write_bytes((trained / "out" / part).read_bytes())
    (tmp_path / name).write_text((tmp_path / name).read_text("utf-8")[:-20], "utf-8")
    with pytest.raises(ModelRefused, match=name):
        evaluation.load(tmp_path)


def test_a_changed_specification_is_refused(trained: Path, tmp_path: Path) -> None:
    for name in ("model.json", "prepare.json", "spec.yaml"):
        (tmp_path / name).write_bytes((trained / "out" / name).read_bytes())
    with (tmp_path / "spec.yaml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    with pytest.raises(ModelRefused, match=r"spec\.yaml"):
        evaluation.load(tmp_path)


def test_signed_terms_are_monotone_whatever_the_data_say() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(3_000, 2))
    values[rng.random(values.shape) < 0.1] = np.nan
    bad = rng.random(3_000) < 1 / (1 + np.exp(1 - np.sin(2 * np.nan_to_num(values[:, 0]))))
    model = fit(values, bad, np.ones(3_000), (1, 0), (False, False), Shape(bins=20))
    assert (np.diff(model.tables[0][:-1]) >= 0).all()
    by_hand = model.intercept + sum(table[-1] for table in model.tables)
    assert model.log_odds(np.full((1, 2), np.nan))[0] == pytest.approx(by_hand)


def test_the_champion_passes_all_checks_of_a_release(trained: Path) -> None:
    """Its signs hold, its answers are the library's, its card and its groups are there, and its
    offsets, found out of fold, hold the groups to the rule on rows that were put away before."""
    one = checks.candidate(trained / "out/champion")
    assert all(check(one) for check in checks.CHECKS.values())
    assert checks.fairness(one).startswith("age ")
    report = json.loads((trained / "out/report.json").read_text("utf-8"))
    assert any(off["group"] == "age below 25" for off in report["offsets"])
    without, *priced = report["price"]
    assert (without["asked"], without["offsets"]) == (None, {})
    assert all(told["least_air"] > without["least_air"] for told in priced)
    features = {feature["name"]: feature["sign"] for feature in one.body["features"]}
    assert features["town_rate"] == 0
    assert features["income"] == 0  # In a pair, which is not monotone.
    assert "age" in one.body["metrics"]["groups"]
