"""any formula of the product, JSON in and out (docs/calc.md)"""

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to compute, and how to show it."""
    parser.add_argument("kind", metavar="KIND", help="schedule, apr, tvm, …")
    parser.add_argument(
        "--table", action="store_true", help="a schedule as a table with annual subtotals"
    )
    parser.add_argument(
        "--chart", type=Path, metavar="FILE.svg", help="draw the schedule's payments over time"
    )


def run(root: Path, options: argparse.Namespace) -> int:
    """Answer standard input on standard output."""
    del root
    from tools.calc.run import main

    if not options.table and options.chart is None:
        return main(options.kind)
    if options.kind != "schedule":
        print("autolend calc: --table and --chart are for schedules", file=sys.stderr)
        return 2
    from tools.calc.shown import shown

    try:
        return main(options.kind, shown(as_table=options.table, chart=options.chart))
    except OSError as error:
        print(f"autolend calc: the chart cannot be written: {error}", file=sys.stderr)
        return 2
