"""Insights & actions.

What changed, since when, because of what, how sure that is, what it is worth and what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard import actions, insights
from dashboard.components import empty
from dashboard.components.action_sections import (
    actions_section,
    ages_line,
    finding_said,
    finding_tools,
    graded_line,
    issues_section,
    of_view,
)
from dashboard.components.change_form import change_form
from dashboard.components.figure_table import FigureTable, show_as_table
from dashboard.components.insight_card import evidence_html, insight_html, size_of
from dashboard.components.sections import rule, section, source_line
from dashboard.insights import Shown
from dashboard.view import View, begin
from dashboard.words import counted, day, esc, listed, plural
from metrics import units
from metrics.actions.book import Book
from metrics.actions.issues import Issue
from metrics.insights.model import Insight
from metrics.insights.streams import BASE_DAYS

PARTS = {"findings": "Findings", "actions": "Actions", "issues": "Issues"}
STATES = {"open": "Open", "held": "Held back", "over": "Over"}
KINDS = {"all": "All kinds", "sudden": "Sudden", "level": "Level", "data": "Data", "zero": "Zero"}
MOST_FIRST = 20


def draw() -> None:
    """Draw the page."""
    view = begin(("part", "state", "kind"))
    if view is None:
        return
    found = insights.shown(view)
    if found.insights is None or found.report is None:
        text = "This takes some seconds after a collection. The other pages are complete meanwhile."
        st.html(empty.message("The insights are being worked out", text))
        st.button("Look again", key="insights_again")
        return
    book = actions.book(view.ledger)
    known = actions.issues(view.ledger, found.report, found.insights)
    part = _part(view, found, book, known)
    if part == "actions":
        actions_section(view, book, found)
    elif part == "issues":
        issues_section(view, found, known)
    else:
        _findings(view, found, book)


def _part(view: View, found: Shown, book: Book, known: Sequence[Issue]) -> str:
    """Which part of the page, from the URL, with the control that changes it."""
    given = st.query_params.get("part", "")
    part = given if given in PARTS else "findings"
    st.session_state["insight_part"] = part
    raised = sum(each.promoted for each in known)
    counts = {"findings": len(found.leading("open")), "actions": len(of_view(view, book)), "issues": raised}
    _segments("Part", "part", {name: f"{word} · {counts[name]}" for name, word in PARTS.items()})
    return part


def _findings(view: View, found: Shown, book: Book) -> None:
    _lead(found)
    ages_line(view, found)
    if found.insights:
        graded_line(book)
    state, kind = _chosen(found)
    kept = [each for each in found.leading(state) if kind in ("all", each.kind)]
    _feed(view, found, kept, (state, kind), book)
    _not_watched(view, found)
    if found.report is None:
        return
    budget, until = found.report.budget, found.report.as_of
    numbers = plural(budget.streams, "stream is", "streams are")
    source_line(
        f"{numbers} (agent × KPI × direction) watched{f' up to {day(until)}' if until else ''}, "
        f"each against {BASE_DAYS} days without a change. At most {budget.false_alarms:g} false alarm in "
        f"{budget.days} days over all of them, however often one looks. The lower bound of the money ranks the list."
    )


def _lead(found: Shown) -> None:
    """The sentence on top: how much there is to do, and the largest of it."""
    todo = found.leading("open")
    worse = [each for each in todo if each.verdict != "better" and each.verdict != "changed"]
    held, over = len(found.leading("held")), len(found.leading("over"))
    counts = ((len(todo) - len(worse), "without harm"), (held, "held back by a gate"), (over, "over"))
    sub = f"{listed([f'{units.grouped(count)} {what}' for count, what in counts if count]) or 'Nothing else'}."
    early = _too_early(found)
    if worse:
        size, of = size_of(worse[0])
        head = f"{counted(len(worse), 'finding')} {'needs' if len(worse) == 1 else 'need'} somebody"
        head += f"; the largest has {size} {of}." if size else "."
    elif early:
        head, sub = "It is too early to tell what changed.", early
    else:
        head = "Nothing got worse that can be told from chance."
    late = "" if found.current else " A newer collection is being worked through; these are of the one before."
    st.html(
        f'<div class="al lead"><p class="eyebrow">Insights</p><h1>{esc(head)}</h1>'
        f'<p class="sub">{esc(sub)}{late}</p></div>'
    )


def _too_early(found: Shown) -> str:
    """What is said while hardly a number has the days before it that a detector needs; '' afterwards."""
    if found.report is None or not found.too_early:
        return ""
    watched, waiting = found.report.budget.streams, len(found.report.not_watched)
    return (
        f"{plural(watched, 'number')} can be watched by now. {units.grouped(waiting)} wait, most of them for "
        f"{BASE_DAYS} days without a change to compare with; the table below says what each needs."
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
        finding_said(insight, book)
        with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
            _evidence(insight, names)
            finding_tools(view, insight)
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
