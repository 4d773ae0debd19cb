"""The report as one HTML page with charts, nothing from outside."""

from collections.abc import Sequence
from html import escape
from typing import Any

from ml import charts

_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#222;max-width:60rem;margin:2rem auto;
  padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}
th,td{padding:.25rem .6rem;border-bottom:1px solid #ddd;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}.alarm{color:#b3261e;font-weight:600}
.warning{color:#9a6700}.charts{display:flex;flex-wrap:wrap;gap:1rem}
figure{margin:0;flex:1 1 26rem;max-width:30rem}figcaption{font-weight:600;font-size:.9rem}
svg{width:100%;height:auto;font:11px system-ui,sans-serif}.scroll{overflow-x:auto}
"""


def html(report: dict[str, Any], title: str) -> str:
    """The whole page."""
    parts = [
        f"<h1>{escape(title)}</h1>",
        _summary(report),
        _alarms(report["alarms"]),
        _months(report),
        _features(report),
        _calibration(report),
        _groups(report),
        _beside(report["beside"]),
    ]
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
    )
    return head + "\n".join(parts) + "</body></html>\n"


def _summary(report: dict[str, Any]) -> str:
    models = escape(", ".join(report["models"]))
    before, since = report["reference"]["rows"], report["analysis"]["rows"]
    return (
        f"<p>{report['rows']:,} applications, model {models}; reference {before:,}, "
        f"since then {since:,}.</p>"
    )


def _alarms(alarms: list[dict[str, Any]]) -> str:
    if not alarms:
        return "<h2>Alarms</h2><p>None: every figure is within its threshold.</p>"
    rows = [
        (
            one["month"],
            f'<span class="{one["level"]}">{one["level"]}</span>',
            escape(one["measure"]),
            escape(one["subject"]),
            f"{one['value']:.3f}",
            f"{one['threshold']:.3f}",
        )
        for one in alarms
    ]
    return "<h2>Alarms</h2>" + _table(
        ("month", "level", "measure", "subject", "value", "threshold"), rows
    )


def _months(report: dict[str, Any]) -> str:
    months = report["months"]
    rows = [
        (
            escape(one["month"]),
            one["period"],
            f"{one['rows']:,}",
            _figure(one["score_psi"]),
            _share(one["approval_rate"]),
            _share(one["mean_pd"]),
            _share(one["performance"]["bad_rate"]),
            _figure(one["performance"]["auc"]),
            _figure(one["performance"]["ece"]),
        )
        for one in months
    ]
    ticks = _ticks(months)
    shown = [
        charts.lines(
            "Population stability of the score (PSI against the reference)",
            [_series("PSI", months, lambda one: one["score_psi"])],
            across="month",
            up="PSI",
            ticks=ticks,
        ),
        charts.lines(
            "Predicted and observed bad rate",
            [
                _series("mean PD", months, lambda one: one["mean_pd"]),
                _series("bad rate", months, lambda one: one["performance"]["bad_rate"]),
                _series("approval rate", months, lambda one: one["approval_rate"]),
            ],
            across="month",
            up="rate",
            ticks=ticks,
        ),
        charts.lines(
            "Ranking (AUC)",
            [_series("AUC", months, lambda one: one["performance"]["auc"])],
            across="month",
            up="AUC",
            ticks=ticks,
        ),
    ]
    names = ("month", "period", "rows", "PSI", "approved", "mean PD", "bad", "AUC", "ECE")
    return "<h2>Month by month</h2>" + _side_by_side(shown) + _table(names, rows)


def _ticks(months: list[dict[str, Any]], most: int = 6) -> list[str]:
    """Names of months, only so many of them that they stand apart."""
    step = -(-len(months) // most)
    return [one["month"] if at % step == 0 else "" for at, one in enumerate(months)]


def _series(name: str, months: list[dict[str, Any]], value: Any) -> charts.Series:
    known = [(at, value(one)) for at, one in enumerate(months) if value(one) is not None]
    return name, [float(at) for at, _ in known], [float(figure) for _, figure in known]


def _features(report: dict[str, Any]) -> str:
    months = report["months"]
    found = sorted(
        ((name, value) for name, value in report["analysis"]["feature_psi"].items() if value),
        key=lambda one: -one[1],
    )
    worst = [name for name, _ in found[:5]]
    limit = report["thresholds"].get("feature_psi", {}).get("alarm")
    shown = [
        charts.bars("Shift of each input (CSI, all months since)", found, mark=limit),
        charts.lines(
            "Inputs that shifted most, by month",
            [_series(name, months, lambda one, n=name: one["feature_psi"][n]) for name in worst],
            across="month",
            up="CSI",
            ticks=_ticks(months),
        ),
    ]
    tables = [
        f"<h3>{escape(name)}</h3>"
        + _table(
            ("bin", "reference", "since"),
            [
                (escape(one["bin"]), _share(one["reference"]), _share(one["analysis"]))
                for one in report["feature_bins"][name]
            ],
        )
        for name in worst[:2]
    ]
    return "<h2>Inputs</h2>" + _side_by_side(shown) + "".join(tables)


def _calibration(report: dict[str, Any]) -> str:
    tenths = report["calibration"]
    if not tenths:
        return "<h2>Calibration</h2><p>No outcomes are known yet.</p>"
    chart = charts.lines(
        "Calibration by tenths of the score",
        [("", [one["mean_pd"] for one in tenths], [one["bad_rate"] for one in tenths])],
        across="predicted",
        up="observed",
        diagonal=True,
    )
    bins = report["score_bins"]
    spread = charts.lines(
        "Score: share of applications in the reference's tenths",
        [
            ("reference", list(range(len(bins))), [one["reference"] for one in bins]),
            ("since", list(range(len(bins))), [one["analysis"] for one in bins]),
        ],
        across="tenth, best first; missing last",
        up="share",
    )
    return "<h2>Calibration</h2>" + _side_by_side([chart, spread])


def _groups(report: dict[str, Any]) -> str:
    parts = ["<h2>Groups</h2>"]
    for attribute, one in report["analysis"]["groups"].items():
        ratio = "" if one["air"] is None else f" (lowest approval ratio {one['air']:.3f})"
        rows = [
            (
                escape(name),
                f"{group['rows']:,}",
                _share(group["approval_rate"]),
                _share(group["mean_pd"]),
                _share(group["bad_rate"]),
                _figure(group["bad_to_pd"]),
            )
            for name, group in one["groups"].items()
        ]
        names = ("group", "rows", "approved", "mean PD", "bad", "bad / PD")
        parts.append(f"<h3>{escape(attribute)}{ratio}</h3>" + _table(names, rows))
    return "".join(parts) if len(parts) > 1 else ""


def _beside(beside: dict[str, Any]) -> str:
    if not beside:
        return "<h2>Models beside</h2><p>None was scored beside the one that decides.</p>"
    rows = [
        (
            escape(version),
            f"{one['rows']:,}",
            _share(one["mean_pd"]),
            _share(one["mean_pd_deciding"]),
            _figure(one["rank_agreement"]),
            _share(one["swap_in"]),
            _share(one["swap_out"]),
            _figure(one["performance"]["auc"]),
            _figure(one["performance_deciding"]["auc"]),
        )
        for version, one in beside.items()
    ]
    names = ("model", "rows", "its PD", "PD", "rank", "swap in", "swap out", "its AUC", "AUC")
    return "<h2>Models beside</h2>" + _table(names, rows)


def _side_by_side(shown: Sequence[str]) -> str:
    return f'<div class="charts">{"".join(shown)}</div>'


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
