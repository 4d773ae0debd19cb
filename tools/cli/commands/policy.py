"""check a credit policy, and change the one of the platform running here"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and as whom (a second person approves)."""
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, text in (
        ("check", "what is wrong with a draft; needs no platform"),
        ("shipped", "print the version shipped with the product"),
        ("list", "versions of a market and what is in force"),
        ("draft", "send a draft"),
        ("backtest", "decide history once more by a draft"),
        ("approve", "a second person's yes"),
        ("reject", "a second person's no"),
        ("activate", "decide by it from a time on"),
        ("rollback", "back to the version before, at once"),
    ):
        step = steps.add_parser(name, help=text, description=text)
        step.add_argument("--as", dest="who", default="risk-1", help="who does it (risk-1)")
        step.add_argument("--market", default="cn")
        if name in {"check", "draft"}:
            step.add_argument("file", type=Path)
        elif name in {"backtest", "approve", "reject", "activate"}:
            step.add_argument("version")
        if name == "backtest":
            step.add_argument("--from", dest="first", required=True, metavar="DAY")
            step.add_argument("--to", dest="last", required=True, metavar="DAY")
        if name == "activate":
            step.add_argument("--at", metavar="TIME", help="ISO 8601 with offset; default: now")
        if name in {"approve", "reject", "rollback"}:
            step.add_argument("--note", default="")


def run(root: Path, options: argparse.Namespace) -> int:
    """0 when it was done, or nothing is wrong."""
    from tools.cli.policy_change import change

    return change(root, options)
