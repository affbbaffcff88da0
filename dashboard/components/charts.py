"""Figures in the product's own hand: one thing highlighted, labels on the marks, no legends, no boxes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from datetime import date
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard.theme import Palette

FONT = '"Source Sans", "Helvetica Neue", Arial, sans-serif'
CONFIG = {"displayModeBar": False, "responsive": True}
BREAK = "<br>"
LONGEST_LABEL = 17  # letters of a line beside bars


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
    figure.update_xaxes(rangemode="nonnegative")  # bars that are all 0 stand at the left too
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


def _margins(labels: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """Room left and right for the labels, in px: at 14 px figures take 6.8 px, the widest names 7.6 px a letter."""
    names = max((_width(_wrapped(name)) for name, _ in labels), default=0)
    texts = max((_width(text) for _, text in labels), default=0)
    return round(names * 7.6) + 18, round(texts * 6.8) + 16


def unmarked(label: str) -> str:
    """The text of a label in one line, without its markup."""
    return re.sub("<[^>]*>", "", label.replace(BREAK, " "))


def _width(label: str) -> int:
    """How many letters the longest line of a label has."""
    return max(len(unmarked(line)) for line in label.split(BREAK))


def _wrapped(name: str) -> str:
    """A name on as many lines as leave room for the bars on a phone, where it has blanks to break at."""
    return BREAK.join(textwrap.wrap(name, LONGEST_LABEL, break_long_words=False, break_on_hyphens=False)) or name


def _side_labels(figure: go.Figure, colours: Palette, labels: Sequence[tuple[str, str]]) -> None:
    for place, (name, text) in enumerate(labels):
        figure.add_annotation(
            x=0, xref="paper", xanchor="right", xshift=-10, y=place, text=_wrapped(name), align="right",
            showarrow=False, font={"size": 14},
        )  # fmt: skip
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
