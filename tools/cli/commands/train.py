"""train, compare and calibrate models for a data set (docs/how-to/train-a-model.md)"""

import argparse
import os
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("spec", metavar="SPEC", help="a file, or the name of a shipped one")
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="csv or csv.gz")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="made when absent")
    parser.add_argument("--fast", action="store_true", help="no comparison with classical models")
    parser.add_argument("--rejects", type=Path, metavar="FILE", help="declined, without outcomes")
    parser.add_argument(
        "--reject-factor", type=float, default=1.3, help="how much riskier than the model says"
    )
    parser.add_argument("--trained-at", help="ISO 8601 instant to stamp; now by default")


def run(root: Path, options: argparse.Namespace) -> int:
    """Train and write; 1 and a sentence when the specification or the data cannot be used."""
    del root
    # Two processes that spin in OpenMP on two cores are fifty times slower.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from ml import report, run

    try:
        told = run.train(
            options.spec,
            options.data,
            options.out,
            is_fast=options.fast,
            rejects=options.rejects,
            reject_factor=options.reject_factor,
            trained_at=options.trained_at,
        )
    except (ValueError, OSError) as refused:
        print(f"autolend train: {refused}", file=sys.stderr)
        return 1
    print(report.training_text(told))
    return 0
