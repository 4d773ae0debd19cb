"""write the journal, or one loan's statement, as CSV that no spreadsheet executes"""

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
    parser.add_argument("--loan", default="", metavar="ID", help="one loan (default: all)")
    parser.add_argument(
        "--statement", action="store_true", help="of --loan: what each entry did to what is owed"
    )
    parser.add_argument("--out", type=Path, help="the file (default: standard output)")


def run(root: Path, options: argparse.Namespace) -> int:
    """1 when there is no such ledger or loan."""
    from tools.cli.exporting import export

    return export(root, options)
