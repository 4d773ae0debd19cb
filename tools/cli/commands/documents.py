"""check, seal and preview the templates of documents"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and for a preview of what."""
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("check", help="whether every source is there and unchanged")
    actions.add_parser("seal", help="write the hash of rows that have none")
    actions.add_parser("coverage", help="write the characters that all fonts draw")
    preview = actions.add_parser("preview", help="write an example as PDF")
    preview.add_argument("kind", choices=["contract", "cost_sheet"])
    preview.add_argument("--locale", default="zh-CN", choices=["zh-CN", "zh-TW", "en"])
    preview.add_argument("--product", default="cn-auto-new", help="a product of cn or us")
    preview.add_argument("--name", default="欧阳𬱖䶮", help="the borrower's name")
    preview.add_argument("--out", type=Path, default=None, help="where (default: here)")


def run(root: Path, options: argparse.Namespace) -> int:
    """0, or 1 when something is wrong with the registry or cannot be printed."""
    # Imported late: the other commands need neither typst nor the font library.
    from tools.documents import coverage, registry
    from tools.documents.preview import write

    del root
    match options.action:
        case "check":
            found = registry.problems()
            print("\n".join(found) or "every source is there and unchanged")
            return 1 if found else 0
        case "seal":
            print("\n".join(registry.seal()) or "every row has its hash")
        case "coverage":
            print(f"{coverage.write(registry.ROOT / 'fonts')} characters")
        case _:
            return write(options)
    return 0
