"""Figures in the product's own hand: one thing highlighted, labels on the marks, no legends, no boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard.theme import Palette
from metrics import units

HALF_DAY = timedelta(hours=12)
# A chart over time, in px: its height, the room above and below the plot, and the height of a label.
TIME_HEIGHT, TIME_TOP, TIME_BOTTOM, LABEL_HEIGHT = 330, 28, 30, 18
# Intervals may reach so many times as high as the highest value: beyond that they would flatten the line.
INTERVAL_REACH = 3
FONT = '"Source Sans", "Helvetica Neue", Arial, sans-serif'
CONFIG = {"displayModeBar": False, "responsive": True}


@dataclass(frozen=True)
class Point:
    """One day (or week, by its first day) of a line; None where nothing is known."""

    day: date
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0


def show(figure: go.Figure, alt: str, key: str) -> None:
    """Draw a figure without the mode bar; `alt` says in words what it shows."""
    st.plotly_chart(figure, theme=None, width="stretch", config=CONFIG, alt=alt, key=key)


def show_clickable(figure: go.Figure, alt: str, key: str) -> date | None:
    """The same with points that can be chosen by a click; the day of the chosen one."""
    chosen = st.plotly_chart(
        figure, theme=None, width="stretch", config=CONFIG, alt=alt, key=key, on_select="rerun", selection_mode="points"
    )
    return clicked_day(chosen)


def clicked_day(chosen: Any) -> date | None:
    """The day of a chosen point; None where nothing, or nothing with a day, is chosen."""
    points = chosen["selection"]["points"] if chosen else []
    try:
        return date.fromisoformat(str(points[0]["x"])[:10]) if points else None
    except (KeyError, ValueError):
        return None


def blank(colours: Palette, height: int, left: int, right: int, top: int = 8, bottom: int = 8) -> go.Figure:
    """An empty figure in the product's layout (sizes in px)."""
    figure = go.Figure()
    figure.update_layout(
        template=go.layout.Template(),
        height=height,
        margin={"l": left, "r": right, "t": top, "b": bottom, "pad": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
        bargap=0.38,
        dragmode=False,
        hovermode="closest",
        barmode="overlay",
        font={"family": FONT, "size": 14, "color": colours.ink2},
        uniformtext={"minsize": 12, "mode": "show"},
        hoverlabel={
            "bgcolor": colours.ink,
            "bordercolor": colours.ink,
            "font": {"family": FONT, "size": 14, "color": colours.paper},
            "align": "left",
        },
    )
    plain: dict[str, Any] = {
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "fixedrange": True,
        "automargin": False,
    }
    figure.update_xaxes(**plain, showticklabels=False)
    figure.update_yaxes(**plain, showticklabels=False)
    return figure


def bars(colours: Palette, rows: Sequence[tuple[str, float, str, str]]) -> go.Figure:
    """Horizontal bars from 0: (name, size, text at the right, colour). Names left, values in a column."""
    figure = blank(colours, 34 * max(len(rows), 1) + 16, *_margins([(name, text) for name, _, text, _ in rows]))
    names = [name for name, _, _, _ in rows]
    figure.add_bar(
        y=list(range(len(rows))),
        x=[size for _, size, _, _ in rows],
        orientation="h",
        marker={"color": [colour for _, _, _, colour in rows]},
        customdata=[text for _, _, text, _ in rows],
        text=names,
        textposition="none",
        hovertemplate="%{text}: %{customdata}<extra></extra>",
    )
    _side_labels(figure, colours, [(name, text) for name, _, text, _ in rows])
    return figure


def limit_line(figure: go.Figure, colours: Palette, at: float) -> None:
    """A dashed line across horizontal bars."""
    figure.add_shape(
        type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line={"color": colours.ink2, "width": 1, "dash": "dash"}
    )


def steps(colours: Palette, rows: Sequence[tuple[str, float, float, str, str]], hatched: frozenset[str]) -> go.Figure:
    """A horizontal waterfall: (name, base, size, text, colour); thin lines join the steps."""
    figure = blank(colours, 36 * len(rows) + 16, *_margins([(name, text) for name, _, _, text, _ in rows]))
    for place, (name, base, size, text, colour) in enumerate(rows):
        pattern = (
            {"shape": "/", "fgcolor": colours.line2, "bgcolor": colours.paper, "size": 7, "solidity": 0.2}
            if name in hatched
            else {}
        )
        figure.add_bar(
            y=[place],
            x=[size],
            base=[base],
            orientation="h",
            hovertemplate=f"{name}: {text}<extra></extra>",
            marker={
                "color": colours.paper if name in hatched else colour,
                "pattern": pattern,
                "line": {"color": colours.line2 if name in hatched else colour, "width": 1},
            },
        )
        if place + 1 < len(rows):
            at = base if place else size
            figure.add_shape(
                type="line", x0=at, x1=at, y0=place + 0.31, y1=place + 0.69, line={"color": colours.line2, "width": 1}
            )
    _side_labels(figure, colours, [(name, text) for name, _, _, text, _ in rows])
    return figure


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
    figure = blank(colours, TIME_HEIGHT, 56, 98, top=TIME_TOP, bottom=TIME_BOTTOM)
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
    _time_axes(figure, colours, points, unit, ceiling(points, before, target), target)
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
    figure.add_scatter(
        x=[point.day for point in lone],
        y=[point.value for point in lone],
        mode="markers",
        marker={"size": 5, "color": colours.now},
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
    target: float | None,
) -> None:
    known = [(point.day, point.value) for point in points if point.value is not None]
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
    if known:
        _last_value(figure, colours, *known[-1], unit, aside(known[-1][1], target, top))


def aside(value: float, target: float | None, top: float) -> float:
    """By how many px the label of a value moves away from that of the target (up is positive)."""
    if target is None:
        return 0.0
    apart = (value - target) / top * (TIME_HEIGHT - TIME_TOP - TIME_BOTTOM)
    lacking = max(0.0, LABEL_HEIGHT - abs(apart))
    return lacking if apart >= 0 else -lacking


def _last_value(figure: go.Figure, colours: Palette, day: date, value: float, unit: str, shift: float) -> None:
    """The last point with its value at the right, moved aside where the target is named there too."""
    dot = {"size": 8, "color": colours.now}
    figure.add_scatter(x=[day], y=[value], mode="markers", marker=dot, cliponaxis=False, hoverinfo="skip")
    figure.add_annotation(
        x=1,
        xref="paper",
        xanchor="left",
        xshift=8,
        y=value,
        yshift=shift,
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


def _margins(labels: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """Room left and right for the labels, in px: at 14 px figures take 6.8 px, the widest names 7.6 px a letter."""
    names, texts = (max((len(text) for text in side), default=0) for side in zip(*labels, strict=True))
    markup = len("<b></b>")
    return round(names * 7.6) + 18, round((texts - markup) * 6.8) + 16


def _side_labels(figure: go.Figure, colours: Palette, labels: Sequence[tuple[str, str]]) -> None:
    for place, (name, text) in enumerate(labels):
        figure.add_annotation(
            x=0, xref="paper", xanchor="right", xshift=-10, y=place, text=name, showarrow=False, font={"size": 14}
        )
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="right",
            xshift=figure.layout.margin.r,
            y=place,
            text=text,
            showarrow=False,
            align="right",
            font={"size": 14, "color": colours.ink},
        )
    figure.update_yaxes(range=[len(labels) - 0.5, -0.5])
    figure.add_shape(type="line", x0=0, x1=0, y0=-0.5, y1=len(labels) - 0.5, line={"color": colours.line2, "width": 1})


def _faded(colour: str, share: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
