"""take simulated or real cases through their whole life"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("--market", choices=("cn", "us"), default="cn")
    parser.add_argument("--data", type=Path, help="CSV of real US car loans (market us)")
    parser.add_argument("--limit", type=int, default=20, help="how many customers")
    parser.add_argument("--seed", type=int, help="another seed makes other customers")
    parser.add_argument("--clients", type=int, default=4, help="how many at the same time")


def run(root: Path, options: argparse.Namespace) -> int:
    """On the running platform, or on one of its own."""
    from tools.cli.demo import demo

    return demo(root, options)
