"""`autolend policy`: a draft's problems offline; every other step over the staff's own routes."""

import argparse
import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.cli.running import find

BASE = "/v1/ops/policies"


def change(root: Path, options: argparse.Namespace) -> int:
    """One step."""
    if options.step == "shipped":
        from lending.adapters.policies import shipped_document

        print(json.dumps(shipped_document(options.market), ensure_ascii=False, indent=2))
        return 0
    if options.step == "check":
        return check(options.file)
    running = find(root)
    if running is None:
        print("nothing runs here: start it with `make run`")
        return 1
    from tools.demo.journey import Api

    api = Api(running.api_url, running.partners)
    api.sign_in(options.who, ["risk"])
    method, path, body = request_of(options)
    key = None if method == "GET" else str(uuid.uuid4())
    status, answer = api.call(options.who, method, path, body, key)
    print(json.dumps(answer, ensure_ascii=False, indent=2))
    return 0 if status < 300 else 1


def check(file: Path) -> int:
    """Every problem of a draft on its line."""
    from lending.adapters.profiles import ProfileStore
    from lending.domain.faults import Permanent
    from lending.domain.underwriting.check import draft_problems
    from lending.usecases.loading import rules_at

    try:
        document = json.loads(file.read_text("utf-8"))
        market = str(document["market"])
        profile = rules_at(ProfileStore((market,)), market, datetime.now(UTC))
    except (OSError, ValueError, LookupError, TypeError, Permanent) as cause:
        print(f"{file}: no policy: {cause}")
        return 1
    found = draft_problems(document, profile)
    for problem in found:
        print(f"{problem.pointer}: {problem.detail}")
    print(f"{len(found)} problems")
    return 1 if found else 0


def request_of(options: argparse.Namespace) -> tuple[str, str, Any]:
    """Method, path and body of a step."""
    one = f"{BASE}/{options.market}/{getattr(options, 'version', '')}"
    match options.step:
        case "list":
            return "GET", f"{BASE}?market={options.market}", None
        case "draft":
            document = json.loads(options.file.read_text("utf-8"))
            return "POST", BASE, {"market": options.market, "document": document}
        case "backtest":
            return "POST", f"{one}/backtest", {"from": options.first, "to": options.last}
        case "activate":
            return "POST", f"{one}/activation", {"effective_from": options.at}
        case "rollback":
            path = f"{BASE}/{options.market}/rollback"
            return "POST", path, {"note": options.note or "rolled back from a shell"}
        case _:
            approved = options.step == "approve"
            return "POST", f"{one}/approval", {"approved": approved, "note": options.note}
