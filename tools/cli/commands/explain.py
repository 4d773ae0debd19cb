"""decide one decision again from what was stored, and print the way to it"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which decision, and where it is kept."""
    parser.add_argument("decision", metavar="DECISION", help="its id, dec_…")
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument("--state", type=Path, metavar="FILE", help="a file written with --out")
    kept.add_argument(
        "--table",
        nargs="?",
        const="",
        help="a lending table (AWS settings from the environment); "
        "without a name, and by default, that of the platform running here",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep record and versions")
    parser.add_argument("--json", action="store_true", help="JSON instead of tables")


def run(root: Path, options: argparse.Namespace) -> int:
    """0 when the same verdict came out."""
    from tools.cli.explaining import explain

    return explain(root, options)
