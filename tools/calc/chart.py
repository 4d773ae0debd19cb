"""A schedule's answer as an SVG: what each payment is made of, over time."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from tools.calc.table import YEAR, money_text

WIDTH, HEIGHT = 960, 420
RIGHT, TOP, BOTTOM = 20, 60, 50
# Pixels of a letter, about: room for the amounts beside the axis and in the legend.
LETTER: Final = 8
# More bars than this are drawn as one a calendar year.
BARS_MAX: Final = 120
TICKS: Final = 5
LABELS_MAX: Final = 12
# Bottom to top; the colours stay apart in greys and for the colour-blind.
PARTS: Final = {
    "principal_minor": ("principal", "#1b4f72"),
    "interest_minor": ("interest", "#e08e0b"),
    "fee_minor": ("fees", "#8c8c8c"),
}
TEXT: Final = 'font-family="system-ui, sans-serif" font-size="12" fill="#333"'

# What a bar is labelled, and the amount of each part.
type _Bar = tuple[str, list[int]]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where things lie, in tenths of a pixel: whole numbers all the way."""

    left: int
    top_amount: int
    bars: int

    def x(self, index: int) -> int:
        """Left edge of a bar's slot."""
        return self.left + index * self.slot

    @property
    def slot(self) -> int:
        return ((WIDTH - RIGHT) * 10 - self.left) // self.bars

    def y(self, amount: int) -> int:
        return (HEIGHT - BOTTOM) * 10 - amount * (HEIGHT - TOP - BOTTOM) * 10 // self.top_amount


def schedule_chart(answered: Mapping[str, Any]) -> str:
    """Stacked bars of principal, interest and fees by due date, or by year of a long schedule."""
    bars = _bars(answered["instalments"])
    currency = answered["currency"]
    step = _tick(max(1, *(sum(max(0, part) for part in parts) for _, parts in bars)))
    ticks = _ticks(step, bars)
    frame = _Frame(10 * LETTER * (len(money_text(ticks[-1], currency)) + 2), ticks[-1], len(bars))
    shown = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>Principal and interest over time, {currency}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *_legend(answered, frame),
        *_grid(frame, ticks, currency),
        *_columns(frame, bars),
        *_dates(frame, [label for label, _ in bars]),
        "</svg>",
    ]
    return "\n".join(shown) + "\n"


def _bars(rows: list[dict[str, Any]]) -> list[_Bar]:
    """By row, or by year."""
    if len(rows) <= BARS_MAX:
        return [(row["due_on"], [row[name] for name in PARTS]) for row in rows]
    by_year = groupby(rows, key=lambda row: row["due_on"][YEAR])
    years = [(year, list(group)) for year, group in by_year]
    return [(year, [sum(row[name] for row in group) for name in PARTS]) for year, group in years]


def _tick(tallest: int) -> int:
    """1, 2 or 5 times a power of ten, so that at most `TICKS` of them reach the tallest bar."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power * TICKS >= tallest:
                return factor * power
        power *= 10


def _ticks(step: int, bars: list[_Bar]) -> list[int]:
    """Amounts of the grid, from 0 to one that no bar passes."""
    tallest = max(sum(max(0, part) for part in parts) for _, parts in bars)
    return [step * index for index in range(max(1, -(-tallest // step)) + 1)]


def _px(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}"


def _columns(frame: _Frame, bars: list[_Bar]) -> list[str]:
    width = max(4, frame.slot * 7 // 10)
    drawn = []
    for index, (label, parts) in enumerate(bars):
        x, below = frame.x(index) + (frame.slot - width) // 2, 0
        for amount, (name, colour) in zip(parts, PARTS.values(), strict=True):
            if amount <= 0:  # of a purchase price the interest may be negative
                continue
            y, foot = frame.y(below + amount), frame.y(below)
            drawn.append(
                f'<rect x="{_px(x)}" y="{_px(y)}" width="{_px(width)}"'
                f' height="{_px(foot - y)}" fill="{colour}"><title>{label} {name}</title></rect>'
            )
            below += amount
    return drawn


def _grid(frame: _Frame, ticks: list[int], currency: str) -> list[str]:
    left, drawn = _px(frame.left), []
    for amount in ticks:
        y = _px(frame.y(amount))
        drawn.append(
            f'<line x1="{left}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="#ddd"/>'
            f'<text x="{_px(frame.left - 80)}" y="{y}" dy="4" text-anchor="end" {TEXT}>'
            f"{money_text(amount, currency)}</text>"
        )
    return drawn


def _dates(frame: _Frame, labels: list[str]) -> list[str]:
    every = -(-len(labels) // LABELS_MAX)
    y = HEIGHT - BOTTOM + 20
    return [
        f'<text x="{_px(frame.x(index) + frame.slot // 2)}" y="{y}"'
        f' text-anchor="middle" {TEXT}>{label[:7]}</text>'
        for index, label in enumerate(labels)
        if index % every == 0
    ]


def _legend(answered: Mapping[str, Any], frame: _Frame) -> list[str]:
    """What is shown, and what each part sums up to."""
    totals, currency, x = answered["totals"], answered["currency"], frame.left // 10
    drawn = []
    for name, (label, colour) in PARTS.items():
        if name == "fee_minor" and not totals[name]:
            continue
        text = f"{label} {money_text(totals[name], currency)} {currency}"
        drawn.append(
            f'<rect x="{x}" y="22" width="12" height="12" fill="{colour}"/>'
            f'<text x="{x + 18}" y="32" {TEXT}>{text}</text>'
        )
        x += 40 + LETTER * len(text)
    return drawn
