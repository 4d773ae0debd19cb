"""One synthesis a worker: the cached assembly that everything else runs on, and the app itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools.localcloud import synth_cache

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def assembly() -> Path:
    """The synthesized cloud assembly."""
    return synth_cache.assembly(ROOT, ROOT / ".cache" / "cdk")


@pytest.fixture(scope="session")
def templates(assembly: Path) -> dict[str, dict[str, Any]]:
    """Templates by stack name without prefix: Data, Messaging, ..."""
    return {
        path.name.split(".")[0].rsplit("-", 1)[-1]: json.loads(path.read_text("utf-8"))
        for path in sorted(assembly.glob("*.template.json"))
    }


@pytest.fixture(scope="session")
def resources(templates: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every resource by stack and logical id."""
    return {
        f"{stack}/{logical_id}": resource
        for stack, template in templates.items()
        for logical_id, resource in template["Resources"].items()
    }
