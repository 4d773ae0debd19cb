"""Builds the runtime layer: exactly the locked packages a function may import, for Lambda.

`python -m infra.build_runtime` exports the project's own dependencies from the lock file and
installs their wheels for Python 3.13 on arm64 into `layers/runtime/python`, then drops what no
function reads (service models of other AWS services, tests, caches).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "layers/runtime/python"
PLATFORM = "aarch64-manylinux2014"
LIMIT_MB = 80
# botocore keeps one folder a service: those our adapters call, and what it needs by itself.
SERVICES = frozenset(
    {"dynamodb", "dynamodbstreams", "events", "kms", "s3", "secretsmanager", "sqs", "sts", "sso",
     "sso-oidc", "stepfunctions"}
)  # fmt: skip


class LayerTooLarge(RuntimeError):
    """The layer would not leave room for the product's own code."""


def uv() -> str:
    """The uv of this checkout, else the one on PATH.

    Raises:
        FileNotFoundError: there is none.
    """
    own = ROOT / ".tools/uv/bin/uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if found is None:
        raise FileNotFoundError("uv is missing: run `make setup`")
    return found


def install(target: Path) -> None:
    """Install the locked packages for Lambda's platform. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as scratch:
        requirements = Path(scratch) / "requirements.txt"
        export = [uv(), "export", "--frozen", "--no-default-groups", "--no-emit-project"]
        run([*export, "--quiet", "--output-file", str(requirements)])
        run(
            [
                uv(),
                "pip",
                "install",
                "--quiet",
                "--target",
                str(target),
                "--python-platform",
                PLATFORM,
                "--python-version",
                "3.13",
                "--only-binary",
                ":all:",
                "--require-hashes",
                "--requirement",
                str(requirements),
            ]
        )


def prune(target: Path) -> None:
    """Drop what no function reads."""
    for folder in (target / "botocore/data").iterdir():
        if folder.is_dir() and folder.name not in SERVICES:
            shutil.rmtree(folder)
    for name in ("__pycache__", "tests", "test"):
        for folder in list(target.rglob(name)):
            shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(target / "bin", ignore_errors=True)


def size_mb(folder: Path) -> float:
    """Bytes of all files, in megabytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1_000_000


def run(command: list[str]) -> None:
    """Run in the checkout. Raises CalledProcessError."""
    subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "UV_NO_PROGRESS": "1"})


def main() -> int:
    """Build the layer anew."""
    shutil.rmtree(TARGET, ignore_errors=True)
    install(TARGET)
    prune(TARGET)
    size = size_mb(TARGET)
    print(f"runtime layer: {size:.1f} MB unzipped in {TARGET.relative_to(ROOT)}")
    if size > LIMIT_MB:
        raise LayerTooLarge(f"{size:.1f} MB, at most {LIMIT_MB}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
