"""real loans and their real monthly payments through the ledger"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--data", type=Path, required=True, help="CSV of the months of the loans")
    parser.add_argument("--loans", type=Path, required=True, help="CSV of the loans")
    parser.add_argument("--limit", type=int, help="only the first N loans of the months' file")
    parser.add_argument("--state", type=Path, help="folder of the ledger (goes on where it is)")


def run(root: Path, options: argparse.Namespace) -> int:
    """Post every month, prove the ledger, compare with the file."""
    from tools.replay.command import replay

    return replay(root, options)
