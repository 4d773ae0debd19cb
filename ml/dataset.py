"""Specifications of data sets (`ml/datasets/*.yaml`): columns and their roles, features, slices.

What a model may read is declared here and nowhere else. A feature that reads a column known only
after the decision, the target, an identifier or the lender's own pricing is refused by name.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import yaml
from lending.domain.submission import LOCALES

from ml.four_fifths import LEAST

SHIPPED = Path(__file__).with_name("datasets")

type Role = Literal["input", "target", "time", "id", "leakage", "redundant", "unused"]
ROLES: frozenset[str] = frozenset(
    {"input", "target", "time", "id", "leakage", "redundant", "unused"}
)
# Whatever a specification says of them: outcomes, own pricing, answers of earlier models.
BANNED: Mapping[str, str] = {
    "apr": "the lender's own pricing",
    "int_rate": "the lender's own pricing",
    "interest_rate": "the lender's own pricing",
    "grade": "the lender's own pricing",
    "sub_grade": "the lender's own pricing",
    "installment": "follows from the lender's own pricing",
    "scheduled_payment": "follows from the lender's own pricing",
    "months_observed": "known only after the decision",
    "outcome": "known only after the decision",
    "age_at_securitisation": "known only after the decision",
    "days_past_due": "known only after the decision",
    "charged_off": "known only after the decision",
    "recovery_rate": "known only after the decision",
    "decision": "the lender's own decision",
    "y_pred": "an earlier model's answer",
    "y_pred_proba": "an earlier model's answer",
}
# What a member may be; `ml.members` fits them.
KINDS = frozenset({"additive", "ebm", "extra_trees", "forest", "hgb", "lightgbm"})


class SpecRefused(ValueError):
    """The specification cannot be used; the message names every column at fault."""


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column of the file. `missing` are codes that mean missing; `protected` columns are
    watched for fairness, and are inputs only where `allowed` says under which rule."""

    name: str
    role: Role
    missing: frozenset[str] = frozenset()
    low: float | None = None
    high: float | None = None
    protected: bool = False
    allowed: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One column of the training matrix: `op` over `of` (columns or earlier features).

    `sign` is the direction of the risk as the value grows, 0 where none is declared; `is_category`
    features hold positions of levels. A feature that is not `used` only feeds later ones.
    """

    name: str
    op: str
    of: tuple[str, ...]
    options: Mapping[str, Any]
    sign: Literal[-1, 0, 1] = 0
    is_used: bool = True
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The event is one of the values `event`, or a number above `above`."""

    column: str
    event: frozenset[str]
    above: float | None
    meaning: str


@dataclass(frozen=True, slots=True)
class Slices:
    """`holdout` is the share of rows, the latest ones, kept for the estimate; `folds` are windows
    of later time (or parts, without a time column) for choosing and calibrating."""

    time: str | None
    holdout: float
    folds: int


@dataclass(frozen=True, slots=True)
class Group:
    """A protected attribute: its values as they are, or bands below each of `bands`."""

    column: str
    bands: tuple[float, ...]
    smallest: float


@dataclass(frozen=True, slots=True)
class Bound:
    """Whose log-odds may be lowered: values of a feature below a bound, or from it on."""

    feature: str
    at: float
    is_below: bool

    def __str__(self) -> str:
        return f"{self.feature} {'below' if self.is_below else 'from'} {self.at:g}"


@dataclass(frozen=True, slots=True)
class Fairness:
    """Groups watched at `approved_share`, and the variants that are compared on the frontier:
    name -> features dropped and features kept within bounds. `offsets` name features and bounds:
    whoever is beyond one gets as many log-odds less as the least ratio needs; `offsets_between`
    are the approved shares between which a decision may fall, where offsets are whole: beyond them
    they fade out. `takes_high` where the likeliest are taken, as for a campaign. `blind` is the one
    that is also written, for where protected attributes may not be read at all."""

    approved_share: float
    groups: tuple[Group, ...]
    variants: Mapping[str, Mapping[str, Any]]
    least_ratio: float
    offsets: tuple[Bound, ...]
    blind: str | None
    offsets_between: tuple[float, float] | None = None
    takes_high: bool = False


@dataclass(frozen=True, slots=True)
class DatasetSpec:
    """Everything that training needs; `sha256` is of the text it was read from. `compact` is a
    recipe that fits the model layer where that of all `members` does not."""

    name: str
    title: str
    licence: str
    task: Literal["binary", "unlabelled", "series"]
    target: Target | None
    columns: Mapping[str, ColumnSpec]
    features: tuple[FeatureSpec, ...]
    slices: Slices
    metric: Literal["auc", "pr_auc"]
    members: tuple[Mapping[str, Any], ...]
    champion: Mapping[str, Any]
    compact: tuple[Mapping[str, Any], ...]
    comparison: tuple[str, ...]
    fairness: Fairness | None
    wordings: Mapping[str, Mapping[str, str]]
    sha256: str
    text: str = field(repr=False)

    @property
    def used(self) -> tuple[FeatureSpec, ...]:
        """Features that models read, in order."""
        return tuple(feature for feature in self.features if feature.is_used)


def shipped_names() -> list[str]:
    """Names of the specifications that come with the project."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def find(named: str) -> DatasetSpec:
    """A file, or the name of a shipped specification. Raises SpecRefused when there is neither."""
    path = Path(named)
    if not path.is_file():
        path = SHIPPED / f"{named}.yaml"
    if not path.is_file():
        raise SpecRefused(
            f"no file and no shipped specification is called {named!r}; shipped: "
            f"{', '.join(shipped_names())}"
        )
    return parse(path.read_text("utf-8"))


def parse(text: str) -> DatasetSpec:
    """Parse and check. Raises SpecRefused with the names of what is wrong."""
    try:
        tree = cast("dict[str, Any]", yaml.safe_load(text))
        columns = {name: _column(name, entry or {}) for name, entry in tree["columns"].items()}
        spec = DatasetSpec(
            name=tree["name"],
            title=tree["title"],
            licence=tree["licence"],
            task=tree.get("task", "binary"),
            target=_target(tree.get("target")),
            columns=columns,
            features=tuple(
                _feature(name, entry or {}) for name, entry in tree.get("features", {}).items()
            ),
            slices=_slices(tree.get("slices", {})),
            metric=tree.get("metric", "auc"),
            members=tuple(tree.get("members", ())),
            champion=tree.get("champion", {"kind": "additive"}),
            compact=tuple(tree.get("compact", ())),
            comparison=tuple(tree.get("comparison", ())),
            fairness=_fairness(tree.get("fairness")),
            wordings=_wordings(tree.get("reasons", {})),
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            text=text,
        )
    except SpecRefused:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as fault:
        raise SpecRefused(f"the specification is incomplete or not YAML: {fault}") from fault
    _check(spec)
    return spec


def _column(name: str, entry: Mapping[str, Any]) -> ColumnSpec:
    role = entry.get("role", "input")
    if role not in ROLES:
        raise SpecRefused(f"{name}: role {role!r} is none of {sorted(ROLES)}")
    return ColumnSpec(
        name=name,
        role=role,
        missing=frozenset(str(code) for code in entry.get("missing", ())),
        low=entry.get("low"),
        high=entry.get("high"),
        protected=bool(entry.get("protected", False)),
        allowed=entry.get("allowed"),
        note=entry.get("note", ""),
    )


def _feature(name: str, entry: Mapping[str, Any]) -> FeatureSpec:
    known = {"op", "of", "sign", "use", "reason"}
    of = entry.get("of", name)
    return FeatureSpec(
        name=name,
        op=entry.get("op", "number"),
        of=tuple(of) if isinstance(of, list) else (str(of),),
        options={key: value for key, value in entry.items() if key not in known},
        sign=entry.get("sign", 0),
        is_used=entry.get("use", True),
        reason=entry.get("reason"),
    )


def _target(entry: Mapping[str, Any] | None) -> Target | None:
    if entry is None:
        return None
    event = entry.get("event", 1)
    return Target(
        column=entry["column"],
        event=frozenset(str(one) for one in (event if isinstance(event, list) else [event])),
        above=entry.get("above"),
        meaning=entry.get("meaning", ""),
    )


def _slices(entry: Mapping[str, Any]) -> Slices:
    return Slices(entry.get("time"), float(entry.get("holdout", 0.15)), int(entry.get("folds", 4)))


def _fairness(entry: Mapping[str, Any] | None) -> Fairness | None:
    if entry is None:
        return None
    groups = tuple(
        Group(column, tuple(one.get("bands", ())), float(one.get("smallest", 0.01)))
        for column, one in entry["groups"].items()
    )
    share, least = float(entry.get("approved_share", 0.7)), float(entry.get("least_ratio", LEAST))
    if not LEAST <= least <= 1:
        raise SpecRefused(f"least_ratio: a release asks for {LEAST}, a specification for no less")
    return Fairness(
        share,
        groups,
        entry.get("variants", {}),
        least,
        tuple(_bound(one) for one in entry.get("offsets", ())),
        entry.get("blind"),
        _between(entry.get("offsets_between"), share),
        _takes_high(entry),
    )


def _takes_high(entry: Mapping[str, Any]) -> bool:
    takes = entry.get("takes", "low")
    if takes not in ("low", "high") or (takes == "high" and "offsets" in entry):
        raise SpecRefused(f"takes: low or high, and offsets only with low, not {takes!r}")
    return bool(takes == "high")


def _between(entry: Sequence[float] | None, share: float) -> tuple[float, float] | None:
    if entry is None:
        return None
    refused = SpecRefused(f"offsets_between: two shares around {share:g} are wanted, not {entry}")
    try:
        low, high = (float(one) for one in entry)
    except (TypeError, ValueError) as fault:
        raise refused from fault
    if not 0 < low <= share <= high < 1 or low == high:
        raise refused
    return low, high


def _wordings(entry: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    """Reason -> language -> what customers are told; each in all languages or not at all."""
    for code, texts in entry.items():
        lacking = LOCALES - texts.keys()
        unknown = texts.keys() - LOCALES
        if lacking or unknown or not all(str(text).strip() for text in texts.values()):
            raise SpecRefused(f"reasons: {code} wants a text in each of {sorted(LOCALES)}")
    return entry


def _bound(entry: Mapping[str, Any]) -> Bound:
    given = [key for key in ("below", "from") if key in entry]
    if len(given) != 1 or entry.keys() - {"feature", "below", "from"}:
        raise SpecRefused(f"an offset is a feature and one of below and from, not {dict(entry)}")
    return Bound(str(entry["feature"]), float(entry[given[0]]), given == ["below"])


def sources(spec: DatasetSpec, feature: FeatureSpec) -> frozenset[str]:
    """Columns of the file that a feature reads, by itself or through earlier features."""
    earlier = {one.name: one for one in spec.features if one is not feature}
    found: set[str] = set()
    for name in feature.of:
        if name in spec.columns:
            found.add(name)
        elif name in earlier:
            found |= sources(spec, earlier[name])
        else:
            raise SpecRefused(f"{feature.name}: {name!r} is neither a column nor a feature")
    return frozenset(found)


def _check(spec: DatasetSpec) -> None:
    if spec.task == "binary" and spec.target is None:
        raise SpecRefused(f"{spec.name}: no target is declared")
    if spec.target and spec.target.column not in spec.columns:
        raise SpecRefused(f"{spec.name}: the target {spec.target.column!r} is not a column")
    if spec.slices.time and spec.slices.time not in spec.columns:
        raise SpecRefused(f"{spec.name}: the time column {spec.slices.time!r} is not a column")
    _check_recipes(spec)
    seen: set[str] = set()
    for feature in spec.features:
        if feature.sign not in (-1, 0, 1):
            raise SpecRefused(f"{feature.name}: sign must be -1, 0 or 1")
        later = set(feature.of) - spec.columns.keys() - seen
        if later:
            raise SpecRefused(
                f"{feature.name}: {sorted(later)} are neither columns nor earlier features"
            )
        seen.add(feature.name)
    refused = {
        f"{column} ({why})"
        for feature in spec.features
        for column, why in _refused(spec, sources(spec, feature))
    }
    if refused:
        raise SpecRefused(f"not allowed as inputs of {spec.name}: {', '.join(sorted(refused))}")


def _check_recipes(spec: DatasetSpec) -> None:
    """Before anything is trained; what a kind cannot do with its options it says itself."""
    recipes = {"champion": (spec.champion,), "members": spec.members, "compact": spec.compact}
    for name, members in recipes.items():
        for member in members:
            if not isinstance(member, Mapping) or member.get("kind") not in KINDS:
                raise SpecRefused(f"{name}: {member!r} is no recipe of a kind in {sorted(KINDS)}")


def _refused(spec: DatasetSpec, columns: Iterable[str]) -> Iterable[tuple[str, str]]:
    whys = {
        "target": "the target",
        "id": "an identifier",
        "leakage": "declared as leakage",
        "time": "the time column",
        "unused": "declared as unused",
    }
    for name in columns:
        column = spec.columns[name]
        if name.lower() in BANNED:
            yield name, BANNED[name.lower()]
        elif spec.target and name == spec.target.column:
            yield name, "the target"
        elif column.role in whys:
            yield name, whys[column.role]
        elif column.protected and column.allowed is None:
            yield name, "protected, with no rule that allows it"
