"""Small line of one KPI over time, as an image: st.html keeps images and drops inline SVG."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from dashboard.theme import Palette
from dashboard.words import esc

WIDTH, HEIGHT, PAD = 200.0, 40.0, 4.0


def sparkline(
    values: Sequence[float | None],
    colours: Palette,
    alt: str,
    *,
    target: float | None = None,
    settled: int | None = None,
) -> str:
    """An <img> of the series, gaps where a value is unknown. Points from `settled` on are drawn as not final.

    The dot marks the last final value; the dashed line is the target. '' when fewer than two values are known.
    """
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    solid = len(values) if settled is None else max(settled, 1)
    scale = _Scale(len(values), [*known, *([target] if target is not None else [])])
    pieces = [_line(values[:solid], 0, scale, colours.now, "")]
    if solid < len(values):
        pieces.append(_line(values[solid - 1 :], solid - 1, scale, colours.now, "1 3"))
    if target is not None:
        at = scale.y(target)
        pieces.insert(0, _path(f"M0 {at:.1f}H{WIDTH:.0f}", colours.line2, 1, "2 3"))
    pieces.append(_dot(values[:solid], scale, colours.now))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" preserveAspectRatio="none">'
        f"{''.join(pieces)}</svg>"
    )
    data = b64encode(svg.encode()).decode()
    return f'<img class="spark" src="data:image/svg+xml;base64,{data}" alt="{esc(alt)}">'


class _Scale:
    def __init__(self, count: int, values: list[float]) -> None:
        self.low, high = min(values), max(values)
        self.span = (high - self.low) or 1.0
        self.flat = high == self.low
        self.step = (WIDTH - 2 * PAD) / max(count - 1, 1)

    def x(self, place: int) -> float:
        return PAD + place * self.step

    def y(self, value: float) -> float:
        share = 0.5 if self.flat else (value - self.low) / self.span
        return HEIGHT - PAD - share * (HEIGHT - 2 * PAD)


def _line(values: Sequence[float | None], first: int, scale: _Scale, colour: str, dash: str) -> str:
    """The line; a value between two gaps is a dot, not nothing."""
    line, dots = [], []
    for place, value in enumerate(values):
        if value is None:
            continue
        after_gap = place == 0 or values[place - 1] is None
        before_gap = place + 1 == len(values) or values[place + 1] is None
        at = f"{scale.x(first + place):.1f} {scale.y(value):.1f}"
        if after_gap and before_gap:
            dots.append(f"M{at}h0")
        else:
            line.append(f"{'M' if after_gap else 'L'}{at}")
    return _path("".join(line), colour, 1.75, dash) + (_path("".join(dots), colour, 3.5, "") if dots else "")


def _path(steps: str, colour: str, width: float, dash: str) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="{steps}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"'
        f' stroke-linecap="round" vector-effect="non-scaling-stroke"{dashed}/>'
    )


def _dot(values: Sequence[float | None], scale: _Scale, colour: str) -> str:
    for place in range(len(values) - 1, -1, -1):
        value = values[place]
        if value is not None:
            # A zero-length line with a round cap stays a circle however wide the image is stretched.
            at = f"M{scale.x(place):.1f} {scale.y(value):.1f}h0"
            return _path(at, colour, 7, "")
    return ""
