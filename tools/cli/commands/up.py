"""boot the whole platform on this machine"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument(
        "--demo", type=int, default=0, metavar="N", help="then take N customers through"
    )
    parser.add_argument("--once", action="store_true", help="end after the demo: 0 = all went well")
    parser.add_argument("--port", type=int, default=0, help="front door's port (default: free)")
    parser.add_argument("--fresh", action="store_true", help="forget the state of earlier runs")


def run(root: Path, options: argparse.Namespace) -> int:
    """Boot, demo when asked, stay until Ctrl-C."""
    from tools.cli.up import up

    return up(root, options)
