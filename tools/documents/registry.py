"""The registry of templates: which sources make which document from which day.

A released version is never changed: `seal` computes the hash of rows that have none yet, and
`problems` says which sources were changed after their release.
"""

import json
from pathlib import Path
from typing import Any

from lending.adapters.typst_renderer import Templates

ROOT = Path(__file__).resolve().parents[2] / "layers/render/python/lending_documents"


def problems(root: Path = ROOT) -> list[str]:
    """What is wrong with the registry; empty when every source is there and unchanged."""
    templates = Templates(root)
    found = []
    for row in templates.rows:
        missing = [name for name in row.sources if not (root / name).is_file()]
        if missing:
            found.append(f"{row.template_id}: {', '.join(missing)} is missing")
        elif templates.digest(row.sources) != row.sha256:
            found.append(f"{row.template_id}: changed after its release; make a new version")
    ids = [(row.template_id) for row in templates.rows]
    found += [f"{one}: registered twice" for one in sorted(set(ids)) if ids.count(one) > 1]
    return found


def seal(root: Path = ROOT) -> list[str]:
    """Write the hash of every row that has none; the ids of these rows."""
    path = root / "registry.json"
    raw: dict[str, Any] = json.loads(path.read_text("utf-8"))
    templates, sealed = Templates(root), []
    for row in raw["templates"]:
        if not row["sha256"]:
            row["sha256"] = templates.digest(row["sources"])
            sealed.append(f"{row['kind']}.{row['market']}.{row['product']}.{row['locale']}")
    path.write_text(json.dumps(raw, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return sealed
