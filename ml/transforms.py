"""Named transforms of columns into the training matrix, as a specification declares them.

Some learn from the training rows (levels, counts, rates, the weights of a text). What they learn
is plain data (`state`) and is kept beside the model. Those that read the target are fitted across
parts on the training rows, so that no row sees its own outcome.
"""

import math
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from ml.dataset import DatasetSpec, FeatureSpec, SpecRefused
from ml.frame import Frame, numbers
from ml.population import Bools, Floats, Integers

type State = dict[str, Any]
PARTS = 5
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Kept:
    """What was read and made of one frame, for every fit over it and each variant of its
    specification: features by what they are, what they are made of and the rows learned from."""

    numbers: dict[str, Floats] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    keys: dict[tuple[Any, ...], list[str]] = field(default_factory=dict)
    features: dict[tuple[Any, bytes], tuple[Floats, State | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Reader:
    """Values of columns and earlier features of one frame, by name."""

    spec: DatasetSpec
    frame: Frame
    kept: Kept = field(default_factory=Kept)
    made: dict[str, Floats] = field(default_factory=dict)

    def number(self, name: str) -> Floats:
        if name in self.made:
            return self.made[name]
        if name not in self.kept.numbers:
            self.kept.numbers[name] = self._number(name)
        return self.kept.numbers[name]

    def _number(self, name: str) -> Floats:
        column = self.spec.columns[name]
        values = numbers(self.frame.text(name), column.missing)
        low = -math.inf if column.low is None else column.low
        high = math.inf if column.high is None else column.high
        return np.where((values < low) | (values > high) | np.isinf(values), math.nan, values)

    def text(self, name: str) -> Sequence[str]:
        """Text with missing codes emptied; numbers that are whole lose their `.0`."""
        if name not in self.kept.texts:
            missing = self.spec.columns[name].missing
            self.kept.texts[name] = [
                "" if text in missing else text.removesuffix(".0")
                for text in map(str.strip, self.frame.text(name))
            ]
        return self.kept.texts[name]


def _numbers(reader: Reader, feature: FeatureSpec) -> list[Floats]:
    return [reader.number(name) for name in feature.of]


def _ratio(reader: Reader, feature: FeatureSpec) -> Floats:
    above, below = _numbers(reader, feature)
    out = np.full(above.size, math.nan)
    np.divide(
        above,
        below + float(feature.options.get("plus", 0)),
        out=out,
        where=(below + float(feature.options.get("plus", 0))) != 0,
    )
    return out


def _sum(reader: Reader, feature: FeatureSpec) -> Floats:
    weights = feature.options.get("weights", [1] * len(feature.of))
    return np.asarray(
        sum(w * v for w, v in zip(weights, _numbers(reader, feature), strict=True)), dtype=float
    )


def _instalment(reader: Reader, feature: FeatureSpec) -> Floats:
    """Level instalment of (amount, months) at one reference rate a year, the same for all."""
    amount, months = _numbers(reader, feature)
    rate = float(feature.options["rate"]) / 12
    return amount * rate / (1 - (1 + rate) ** -months)


def _ordinal(reader: Reader, feature: FeatureSpec) -> Floats:
    order = {str(text): float(rank) for rank, text in enumerate(feature.options["order"])}
    return np.array([order.get(text, math.nan) for text in reader.text(feature.of[0])])


def _months_since(reader: Reader, feature: FeatureSpec) -> Floats:
    """Years from a text such as `Jul-1999` or `1999-07` to the reference (year, month)."""
    year, month = feature.options["reference"]
    cache: dict[str, float] = {"": math.nan}
    out = []
    for text in reader.text(feature.of[0]):
        if text not in cache:
            first, _, second = text.lower().partition("-")
            try:
                at = (
                    int(second) * 12 + MONTHS.index(first) + 1
                    if first in MONTHS
                    else int(first) * 12 + int(second[:2])
                )
                cache[text] = round((year * 12 + month - at) / 12, 2)
            except ValueError:
                cache[text] = math.nan
        out.append(cache[text])
    return np.array(out)


def _month(reader: Reader, feature: FeatureSpec) -> Floats:
    return np.array(
        [
            float(MONTHS.index(text[:3].lower())) if text[:3].lower() in MONTHS else math.nan
            for text in reader.text(feature.of[0])
        ]
    )


def _case(reader: Reader, feature: FeatureSpec) -> Floats:
    """How a text was typed: 0 upper, 1 lower, 2 title, 3 mixed; missing when it is empty."""

    def kind(text: str) -> float:
        if not text:
            return math.nan
        return (
            0.0
            if text == text.upper()
            else 1.0
            if text == text.lower()
            else (2.0 if text == text.title() else 3.0)
        )

    return np.array([kind(text) for text in reader.text(feature.of[0])])


def plain(text: str) -> str:
    """A name for comparing: no accents, upper case, single spaces, no signs."""
    letters = unicodedata.normalize("NFKD", text.upper())
    return " ".join("".join(c for c in letters if c.isalnum() or c == " ").split())


def _keys(reader: Reader, feature: FeatureSpec) -> list[str]:
    """Texts of all columns in `of`, compared plainly, joined; cut to `prefix` characters."""
    cut = feature.options.get("prefix")
    made_of = (*feature.of, cut)
    if made_of not in reader.kept.keys:
        parts = [_plainly(reader, name, cut) for name in feature.of]
        reader.kept.keys[made_of] = ["|".join(one) for one in zip(*parts, strict=True)]
    return reader.kept.keys[made_of]


def _plainly(reader: Reader, name: str, cut: int | None = None) -> list[str]:
    texts = reader.text(name)
    known = {text: plain(text)[:cut] for text in set(texts)}
    return [known[text] for text in texts]


def _same(reader: Reader, feature: FeatureSpec) -> Floats:
    left, right = (_plainly(reader, name) for name in feature.of)
    return np.array([float(a == b) for a, b in zip(left, right, strict=True)])


def _clip(reader: Reader, feature: FeatureSpec) -> Floats:
    (values,) = _numbers(reader, feature)
    return np.clip(values, feature.options.get("low"), feature.options.get("high"))


def _any_of(reader: Reader, feature: FeatureSpec) -> Floats:
    wanted = {str(value) for value in feature.options["values"]}
    return np.array([float(text in wanted) for text in reader.text(feature.of[0])])


def _gap(reader: Reader, feature: FeatureSpec) -> Floats:
    """Later less earlier in a circle of `turn` (months of a year, days of a week)."""
    later, earlier = _numbers(reader, feature)
    return (later - earlier) % float(feature.options["turn"])


SIMPLE: Mapping[str, Callable[[Reader, FeatureSpec], Floats]] = {
    "number": lambda reader, feature: reader.number(feature.of[0]),
    "ratio": _ratio,
    "sum": _sum,
    "difference": lambda r, f: r.number(f.of[0]) - r.number(f.of[1]),
    "product": lambda r, f: r.number(f.of[0]) * r.number(f.of[1]),
    "log1p": lambda r, f: np.log1p(np.maximum(r.number(f.of[0]), 0)),
    "remainder": lambda r, f: r.number(f.of[0]) % float(f.options["by"]),
    "fill": lambda r, f: np.where(
        np.isnan(r.number(f.of[0])), float(f.options["value"]), r.number(f.of[0])
    ),
    "when_known": lambda r, f: np.where(np.isnan(r.number(f.of[1])), math.nan, r.number(f.of[0])),
    "first_known": lambda r, f: np.where(
        np.isnan(r.number(f.of[0])), r.number(f.of[1]), r.number(f.of[0])
    ),
    "is_missing": lambda r, f: np.array([float(not text) for text in r.text(f.of[0])]),
    "any_of": _any_of,
    "clip": _clip,
    "instalment": _instalment,
    "ordinal": _ordinal,
    "years_since": _months_since,
    "month": _month,
    "gap": _gap,
    "case": _case,
    "length": lambda r, f: np.array([float(len(text)) for text in r.text(f.of[0])]),
    "same": _same,
}
LEARNED = frozenset({"category", "frequency", "target_rate", "text_score"})


def is_category(feature: FeatureSpec) -> bool:
    """Positions of levels: no order is meant."""
    return feature.op in {"category", "case"}


def apply(spec: DatasetSpec, frame: Frame, states: Mapping[str, State]) -> Floats:
    """The matrix (rows, used features) of any rows, with what was learned before."""
    reader = Reader(spec, frame)
    for feature in spec.features:
        reader.made[feature.name] = (
            _learned(reader, feature, states[feature.name])
            if feature.op in LEARNED
            else _simple(reader, feature)
        )
    return np.column_stack([reader.made[feature.name] for feature in spec.used])


def apply_one(spec: DatasetSpec, frame: Frame, name: str) -> Floats:
    """One feature that learns nothing and reads columns only."""
    (feature,) = (one for one in spec.features if one.name == name)
    return _simple(Reader(spec, frame), feature)


def fit(
    spec: DatasetSpec, frame: Frame, bad: Bools, rows: Integers, kept: Kept | None = None
) -> tuple[Floats, dict[str, State]]:
    """(matrix of ALL rows of the frame, states learned from `rows`).

    Values of target-reading features are out of part for `rows`, and from all of `rows` for the
    others, which is what a later row gets. `kept` is of the same frame and outcomes.
    """
    reader = Reader(spec, frame, kept or Kept())
    states: dict[str, State] = {}
    known: dict[str, Any] = {}  # name -> what the feature is and is made of
    for feature in spec.features:
        made_of = tuple(known.get(name) for name in feature.of)
        known[feature.name] = (repr(feature), made_of)
        key = (known[feature.name], rows.tobytes() if feature.op in LEARNED else b"")
        if key not in reader.kept.features:
            reader.kept.features[key] = _made(reader, feature, bad, rows)
        reader.made[feature.name], state = reader.kept.features[key]
        if state is not None:
            states[feature.name] = state
    return np.column_stack([reader.made[feature.name] for feature in spec.used]), states


def _made(
    reader: Reader, feature: FeatureSpec, bad: Bools, rows: Integers
) -> tuple[Floats, State | None]:
    if feature.op not in LEARNED:
        return _simple(reader, feature), None
    state = _learn(reader, feature, bad, rows)
    values = _learned(reader, feature, state)
    if feature.op in {"target_rate", "text_score"}:
        part = np.arange(rows.size) * 7919 % PARTS
        for one in range(PARTS):
            partial = _learn(reader, feature, bad, rows[part != one])
            values[rows[part == one]] = _learned(reader, feature, partial, rows[part == one])
    return values, state


def _simple(reader: Reader, feature: FeatureSpec) -> Floats:
    if feature.op not in SIMPLE:
        raise SpecRefused(f"{feature.name}: there is no transform {feature.op!r}")
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        values = np.asarray(SIMPLE[feature.op](reader, feature), dtype=np.float64)
    values = np.where(np.isinf(values), math.nan, values)  # No figure, like what is no number.
    if "keep_within" in feature.options:
        values = np.clip(values, *feature.options["keep_within"])
    return values


def _learn(reader: Reader, feature: FeatureSpec, bad: Bools, rows: Integers) -> State:
    if feature.op == "text_score":
        return _learn_text(reader, feature, bad, rows)
    keys = _keys(reader, feature)
    counts = Counter(keys[row] for row in rows)
    match feature.op:
        case "category":
            least = int(feature.options.get("least", 1))
            return {"levels": sorted(k for k, n in counts.items() if n >= least and k.strip("|"))}
        case "frequency":
            return {"counts": {key: n for key, n in sorted(counts.items()) if n > 1}}
        case _:
            weight = float(feature.options.get("weight", 30))
            events = Counter(keys[row] for row in rows if bad[row])
            mean = float(bad[rows].mean())
            rates = {
                key: (events[key] + weight * mean) / (n + weight)
                for key, n in sorted(counts.items())
                if n > 1
            }
            return {"mean": mean, "rates": rates}


def _learn_text(reader: Reader, feature: FeatureSpec, bad: Bools, rows: Integers) -> State:
    texts = reader.text(feature.of[0])
    vectorizer = _vectorizer(min_df=int(feature.options.get("least", 30)))
    try:
        terms = vectorizer.fit_transform([texts[row] for row in rows])
    except ValueError:  # No n-gram is frequent enough.
        return {"grams": [], "idf": [], "weights": [], "intercept": 0.0}
    model = LogisticRegression(C=float(feature.options.get("c", 0.1)), max_iter=200)
    model.fit(terms, bad[rows])
    return {
        "grams": vectorizer.get_feature_names_out().tolist(),
        "idf": vectorizer.idf_.tolist(),
        "weights": model.coef_[0].tolist(),
        "intercept": float(model.intercept_[0]),
    }


def _vectorizer(**options: Any) -> Any:
    return TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, lowercase=False, **options
    )


def _learned(
    reader: Reader, feature: FeatureSpec, state: State, rows: Integers | None = None
) -> Floats:
    if feature.op == "text_score":
        texts = reader.text(feature.of[0])
        chosen = list(texts) if rows is None else [texts[row] for row in rows]
        if not state["grams"]:
            return np.full(len(chosen), state["intercept"])
        vectorizer = _vectorizer(vocabulary=state["grams"])
        vectorizer.idf_ = np.array(state["idf"])
        scores = vectorizer.transform(chosen) @ np.array(state["weights"])
        return np.asarray(scores + state["intercept"], dtype=np.float64)
    keys = _keys(reader, feature)
    chosen = keys if rows is None else [keys[row] for row in rows]
    match feature.op:
        case "category":
            # An unseen level is missing: what it means, nobody has learned.
            positions = {level: float(at) for at, level in enumerate(state["levels"])}
            return np.array([positions.get(key, math.nan) for key in chosen])
        case "frequency":
            return np.array([math.log1p(state["counts"].get(key, 1)) for key in chosen])
        case _:
            return np.array([state["rates"].get(key, state["mean"]) for key in chosen])
