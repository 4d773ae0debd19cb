"""show what the bank's days came to: lines, the ledger's balance, what waits"""

import argparse
from datetime import date
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--until", type=date.fromisoformat, help="last day (default: today)")
    parser.add_argument("--days", type=int, default=7, help="how many days (default: 7)")
    parser.add_argument("--currency", default="CNY")
    parser.add_argument(
        "--table",
        default="",
        help="a lending table (AWS settings from the environment); "
        "without it that of the platform running here",
    )


def run(root: Path, options: argparse.Namespace) -> int:
    """1 when a day is not explained to the last cent."""
    from tools.cli.reconciliation import show

    return show(root, options.table, options.currency, options.until, options.days)
