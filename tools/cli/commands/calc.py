"""any formula of the product, JSON in and out (docs/calc.md)"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to compute."""
    parser.add_argument("kind", metavar="KIND", help="schedule, apr, tvm, …")


def run(root: Path, options: argparse.Namespace) -> int:
    """Answer standard input on standard output."""
    del root
    from tools.calc.run import main

    return main(options.kind)
