"""`autolend`: run the platform here, take customers through it, move time, check the machine."""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="autolend", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="boot the whole platform on this machine")
    up.add_argument(
        "--demo", type=int, default=0, metavar="N", help="then take N customers through"
    )
    up.add_argument("--once", action="store_true", help="end after the demo: 0 = all went well")
    up.add_argument("--port", type=int, default=0, help="front door's port (default: a free one)")
    up.add_argument("--fresh", action="store_true", help="forget the state of earlier runs")
    demo = commands.add_parser("demo", help="take simulated or real cases through their whole life")
    demo.add_argument("--market", choices=("cn", "us"), default="cn")
    demo.add_argument("--data", type=Path, help="CSV of real US car loans (market us)")
    demo.add_argument("--limit", type=int, default=20, help="how many customers")
    demo.add_argument("--seed", type=int, help="another seed makes other customers")
    demo.add_argument("--clients", type=int, default=4, help="how many at the same time")
    advance = commands.add_parser("advance", help="let days pass on the running platform")
    advance.add_argument("--days", type=int, required=True)
    commands.add_parser("doctor", help="what this machine lacks, and how to mend it")
    calc = commands.add_parser("calc", help="any formula of the product, JSON in and out")
    calc.add_argument("kind", metavar="KIND", help="schedule, apr, tvm, … (docs/calc.md)")
    cost = commands.add_parser("cost", help="list prices of one measured loan")
    cost.add_argument("--loans", type=int, default=5, help="how many loans are measured")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status is 0 when everything asked for happened."""
    options = parser().parse_args(arguments)
    # Imported by command: `doctor` must work where the rest cannot be imported.
    match options.command:
        case "calc":
            from tools.calc.run import main as calc

            return calc(options.kind)
        case "doctor":
            from tools.cli.doctor import doctor

            return doctor(ROOT)
        case "up":
            from tools.cli.up import up

            return up(ROOT, options)
        case "demo":
            from tools.cli.demo import demo

            return demo(ROOT, options)
        case "advance":
            from tools.cli.running import advance

            return advance(ROOT, options.days)
        case _:
            from tools.cli.cost import cost

            return cost(ROOT, options.loans)


if __name__ == "__main__":
    sys.exit(main())
