"""what this machine lacks, and how to mend it"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has no options."""


def run(root: Path, options: argparse.Namespace) -> int:
    """Look, and say."""
    del options
    from tools.cli.doctor import doctor

    return doctor(root)
