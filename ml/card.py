"""The model card: one HTML file on what a model is, how good, for whom, and how it was judged."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from sklearn.metrics import roc_curve

from ml import charts, quality
from ml.frame import moments
from ml.members import Tables
from ml.population import Bools, Floats
from ml.training import Outcome, Problem

STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;max-width:1000px;margin:2rem auto;padding:0 1rem;"
    "color:#222}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid "
    "#ddd}table{border-collapse:collapse;font-size:13px;margin:.6rem 0}td,th{padding:3px 9px;"
    "border-bottom:1px solid #eee;text-align:right}td:first-child,th:first-child{text-align:left}"
    "table.words td{text-align:left}tr.chosen{background:#eef4fb;font-weight:600}"
    ".charts{display:grid;grid-template-columns:"
    "repeat(auto-fill,minmax(300px,1fr));gap:1rem}figure{margin:0}figcaption{font-weight:600;"
    "font-size:13px}svg{width:100%;font:10px sans-serif;fill:#333}.small{color:#555;font-size:13px}"
)
FIGURES = (
    "auc",
    "ks",
    "gini",
    "brier",
    "log_loss",
    "pr_auc",
    "ece",
    "ece_by_chance",
    "tpr_at_1_fpr",
    "tpr_at_5_fpr",
)


def html(setting: Problem, outcome: Outcome, champion: Outcome, report: Mapping[str, Any]) -> str:
    """The whole card. Figures and curves are of the rows put away, by a model without them."""
    late = setting.cut.holdout
    bad = setting.bad[late]
    spec = setting.spec
    parts = [
        f"<h1>{escape(spec.title)}</h1>",
        _purpose(setting, report),
        "<h2>How good it is</h2>",
        _figures(report),
        f'<div class="charts">{curves(bad, outcome.pd)}{_stability(setting, outcome.pd)}</div>',
        "<h2>What was compared</h2>",
        '<p class="small">Judged in folds, each by rows that were not learned from.</p>',
        _comparison(report),
        "<h2>Shapes of the additive model</h2>",
        (
            '<p class="small">Log-odds of the event added by each value; the last point is the '
            "highest bin. A signed term is monotone.</p>"
        ),
        f'<div class="charts">{_shapes(champion)}</div>',
        *_fairness(report),
        "<h2>The data</h2>",
        _quality(report["quality"]),
        "<h2>What it must not be used for</h2>",
        (
            "<p>Other products, markets or applicants than the data above; decisions without the "
            "policy, the reasons and the human review that the platform puts around it; after the "
            "inputs or the rate of events have moved beyond the monitoring's bounds.</p>"
        ),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>'
        f"{escape(spec.name)}: model card</title><style>{STYLE}</style></head><body>"
        + "\n".join(parts)
        + "</body></html>\n"
    )


def _purpose(setting: Problem, report: Mapping[str, Any]) -> str:
    spec, target = setting.spec, setting.spec.target
    meaning = "" if target is None else target.meaning
    ordered = f"by {spec.slices.time}" if spec.slices.time else "none: the hold-out is a fixed part"
    leaks = [name for name, column in spec.columns.items() if column.role == "leakage"]
    return _table(
        ("", ""),
        [
            ("specification", f"{spec.name}, sha256 {spec.sha256[:16]}…"),
            ("event", meaning),
            ("rows, rate", f"{setting.frame.rows:,}, {setting.bad.mean():.4f}"),
            ("order in time", ordered),
            ("rows put away", f"{setting.cut.holdout.size:,}"),
            ("chosen", str(report["chosen"])),
            ("trained", str(report["trained_at"])),
            ("inputs", f"{len(spec.used)} features"),
            ("never inputs", ", ".join(leaks) or "none declared"),
            ("licence of the data", spec.licence),
        ],
    )


def _figures(report: Mapping[str, Any]) -> str:
    columns = [("chosen model", report["holdout"])]
    if "champion" in report:
        columns.append(("additive champion", report["champion"]))
    if "compact" in report:
        columns.append(("compact", report["compact"]))
    if "blind" in report:
        columns.append(("without protected attributes", report["blind"]))
    rows = [(name, *(f"{told[name]:.4f}" for _, told in columns)) for name in FIGURES]
    return _table(("on rows put away", *(name for name, _ in columns)), rows)


def curves(bad: Bools, pd: Floats) -> str:
    """ROC, Kolmogorov-Smirnov, calibration and gains."""
    false_alarm, hit, _ = roc_curve(bad, pd)
    some = np.unique(np.linspace(0, false_alarm.size - 1, 120).astype(int))
    order = np.argsort(-pd, kind="stable")
    share = np.linspace(0, 1, 101)
    at = np.clip((share * bad.size).astype(int), 0, bad.size)
    bads = np.concatenate([[0], np.cumsum(bad[order])])[at] / bad.sum()
    goods = np.concatenate([[0], np.cumsum(~bad[order])])[at] / (~bad).sum()
    tenths = np.array_split(np.argsort(pd, kind="stable"), 10)
    predicted = [float(pd[part].mean()) for part in tenths]
    observed = [float(bad[part].mean()) for part in tenths]
    return (
        charts.lines(
            "ROC",
            [("", false_alarm[some].tolist(), hit[some].tolist())],
            across="good ones stopped",
            up="bad ones caught",
            diagonal=True,
        )
        + charts.lines(
            f"Kolmogorov-Smirnov {float(np.max(hit - false_alarm)):.3f}",
            [("bad", share.tolist(), bads.tolist()), ("good", share.tolist(), goods.tolist())],
            across="share of all, riskiest first",
            up="share of its kind",
        )
        + charts.lines(
            "Calibration by tenths",
            [("", predicted, observed)],
            across="predicted",
            up="observed",
            diagonal=True,
        )
        + charts.lines(
            "Gains",
            [("", share.tolist(), bads.tolist())],
            across="share of all, riskiest first",
            up="share of bad ones",
            diagonal=True,
        )
    )


def _stability(setting: Problem, pd: Floats) -> str:
    """AUC, mean PD and observed rate over the windows of the rows put away."""
    late = setting.cut.holdout
    times = moments(setting.spec, setting.frame)
    order = late if times is None else late[np.argsort(times[late], kind="stable")]
    place = {int(row): at for at, row in enumerate(late)}
    windows = [part for part in np.array_split(order, 5) if part.size]
    told: list[tuple[float, float, float]] = []
    for part in windows:
        own = np.array([place[int(row)] for row in part])
        bad = setting.bad[part]
        auc = quality.measure(bad, pd[own])["auc"] if 0 < bad.sum() < bad.size else 0.5
        told.append((auc, float(pd[own].mean()), float(bad.mean())))
    x = [float(at) for at in range(len(told))]
    names = [f"{at + 1}" for at in range(len(told))]
    label = "fifths of the rows put away" + ("" if times is None else ", in time")
    return charts.lines(
        "Stability: AUC", [("", x, [one[0] for one in told])], across=label, up="AUC", ticks=names
    ) + charts.lines(
        "Stability: predicted and observed",
        [("predicted", x, [one[1] for one in told]), ("observed", x, [one[2] for one in told])],
        across=label,
        up="rate",
        ticks=names,
    )


def _shapes(champion: Outcome) -> str:
    drawn = []
    for member in champion.final.blend.members[:1]:
        if not isinstance(member, Tables):
            continue
        for name, edges, table in zip(
            member.names, member.model.edges, member.model.tables, strict=True
        ):
            if edges.size == 0:
                continue
            x = [float(edges[0]), *map(float, edges)]
            missing = f", missing {table[-1]:+.2f}"
            drawn.append(
                charts.lines(
                    f"{name}{missing}",
                    [("", x, table[:-1].tolist())],
                    across=name,
                    up="log-odds",
                    steps=True,
                )
            )
    return "".join(drawn)


def _comparison(report: Mapping[str, Any]) -> str:
    rows = sorted(report["comparison"], key=lambda row: -row[report["metric"]])
    head = ("model", "served", "AUC", "KS", "Brier", "log loss", "PR-AUC", "ECE", "CPU s")
    return _table(
        head,
        [
            (
                row["title"],
                "yes" if row["servable"] else "no",
                *(
                    f"{row[name]:.4f}"
                    for name in ("auc", "ks", "brier", "log_loss", "pr_auc", "ece")
                ),
                f"{row['cpu_seconds']:.1f}",
            )
            for row in rows
        ],
        chosen=[row["name"] for row in rows].index(report["chosen"]),
    )


def _fairness(report: Mapping[str, Any]) -> list[str]:
    groups = report["groups"]
    if not groups:
        return []
    bars = "".join(
        charts.bars(
            f"Approval of {attribute}, ratio to the rest",
            [(name, told["air"]) for name, told in parts.items()],
            mark=0.8,
        )
        for attribute, parts in groups.items()
    )
    head = ("group", "share", "approved", "to the rest", "to the best", "mean PD", "bad rate")
    names = ("share", "approved", "air", "air_best", "mean_pd", "bad_rate")
    parts = [
        "<h2>Fairness</h2>",
        _table(
            head,
            [
                (f"{attribute} {name}", *(f"{told[key]:.3f}" for key in names))
                for attribute, found in groups.items()
                for name, told in found.items()
            ],
        ),
        f'<div class="charts">{bars}</div>',
    ]
    parts += [
        f"<p>{off['log_odds_less']} log-odds are taken off for {escape(off['group'])}: "
        "the least that keeps the groups' approval ratios at the rule.</p>"
        for off in report["offsets"]
    ]
    parts += _price(report["price"])
    if report["frontier"]:
        rows = [
            (point["variant"], f"{point['auc']:.4f}", f"{point['least_air']:.3f}")
            for point in report["frontier"]
        ]
        parts += [
            "<h3>What fairness costs</h3>",
            '<p class="small">One member of the model, out of fold, without the offset.</p>',
            _table(("variant", "AUC", "least approval ratio"), rows),
            charts.lines(
                "Frontier",
                [
                    (
                        "",
                        *_sorted(
                            [(point["least_air"], point["auc"]) for point in report["frontier"]]
                        ),
                    )
                ],
                across="least approval ratio",
                up="AUC",
            ),
        ]
    return parts


def _price(points: Sequence[Mapping[str, Any]]) -> list[str]:
    """Accuracy for several least ratios, where offsets are declared."""
    if not points:
        return []
    rows = [
        (
            "no offsets" if one["asked"] is None else f"{one['asked']:g}",
            f"{one['auc']:.4f}",
            f"{one['auc_everywhere']:.4f}",
            f"{one['least_air']:.3f}",
        )
        for one in points
    ]
    head = ("asked", "AUC", "AUC, whole everywhere", "least approval ratio")
    return [
        "<h3>What offsets cost</h3>",
        '<p class="small">The chosen candidate, out of fold.</p>',
        _table(head, rows),
    ]


def _sorted(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    ordered = sorted(points)
    return [x for x, _ in ordered], [y for _, y in ordered]


def _quality(found: Mapping[str, Any]) -> str:
    head = ("column", "role", "missing", "codes", "no number", "out of range", "distinct")
    rows = [
        (
            name,
            told["role"],
            told["missing"],
            told["missing_codes"],
            told.get("not_a_number", ""),
            told.get("out_of_range", ""),
            told["distinct"],
        )
        for name, told in found["columns"].items()
    ]
    return (
        f'<p class="small">{found["rows"]:,} rows, {found["duplicate_rows"]} of them twice; '
        f"not declared: {escape(', '.join(found['undeclared_columns']) or 'none')}; absent: "
        f"{escape(', '.join(found['absent_columns']) or 'none')}.</p>" + _table(head, rows)
    )


def _table(head: Sequence[object], rows: Iterable[Sequence[object]], chosen: int = -1) -> str:
    def line(cells: Sequence[object], tag: str, mark: str = "") -> str:
        return f"<tr{mark}>" + "".join(f"<{tag}>{escape(str(c))}</{tag}>" for c in cells) + "</tr>"

    body = "".join(
        line(row, "td", ' class="chosen"' if at == chosen else "") for at, row in enumerate(rows)
    )
    words = "" if any(head) else ' class="words"'
    return f"<table{words}>{line(head, 'th') if any(head) else ''}{body}</table>"
