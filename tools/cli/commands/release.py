"""check a trained model, sign it, put it into the model layer and assign it; or roll back"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument(
        "folder", type=Path, nargs="?", metavar="DIR", help="what `autolend train` wrote"
    )
    parser.add_argument(
        "--role",
        choices=("champion", "challenger", "shadow"),
        default="shadow",
        help="decide for everybody, for a share, or be scored beside (default)",
    )
    parser.add_argument(
        "--share-ppm",
        type=int,
        default=50_000,
        help="share of applications that a challenger decides, parts per million",
    )
    parser.add_argument("--market", default="*", help="a market, or * for all")
    parser.add_argument("--product", default="*", help="a product of the market, or * for all")
    parser.add_argument("--from", dest="begins", help="2026-12-01T00:00:00Z; by default now")
    parser.add_argument("--kms", help="sign with this RSA key of KMS (AWS settings as usual)")
    parser.add_argument(
        "--key", type=Path, help="sign with this PEM file; by default .autolend/model-key.pem"
    )
    parser.add_argument(
        "--fairness-unmeasured",
        metavar="WHY",
        help="where the data hold no protected attribute: a sentence that is kept with the row",
    )
    parser.add_argument("--check-only", action="store_true", help="run the checks, write nothing")
    parser.add_argument(
        "--roll-back", action="store_true", help="assign what stood before, and nothing else"
    )


def run(_root: Path, options: argparse.Namespace) -> int:
    """Release, or say which check refuses it."""
    if options.folder is None and not options.roll_back:
        print("name the folder of a trained model, or --roll-back")
        return 2
    from ml.release.command import release

    return release(options)
