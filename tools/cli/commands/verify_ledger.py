"""recompute a whole ledger, and name the first broken link"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--state", type=Path, help="folder of a replay's ledger")


def run(root: Path, options: argparse.Namespace) -> int:
    """Prove it, or say where it breaks."""
    from tools.replay.command import verify

    return verify(root, options)
