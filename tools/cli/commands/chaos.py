"""let things go wrong at every call and check that money and books do not (docs/how-to/chaos.md)"""

import argparse
from pathlib import Path


def _count(text: str) -> str:
    if text != "all" and not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError("a number of runs, or all")
    return text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options. Without any: every single fault and 500 random pairs."""
    parser.add_argument("--pairs", type=_count, metavar="N|all", help="random runs, or every pair")
    parser.add_argument("--singles", action="store_true", help="every single fault")
    parser.add_argument("--faults", type=int, default=2, help="faults of a random run")
    parser.add_argument("--seed", type=int, default=1, help="of the random runs")
    parser.add_argument("--scenario", action="append", metavar="NAME", help="only this; repeatable")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--replay", metavar="PLAN", help="one plan (JSON or a file), call by call")


def run(root: Path, options: argparse.Namespace) -> int:
    """The harness in as many processes as asked for."""
    del root
    from tools.chaos.session import chaos

    return chaos(options)
