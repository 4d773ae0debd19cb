"""Unzipped sizes of the layers against their limits (bytes counted, nothing timed)."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMITS_MB = {"scorecard": 1.0, "lending": 2.0, "runtime": 80.0, "render": 120.0, "seal": 60.0}


def size_mb(folder: Path) -> float:
    """Bytes of all files but caches, in megabytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files if "__pycache__" not in path.parts) / 1e6


def main() -> int:
    """Print each layer; 1 when one is too large. An unbuilt runtime layer is only told."""
    missed = 0
    for name, limit in LIMITS_MB.items():
        folder = ROOT / "layers" / name
        if not (folder / "python").is_dir():
            print(f"{name:10} not built: python -m infra.build_runtime")
            continue
        size = size_mb(folder)
        missed += size > limit
        print(
            f"{name:10} {size:6.2f} MB, limit {limit:g} MB: {'ok' if size <= limit else 'MISSED'}"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
