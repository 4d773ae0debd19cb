"""Does the scorecard rank borrowers it was never fitted on? `python -m ml.external_check FILE`.

FILE is a gzip csv of real loans (loan-level disclosure of a securitised car loan pool) with the
columns credit_score, loan_amount, vehicle_value, payment_to_income (a fraction), term_months,
vehicle_model_year, origination_month and default. It is read, never stored, never fitted.
"""

import argparse
import csv
import gzip
from pathlib import Path

import lending_scorecard
import numpy as np
from sklearn.metrics import roc_auc_score


def features_of(row: dict[str, str]) -> dict[str, object]:
    """Map one disclosed loan to the scorecard's inputs; what is not disclosed stays missing."""
    year = int(row["origination_month"][:4])
    return {
        "bureau_score": int(float(row["credit_score"])) if row["credit_score"] else None,
        "ltv_pct": 100 * float(row["loan_amount"]) / float(row["vehicle_value"]),
        "pti_pct": 100 * float(row["payment_to_income"]) if row["payment_to_income"] else None,
        "term_months": int(row["term_months"]),
        "vehicle_age_years": max(0, year - int(float(row["vehicle_model_year"]))),
    }


def check(path: Path) -> dict[str, float]:
    """AUC of the shipped scorecard, and the predicted and observed default rates, on FILE."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    card = lending_scorecard.load()
    pd = np.array([card.evaluate(features_of(row)).pd for row in rows])
    defaulted = np.array([row["default"] == "1" for row in rows])
    return {
        "rows": len(rows),
        "auc": round(float(roc_auc_score(defaulted, pd)), 4),
        "mean_pd": round(float(pd.mean()), 4),
        "default_rate": round(float(defaulted.mean()), 4),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="rank real loans with the shipped scorecard")
    parser.add_argument("file", type=Path)
    print(check(parser.parse_args().file))


if __name__ == "__main__":
    main()
