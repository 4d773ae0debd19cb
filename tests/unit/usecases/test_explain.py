"""`autolend explain`: a kept decision is decided again from its file alone."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest
from lending.adapters.profiles import ProfileStore
from lending.domain.profile import profile_of

from tests.fakes.world import AT, World
from tools.cli.explaining import Kept, _text, explain, place


def options(file: Path, decision: str, **other: object) -> argparse.Namespace:
    return argparse.Namespace(
        decision=decision, state=file, table=None, out=None, **{"json": False, **other}
    )


def kept(folder: Path) -> tuple[Path, str]:
    world = World()
    application_id = world.decided()
    record = world.book.decision(application_id)
    assert record is not None
    file = folder / "decision.json"
    file.write_text(_text(Kept(record, None)), "utf-8")
    return file, record.decision_id


def test_a_decision_is_explained_and_reproduced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, decision = kept(tmp_path)
    assert explain(tmp_path, options(file, decision)) == 0
    said = capsys.readouterr().out
    assert "reproduced: yes" in said
    assert "cn-policy-1" in said
    assert "matrix" in said
    assert explain(tmp_path, options(file, decision, json=True)) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["reproduced"] is True
    assert told["decision"]["basis"]["request"]["vehicle"]["vin"] == ""
    assert told["decision"]["basis"]["request"]["consent_ids"] == []


def test_an_altered_record_does_not_reproduce(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, decision = kept(tmp_path)
    text = file.read_text("utf-8").replace(r"\"pd_ppm\":30000", r"\"pd_ppm\":60000")
    file.write_text(text, "utf-8")
    assert explain(tmp_path, options(file, decision)) == 1
    assert "reproduced: no" in capsys.readouterr().out


def test_what_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, _ = kept(tmp_path)
    assert explain(tmp_path, options(file, "dec_0-1")) == 2
    assert "holds" in capsys.readouterr().out
    with pytest.raises(ValueError, match="no decision's id"):
        place("app_1")
    assert place("dec_01ABC-2") == ("app_01ABC", 2)


def test_a_release_with_other_rules_decides_by_those_that_were_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record of a lender whose age limit was 64 when this release says 65."""
    world = World()
    record = world.book.decision(world.decided())
    assert record is not None
    assert record.basis is not None
    profile = ProfileStore(("cn",)).get("cn", AT.date())
    older = {**profile.values, "max_age_at_maturity_years": 64}
    then = profile_of("cn", "cn-2025", older)
    assert then.sha256 != profile.sha256
    record = replace(record, basis=replace(record.basis, profile_sha256=then.sha256))
    file = tmp_path / "decision.json"
    file.write_text(_text(Kept(record, None, older)), "utf-8")
    assert explain(tmp_path, options(file, record.decision_id)) == 0
    file.write_text(_text(Kept(record, None)), "utf-8")
    assert explain(tmp_path, options(file, record.decision_id)) == 1
    assert "are not here" in capsys.readouterr().out
