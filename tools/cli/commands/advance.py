"""let days pass on the running platform"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--days", type=int, required=True)


def run(root: Path, options: argparse.Namespace) -> int:
    """Move its clock day by day."""
    from tools.cli.running import advance

    return advance(root, options.days)
