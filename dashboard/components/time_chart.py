"""A KPI over time as a chart: the line with its interval, releases, target and what is still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import plotly.graph_objects as go

from dashboard.components.charts import blank
from dashboard.theme import Palette
from metrics import units

HALF_DAY = timedelta(hours=12)
# In px: the height of the chart, the room above and below the plot, and the height of a label.
HEIGHT, TOP, BOTTOM, LABEL_HEIGHT = 330, 28, 30, 18
# Intervals may reach so many times as high as the highest value: beyond that they would flatten the line.
INTERVAL_REACH = 3


@dataclass(frozen=True)
class Point:
    """One day (or week, by its first day) of a line; None where nothing is known."""

    day: date
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0


def over_time(
    colours: Palette,
    points: Sequence[Point],
    unit: str,
    *,
    before: Sequence[float | None] = (),
    releases: Sequence[tuple[Any, str]] = (),
    target: float | None = None,
    target_word: str = "Target",
    arriving: Any = None,
    since: Sequence[tuple[date, date, str]] = (),
) -> go.Figure:
    """A KPI over time with its interval as a band. Releases are vertical lines.

    `before` is the previous period, laid under the same days in grey; the dashed line is the target; from
    `arriving` on, data are not complete yet (hatched). `since`: days that hold a change, both inside, with its name.
    """
    figure = blank(colours, HEIGHT, 56, 98, top=TOP, bottom=BOTTOM)
    days = [point.day for point in points]
    _since(figure, colours, since)
    _band(figure, colours, points)
    if any(value is not None for value in before):
        figure.add_scatter(
            x=days[: len(before)],
            y=list(before),
            mode="lines",
            line={"color": colours.before, "width": 1.25},
            hoverinfo="skip",
        )
    _line(figure, colours, points, unit)
    _lone_points(figure, colours, points)
    _releases(figure, colours, releases)
    _target(figure, colours, target, unit, target_word)
    _arriving(figure, colours, arriving, days)
    top = _time_axes(figure, colours, points, unit, ceiling(points, before, target))
    _last_value(figure, colours, points, unit, target, top)
    return figure


def ceiling(points: Sequence[Point], before: Sequence[float | None] = (), target: float | None = None) -> float:
    """The highest number that a chart over time shows: every value, and of the intervals what leaves them readable."""
    values = [value for value in (*(point.value for point in points), *before, target) if value is not None]
    highest = max(values, default=0.0)
    reach = max((point.high for point in points if point.high is not None), default=0.0)
    return max(highest, min(reach, INTERVAL_REACH * highest) if highest > 0 else reach) or 1.0


def is_cut(points: Sequence[Point], before: Sequence[float | None] = (), target: float | None = None) -> bool:
    """Whether an interval leaves the chart."""
    top = ceiling(points, before, target) * 1.04
    return any(point.high is not None and point.high > top for point in points)


def _line(figure: go.Figure, colours: Palette, points: Sequence[Point], unit: str) -> None:
    """The line with a mark on every point: only marks can be clicked. On long lines they show when chosen."""
    size, seen = (6, 1.0) if len(points) < 16 else (9, 0.0)
    figure.add_scatter(
        x=[point.day for point in points],
        y=[point.value for point in points],
        mode="lines+markers",
        line={"color": colours.now, "width": 2.25},
        marker={"size": size, "color": colours.now, "opacity": seen},
        selected={"marker": {"opacity": 1.0, "size": 9}},
        unselected={"marker": {"opacity": seen}},
        connectgaps=False,
        cliponaxis=False,
        customdata=[_hover(point, unit) for point in points],
        hovertemplate="%{x|%-d %b}: %{customdata}<extra></extra>",
    )


def _lone_points(figure: go.Figure, colours: Palette, points: Sequence[Point]) -> None:
    """A value between two gaps has no line to stand on: it is a dot."""
    around = [Point(date.min), *points, Point(date.max)]
    lone = [
        here
        for before, here, after in zip(around, around[1:], around[2:], strict=False)
        if here.value is not None and before.value is None and after.value is None
    ]
    _dots(figure, colours, lone, 5)


def _dots(figure: go.Figure, colours: Palette, points: Sequence[Point], size: int) -> None:
    """Marks that only say where a value is: they cannot be chosen, and stay as they are when another is."""
    figure.add_scatter(
        x=[point.day for point in points],
        y=[point.value for point in points],
        mode="markers",
        marker={"size": size, "color": colours.now},
        unselected={"marker": {"opacity": 1.0}},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _band(figure: go.Figure, colours: Palette, points: Sequence[Point]) -> None:
    """One polygon per run of days with an interval, so that a gap stays a gap."""
    run: list[tuple[Any, float, float]] = []
    for point in [*points, None]:
        if point and point.low is not None and point.high is not None:
            run.append((point.day, point.low, point.high))
            continue
        if len(run) > 1:
            figure.add_scatter(
                x=[at for at, _, _ in run] + [at for at, _, _ in reversed(run)],
                y=[top for _, _, top in run] + [base for _, base, _ in reversed(run)],
                fill="toself",
                mode="lines",
                line={"width": 0},
                fillcolor=_faded(colours.now, 0.16),
                hoverinfo="skip",
            )
        run = []


def _releases(figure: go.Figure, colours: Palette, releases: Sequence[tuple[Any, str]]) -> None:
    for at, name in releases:
        figure.add_shape(type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line={"color": colours.ink2, "width": 1})
        figure.add_annotation(
            x=at,
            y=1,
            yref="paper",
            text=name,
            showarrow=False,
            yanchor="bottom",
            font={"size": 13, "color": colours.ink2},
        )


def _since(figure: go.Figure, colours: Palette, since: Sequence[tuple[date, date, str]]) -> None:
    """A tinted stretch over the days that hold a change, named at its foot."""
    for first, last, name in since:
        ends = [datetime.combine(day, time()) + shift for day, shift in ((first, -HALF_DAY), (last, HALF_DAY))]
        figure.add_shape(
            type="rect", x0=ends[0], x1=ends[1], y0=0, y1=1, yref="paper", line={"width": 0},
            fillcolor=_faded(colours.attention, 0.18), layer="below",
        )  # fmt: skip
        figure.add_annotation(
            x=ends[1], y=0, yref="paper", text=name, showarrow=False, yanchor="bottom", xanchor="left",
            font={"size": 13, "color": colours.attention},
        )  # fmt: skip


def _arriving(figure: go.Figure, colours: Palette, start: Any, days: Sequence[Any]) -> None:
    """A hatched stretch from `start` to the last day, named in it."""
    if start is None:
        return
    top = max((value for trace in figure.data for value in (trace.y or ()) if value is not None), default=1.0) * 1.04
    since, until = (datetime.combine(day, time()) + shift for day, shift in ((start, -HALF_DAY), (days[-1], HALF_DAY)))
    hatch = {"shape": "/", "fgcolor": colours.line2, "bgcolor": "rgba(0,0,0,0)", "size": 7, "solidity": 0.14}
    figure.add_scatter(
        x=[since, until, until, since],
        y=[0, 0, top, top],
        fill="toself",
        fillpattern=hatch,
        mode="lines",
        line={"width": 0},
        hoverinfo="skip",
    )
    figure.add_annotation(x=since, y=0, yanchor="bottom", xanchor="right", text="still arriving", showarrow=False)


def _target(figure: go.Figure, colours: Palette, target: float | None, unit: str, word: str) -> None:
    if target is None:
        return
    figure.add_shape(
        type="line",
        x0=0,
        x1=1,
        xref="paper",
        y0=target,
        y1=target,
        line={"color": colours.ink2, "width": 1, "dash": "dot"},
    )
    figure.add_annotation(
        x=1,
        xref="paper",
        xanchor="left",
        xshift=8,
        y=target,
        text=f"{word} {units.text(target, unit)}",
        showarrow=False,
        font={"size": 13},
    )


def _time_axes(
    figure: go.Figure,
    colours: Palette,
    points: Sequence[Point],
    unit: str,
    highest: float,
) -> float:
    """The days and round numbers; returns where the axis ends."""
    ticks = _ticks(min(highest * 1.04, 1.0) if unit == "ratio" else highest * 1.04)
    top = max(ticks[-1], highest * 1.04)
    figure.update_yaxes(
        showticklabels=True,
        tickvals=ticks,
        ticktext=[units.text(tick, unit) if tick else "0" for tick in ticks],
        tickfont={"size": 13},
        showgrid=True,
        gridcolor=colours.line,
        range=[0, top],
    )
    first, last = (datetime.combine(points[place].day, time()) for place in (0, -1))
    figure.update_xaxes(
        showticklabels=True,
        tickformat="%-d %b",
        nticks=5,
        tickfont={"size": 13},
        type="date",
        range=[first - HALF_DAY, last + HALF_DAY],
    )
    return top


def aside(value: float, target: float | None, top: float) -> float:
    """By how many px the label of a value moves away from that of the target (up is positive)."""
    if target is None:
        return 0.0
    apart = (value - target) / top * (HEIGHT - TOP - BOTTOM)
    lacking = max(0.0, LABEL_HEIGHT - abs(apart))
    return lacking if apart >= 0 else -lacking


def _last_value(
    figure: go.Figure, colours: Palette, points: Sequence[Point], unit: str, target: float | None, top: float
) -> None:
    """The last point with its value at the right, moved aside where the target is named there too."""
    known = [(point, point.value) for point in points if point.value is not None]
    if not known:
        return
    last, value = known[-1]
    _dots(figure, colours, [last], 8)
    figure.add_annotation(
        x=1,
        xref="paper",
        xanchor="left",
        xshift=8,
        y=value,
        yshift=aside(value, target, top),
        text=f"<b>{units.text(value, unit)}</b>",
        showarrow=False,
        font={"size": 16, "color": colours.now},
    )


def _ticks(ceiling: float) -> list[float]:
    """0 and up to four round steps below the ceiling."""
    size = (
        10.0 ** (len(f"{ceiling:.0f}") - 1)
        if ceiling >= 1
        else 10.0 ** -next(place for place in range(1, 15) if ceiling * 10**place >= 1)
    )
    step = next(
        (size * factor for factor in (0.1, 0.2, 0.25, 0.5, 1, 2, 2.5) if ceiling / (size * factor) <= 4.999), size
    )
    return [step * place for place in range(int(ceiling / step) + 1)]


def _hover(point: Point, unit: str) -> str:
    """The exact value, its interval and n, as the tooltip says them."""
    between = (
        f"<br>95\u202f% interval {units.plain(point.low, unit)} {units.DASH} {units.plain(point.high, unit)}"
        if point.low is not None and point.high is not None
        else ""
    )
    return f"<b>{units.plain(point.value, unit)}</b>{between}<br>n = {units.grouped(point.n)}"


def _faded(colour: str, share: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
