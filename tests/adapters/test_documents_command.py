"""`autolend documents`: checks the registry and writes an example of every product."""

from pathlib import Path

import pytest

from tools.cli.main import main


def test_the_registry_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["documents", "check"]) == 0
    assert "unchanged" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("product", "kind", "template"),
    [
        ("cn-auto-new", "contract", "contract.cn.auto.zh-CN.v1"),
        ("cn-auto-lease", "contract", "contract.cn.finance_lease.zh-CN.v1"),
        ("cn-sme", "cost_sheet", "cost_sheet.cn.any.zh-CN.v1"),
        ("us-auto-lease", "contract", "contract.us.finance_lease.en.v1"),
        ("us-consumer", "contract", "contract.us.consumer.en.v1"),
    ],
)
def test_an_example_is_written(
    product: str, kind: str, template: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "example.pdf"
    assert main(["documents", "preview", kind, "--product", product, "--out", str(out)]) == 0
    assert template in capsys.readouterr().out
    assert out.read_bytes().startswith(b"%PDF-")


def test_what_cannot_be_printed_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "x.pdf")
    assert main(["documents", "preview", "contract", "--name", "😀", "--out", out]) == 1
    assert "U+1F600" in capsys.readouterr().out
    assert main(["documents", "preview", "contract", "--product", "cn-boat", "--out", out]) == 1
