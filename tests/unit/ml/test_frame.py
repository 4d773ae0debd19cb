"""Reading files, what is said of their state, and the transforms of their columns."""

import gzip
import math
from pathlib import Path

import numpy as np
import pytest

from ml import dataset, frame, slices, transforms
from ml.frame import DataRefused

SPEC = dataset.parse("""
name: small
title: Small
licence: ours
target: {column: bad, event: "yes"}
columns:
  amount: {low: 0, high: 1000}
  count: {missing: [96, 98]}
  since: {}
  town: {}
  bad: {role: target}
features:
  amount: {}
  count: {}
  share: {op: ratio, of: [amount, count]}
  years: {op: years_since, of: since, reference: [2014, 12]}
  town: {op: category, least: 2}
  typed: {op: case, of: town}
  size: {op: frequency, of: town}
  rate: {op: target_rate, of: town, weight: 1}
""")
FILE = (
    "amount,count,since,town,bad\n100,2,Jul-1999,Lübeck,yes\n5000,96,1999-07,LUBECK ,no\n"
    "200,0,never,other,no\nx,98.0,,,yes\n"
)


def _read(tmp_path: Path, text: str = FILE, *, is_packed: bool = False) -> frame.Frame:
    path = tmp_path / "data.csv"
    path.write_bytes(gzip.compress(text.encode()) if is_packed else text.encode())
    return frame.read(path)


def test_plain_and_packed_files_read_alike(tmp_path: Path) -> None:
    assert _read(tmp_path) == _read(tmp_path, is_packed=True)


def test_a_missing_file_and_a_torn_line_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match=r"absent\.csv"):
        frame.read(tmp_path / "absent.csv")
    with pytest.raises(DataRefused, match="line 3: 2 fields"):
        _read(tmp_path, "a,b,c\n1,2,3\n1,2\n")
    with pytest.raises(DataRefused, match="no rows"):
        _read(tmp_path, "a,b\n")
    with pytest.raises(DataRefused, match="columns twice: a"):
        _read(tmp_path, "a,b,a\n1,2,3\n")
    (tmp_path / "torn.csv").write_bytes(gzip.compress(FILE.encode())[:40])
    with pytest.raises(DataRefused, match=r"torn\.csv"):
        frame.read(tmp_path / "torn.csv")
    (tmp_path / "other.csv").write_bytes("größe\n1\n".encode("latin-1"))
    with pytest.raises(DataRefused, match=r"other\.csv is neither UTF-8"):
        frame.read(tmp_path / "other.csv")


def test_a_text_may_hold_breaks_that_end_no_line(tmp_path: Path) -> None:
    rows = _read(tmp_path, 'a,b\r\n"one\ntwo",1\r\nx\u2028y\x0cz,2\r\n\r\n')
    assert rows.columns == {"a": ["one\ntwo", "x\u2028y\x0cz"], "b": ["1", "2"]}


def test_missing_columns_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="columns are missing: b, c"):
        frame.require(_read(tmp_path, "a\n1\n"), ["a", "b", "c"])


def test_a_row_without_an_outcome_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataRefused, match="bad: 1 rows"):
        frame.outcomes(SPEC, _read(tmp_path, FILE + "1,1,,a,\n"))


@pytest.mark.parametrize("event", ["1", "0"])
def test_an_outcome_is_one_or_none_however_it_is_written(event: str) -> None:
    text = SPEC.text.replace('event: "yes"', f"event: {event}")
    spec = dataset.parse(text)
    told = ["1", "0", "1.0", "0.00", "True", "false"]
    found = frame.outcomes(spec, frame.Frame({"bad": told}, 6))
    assert found.tolist() == [(at % 2 == 0) == (event == "1") for at in range(6)]
    for wrong in ("2", "-1", "good", "nan"):
        with pytest.raises(DataRefused, match=f"bad is 0 or 1, and not {wrong}"):
            frame.outcomes(spec, frame.Frame({"bad": ["1", wrong]}, 2))


def test_infinities_are_missing_and_counted(tmp_path: Path) -> None:
    spec = dataset.parse(
        SPEC.text.replace("{low: 0, high: 1000}", "{}")
        + "  both: {op: product, of: [amount, count]}\n"
    )
    rows = _read(tmp_path, "amount,count,since,town,bad\ninf,1,,a,yes\n-Infinity,2,,a,no\n"
                 "1e400,3,,a,no\n1e200,1e200,,a,yes\n5,2,,a,no\n")  # fmt: skip
    values, _ = transforms.fit(spec, rows, frame.outcomes(spec, rows), np.arange(5))
    np.testing.assert_array_equal(values[:, 0], [math.nan, math.nan, math.nan, 1e200, 5])
    np.testing.assert_array_equal(values[:, 2], [math.nan, math.nan, math.nan, 1, 2.5])
    np.testing.assert_array_equal(values[:, -1], [math.nan, math.nan, math.nan, math.nan, 10])
    assert frame.quality(spec, rows)["columns"]["amount"]["infinite"] == 3


def test_a_protected_column_that_is_withheld_reads_as_missing_and_is_named(tmp_path: Path) -> None:
    spec = dataset.parse(SPEC.text.replace("  since: {}", "  since: {protected: true, allowed: t}"))
    rows = _read(tmp_path, "amount,count,town,bad\n1,1,a,yes\n")
    read, withheld = frame.with_withheld(spec, rows)
    assert withheld == ["since"]
    assert read.text("since") == [""]
    assert frame.with_withheld(spec, read)[1] == []


def test_the_quality_report_counts_what_is_wrong(tmp_path: Path) -> None:
    report = frame.quality(SPEC, _read(tmp_path, FILE + "100,2,Jul-1999,Lübeck,yes\n"))
    assert report["duplicate_rows"] == 1
    amount, count = report["columns"]["amount"], report["columns"]["count"]
    assert (amount["not_a_number"], amount["out_of_range"]) == (1, 1)
    assert count["missing_codes"] == 1  # 98.0 is written differently; numbers() knows it as well.
    assert report["columns"]["town"]["missing"] == 1


def test_transforms_turn_codes_unseen_and_bad_values_into_missing(tmp_path: Path) -> None:
    rows = _read(tmp_path)
    bad = frame.outcomes(SPEC, rows)
    values, states = transforms.fit(SPEC, rows, bad, np.arange(4))
    amount, count, share, years, town, typed = values[:, :6].T
    np.testing.assert_array_equal(amount, [100, math.nan, 200, math.nan])
    np.testing.assert_array_equal(count, [2, math.nan, 0, math.nan])
    np.testing.assert_array_equal(share, [50, math.nan, math.nan, math.nan])
    np.testing.assert_array_equal(years, [15.42, 15.42, math.nan, math.nan])
    np.testing.assert_array_equal(town, [0, 0, math.nan, math.nan])  # "other" is too rare.
    np.testing.assert_array_equal(typed, [2, 0, 1, math.nan])
    assert states["town"] == {"levels": ["LUBECK"]}
    later = transforms.apply(SPEC, rows, states)
    np.testing.assert_array_equal(later[:, :6], values[:, :6])


def test_no_training_row_sees_its_own_outcome(tmp_path: Path) -> None:
    """The rate of a row comes from the other rows of its town, which are worse when it is good."""
    text = "amount,count,since,town,bad\n" + "".join(
        f"1,1,,T{at // 4},{'yes' if at % 2 else 'no'}\n" for at in range(40)
    )
    rows = _read(tmp_path, text)
    bad = frame.outcomes(SPEC, rows)
    values, _ = transforms.fit(SPEC, rows, bad, np.arange(40))
    assert np.corrcoef(values[:, 7], bad)[0, 1] <= 0


def test_later_rows_judge_and_no_moment_is_on_both_sides() -> None:
    moments = np.repeat(np.arange(20.0), 10)
    bad = np.arange(200) % 7 == 0
    cut = slices.cut(200, moments, bad, 0.2, 3)
    assert moments[cut.development].max() < moments[cut.holdout].min()
    for learned, judged in cut.folds:
        assert moments[learned].max() < moments[judged].min()
    assert len(cut.folds) == 3


def test_without_a_time_parts_are_fixed_disjoint_and_balanced() -> None:
    bad = np.arange(1000) % 10 == 0
    cut = slices.cut(1000, None, bad, 0.2, 4)
    again = slices.cut(1000, None, bad, 0.2, 4)
    np.testing.assert_array_equal(cut.holdout, again.holdout)
    judged = np.concatenate([rows for _, rows in cut.folds])
    np.testing.assert_array_equal(np.sort(judged), np.sort(cut.development))
    assert bad[cut.holdout].mean() == pytest.approx(0.1, abs=0.01)
