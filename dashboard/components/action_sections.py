"""The sections about actions and issues, and how fast the loop runs, on the page of insights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard import actions
from dashboard.components import empty
from dashboard.components.action_card import action_html, decided_html, issue_html
from dashboard.components.action_forms import decide_form, issue_form, propose_form, step_form
from dashboard.components.sections import rule
from dashboard.insights import Shown
from dashboard.view import View
from dashboard.words import counted, esc, listed, plural
from metrics import units
from metrics.actions.book import Book
from metrics.actions.issues import Issue
from metrics.actions.model import IN_EFFECT, Action, Outcome
from metrics.actions.words import graded, has_restored
from metrics.insights.ages import open_by_age
from metrics.insights.cards import subject
from metrics.insights.model import Insight
from metrics.model import Value

STEPS = {
    "insight_to_action:p50": "from finding to change",
    "action_to_verdict:p50": "from change to verdict",
}


def graded_line(book: Book) -> None:
    """How many of the findings that people graded were worth raising."""
    st.html(f'<p class="al quiet" data-graded>{esc(graded(book.precision))}</p>')


def loop_line(view: View, book: Book) -> None:
    """How fast a finding becomes a measured improvement."""
    query = replace(view.scope.query(), slice_by="step")
    values = {each.slice: each for each in view.ledger.values("loop_velocity", query)}
    said = [_step(values[name], words) for name, words in STEPS.items() if name in values and values[name].n]
    in_effect = [each for each in of_view(view, book) if each.state in IN_EFFECT]
    judged = sum(each.recorded is not None for each in in_effect)
    if in_effect:
        said.append(f"{judged} of {plural(len(in_effect), 'change')} have a recorded verdict")
    text = "; ".join(said) if said else "no action has taken effect in this period"
    st.html(f'<p class="al quiet" data-loop>{esc(f"Loop velocity: {text}.")}</p>')


def ages_line(view: View, found: Shown) -> None:
    """How many findings are open, and for how long."""
    waits = open_by_age(found.report, view.state.agents or list(view.agents))
    st.html(f'<p class="al quiet" data-ages>{esc(waits.text)}.</p>')


def _step(value: Value, words: str) -> str:
    """The median of a step; of too few it is said that they are."""
    few = "" if value.state == "ok" else ", too few to judge"
    return f"{words} {units.text(value.value, value.unit)}, the median of {value.n}{few}"


def finding_said(insight: Insight, book: Book) -> None:
    """What people said about a finding."""
    html = decided_html(insight, book)
    if html:
        st.html(html)


def finding_tools(view: View, insight: Insight) -> None:
    """The forms to say more about it."""
    decide_form(view, insight)
    propose_form(view, insight.agent_id, insight, insight.id)


def of_view(view: View, book: Book) -> list[Action]:
    """The actions of the agents shown, newest first."""
    return [each for each in book.actions if not view.state.agents or each.agent_id in view.state.agents]


def actions_section(view: View, book: Book, found: Shown) -> None:
    """Every action of the agents shown, newest first, each with its verdict."""
    mine = of_view(view, book)
    judged = [(each, actions.outcome(view.ledger, each)) for each in mine]
    if mine:
        _lead("Actions", *_actions_said(judged))
        loop_line(view, book)
    else:
        _no_action(view)
    if len(view.state.agents) == 1:
        propose_form(view, view.state.agents[0], None, "free")
    names = {each.id: subject(each) for each in found.insights or ()}
    for place, (action, seen) in enumerate(judged):
        if place:
            rule()
        answers = names.get(action.insight_id or "", "a finding that is no longer shown" if action.insight_id else "")
        st.html(action_html(action, seen, view.name(action.agent_id), answers))
        step_form(view, action, seen)


def _no_action(view: View) -> None:
    steps = (
        f'<a href="{esc(view.link("insights"))}">Open the findings</a> and propose an action on one: what is done, '
        "which number it has to move, by how much. With one agent chosen above, propose one without a finding.",
        "Accept it, and once it is in effect link the change. Everything promised was written down before.",
        "After the days promised the verdict stands here, in points and in money. Then keep it or revert it.",
    )
    st.html(
        empty.message("No action is recorded yet", "An action says what is done, and whether it helped.", steps=steps)
    )


def _actions_said(judged: Sequence[tuple[Action, Outcome]]) -> tuple[str, str]:
    """The sentence on top, and what stands beside it."""
    shipped = [(action, found) for action, found in judged if action.shipped is not None]
    words = [found.verdict for _, found in shipped]
    restored = sum(has_restored(action.plan, found) for action, found in shipped)
    helped = sum(word in ("improved", "improved_size_unclear") for word in words)
    harmed = sum(word in ("worse", "worse_size_unclear") for word in words)
    told = sum(word != "undetermined" for word in words)
    if not words:
        return "No action has taken effect yet.", f"{plural(len(judged), 'action')} proposed or dismissed."
    if not told:
        return "Whether an action helped cannot be told yet.", f"{plural(len(words), 'action')} in effect."
    did = [
        (count, what)
        for count, what in ((helped, "helped"), (restored, "brought back what was before"), (harmed, "made it worse"))
        if count
    ]
    head = "No action has been shown to help yet."
    if did:
        head = f"Of {told} actions with a verdict {listed([f'{count} {what}' for count, what in did])}."
        head = f"The one action with a verdict {did[0][1]}." if told == 1 else head
    rest = [
        (told - helped - restored - harmed, "without a material change, or traded off"),
        (len(words) - told, "without a verdict"),
    ]
    return head, f"{', '.join(f'{count} {said}' for count, said in rest if count)}.".removeprefix(".")


def issues_section(view: View, found: Shown, known: Sequence[Issue]) -> None:
    """The issues raised, then those that wait for more."""
    raised = [each for each in known if each.promoted]
    if known:
        _lead("Issues", *_issues_said(raised, len(known) - len(raised)))
    else:
        why = "No finding got worse."
        if found.too_early:
            why = "It is too early: most numbers need 28 days of data before they can be watched."
        st.html(empty.message("No issue", f"Issues are findings that recur or last. {why}"))
    for place, issue in enumerate(known):
        if place:
            rule()
        st.html(issue_html(issue, view.name(issue.agent_id)))
        issue_form(view, issue)


def _issues_said(raised: Sequence[Issue], waiting: int) -> tuple[str, str]:
    states = [each.state for each in raised]
    open_ = sum(state in ("new", "escalating", "ongoing", "regressed") for state in states)
    head = f"{counted(open_, 'issue')} {'is' if open_ == 1 else 'are'} open"
    more = [(states.count("regressed"), "came back"), (states.count("escalating"), "hits a greater share than before")]
    said = [f"{count} {words}" for count, words in more if count]
    side = [(states.count("resolved"), "resolved"), (states.count("ignored"), "ignored")]
    side.append((waiting, "not raised yet: too few are touched"))
    rest = ", ".join(f"{count} {words}" for count, words in side if count)
    return f"{head}{'; ' + listed(said) if said else ''}.", f"{rest}." if rest else ""


def _lead(eyebrow: str, head: str, sub: str) -> None:
    st.html(
        f'<div class="al lead"><p class="eyebrow">{eyebrow}</p><h1>{esc(head)}</h1><p class="sub">{esc(sub)}</p></div>'
    )
