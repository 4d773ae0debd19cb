"""drift, calibration, rates and fairness of the deciding model: of a table or of a file"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument(
        "--data", type=Path, help="a csv file of scored loans; else decisions of a table"
    )
    parser.add_argument(
        "--spec",
        default="synthetic_car_loan_drift",
        help="how the file is read: a .yaml file or the name of a shipped one",
    )
    parser.add_argument(
        "--table", default="", help="a lending table; by default of the platform running here"
    )
    parser.add_argument("--out", type=Path, default=Path(".autolend/monitor"))
    parser.add_argument("--json", action="store_true", help="print the figures, not the alarms")
    parser.add_argument("--thresholds", type=Path, help="other thresholds than the shipped ones")
    parser.add_argument(
        "--bad-days", type=int, default=90, help="days past due from which a loan is bad"
    )
    parser.add_argument(
        "--seasoned-days", type=int, default=365, help="age from which a loan without is good"
    )
    parser.add_argument(
        "--publish",
        action="store_true",
        help="put the figures as CloudWatch metrics, and alarms as an event on the bus",
    )
    parser.add_argument(
        "--fail", action="store_true", help="exit with 3 when there is an alarm (for schedules)"
    )


def run(root: Path, options: argparse.Namespace) -> int:
    """Measure, write report.json and report.html, tell the alarms."""
    from tools.cli.monitoring import monitor

    return monitor(root, options)
