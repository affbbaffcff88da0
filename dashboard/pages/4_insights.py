"""Insights & actions.

What changed, since when, because of what, how sure that is, what it is worth and what to do next.
"""

from __future__ import annotations

import streamlit as st

from dashboard import actions, insights
from dashboard.components.action_sections import actions_section, finding_tools, issues_section, loop_line
from dashboard.components.change_form import change_form
from dashboard.components.figure_table import FigureTable, show_as_table
from dashboard.components.insight_card import evidence_html, insight_html, size_of
from dashboard.components.sections import rule, section, source_line
from dashboard.insights import Shown
from dashboard.view import View, begin
from dashboard.words import counted, day, esc, plural
from metrics.actions.book import Book
from metrics.insights.model import Insight
from metrics.insights.streams import BASE_DAYS

STATES = {"open": "Open", "held": "Held back", "over": "Over"}
KINDS = {"all": "All kinds", "sudden": "Sudden", "level": "Level", "data": "Data", "zero": "Zero"}
MOST_FIRST = 20


def draw() -> None:
    """Draw the page."""
    view = begin(("state", "kind"))
    if view is None:
        return
    found = insights.shown(view)
    if found.insights is None or found.report is None:
        st.html(
            '<div class="al empty"><h1>The insights are being worked out</h1><p>This takes some seconds after a '
            "collection. The other pages are complete meanwhile.</p></div>"
        )
        st.button("Look again", key="insights_again")
        return
    book = actions.book(view.ledger)
    _lead(found)
    loop_line(view, book, found)
    state, kind = _chosen(found)
    kept = [each for each in found.leading(state) if kind in ("all", each.kind)]
    _feed(view, found, kept, (state, kind), book)
    actions_section(view, book)
    issues_section(view, found)
    _not_watched(view, found)
    budget, until = found.report.budget, found.report.as_of
    source_line(
        f"{budget.streams} streams (agent × KPI × direction) are watched{f' up to {day(until)}' if until else ''}, "
        f"each against {BASE_DAYS} days without a change. At most {budget.false_alarms:g} false alarm in "
        f"{budget.days} days over all of them, however often one looks. The lower bound of the money ranks the list."
    )


def _lead(found: Shown) -> None:
    """The sentence on top: how much there is to do, and the largest of it."""
    todo = found.leading("open")
    worse = [each for each in todo if each.verdict != "better" and each.verdict != "changed"]
    if not worse:
        head = "Nothing got worse that can be told from chance."
    else:
        size, of = size_of(worse[0])
        head = f"{counted(len(worse), 'finding')} {'needs' if len(worse) == 1 else 'need'} somebody"
        head += f"; the largest has {size} {of}." if size else "."
    held, over = len(found.leading("held")), len(found.leading("over"))
    late = "" if found.current else " A newer collection is being worked through; these are of the one before."
    st.html(
        f'<div class="al lead"><p class="eyebrow">Insights</p><h1>{esc(head)}</h1><p class="sub">'
        f"{plural(len(todo) - len(worse), 'more change')} without harm, {held} held back by a gate, {over} over.{late}"
        "</p></div>"
    )


def _chosen(found: Shown) -> tuple[str, str]:
    """State and kind from the URL, with the controls that change them."""
    given, sort = (st.query_params.get(name, "") for name in ("state", "kind"))
    state, kind = given if given in STATES else "open", sort if sort in KINDS else "all"
    st.session_state["insight_state"], st.session_state["insight_kind"] = state, kind
    counts = {name: f"{word} · {len(found.leading(name))}" for name, word in STATES.items()}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _segments("State", "state", counts)
        _segments("Kind", "kind", KINDS)
    return state, kind


def _segments(label: str, key: str, words: dict[str, str]) -> None:
    st.segmented_control(
        label,
        list(words),
        format_func=lambda name: words[name],
        key=f"insight_{key}",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: _keep(key, next(iter(words))),
    )


def _keep(name: str, default: str) -> None:
    chosen = st.session_state[f"insight_{name}"]
    if chosen == default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = chosen


def _feed(view: View, found: Shown, kept: list[Insight], chosen: tuple[str, str], book: Book) -> None:
    state, kind = chosen
    section(STATES[state], f"{plural(len(kept), 'finding')}, largest sure effect first" if kept else "")
    if not kept:
        what = "" if kind == "all" else f" of the kind “{KINDS[kind]}”"
        st.html(f'<p class="al quiet">Nothing{what} is {STATES[state].lower()}.</p>')
    names = {agent: view.name(agent) for agent in view.agents}
    for place, insight in enumerate(kept[:MOST_FIRST]):
        if place:
            rule()
        st.html(insight_html(insight, view.name(insight.agent_id), found.going_with(insight)))
        with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
            _evidence(insight, names)
            finding_tools(view, insight, book)
            if insight.onset is not None and not insight.because.candidates and insight.kind != "level":
                change_form(view, insight.agent_id, insight.onset.day, insight.id)
            state_of = view.state.one_agent(insight.agent_id)
            st.page_link("dashboard/pages/2_agent.py", label="Open agent", query_params=state_of.params())
    if len(kept) > MOST_FIRST:
        st.html(f'<p class="al quiet">{plural(len(kept) - MOST_FIRST, "smaller one")} more; narrow the agents.</p>')


def _evidence(insight: Insight, names: dict[str, str]) -> None:
    drawer = st.popover("Evidence", type="tertiary", key=f"evidence_{insight.id}", on_change="rerun")
    if drawer.open:
        with drawer:
            st.html(evidence_html(insight, names))


def _not_watched(view: View, found: Shown) -> None:
    """The streams that no detector can watch yet, and what each needs."""
    rows = []
    for gate in found.report.not_watched if found.report else ():
        agent, stream, name = gate.name.split("|")
        if view.ledger.access.allows(agent) and (not view.state.agents or agent in view.state.agents):
            rows.append((view.name(agent), stream, name, gate.have, gate.need))
    if rows:
        table = FigureTable(
            ("Agent", "Number", "Gate", "There is", "Needed"),
            [tuple(esc(cell) for cell in row) for row in rows],
            ("agent", "stream", "gate", "have", "need"),
            rows,
        )
        st.html(f'<p class="al quiet">{plural(len(rows), "number")} cannot be watched yet.</p>')
        show_as_table(lambda: table, "Numbers that cannot be watched yet", "not_watched")


if __name__ == "__main__":
    draw()
