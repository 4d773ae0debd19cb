"""Reading a csv file of a data set, and saying what state it is in before anything is fitted."""

import csv
import gzip
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ml.dataset import DatasetSpec
from ml.population import Bools, Floats


class DataRefused(ValueError):
    """The file cannot be used: it is not there, or columns are; the message names them."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Columns of text as they stand in the file, all of the same length."""

    columns: Mapping[str, Sequence[str]]
    rows: int

    def text(self, name: str) -> Sequence[str]:
        """One column. Raises DataRefused when the file has none of that name."""
        if name not in self.columns:
            raise DataRefused(f"the file has no column {name!r}")
        return self.columns[name]


def read(path: Path) -> Frame:
    """A csv file with a header, gzip or plain. Raises DataRefused: no file, no rows, a name twice
    in the header, a row that is shorter or longer than the header (its number is named)."""
    if not path.is_file():
        raise DataRefused(f"there is no file {path}")
    raw = path.read_bytes()
    try:
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as fault:
        raise DataRefused(f"{path} is neither UTF-8 text nor gzip of it: {fault}") from fault
    # Not splitlines: a text may hold a form feed or a line separator of Unicode.
    lines = [line for line in csv.reader(io.StringIO(text, newline="")) if line]
    if len(lines) < 2:
        raise DataRefused(f"{path} has no rows")
    header = lines[0]
    if twice := [name for name, times in Counter(header).items() if times > 1]:
        raise DataRefused(f"{path} has columns twice: {', '.join(twice)}")
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(header):
            raise DataRefused(
                f"{path}, line {number}: {len(line)} fields, {len(header)} in the header"
            )
    return Frame(
        dict(zip(header, map(list, zip(*lines[1:], strict=True)), strict=True)), len(lines) - 1
    )


def require(frame: Frame, names: Sequence[str]) -> None:
    """Raises DataRefused naming every column that is not there."""
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise DataRefused(f"columns are missing: {', '.join(absent)}")


def with_withheld(spec: DatasetSpec, frame: Frame) -> tuple[Frame, list[str]]:
    """(frame, names): protected columns that the file leaves out read as missing, and which they
    are: where they may not be handed over, a model that reads them must still answer."""
    withheld = [
        name
        for name, column in spec.columns.items()
        if column.protected and name not in frame.columns
    ]
    empty = [""] * frame.rows
    return Frame({**frame.columns, **dict.fromkeys(withheld, empty)}, frame.rows), withheld


def numbers(texts: Sequence[str], missing: frozenset[str] = frozenset()) -> Floats:
    """Numbers of a column; empty, a missing code or anything that is no number is NaN."""
    codes = missing | {code + ".0" for code in missing}
    cache: dict[str, float] = {}
    out = np.empty(len(texts), dtype=np.float64)
    for row, text in enumerate(texts):
        value = cache.get(text)
        if value is None:
            value = cache[text] = math.nan if text.strip() in codes else _number(text)
        out[row] = value
    return out


def _number(text: str) -> float:
    match text.strip().lower():
        case "true":
            return 1.0
        case "false":
            return 0.0
        case stripped:
            try:
                return float(stripped)
            except ValueError:
                return math.nan


def outcomes(spec: DatasetSpec, frame: Frame) -> Bools:
    """The target as true or false. Raises DataRefused for a row without one, and for anything but
    0 and 1 where the event is one of these: a code nobody declared is not a good outcome."""
    if spec.target is None:
        raise DataRefused(f"{spec.name} has no target")
    texts = frame.text(spec.target.column)
    if spec.target.above is not None:
        values = numbers(texts)
        if np.isnan(values).any():
            raise DataRefused(f"{spec.target.column}: rows without a number")
        return np.asarray(values > spec.target.above)
    blank = sum(1 for text in texts if not text.strip())
    if blank:
        raise DataRefused(f"{spec.target.column}: {blank} rows without a value")
    event = spec.target.event
    if event <= {"0", "1"}:
        values = numbers(texts)
        wrong = sorted(
            {text for text, value in zip(texts, values, strict=True) if value not in (0, 1)}
        )
        if wrong:
            raise DataRefused(f"{spec.target.column} is 0 or 1, and not {', '.join(wrong[:5])}")
        return np.isin(values, [float(one) for one in event])
    return np.array([text.strip() in event for text in texts], dtype=np.bool_)


def moments(spec: DatasetSpec, frame: Frame) -> Floats | None:
    """When each row happened, as a number that grows with time; None without a time column."""
    if spec.slices.time is None:
        return None
    texts = frame.text(spec.slices.time)
    values = numbers(texts)
    if np.isnan(values).any():
        ranks = {text: rank for rank, text in enumerate(sorted(set(texts)))}
        return np.array([ranks[text] for text in texts], dtype=np.float64)
    return values


def quality(spec: DatasetSpec, frame: Frame) -> dict[str, Any]:
    """The data-quality report: per column what is missing, coded, no number, out of range or
    constant, and over all rows duplicates, undeclared and absent columns."""
    report: dict[str, Any] = {
        "rows": frame.rows,
        "duplicate_rows": frame.rows - len(set(zip(*frame.columns.values(), strict=True))),
        "undeclared_columns": sorted(set(frame.columns) - set(spec.columns)),
        "absent_columns": sorted(set(spec.columns) - set(frame.columns)),
        "columns": {},
    }
    for name, column in spec.columns.items():
        if name not in frame.columns:
            continue
        counts = Counter(text.strip() for text in frame.columns[name])
        empty = counts.pop("", 0)
        coded = sum(counts[code] for code in counts if code in column.missing)
        values = {text: _number(text) for text in counts if text not in column.missing}
        known = {text: value for text, value in values.items() if not math.isnan(value)}
        is_number = len(known) * 2 > len(values)
        entry: dict[str, Any] = {
            "role": column.role,
            "missing": empty,
            "missing_codes": coded,
            "distinct": len(counts),
            "constant": len(counts) <= 1,
        }
        if is_number:
            low = -math.inf if column.low is None else column.low
            high = math.inf if column.high is None else column.high
            entry |= {
                "least": min(known.values()),
                "most": max(known.values()),
                "not_a_number": sum(counts[text] for text in values if text not in known),
                "infinite": sum(counts[text] for text, value in known.items() if math.isinf(value)),
                "out_of_range": sum(
                    counts[text] for text, value in known.items() if not low <= value <= high
                ),
            }
        else:
            entry["commonest"] = [text for text, _ in counts.most_common(3)]
        report["columns"][name] = entry
    return report
