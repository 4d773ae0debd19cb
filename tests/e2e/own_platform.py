"""A platform in a process of its own, so that a test can kill it: prints its URLs, then stays."""

import json
import os
import sys
from pathlib import Path

from tools.localcloud.cloud import platform

ROOT = Path(__file__).parents[2]


def main(state_dir: Path) -> None:
    """Boot from the state, tell where, wait for the end of standard input."""
    with platform(ROOT, state_dir, printer=lambda _: None) as booted:
        told = {"pid": os.getpid(), "url": booted.url, "api_url": booted.api_url}
        sys.stdout.write(json.dumps({**told, "partners": booted.partners}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
