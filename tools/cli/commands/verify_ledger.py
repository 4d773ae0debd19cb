"""recompute a whole ledger, and name the first broken link"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument("--state", type=Path, help="folder of a replay's ledger")
    kept.add_argument(
        "--table",
        nargs="?",
        const="",
        help="a lending table (AWS settings from the environment); "
        "without a name that of the platform running here",
    )


def run(root: Path, options: argparse.Namespace) -> int:
    """Prove it, or say where it breaks."""
    if options.table is not None:
        from tools.cli.ledger import verify_table

        return verify_table(root, options.table)
    from tools.replay.command import verify

    return verify(root, options)
