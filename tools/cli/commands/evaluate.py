"""judge a trained model on a file it has not seen (docs/how-to/train-a-model.md)"""

import argparse
import json
import os
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="what `autolend train` wrote")
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="csv or csv.gz")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object")
    parser.add_argument("--predictions", type=Path, metavar="OUT.csv", help="one line per row")
    parser.add_argument("--target", metavar="COLUMN", help="the outcome, when it has another name")


def run(root: Path, options: argparse.Namespace) -> int:
    """Score every row, write the predictions, tell the figures; 1 and a sentence when it cannot."""
    del root
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from ml import evaluation, frame, report

    try:
        trained = evaluation.load(options.directory)
        rows = frame.read(options.data)
        pd = evaluation.predict(trained, rows)
        if options.predictions is not None:
            evaluation.write_predictions(options.predictions, trained.spec, rows, pd)
        has_target = (options.target or trained.spec.target.column) in rows.columns  # type: ignore[union-attr]
        if not has_target and options.predictions is not None and options.target is None:
            print(f"{rows.rows} predictions; no target, so no figures", file=sys.stderr)
            return 0
        told = evaluation.judge(trained, rows, pd, options.target)
    except (ValueError, OSError) as refused:
        print(f"autolend evaluate: {refused}", file=sys.stderr)
        return 1
    print(json.dumps(told, indent=1) if options.json else report.figures_text(told))
    return 0
