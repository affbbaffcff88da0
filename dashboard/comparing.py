"""What the Compare page asks: two sides from the URL and the filter, compared once per published file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import plotly.graph_objects as go
import streamlit as st

from dashboard import data
from dashboard.components.charts import blank
from dashboard.theme import Palette
from dashboard.view import View
from metrics.comparison.compare import compare_sides, version_side
from metrics.comparison.model import Comparison, Kind, Measure, Side
from metrics.model import Access
from sql.published import Published

ALL_DAYS = (date(1970, 1, 1), date(9999, 1, 1))


@dataclass(frozen=True)
class Asked:
    """Two sides and how to compare them."""

    kind: Kind
    a: Side
    b: Side
    measure: Measure = "success"
    share_of_b: float | None = None

    def measured(self, measure: Measure) -> Asked:
        """The same by another measure."""
        return replace(self, measure=measure)


def compared(ledger: data.Ledger, asked: Asked) -> Comparison:
    """B against A."""
    return _compared(ledger.key, ledger.access, asked, ledger.published)


@st.cache_data(max_entries=50, show_spinner=False, hash_funcs={Access: data.scope_key, Asked: repr})
def _compared(file: str, access: Access, asked: Asked, _published: Published) -> Comparison:
    return compare_sides(
        _published, access, asked.a, asked.b, asked.kind, measure=asked.measure, share_of_b=asked.share_of_b
    )


def put(name: str, value: str | None, usual: str | None = None) -> None:
    """Write one of the page's own settings into the URL; what is usual is left out."""
    if value is None or value == usual:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def versions_of(view: View, agent: str) -> list[str]:
    """The versions of an agent that did work, oldest first."""
    return [str(row["version"]) for row in view.ledger.rows("versions", (agent,)) if row["version"]]


def ask(view: View, kind: Kind) -> Asked | None:
    """The two sides chosen; None where there are none. Draws the boxes to choose them."""
    agent = view.state.agents[0]
    if kind == "periods":
        before, now = view.before, view.now
        return Asked(
            kind,
            Side("the period before", agent, before.start, before.end),
            Side("this period", agent, now.start, now.end),
        )
    if kind == "versions":
        return _versions(view, agent)
    return _agents(view, agent)


def _versions(view: View, agent: str) -> Asked | None:
    names = versions_of(view, agent)
    if len(names) < 2:
        return None
    a = _box("a", "A: version", names, names[-2])
    b = _box("b", "B: version", names, names[-1])
    split = _split()
    one, two = (version_side(view.ledger.published, agent, name, *ALL_DAYS) for name in (a, b))
    return Asked("versions", one, two, share_of_b=split)


def _agents(view: View, agent: str) -> Asked | None:
    names = list(view.agents)
    if len(names) < 2:
        return None
    other = next(name for name in names if name != agent)
    a = _box("a", "A: agent", names, other, {name: view.name(name) for name in names})
    now = view.now
    one, two = (Side(view.name(name), name, now.start, now.end) for name in (a, agent))
    return Asked("agents", one, two)


def _box(name: str, label: str, options: Sequence[str], usual: str, words: dict[str, str] | None = None) -> str:
    given = st.query_params.get(name, usual)
    chosen = given if given in options else usual
    st.session_state[f"compare_{name}"] = chosen

    def keep() -> None:
        put(name, st.session_state[f"compare_{name}"], usual)

    st.selectbox(
        label,
        options,
        format_func=lambda key: (words or {}).get(key, key),
        key=f"compare_{name}",
        width=200,
        on_change=keep,
    )
    return chosen


SPLITS = {"": "none was declared", "0.5": "half and half", "0.1": "one in ten to B", "0.2": "one in five to B"}


def _split() -> float | None:
    given = st.query_params.get("split", "")
    chosen = _box("split", "Random split meant", list(SPLITS), "", SPLITS) if given in SPLITS or not given else given
    try:
        share = float(chosen)
    except ValueError:
        return None
    return share if 0 < share < 1 else None


def figure(colours: Palette, rows: Sequence[tuple[str, float, float, float]], rope: float) -> go.Figure:
    """Differences with their intervals, one a row, over the band that does not matter. Points, 0 in the middle."""
    found = blank(colours, 46 + 58 * len(rows), 8, 8, 4, 30)
    found.add_vrect(-100 * rope, 100 * rope, fillcolor=colours.line, opacity=0.5, line_width=0, layer="below")
    found.add_vline(0, line={"color": colours.line2, "width": 1})
    for place, (name, amount, low, high) in enumerate(rows):
        colour = colours.now if place == 0 else colours.before
        ends = {"x": [100 * low, 100 * high], "y": [-place, -place]}
        found.add_scatter(**ends, mode="lines", line={"color": colour, "width": 5}, hoverinfo="skip")
        found.add_scatter(
            x=[100 * amount],
            y=[-place],
            mode="markers",
            marker={"color": colour, "size": 13, "symbol": "diamond"},
            hovertemplate=f"{name}: %{{x:.2f}} points<extra></extra>",
        )
        said = {"text": name, "font": {"color": colours.ink2, "size": 14}, "showarrow": False,
                "bgcolor": colours.paper, "borderpad": 1}  # fmt: skip
        found.add_annotation(x=0, xref="paper", xanchor="left", y=-place + 0.36, **said)
    ticks = {"color": colours.ink2, "size": 13}
    found.update_xaxes(ticksuffix="\u202fpt", showticklabels=True, tickfont=ticks)
    found.update_yaxes(range=[0.45 - len(rows), 0.62], showticklabels=False)
    return found
