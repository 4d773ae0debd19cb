"""`autolend`: run the platform here, take customers through it, compute, check, verify."""

import argparse
import pkgutil
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from tools.cli import commands

ROOT = Path(__file__).resolve().parents[2]


def command_names() -> list[str]:
    """Every command there is."""
    return sorted(one.name.replace("_", "-") for one in pkgutil.iter_modules(commands.__path__))


def parser(wanted: Sequence[str]) -> tuple[argparse.ArgumentParser, dict[str, Any]]:
    """A parser of the `wanted` commands and their modules by name."""
    top = argparse.ArgumentParser(prog="autolend", description=__doc__)
    subparsers = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {
        name: import_module(f"{commands.__name__}.{name.replace('-', '_')}") for name in wanted
    }
    for name, module in modules.items():
        text = str(module.__doc__).strip()
        module.add_arguments(subparsers.add_parser(name, help=text, description=text))
    return top, modules


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status is 0 when everything asked for happened."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    names = command_names()
    # Only the command that is asked for is loaded; all of them for the list of commands.
    wanted = given[:1] if given and given[0] in names else names
    top, modules = parser(wanted)
    options = top.parse_args(given)
    return int(modules[options.command].run(ROOT, options))


if __name__ == "__main__":
    sys.exit(main())
