"""`autolend release`: checks told one by one, then the signature, the shelf and the assignment."""

import argparse
from datetime import UTC, datetime
from typing import Any

from lending_scorecard.assignment import Assignments

from ml.release import checks, shelf
from ml.release.signing import KmsSigner, LocalSigner, Signer


def release(options: argparse.Namespace) -> int:
    """0 when the model is released or assigned; 1 when a check says no."""
    at = options.begins or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        if options.roll_back:
            row = shelf.rolled_back(options.market, options.product, at)
        else:
            version = _placed(options)
            if options.check_only:
                return 0
            row = _row(version, options, at)
        shelf.assign(row)
        shelf.proven()
    except checks.CheckFailed as refused:
        print(f"not released: {refused}")
        return 1
    print(
        f"from {row['from']} {row['market']}/{row['product']}: champion {row['champion']}, "
        f"challenger {row['challenger']} at {row['challenger_share_ppm'] / 10_000:g} %, "
        f"shadow {', '.join(row['shadow']) or 'none'}"
    )
    print("it serves with the next deployment of the layer (or start of the local cloud)")
    return 0


def _placed(options: argparse.Namespace) -> str:
    one = checks.candidate(options.folder)
    print(f"{one.card.name} {one.card.version}, sha256 {one.card.sha256[:16]}")
    for name, finding in shelf.check(one, options.fairness_unmeasured).items():
        print(f"  {name:13} {finding}")
    if options.role != "shadow":  # nobody is told a shadow's reasons
        print(f"  {'reasons':13} {checks.worded(one)}")
    if not options.check_only:
        signer = _signer(options)
        path = shelf.place(one, signer)
        print(f"  {'signed':13} by {signer.key_id}: {path.name}")
    return one.card.version


def _signer(options: argparse.Namespace) -> Signer:
    if options.kms:
        import boto3

        return KmsSigner(boto3.client("kms"), options.kms)
    return LocalSigner(options.key or LocalSigner.HERE)


def _row(version: str, options: argparse.Namespace, at: str) -> dict[str, Any]:
    """The row that makes it champion, or puts it beside the champion that stands."""
    row: dict[str, Any] = {
        "from": at,
        "market": options.market,
        "product": options.product,
        "champion": version,
        "challenger": None,
        "challenger_share_ppm": 0,
        "shadow": [],
    }
    if options.fairness_unmeasured is not None:
        row["note"] = f"fairness of {version} not measured: {options.fairness_unmeasured}"
    if options.role == "champion":
        return row
    document = shelf.read_document(shelf.SHELF / "assignment.json", {})
    standing = Assignments(document).standing(options.market, options.product, at)
    if not standing:
        raise checks.CheckFailed("assignment: there is no champion to stand beside")
    row["champion"] = standing[0].champion
    if options.role == "challenger":
        return {**row, "challenger": version, "challenger_share_ppm": options.share_ppm}
    return {**row, "shadow": [version]}
