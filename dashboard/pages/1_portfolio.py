"""Portfolio.

All agents at a glance: what they cost, how often they were right, what needs attention.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard import agents, attention, cards, data, story
from dashboard.components import empty
from dashboard.components.agents_table import agents_table
from dashboard.components.figure_table import show_as_table
from dashboard.components.outcome import outcome_key
from dashboard.components.sections import rule, section, source_line
from dashboard.filters import FilterState
from dashboard.view import View, begin
from dashboard.words import esc, plural, prose
from metrics import units
from metrics.drill import UNATTRIBUTED


def draw() -> None:
    """Draw the page."""
    view = begin(("sort", "find"))
    if view is None:
        return
    endings = view.ledger.rows("endings", view.state.agents, **view.scope.params())
    if not endings:
        empty.nothing_matches("jobs", _looser(view))
        return
    shown = cards.figures(view)
    st.html(story.lead(view, shown, endings))
    cards.draw(view, shown)
    _attention(view)
    _agents(view, endings)
    _unattributed(view)
    source_line(
        "Success counts jobs with a verdict. Accuracy is checked by people or outcomes, with the 95\u202f% interval. "
        f"Costs are list prices of model calls in US dollars. {units.NOTHING} means not measured, never zero."
    )


def _looser(view: View) -> list[str]:
    ways = [f'<a href="{esc(view.link("", FilterState(agents=view.state.agents)))}">Show the last 28 days</a>']
    if view.state.active:
        wide = replace(view.state, agents=(), versions=(), environments=())
        ways.append(f'<a href="{esc(view.link("", wide))}">Drop agents, versions and environments</a>')
    return [*ways, '<a href="./">Reset everything</a>']


def _attention(view: View) -> None:
    found = attention.items(view)
    section(
        "Needs attention",
        f"{len(found)} {'item' if len(found) == 1 else 'items'}, most at stake first" if found else "",
    )
    if not found:
        said = "Nothing: no target is surely missed, nothing got clearly worse, and all data are there."
        st.html(f'<p class="al quiet">{said}</p>')
    for place, item in enumerate(found):
        if place:
            rule()
        glyph, word, style = attention.KINDS[item.kind]
        with st.container(horizontal=True, vertical_alignment="center", gap="medium", wrap=False):
            st.html(
                f'<div class="al attn"><div class="kind {style}">{glyph} {word}</div><div><div '
                f'class="what">{esc(item.headline)}</div>'
                f'<div class="why">{prose(item.why)}</div></div><div class="size">{esc(item.size)}'
                f"<span>{esc(item.size_of)}</span></div></div>"
            )
            state = view.state.one_agent(item.agent) if item.agent else view.state
            params = state.params() | ({"show": item.show} if item.show else {})
            if st.button("Open", key=f"open_{place}", help=f"Open: {item.headline}"):
                st.switch_page(PAGES[item.page], query_params=params)


PAGES = {
    "insights": "dashboard/pages/4_insights.py",
    "agent": "dashboard/pages/2_agent.py",
    "tasks": "dashboard/pages/3_tasks.py",
    "data_health": "dashboard/pages/8_data_health.py",
}


def _agents(view: View, endings: data.Rows) -> None:
    section("Agents", "Harm is gap to target × volume")
    chosen = st.query_params.get("sort", "harm")
    chosen = chosen if chosen in agents.SORTS else "harm"
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.session_state["agents_sort"] = chosen
        st.segmented_control(
            "Sort agents by",
            list(agents.SORTS),
            format_func=lambda sort: agents.SORTS[sort],
            key="agents_sort",
            required=True,
            label_visibility="collapsed",
            on_change=_keep_sort,
        )
        wanted = _search(view)
        _csv(view, endings)
    st.html(outcome_key(endings))
    rows = agents.table_rows(view, chosen, endings)
    found = agents.matching(view, wanted) if wanted else None
    if found is not None and not any(row.agent_id in found for row in rows):
        st.html(f'<p class="al quiet">No agent, owner or team of this view holds “{esc(wanted)}”.</p>')
    else:
        st.html(agents_table([row for row in rows if found is None or row.total or row.agent_id in found]))
    show_as_table(lambda: agents.endings_table(view, endings), "How jobs ended, by agent", "endings_by_agent")


def _search(view: View) -> str:
    """A box to find an agent; a handful of agents needs none."""
    if len(view.state.agents or view.agents) < agents.ENOUGH_TO_SEARCH:
        return ""
    st.session_state["agents_find"] = st.query_params.get("find", "")
    st.text_input(
        "Find an agent",
        key="agents_find",
        placeholder="name, owner or team",
        label_visibility="collapsed",
        width=240,
        on_change=_keep_search,
    )
    return st.query_params.get("find", "").strip()


def _keep_search() -> None:
    wanted = st.session_state["agents_find"].strip()
    if wanted:
        st.query_params["find"] = wanted
    else:
        st.query_params.pop("find", None)


def _csv(view: View, endings: data.Rows) -> None:
    st.download_button(
        "All columns (CSV)",
        lambda: agents.as_csv(view, endings),
        f"agents-{view.now.start}-{view.now.last}.csv",
        "text/csv",
        key="agents_csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def _keep_sort() -> None:
    chosen = st.session_state["agents_sort"]
    if chosen == "harm":
        st.query_params.pop("sort", None)
    else:
        st.query_params["sort"] = chosen


def _unattributed(view: View) -> None:
    """Money that no rule could give to an agent stays on its own line."""
    value = data.by_agent(view.ledger, "spend", view.scope.query()).get(UNATTRIBUTED)
    if value is None or not value.n:
        return
    rows = view.ledger.rows("price_states", (), **{"from": view.now.start, "to": view.now.end})
    mine = [row for row in rows if row["agent_id"] == UNATTRIBUTED]
    counted, silent = (sum(row[name] for row in mine) for name in ("with_tokens", "without_tokens"))
    spent = units.of_value(value) if value.value is not None else "An unknown amount"
    said = [
        f'<b class="b">{esc(spent)}</b> went into {plural(counted, "model call")} that no rule can give to an agent.'
    ]
    if not counted:
        said = [f"No rule can give {plural(silent, 'model call')} to an agent, with no token counts reported."]
    elif silent:
        said.append(f"{plural(silent, 'more call')} {'has' if silent == 1 else 'have'} no token counts reported.")
    st.html(
        f'<p class="al"><span class="att b">○ Not attributed</span> {" ".join(said)} It is in no agent\'s cost. '
        f"<a href='{esc(view.link('data_health'))}'>What to do</a></p>"
    )


if __name__ == "__main__":
    draw()
