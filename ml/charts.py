"""Charts of the model card as inline SVG: line charts and bars, with nothing from outside."""

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 420, 260, 64, 34, 12
COLOURS = ("#1f5fa8", "#c4572a", "#4a8f3c", "#7a5aa6", "#8a8a8a")

type Series = tuple[str, Sequence[float], Sequence[float]]


def lines(
    title: str,
    series: Sequence[Series],
    *,
    across: str,
    up: str,
    ticks: Sequence[str] = (),
    steps: bool = False,
    diagonal: bool = False,
) -> str:
    """One chart of named (x, y) series. `ticks` names whole positions on the x axis."""
    xs = [x for _, these, _ in series for x in these]
    ys = [y for _, _, these in series for y in these]
    if not xs:
        return ""
    box = _Box(min(xs), max(xs), min(ys), max(ys))
    parts = [_frame(box, across, up, ticks)]
    if diagonal:
        low, high = max(box.left, box.low), min(box.right, box.high)
        parts.append(
            f'<line x1="{box.x(low):.1f}" y1="{box.y(low):.1f}" x2="{box.x(high):.1f}" '
            f'y2="{box.y(high):.1f}" stroke="#999" stroke-dasharray="4 3"/>'
        )
    for at, (name, these, those) in enumerate(series):
        points = _stepped(these, those) if steps else list(zip(these, those, strict=True))
        path = " ".join(f"{box.x(x):.1f},{box.y(y):.1f}" for x, y in points)
        colour = COLOURS[at % len(COLOURS)]
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
        )
        if len(these) <= 16:
            parts += [
                f'<circle cx="{box.x(x):.1f}" cy="{box.y(y):.1f}" r="2.6" fill="{colour}"/>'
                for x, y in zip(these, those, strict=True)
            ]
        if name:
            y = TOP + 14 + 14 * at
            parts.append(f'<text x="{LEFT + 8}" y="{y}" fill="{colour}">{escape(name)}</text>')
    return _figure(title, "".join(parts))


def bars(title: str, named: Sequence[tuple[str, float]], *, mark: float | None = None) -> str:
    """Horizontal bars, longest scale first come; `mark` draws a line at a bound."""
    if not named:
        return ""
    most = max(max(value for _, value in named), mark or 0.0, 1e-12)
    height = 22 * len(named) + 20
    parts = []
    for at, (name, value) in enumerate(named):
        y, length = 8 + 22 * at, 200 * value / most
        parts.append(
            f'<text x="172" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="178" y="{y}" width="{max(length, 0.5):.1f}" height="15" '
            f'fill="{COLOURS[0]}"/>'
            f'<text x="{182 + length:.1f}" y="{y + 12}">{value:.3f}</text>'
        )
    if mark is not None:
        x = 178 + 200 * mark / most
        parts.append(
            f'<line x1="{x:.1f}" y1="2" x2="{x:.1f}" y2="{height - 12}" stroke="{COLOURS[1]}" '
            'stroke-dasharray="4 3"/>'
        )
    return _figure(title, "".join(parts), height)


class _Box:
    """From values to places on the paper."""

    def __init__(self, left: float, right: float, low: float, high: float) -> None:
        self.left, self.right = left, right if right > left else left + 1.0
        self.low, self.high = low, high if high > low else low + 1.0

    def x(self, value: float) -> float:
        return LEFT + (value - self.left) / (self.right - self.left) * (WIDTH - LEFT - 12)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _frame(box: _Box, across: str, up: str, ticks: Sequence[str]) -> str:
    parts = [
        (
            f'<line x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{WIDTH - 12}" y2="{HEIGHT - BOTTOM}" '
            'stroke="#444"/>'
        ),
        f'<line x1="{LEFT}" y1="{TOP}" x2="{LEFT}" y2="{HEIGHT - BOTTOM}" stroke="#444"/>',
    ]
    for step in range(5):
        y = box.low + step / 4 * (box.high - box.low)
        parts.append(
            f'<text x="{LEFT - 5}" y="{box.y(y) + 4:.1f}" text-anchor="end">{_short(y)}</text>'
            f'<line x1="{LEFT}" y1="{box.y(y):.1f}" x2="{WIDTH - 12}" y2="{box.y(y):.1f}" '
            'stroke="#e4e4e4"/>'
        )
    if ticks:
        places = [(float(at), name) for at, name in enumerate(ticks)]
    else:
        places = [
            (x, _short(x))
            for x in (box.left + step / 4 * (box.right - box.left) for step in range(5))
        ]
    for x, name in places:
        anchor = "end" if x == places[-1][0] else "middle"
        parts.append(
            f'<text x="{box.x(x):.1f}" y="{HEIGHT - BOTTOM + 13}" text-anchor="{anchor}">'
            f"{escape(name)}</text>"
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 4}" text-anchor="middle">'
        f"{escape(across)}</text>"
        f'<text x="10" y="{HEIGHT / 2}" transform="rotate(-90 10 {HEIGHT / 2})" '
        f'text-anchor="middle">{escape(up)}</text>'
    )
    return "".join(parts)


def _stepped(these: Sequence[float], those: Sequence[float]) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    for x, y in zip(these, those, strict=True):
        if points:
            points.append((x, points[-1][1]))
        points.append((x, y))
    return points


def _short(value: float) -> str:
    if abs(value) >= 10_000:
        return f"{value / 1000:.0f}k"
    return f"{value:.3g}"


def _figure(title: str, inner: str, height: int = HEIGHT) -> str:
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDTH} {height}" '
        f'role="img" aria-label="{escape(title)}">{inner}</svg></figure>'
    )
