"""Documents by typst: literal data, checked characters, the same bytes, words that are there."""

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lending.adapters.typst_renderer import TypstRenderer
from lending.domain.documents import DocumentKind
from lending.domain.documents.contract_data import Role
from lending.domain.faults import Permanent
from lending.ports.documents import Rendered, Unprintable

from tests.adapters.documents import (
    RARE,
    REQUESTS,
    contract_input,
    facts,
    page_texts,
    party,
    text_of,
)
from tools.documents import coverage, registry

RENDERER = TypstRenderer()
SHOWN_AS_THEY_ARE = [
    '#read("/etc/passwd")',
    "*x* _y_ `z`",
    "$ sum_(i=0)^n $",
    "// comment /* block */",
    '#eval("1+1") #import "base.typ"',
    "]]] })) \\ \\u{41} @label <label>",
    '"},{"role":"lender',
    "= heading - list + enum / term: x",
    "李" * 400,
    "W" * 600,
    "é Ω й ﬁ ½ ·",
]


def rendered(**other: str) -> Rendered:
    return printed(contract_input(facts(**other)))


def printed(document: object) -> Rendered:
    found = RENDERER.render(document)  # type: ignore[arg-type]
    assert isinstance(found, Rendered), found
    return found


def test_what_a_customer_wrote_is_text_and_never_markup() -> None:
    people = [party(name, "guarantor") for name in SHOWN_AS_THEY_ARE]
    found = printed(contract_input(facts(REQUESTS["auto"], *people, payee=SHOWN_AS_THEY_ARE[0])))
    text = text_of(found.pdf).replace("ﬁ", "fi")
    for name in SHOWN_AS_THEY_ARE:
        assert text.count("".join(name.split()).replace("ﬁ", "fi")) >= 2, name  # party, signer
    assert "root:" not in text


def test_a_rare_name_is_right_when_it_is_copied_out() -> None:
    assert text_of(rendered().pdf).count(RARE) == 2


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("王\u0000明", "U+0000"),
        ("王\u202e明", "U+202E"),
        ("王\u200b明", "U+200B"),
        ("שלום", "U+05E9"),
        ("مرحبا", "U+0645"),
        ("王\ue000", "U+E000"),
        ("😀", "U+1F600"),
        ("王\ufe00", "U+FE00"),
        ("王\x7f", "U+007F"),
        ("王\ud800", "U+D800"),
    ],
)
def test_characters_without_a_glyph_are_refused_by_name(name: str, point: str) -> None:
    found = RENDERER.render(contract_input(facts(REQUESTS["auto"], party(name))))
    assert isinstance(found, Unprintable)
    assert point in found.characters
    assert found.where == ("/data/parties/1/name", "/data/signers/0/name")


def test_the_same_input_gives_the_same_bytes_in_another_process_too() -> None:
    one, two = rendered(), TypstRenderer().render(contract_input(facts()))
    assert isinstance(two, Rendered)
    assert one == two
    assert one.sha256 == hashlib.sha256(one.pdf).hexdigest()
    assert rendered(payee="别人").input_sha256 != one.input_sha256
    assert one.input_sha256[:16] in text_of(one.pdf)


@pytest.mark.parametrize("kind", sorted(set(REQUESTS) - {"us"}))
@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW", "en"])
def test_every_product_has_a_contract_in_every_language(kind: str, locale: str) -> None:
    people = [party(role=role) for role in ("borrower", "co_borrower", "guarantor")]  # type: ignore[arg-type]
    of = facts(REQUESTS[kind], *people)
    found = printed(contract_input(of, locale))
    pages = page_texts(found.pdf)
    assert found.pages == len(pages) >= 5
    assert found.template_id == f"contract.cn.{of.product}.{locale}.v1"
    assert of.offer.terms_sha256[:40] in pages[-1]
    sheet, plan = pages[-3], pages[-2]
    rows = of.costs.schedule.rows
    assert f"{rows[-2].balance_minor / 100:,.2f}" in plan
    assert of.costs.all_in_rate.replace(" ", "") in sheet
    assert f"{of.costs.sheet.total_cost_minor / 100:,.2f}" in sheet


@pytest.mark.parametrize(
    ("role", "clause"), [("co_borrower", "连带清偿责任"), ("guarantor", "连带责任保证")]
)
def test_who_signs_too_brings_their_clause(role: Role, clause: str) -> None:
    assert clause not in text_of(rendered().pdf)
    both = facts(REQUESTS["auto"], party(), party("王小明", role))
    assert clause in text_of(printed(contract_input(both)).pdf)


def test_a_us_contract_discloses_what_regulation_z_wants() -> None:
    of = facts(REQUESTS["us"], party("Jane Q. Public"))
    first = page_texts(printed(contract_input(of, "en")).pdf)[0]
    found = of.costs.sheet
    for words in ("ANNUALPERCENTAGERATE", "FINANCECHARGE", "AmountFinanced", "TotalofPayments"):
        assert words in first
    assert f"USD{found.total_cost_minor / 100:,.2f}" in first
    assert f"USD{found.total_paid_minor / 100:,.2f}" in first


def test_a_language_without_a_template_is_printed_in_english() -> None:
    assert RENDERER.locale(DocumentKind.CONTRACT, "us", "auto", "zh-CN", date(2026, 1, 1)) == "en"
    with pytest.raises(Permanent, match="no template"):
        RENDERER.locale(DocumentKind.CONTRACT, "fr", "auto", "en", date(2026, 1, 1))
    with pytest.raises(Permanent, match="no template"):
        RENDERER.locale(DocumentKind.CONTRACT, "cn", "auto", "en", date(1999, 1, 1))


def test_the_registry_is_whole_and_every_source_unchanged() -> None:
    assert registry.problems() == []


def test_a_newer_version_takes_over_on_its_day_and_a_changed_source_is_refused(
    tmp_path: Path,
) -> None:
    shutil.copytree(registry.ROOT, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "registry.json"
    raw = json.loads(path.read_text("utf-8"))
    row = next(one for one in raw["templates"] if one["product"] == "auto")
    wording = "wording/v2/contract.json"
    (tmp_path / "wording/v2").mkdir()
    text = (tmp_path / row["sources"][-1]).read_text("utf-8")
    (tmp_path / wording).write_text(text.replace("汽车贷款合同", "汽车贷款合同2027版"), "utf-8")
    newer = {**row, "version": "v2", "valid_from": "2027-01-01", "sha256": ""}
    newer["sources"] = [*row["sources"][:-1], wording]
    path.write_text(json.dumps({"templates": [*raw["templates"], newer]}), "utf-8")
    assert registry.seal(tmp_path) == ["contract.cn.auto.zh-CN"]
    renderer = TypstRenderer(tmp_path)
    before = renderer.render(contract_input(facts()))
    after = renderer.render(contract_input(facts(), on=date(2027, 1, 1)))
    assert isinstance(before, Rendered)
    assert isinstance(after, Rendered)
    assert (before.template_id[-3:], after.template_id[-3:]) == (".v1", ".v2")
    assert "2027版" in text_of(after.pdf)
    (tmp_path / wording).write_text(text, "utf-8")
    assert registry.problems(tmp_path) == [
        "contract.cn.auto.zh-CN.v2: changed after its release; make a new version"
    ]
    with pytest.raises(Permanent, match="changed after its release"):
        TypstRenderer(tmp_path).render(contract_input(facts(), on=date(2027, 1, 1)))


def test_the_packaged_coverage_is_that_of_the_fonts() -> None:
    fonts = registry.ROOT / "fonts"
    raw = json.loads((fonts / "coverage.json").read_text("utf-8"))
    points = coverage.printable(sorted(fonts.glob("*.ttf")))
    assert raw["ranges"] == coverage.ranges(points)
    assert all(ord(one) in points for one in RARE + "喆堃昇彧¥￥€·—臺灣貸款")


def test_a_template_never_evaluates_and_reads_nothing_but_its_own_words() -> None:
    for path in (registry.ROOT / "layouts").rglob("*.typ"):
        source = path.read_text("utf-8")
        assert "eval(" not in source
        assert "read(" not in source
        assert "plugin(" not in source
        for line in source.splitlines():
            if "json(" in line:
                assert "sys.inputs." in line


def test_the_input_must_be_of_one_document() -> None:
    broken = replace(contract_input(facts()), data={"product": "auto"})
    with pytest.raises(Permanent, match="does not compile"):
        RENDERER.render(broken)
