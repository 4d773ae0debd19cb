"""Cold import of the two functions at the ends of a submission, as ratios to `import boto3`.

Each round imports all three in fresh interpreters with exactly the path a function has, so that
a slow machine slows all of them; the medians are compared. Targets: score 0.5, apply 2.5.
"""

import os
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = sysconfig.get_paths()["purelib"]
ROUNDS = 15
LENDING = [str(ROOT), str(ROOT / "layers/lending/python"), SITE]
SCORECARD = [str(ROOT), str(ROOT / "layers/scorecard/python")]
# name -> (statement, path, highest ratio to bare boto3)
CASES = {
    "import boto3": ("import boto3", [SITE], None),
    "functions.score": ("import functions.score.handler", SCORECARD, 0.5),
    "functions.apply": ("import functions.apply.handler", LENDING, 2.5),
}


def seconds(statement: str, path: list[str]) -> float:
    """Wall time of a fresh interpreter that runs `statement` (no site, no user packages)."""
    environment = {"PYTHONPATH": os.pathsep.join(path), "PATH": os.environ["PATH"]}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-S", "-c", statement], env=environment, check=True)
    return time.perf_counter() - began


def main() -> int:
    """Print the medians and ratios; 1 when a ratio is above its target."""
    bare = min(seconds("pass", []) for _ in range(5))
    taken: dict[str, list[float]] = {name: [] for name in CASES}
    for round_number in range(ROUNDS + 1):
        for name, (statement, path, _) in CASES.items():
            spent = seconds(statement, path) - bare
            if round_number:  # the first fills the file caches
                taken[name].append(spent)
    base = statistics.median(taken["import boto3"])
    missed = 0
    print(f"medians of {ROUNDS} interleaved rounds, less {bare * 1000:.0f} ms of the interpreter")
    for name, (_, _, target) in CASES.items():
        median = statistics.median(taken[name])
        ratio = median / base
        verdict = (
            "" if target is None else f"target {target}: {'ok' if ratio <= target else 'MISSED'}"
        )
        missed += target is not None and ratio > target
        print(f"{name:16} {median * 1000:7.1f} ms  ratio {ratio:5.2f}  {verdict}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
