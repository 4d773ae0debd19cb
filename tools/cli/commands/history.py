"""decisions of a platform with what became of them, as a file to train and evaluate on"""

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE.csv", help="known outcomes"
    )
    parser.add_argument(
        "--rejects", type=Path, metavar="FILE.csv", help="declined applications, without outcome"
    )
    parser.add_argument(
        "--table", default="", help="a lending table; by default of the platform running here"
    )
    parser.add_argument("--market", help="of one market only (one model per market)")
    parser.add_argument(
        "--bad-days", type=int, default=90, help="days past due from which a loan is bad"
    )
    parser.add_argument(
        "--seasoned-days", type=int, default=730, help="age from which a loan without is good"
    )


def run(root: Path, options: argparse.Namespace) -> int:
    """Write the file; 1 and a sentence when nothing runs here."""
    from tools.cli import history
    from tools.cli.ledger import reach
    from tools.cli.running import find

    table = options.table
    if not table:
        running = find(root)
        if running is None:
            print("nothing runs here: start it with `make run`, or name a table", file=sys.stderr)
            return 1
        table = reach(running.url)
    ended, declined = history.write(
        table,
        options.out,
        options.rejects,
        market=options.market,
        bad_days=options.bad_days,
        seasoned_days=options.seasoned_days,
    )
    print(f"{ended} with a known outcome, {declined} declined")
    return 0
