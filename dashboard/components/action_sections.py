"""The sections about actions and issues, and how fast the loop runs, on the page of insights."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard import actions
from dashboard.components.action_card import action_html, decided_html, issue_html
from dashboard.components.action_forms import decide_form, issue_form, propose_form, step_form
from dashboard.components.sections import rule, section
from dashboard.insights import Shown
from dashboard.view import View
from dashboard.words import esc, plural
from metrics import units
from metrics.actions.book import Book
from metrics.actions.model import IN_EFFECT
from metrics.actions.words import graded
from metrics.insights.ages import open_by_age
from metrics.insights.model import Insight
from metrics.model import Value

STEPS = {
    "insight_to_action:p50": "from finding to change",
    "action_to_verdict:p50": "from change to verdict",
}


def loop_line(view: View, book: Book, found: Shown) -> None:
    """How fast a finding becomes a measured improvement, how many were worth it, and how long the open ones wait."""
    query = replace(view.scope.query(), slice_by="step")
    values = {each.slice: each for each in view.ledger.values("loop_velocity", query)}
    said = [_step(values[name], words) for name, words in STEPS.items() if name in values and values[name].n]
    mine = [each for each in book.actions if not view.state.agents or each.agent_id in view.state.agents]
    counted = [each for each in mine if each.state in IN_EFFECT]
    judged = sum(each.recorded is not None for each in counted)
    if counted:
        said.append(f"{judged} of {plural(len(counted), 'change')} have a recorded verdict")
    text = "Loop velocity: " + ("; ".join(said) if said else "no action has taken effect in this period") + ". "
    waits = open_by_age(found.report, view.state.agents or list(view.agents))
    st.html(f'<p class="al quiet" data-loop>{esc(text + graded(book.precision))}<br>{esc(waits.text)}.</p>')


def _step(value: Value, words: str) -> str:
    """The median of a step; of too few it is said that they are."""
    few = "" if value.state == "ok" else ", too few to judge"
    return f"{words} {units.text(value.value, value.unit)}, the median of {value.n}{few}"


def finding_tools(view: View, insight: Insight, book: Book) -> None:
    """What people said about a finding, and the forms to say more."""
    html = decided_html(insight, book)
    if html:
        st.html(html)
    decide_form(view, insight)
    propose_form(view, insight.agent_id, insight, insight.id)


def actions_section(view: View, book: Book) -> None:
    """Every action of the agents shown, newest first, each with its verdict."""
    mine = [each for each in book.actions if not view.state.agents or each.agent_id in view.state.agents]
    section("Actions", plural(len(mine), "action") if mine else "")
    if not mine:
        st.html('<p class="al quiet">No action is recorded yet. Propose one on a finding above.</p>')
    if len(view.state.agents) == 1:
        propose_form(view, view.state.agents[0], None, "free")
    for place, action in enumerate(mine):
        if place:
            rule()
        found = actions.outcome(view.ledger, action)
        kpi = actions.kpi(view.ledger, action.plan.kpi)
        st.html(action_html(action, found, view.name(action.agent_id), kpi))
        step_form(view, action, found)


def issues_section(view: View, found: Shown) -> None:
    """The issues raised, and how many wait for more."""
    if found.report is None or found.insights is None:
        return
    known = actions.issues(view.ledger, found.report, found.insights)
    raised = [each for each in known if each.promoted]
    section("Issues", f"{plural(len(raised), 'issue')}, {len(known) - len(raised)} not raised yet" if known else "")
    if not known:
        st.html('<p class="al quiet">No finding groups into an issue.</p>')
    for place, issue in enumerate(known):
        if place:
            rule()
        st.html(issue_html(issue, view.name(issue.agent_id)))
        issue_form(view, issue)
