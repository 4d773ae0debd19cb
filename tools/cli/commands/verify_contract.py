"""judge a signed contract: signature, chain, timestamps, and that not one bit was changed"""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the signed PDF")
    parser.add_argument("--evidence", type=Path, help="the evidence record kept beside it")
    parser.add_argument("--sha256", help="the whole file's hash, as it was recorded")
    parser.add_argument(
        "--trust",
        type=Path,
        help="the trust document (seal certificates and roots); "
        "without it that of the platform running here",
    )
    parser.add_argument(
        "--online",
        action="store_true",
        help="ask the authorities for today's revocation lists; else as of the archive timestamp",
    )
    parser.add_argument("--json", action="store_true", help="the verdict as JSON")


def run(root: Path, options: argparse.Namespace) -> int:
    """0: VALID. 1: it is not, and why. 2: it could not be judged."""
    from tools.cli.contracts import judge, trust_here

    try:
        trust = options.trust.read_bytes() if options.trust else trust_here(root)
        pdf = options.file.read_bytes()
        evidence = options.evidence.read_bytes() if options.evidence else None
    except OSError as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    if trust is None:
        print("whom to trust? start the platform, or give --trust FILE", file=sys.stderr)
        return 2
    verdict = judge(pdf, trust, evidence, options.sha256, datetime.now(UTC), options.online)
    if options.json:
        findings = [{"check": f.check, "ok": f.ok, "detail": f.detail} for f in verdict.findings]
        print(json.dumps({"verdict": verdict.verdict, "findings": findings}, indent=1))
    else:
        for one in verdict.findings:
            mark = {True: "yes", False: "NO ", None: "-  "}[one.ok]
            print(f"{mark} {one.check:14} {one.detail}")
        print(verdict.verdict)
    return 0 if verdict.verdict == "VALID" else 1
