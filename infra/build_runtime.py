"""Builds the third-party parts of layers: exactly the locked packages, for Lambda.

`python -m infra.build_runtime` exports the project's own dependencies (`runtime`) and the group of
each layer with packages of its own (`render`, `seal`) from the lock file, installs their wheels
for Python 3.13 on arm64 into `layers/<name>/python`, then drops what no function reads (service
models of other AWS services, tests, caches) and what the runtime layer has.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ROOT / "layers"
PLATFORM = "aarch64-manylinux2014"
# At most this many megabytes unzipped. A function has the first and one of the others, besides
# `lending` (2 MB): Lambda's limit is 250 MB.
LIMITS_MB = {"runtime": 80, "render": 120, "seal": 60}
# Packages of ours beside the third party's: never removed.
OURS = frozenset({"lending_documents"})
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


def install(target: Path, layer: str) -> None:
    """Install the locked packages for Lambda's platform. Raises CalledProcessError."""
    chosen = ["--no-default-groups"] if layer == "runtime" else ["--only-group", layer]
    with tempfile.TemporaryDirectory() as scratch:
        requirements = Path(scratch) / "requirements.txt"
        export = [uv(), "export", "--frozen", *chosen, "--no-emit-project"]
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
    models = target / "botocore/data"
    for folder in models.iterdir() if models.is_dir() else ():
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


def clear(target: Path) -> None:
    """Remove what an earlier build left; what is ours stays."""
    for path in target.iterdir() if target.is_dir() else ():
        if path.name in OURS:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def drop_known(target: Path, base: Path) -> None:
    """Remove what the runtime layer has: both come from one lock file, so it is the same."""
    for path in list(target.iterdir()):
        if path.name not in OURS and (base / path.name).exists():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def main() -> int:
    """Build every layer anew."""
    for layer, limit_mb in LIMITS_MB.items():
        target = LAYERS / layer / "python"
        clear(target)
        install(target, layer)
        prune(target)
        if layer != "runtime":
            drop_known(target, LAYERS / "runtime/python")
        size = size_mb(target)
        print(f"{layer} layer: {size:.1f} MB unzipped in {target.relative_to(ROOT)}")
        if size > limit_mb:
            raise LayerTooLarge(f"{layer}: {size:.1f} MB, at most {limit_mb}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
