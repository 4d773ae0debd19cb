"""What is deployed is the code: what tools leave beside it changes no asset."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.constructs.layers import EXCLUDED
from infra.constructs.lending_function import ASSET
from tools.localcloud import synth_cache

LAYER = {"exclude": EXCLUDED, "ignore_mode": cdk.IgnoreMode.GIT}


@pytest.mark.parametrize(("asset", "folder"), [(LAYER, "python/lending"), (ASSET, "functions")])
@pytest.mark.parametrize("leftover", sorted(synth_cache.LEFTOVERS))
def test_what_running_and_checking_leaves_is_not_shipped(
    asset: dict[str, Any], folder: str, leftover: str, tmp_path: Path
) -> None:
    code = tmp_path / folder / "domain"
    code.mkdir(parents=True)
    (code / "money.py").write_text("EURO = 1\n")
    clean = cdk.FileSystem.fingerprint(str(tmp_path), **asset)
    (code / leftover).mkdir()
    (code / leftover / "left").write_text("by a tool")
    assert cdk.FileSystem.fingerprint(str(tmp_path), **asset) == clean
    (code / "money.py").write_text("EURO = 2\n")
    assert cdk.FileSystem.fingerprint(str(tmp_path), **asset) != clean
