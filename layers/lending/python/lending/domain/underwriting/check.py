"""Every reason to refuse a policy draft, each with the place it stands at (a JSON pointer)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise, product
from typing import Any, Final

from lending.domain.problem import Problem
from lending.domain.profile import MarketProfile
from lending.domain.records import Refusal
from lending.domain.underwriting.catalogue import (
    COLUMNS,
    NEVER,
    PLANS,
    SEVERITY,
    SHAPES,
    Names,
    Numbers,
    Shape,
)
from lending.domain.underwriting.coverage import (
    TooManyPieces,
    columns_of,
    days_of_change,
    gap,
    idle,
    overlaps,
)
from lending.domain.underwriting.policy import AUTHORITY_FIELDS, CreditPolicy, policy_of, row_of
from lending.domain.underwriting.pricing import price_of
from lending.domain.underwriting.tables import Hit, Range, Row, Table, evaluate

ROWS_MAX: Final = 200
POINTS_MAX: Final = 200_000
ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", re.ASCII)
ROW_FIELDS: Final = {"id", "when", "then", "reason", "source", "effective_from", "effective_to"}
_BPS, _PPM = Numbers(0, 100_000), Numbers(1, 1_000_000)
_MONTHS, _MINOR = Numbers(1, 600), Numbers(1, 10**13)
FIGURES: Final = {
    "pd_horizon_months": _MONTHS,
    "operating_bps": _BPS,
    "rate_step_bps": Numbers(1, 1_000),
    "unscored_pd_ppm": _PPM,
}
OFFERS: Final[dict[str, Numbers | tuple[Numbers | Names, int]]] = {
    "most": Numbers(1, 4),
    "term_steps_months": (Numbers(-600, 600), 6),
    "own_share_steps_bps": (Numbers(1, 10_000), 4),
    "plans": (Names(PLANS), 4),
    "min_difference_bps": Numbers(0, 10_000),
}
COUNTER: Final[dict[str, Numbers | tuple[Numbers | Names, int]]] = {
    "amount_step_minor": _MINOR,
    "amount_floor_bps": Numbers(1, 10_000),
    "terms_months": (_MONTHS, 24),
}
REVIEW: Final[dict[str, Numbers | tuple[Numbers | Names, int]]] = {
    "answer_within_hours": Numbers(1, 2_160),
    "ask_within_days": Numbers(1, 3_650),
}
TOP: Final = {
    "market", "version", "note", "risk_bands_ppm", "offers", "counter_offer", "review",
    "authority", "tables", *FIGURES,
}  # fmt: skip


def draft_problems(document: Mapping[str, Any], profile: MarketProfile) -> tuple[Problem, ...]:
    """What is wrong with a draft under a market's rules; empty = it may be approved.

    The shape first: only a draft of the right shape is held against logic, law and fairness.
    """
    found = [*_shape_problems(document, profile)]
    if found:
        return tuple(found)
    found = [*_table_logic(document)]
    policy = policy_of(document)
    found += _legal_problems(policy, profile)
    if not found:
        found += _direction_problems(policy)
        found += _price_problems(policy, profile)
    return tuple(found)


# --- shape


def _shape_problems(document: Mapping[str, Any], profile: MarketProfile) -> Iterator[Problem]:
    for name in sorted(set(document) - TOP):
        yield Problem(f"/{name}", "unknown field")
    for name in sorted(TOP - {"note"} - set(document)):
        yield Problem(f"/{name}", "missing")
    if document.get("market") != profile.market:
        yield Problem("/market", f"this is the policy of {profile.market}")
    if "version" in document and not _is_id(document["version"]):
        yield Problem("/version", "letters, digits, dots, dashes: at most 40")
    for name, kind in FIGURES.items():
        if name in document:
            yield from _value(document[name], kind, f"/{name}")
    yield from _bands(document.get("risk_bands_ppm"))
    for name, fields in (("offers", OFFERS), ("counter_offer", COUNTER), ("review", REVIEW)):
        if name in document:
            yield from _fields(document[name], fields, f"/{name}")
    if "authority" in document:
        yield from _authority(document["authority"])
    yield from _tables(document.get("tables"))


def _is_id(value: object) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def _value(value: Any, kind: Numbers | Names, at: str) -> Iterator[Problem]:
    match kind:
        case Numbers(least, most):
            if type(value) is not int or not least <= value <= most:
                yield Problem(at, f"a whole number from {least} to {most}")
        case Names(names):
            if not isinstance(value, str) or value not in names:
                yield Problem(at, f"one of {', '.join(names)}")


def _bands(value: Any) -> Iterator[Problem]:
    if not isinstance(value, list) or not value:
        if value is not None:
            yield Problem("/risk_bands_ppm", "a list of rising limits")
        return
    for index, one in enumerate(value):
        yield from _value(one, _PPM, f"/risk_bands_ppm/{index}")
    if all(type(one) is int for one in value):
        for index, (low, high) in enumerate(pairwise(value)):
            if low >= high:
                yield Problem(f"/risk_bands_ppm/{index + 1}", f"above {low}")


def _fields(
    value: Any, fields: Mapping[str, Numbers | tuple[Numbers | Names, int]], at: str
) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(at, "an object")
        return
    for name in sorted(set(value) - set(fields)):
        yield Problem(f"{at}/{name}", "unknown field")
    for name, kind in fields.items():
        if name not in value:
            yield Problem(f"{at}/{name}", "missing")
        elif isinstance(kind, tuple):
            inner, most = kind
            entries = value[name]
            if not isinstance(entries, list) or len(entries) > most:
                yield Problem(f"{at}/{name}", f"a list of at most {most}")
                continue
            for index, one in enumerate(entries):
                yield from _value(one, inner, f"{at}/{name}/{index}")
        else:
            yield from _value(value[name], kind, f"{at}/{name}")


def _authority(value: Any) -> Iterator[Problem]:
    if not isinstance(value, list) or not value:
        yield Problem("/authority", "a list of roles")
        return
    for index, entry in enumerate(value):
        at = f"/authority/{index}"
        if not isinstance(entry, dict) or set(entry) != set(AUTHORITY_FIELDS):
            yield Problem(at, f"exactly {', '.join(AUTHORITY_FIELDS)}")
            continue
        if not _is_id(entry["role"]):
            yield Problem(f"{at}/role", "the name of a staff group")
        yield from _value(entry["approve_max_minor"], Numbers(0, 10**13), f"{at}/approve_max_minor")
        yield from _value(
            entry["approve_max_pd_ppm"], Numbers(0, 10**6), f"{at}/approve_max_pd_ppm"
        )
        for name in ("may_override", "may_confirm"):
            if not isinstance(entry[name], bool):
                yield Problem(f"{at}/{name}", "true or false")


def _tables(value: Any) -> Iterator[Problem]:
    if not isinstance(value, dict):
        if value is not None:
            yield Problem("/tables", "an object of tables")
        return
    for name in sorted(set(value) - set(SHAPES)):
        yield Problem(f"/tables/{name}", f"unknown table; there are {', '.join(SHAPES)}")
    for name, shape in SHAPES.items():
        if name not in value:
            yield Problem(f"/tables/{name}", "missing")
        else:
            yield from _table(value[name], shape, f"/tables/{name}")


def _table(value: Any, shape: Shape, at: str) -> Iterator[Problem]:
    if not isinstance(value, dict) or set(value) != {"hit", "rows"}:
        yield Problem(at, "exactly hit, rows")
        return
    if value["hit"] != shape.hit:
        yield Problem(f"{at}/hit", f"this table's hit policy is '{shape.hit}'")
    rows = value["rows"]
    if not isinstance(rows, list) or len(rows) > ROWS_MAX:
        yield Problem(f"{at}/rows", f"a list of at most {ROWS_MAX} rows")
        return
    seen: set[str] = set()
    for index, row in enumerate(rows):
        place = f"{at}/rows/{index}"
        if not isinstance(row, dict):
            yield Problem(place, "an object")
            continue
        yield from _row(row, shape, place)
        row_id = row.get("id")
        if isinstance(row_id, str) and row_id in seen:
            yield Problem(f"{place}/id", "used twice in this table")
        seen.add(str(row_id))


def _row(row: Mapping[str, Any], shape: Shape, at: str) -> Iterator[Problem]:
    for name in sorted(set(row) - ROW_FIELDS):
        yield Problem(f"{at}/{name}", "unknown field")
    if not _is_id(row.get("id")):
        yield Problem(f"{at}/id", "letters, digits, dots, dashes: at most 40")
    source = row.get("source")
    if not isinstance(source, str) or not source.strip():
        yield Problem(f"{at}/source", "where the rule comes from")
    yield from _dates(row, at)
    when, then = row.get("when"), row.get("then")
    if not isinstance(when, dict):
        yield Problem(f"{at}/when", "an object of conditions")
    else:
        for name, condition in when.items():
            yield from _condition(name, condition, shape, f"{at}/when/{name}")
    if not isinstance(then, dict) or not then:
        yield Problem(f"{at}/then", "an object of outcomes")
    else:
        yield from _outcomes(then, shape, f"{at}/then")
        yield from _reason(row, then, shape, at)


def _dates(row: Mapping[str, Any], at: str) -> Iterator[Problem]:
    days: list[date] = []
    for name in ("effective_from", "effective_to"):
        text = row.get(name)
        if text is None:
            continue
        try:
            days.append(date.fromisoformat(text))
        except (TypeError, ValueError):
            yield Problem(f"{at}/{name}", "a date like 2026-11-25")
    if len(days) == 2 and days[0] > days[1]:
        yield Problem(f"{at}/effective_to", "before effective_from")


def _condition(name: str, value: Any, shape: Shape, at: str) -> Iterator[Problem]:
    if name in NEVER:
        yield Problem(at, "protected: it may never decide about a person")
        return
    column = COLUMNS.get(name)
    if column is None:
        yield Problem(at, f"unknown column; this table knows {', '.join(shape.columns)}")
        return
    if name not in shape.columns:
        why = "protected: for knock-outs alone" if column.protected else "not for this table"
        yield Problem(at, why)
        return
    if isinstance(column.kind, Names):
        names = value.get("one_of") if isinstance(value, dict) and len(value) == 1 else None
        if not isinstance(names, list) or not names:
            yield Problem(at, 'an object like {"one_of": ["…"]}')
            return
        for index, one in enumerate(names):
            yield from _value(one, column.kind, f"{at}/one_of/{index}")
        return
    if not isinstance(value, dict) or not value or set(value) - {"at_least", "at_most"}:
        yield Problem(at, 'an object like {"at_least": 0, "at_most": 9}')
        return
    found = [p for key in value for p in _value(value[key], column.kind, f"{at}/{key}")]
    yield from found
    if not found and len(value) == 2 and value["at_least"] > value["at_most"]:
        yield Problem(f"{at}/at_least", "above at_most: no value lies between")


def _outcomes(then: Mapping[str, Any], shape: Shape, at: str) -> Iterator[Problem]:
    for name, value in then.items():
        kind = shape.outcomes.get(name)
        if kind is None:
            yield Problem(f"{at}/{name}", f"unknown outcome; one of {', '.join(shape.outcomes)}")
        else:
            yield from _value(value, kind, f"{at}/{name}")
    if not shape.any_of:
        for name in sorted(set(shape.outcomes) - set(then)):
            yield Problem(f"{at}/{name}", "missing")


def _reason(
    row: Mapping[str, Any], then: Mapping[str, Any], shape: Shape, at: str
) -> Iterator[Problem]:
    reason = row.get("reason", "")
    wanted = shape.reasons and then.get("action") in {"refer", "decline"}
    if wanted and reason not in {one.value for one in Refusal}:
        yield Problem(f"{at}/reason", "a reason that can be told to the customer")
    elif not wanted and reason:
        yield Problem(f"{at}/reason", "only with a row that refers or declines")


# --- logic


def _table_logic(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Gaps, overlaps and rows without effect, on each day that changes something."""
    for name, shape in SHAPES.items():
        rows = [row_of(row) for row in document["tables"][name]["rows"]]
        told: set[tuple[str, str]] = set()
        for day in days_of_change(rows):
            current = [row for row in rows if row.in_force(day)]
            for place, detail in _row_logic(current, rows, is_unique=shape.hit == Hit.UNIQUE):
                if (place, detail) not in told:
                    told.add((place, detail))
                    yield Problem(f"/tables/{name}/rows{place}", detail)


def _row_logic(
    current: Sequence[Row], rows: Sequence[Row], *, is_unique: bool
) -> Iterator[tuple[str, str]]:
    columns = columns_of(current)
    if not is_unique:
        for wider, row in idle(current, columns):
            yield f"/{rows.index(row)}", f"never adds anything to row {wider.row_id}"
        return
    for earlier, later in overlaps(current, columns):
        yield f"/{rows.index(later)}", f"overlaps row {earlier.row_id}"
    try:
        hole = gap(current, columns)
    except TooManyPieces:
        yield "", "too intricate to be proved: use fewer columns or rows"
        return
    if hole is not None:
        yield "", f"no row for {hole}"


def _legal_problems(policy: CreditPolicy, profile: MarketProfile) -> Iterator[Problem]:
    """Limits beyond what market and product allow could never be used: they are refused."""
    for index, row in enumerate(policy.tables["limits"].rows):
        at = f"/tables/limits/rows/{index}/then"
        for name, most in _legal_caps(row, profile).items():
            value = row.then.get(name)
            if isinstance(value, int) and value > most:
                yield Problem(f"{at}/{name}", f"beyond the market's cap of {most}")


def _legal_caps(row: Row, profile: MarketProfile) -> dict[str, int]:
    products = [one for one in profile.products.values() if _may_match(row, one.kind)]
    caps: dict[str, int] = {}
    if profile.dti_cap_bps is not None:
        caps["dti_cap_bps"] = profile.dti_cap_bps
    if products:
        caps["amount_max_minor"] = max(one.max_amount_minor for one in products)
        caps["term_max_months"] = max(one.max_term_months for one in products)
        shares = [one.ltv_cap_bps for one in products if one.has_vehicle]
        if shares and all(share is not None for share in shares):
            caps["ltv_cap_bps"] = max(share for share in shares if share is not None)
    return caps


def _may_match(row: Row, kind: str) -> bool:
    condition = row.when.get("product_kind")
    return condition is None or condition.holds(kind)


# --- direction


def _direction_problems(policy: CreditPolicy) -> Iterator[Problem]:
    """A lower risk never fares worse, nor a lower share of the value or of income."""
    for day in days_of_change(policy.tables["matrix"].rows):
        table = policy.tables["matrix"].on(day)
        for name in ("pd_ppm", "ltv_bps", "dti_bps"):
            if (row := _turns(table, name)) is not None:
                index = policy.tables["matrix"].rows.index(row)
                detail = f"a lower {name} would fare worse than this row"
                yield Problem(f"/tables/matrix/rows/{index}", detail)


def _turns(table: Table, along: str) -> Row | None:
    columns = columns_of(table.rows)
    if along not in columns:
        return None
    points = {name: _points(table, name) for name in columns}
    size = 1
    for values in points.values():
        size *= len(values)
    if size > POINTS_MAX:
        return None
    others = [name for name in columns if name != along]
    for chosen in product(*(points[name] for name in others)):
        inputs = dict(zip(others, chosen, strict=True))
        worst = -1
        for value in points[along]:
            row = evaluate(table, {**inputs, along: value}).row
            if row is None:
                continue
            rank = SEVERITY[str(row.then["action"])]
            if rank < worst:
                return row
            worst = rank
    return None


def _points(table: Table, name: str) -> Sequence[int | str]:
    """One value of each stretch in which no row of the table changes its answer."""
    kind = COLUMNS[name].kind
    if isinstance(kind, Names):
        groups: set[tuple[bool, ...]] = set()
        found: list[int | str] = []
        for one in kind.names:
            pattern = tuple(
                row.when[name].holds(one) if name in row.when else True for row in table.rows
            )
            if pattern not in groups:
                groups.add(pattern)
                found.append(one)
        return found
    starts = {kind.least}
    for row in table.rows:
        condition = row.when.get(name)
        if isinstance(condition, Range):
            if condition.at_least is not None:
                starts.add(condition.at_least)
            if condition.at_most is not None and condition.at_most < kind.most:
                starts.add(condition.at_most + 1)
    return sorted(starts)


# --- price


def _price_problems(policy: CreditPolicy, profile: MarketProfile) -> Iterator[Problem]:
    """No price above the market's ceiling, and none that falls when the risk rises."""
    tables = ("lgd", "ead", "funding", "margin")
    days = sorted({day for name in tables for day in days_of_change(policy.tables[name].rows)})
    for day in days:
        current = policy.on(day)
        used = [current.tables[name] for name in tables]
        columns = columns_of([row for table in used for row in table.rows])
        terms = [name for name in columns if name != "pd_ppm"]
        points = {
            name: sorted({p for table in used for p in _points(table, name)}, key=str)
            for name in terms
        }
        for chosen in product(*(points[name] for name in terms)):
            inputs: dict[str, int | str | None] = dict(zip(terms, chosen, strict=True))
            before = 0
            for index, band in enumerate(policy.risk_bands_ppm):
                found = price_of(current, inputs, band, 0)
                rate = 0 if found is None else found.annual_rate_bps
                at = f"/risk_bands_ppm/{index}"
                if rate > profile.apr_cap_bps:
                    yield Problem(at, f"{rate} for {inputs}: cap {profile.apr_cap_bps}")
                    return
                if rate < before:
                    yield Problem(at, f"cheaper than a lower risk for {inputs}")
                    return
                before = rate
