"""list prices of one measured loan"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--loans", type=int, default=5, help="how many loans are measured")


def run(root: Path, options: argparse.Namespace) -> int:
    """Boot a platform, count, multiply."""
    from tools.cli.cost import cost

    return cost(root, options.loans)
