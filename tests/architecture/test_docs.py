"""Documents that point somewhere point at something."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tools").rglob("*.md")]
)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")
CODE_PATH = re.compile(r"`((?:tools|functions|infra|layers|tests|docs|ml|lending)/[\w./*-]+)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text("utf-8")):
        assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_named_files_exist(document: Path) -> None:
    for named in CODE_PATH.findall(document.read_text("utf-8")):
        path = named.replace("lending/", "layers/lending/python/lending/", 1) if (
            named.startswith("lending/")
        ) else named  # fmt: skip
        assert "*" in path or (ROOT / path).exists(), named


def test_every_decision_is_listed() -> None:
    index = (ROOT / "docs/adr/README.md").read_text("utf-8")
    for page in (ROOT / "docs/adr").glob("0*.md"):
        assert f"({page.name})" in index


def test_every_alarm_of_a_function_or_machine_points_at_the_runbook() -> None:
    for path in (ROOT / "infra").rglob("*.py"):
        for line in path.read_text("utf-8").splitlines():
            if "alarm_description" in line:
                assert "docs/runbooks/alarms.md" in line or line.rstrip().endswith("("), path
