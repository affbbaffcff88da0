"""Forms about findings, actions and issues: each writes one record into the journal and shows at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import streamlit as st

from dashboard import actions, data
from dashboard.components.drawer import drawer, entered
from dashboard.view import View
from metrics.actions.entries import VERBS, action_record, note_record, step_record
from metrics.actions.evidence import numbers_of
from metrics.actions.issues import Issue
from metrics.actions.model import NEXT, PLANNED, VERDICT_WORDS, Action, Design, Guard, Outcome, Plan
from metrics.actions.plan import (
    GUARDS,
    METRICS,
    Days,
    days_for,
    direction_for,
    in_unit,
    metric_for,
    part_of,
    usual_percent,
)
from metrics.actions.words import STATE_WORDS, span
from metrics.effects.words import named
from metrics.insights.cards import change_text
from metrics.insights.model import Insight
from metrics.model import Query, QueryError
from metrics.run import default_period

FINDING_WORDS = {
    "grade": "Was it worth raising?", "assign": "Give it an owner", "accept": "Accept it", "dismiss": "Dismiss it",
}  # fmt: skip
ISSUE_WORDS = {
    "assign": "Give it an owner", "resolve": "Resolve: it is done, keep watching",
    "ignore": "Ignore: it keeps counting, nobody is told", "mute": "Mute: only the notices stop",
    "unmute": "Unmute", "reopen": "Reopen: let the evidence decide again",
}  # fmt: skip
DESIGN_WORDS: dict[Design, str] = {
    "before_after": "before and after",
    "split": "at random: a share of the tasks gets it",
    "version": "against the version it replaces, at the same time",
    "agent": "less what an unchanged agent moves",
    "kinds": "less what its other kinds of task move",
}
CHANGES_DAYS = 60
ANOTHER = "another change, on the day below"
SHOWS_AT_ONCE = "Entered. It lands with the next collection and shows here at once."


def decide_form(view: View, insight: Insight) -> None:
    """Owner, accept, dismiss or grade of one finding."""
    key = f"decide_{insight.id}"
    opened = drawer("Decide", key)
    if opened is None:
        return
    graded = actions.book(view.ledger).grade(insight.id) is not None
    words = {verb: said for verb, said in FINDING_WORDS.items() if not (graded and verb == "grade")}
    with opened:
        verb = st.radio("What", list(words), format_func=lambda each: words[each], key=f"verb_{insight.id}")
        with st.form(f"decide_form_{insight.id}", border=False):
            said = _said(verb, insight.id)
            who = st.text_input("Who says so", key=f"who_{insight.id}", max_chars=80)
            sent = st.form_submit_button("Enter")
        if sent and actions.enter(
            view.ledger,
            lambda: note_record(insight.agent_id, "insight", insight.id, insight.signature, verb, who, said),
        ):
            entered(key, SHOWS_AT_ONCE)


def _said(verb: str, key: str) -> dict[str, str | bool | None]:
    """The fields that a decision needs, and no others."""
    if verb == "assign":
        return {"owner": st.text_input("Owner", key=f"owner_{key}", max_chars=80)}
    said: dict[str, str | bool | None] = {}
    if verb == "grade":
        said["worth_raising"] = st.radio("Worth raising", ("yes", "no"), horizontal=True, key=f"worth_{key}") == "yes"
    why = {"grade": "Why (needed for a no)", "dismiss": "Why"}.get(verb, "Why (if you like)")
    return said | {"reason": st.text_input(why, key=f"reason_{key}", max_chars=200)}


def issue_form(view: View, issue: Issue) -> None:
    """Owner, resolve, ignore, mute and their opposites."""
    key = f"issue_{issue.id}"
    opened = drawer("Decide", key)
    if opened is None:
        return
    with opened:
        offered = [verb for verb in VERBS["issue"] if _may(issue, verb)]
        verb = st.radio("What", offered, format_func=lambda each: ISSUE_WORDS[each], key=f"issue_verb_{issue.id}")
        with st.form(f"issue_form_{issue.id}", border=False):
            said = _said(verb, issue.id)
            who = st.text_input("Who says so", key=f"issue_who_{issue.id}", max_chars=80)
            sent = st.form_submit_button("Enter")
        if sent and actions.enter(
            view.ledger, lambda: note_record(issue.agent_id, "issue", issue.id, issue.signature, verb, who, said)
        ):
            entered(key, SHOWS_AT_ONCE)


def _may(issue: Issue, verb: str) -> bool:
    """Whether a decision would change anything."""
    if verb in ("mute", "unmute"):
        return issue.muted == (verb == "unmute")
    if verb in ("ignore", "reopen"):
        aside = issue.state == "ignored" or issue.resolved_by_person
        return issue.state != "ignored" if verb == "ignore" else aside
    return True


def propose_form(view: View, agent_id: str, insight: Insight | None, key: str) -> None:
    """What is to be done, and what it has to change: written down now, and never changed."""
    name = f"propose_{key}"
    opened = drawer("Propose an action", name)
    if opened is None:
        return
    days = days_for(insight, default_period(view.ledger.published)[1])
    with opened:
        designed = _design_fields(view, agent_id, insight, days, key)
        with st.form(f"propose_form_{key}", border=False):
            title = st.text_input("What is done", key=f"title_{key}", max_chars=200)
            owner = st.text_input("Owner", key=f"action_owner_{key}", max_chars=80)
            promise = _promise_fields(view, insight, key)
            who = st.text_input("Who enters it", key=f"action_who_{key}", max_chars=80)
            st.caption(f"Compared with {span(days.start, days.end)}. None of this can be changed later.")
            sent = st.form_submit_button("Propose")

        def proposed() -> dict[str, Any]:
            plan = _plan(view, agent_id, insight, days, promise, designed)
            numbers_of(view.ledger.published, plan)
            raised = _raised(insight)
            return action_record(agent_id, title, plan, who, owner=owner, insight=insight, insight_at=raised)

        if sent and actions.enter(view.ledger, proposed):
            entered(name, SHOWS_AT_ONCE)


@dataclass(frozen=True)
class Promise:
    """What was entered about the number that has to move. `percent`: points of a share, else % of the amount."""

    metric: str
    percent: float
    guards: tuple[str, ...]
    wait: int


def _promise_fields(view: View, insight: Insight | None, key: str) -> Promise:
    usual = metric_for(insight)
    labels = {each: _label(view, each) for each in {*METRICS, *GUARDS}}
    metric = st.selectbox(
        "It has to move", METRICS, METRICS.index(usual), format_func=lambda each: labels[each], key=f"metric_{key}"
    )
    percent = st.number_input(
        "Least that matters: points of a share, % of an amount or a time", 0.1, 100.0,
        usual_percent(actions.kpi(view.ledger, part_of(usual)[0])), key=f"least_{key}",
    )  # fmt: skip
    guards = st.multiselect(
        "Must not get worse", GUARDS, ["cost_per_task"], format_func=lambda each: labels[each], key=f"guards_{key}"
    )
    wait = st.number_input("Complete days before a verdict", 1, 90, 7, key=f"wait_{key}")
    return Promise(metric, float(percent), tuple(guards), int(wait))


def _label(view: View, choice: str) -> str:
    kpi, part = part_of(choice)
    return named(actions.kpi(view.ledger, kpi).label, part)


@dataclass(frozen=True)
class Designed:
    """What was entered about how the effect is told apart."""

    design: Design = "before_after"
    task_type: str | None = None
    control_agent: str | None = None
    split: float | None = None


def _design_fields(view: View, agent_id: str, insight: Insight | None, days: Days, key: str) -> Designed:
    """The kind of task it is about, how the effect is told apart, and what that needs."""
    kinds = _kinds(view, agent_id, days)
    kind: str | None = None
    if len(kinds) > 1:
        segment = insight.segment if insight is not None else None
        usual = segment.value if segment is not None and segment.dimension == "task_type" else None
        places = [None, *kinds]
        kind = st.selectbox(
            "It is about", places, places.index(usual) if usual in places else 0,
            format_func=lambda each: each or "all kinds of task", key=f"kind_{key}",
        )  # fmt: skip
    offered = [each for each in DESIGN_WORDS if each != "kinds" or kind is not None]
    design: Design = st.selectbox(
        "How the effect is told apart", offered, format_func=lambda each: DESIGN_WORDS[each], key=f"design_{key}"
    )
    if design == "split":
        percent = st.number_input("% of the tasks that get it", 1, 99, 50, key=f"split_{key}")
        return Designed(design, kind, split=float(percent) / 100)
    if design == "agent":
        others = [each for each in view.agents if each != agent_id]
        other = st.selectbox("Agent that stays unchanged", others, format_func=view.name, key=f"control_{key}")
        return Designed(design, kind, control_agent=other)
    return Designed(design, kind)


def _kinds(view: View, agent_id: str, days: Days) -> list[str]:
    """The kinds of task of an agent on the days compared with, the most frequent first."""
    query = Query(days.start, days.end, agents=(agent_id,), group=("task_type",))
    found = [each for each in view.ledger.values("task_volume", query) if each.task_type and not each.slice]
    return [str(each.task_type) for each in sorted(found, key=lambda each: -(each.value or 0))]


def _raised(insight: Insight | None) -> datetime | None:
    """When a finding was raised: the day after the one that told it."""
    if insight is None:
        return None
    on = insight.after.end if insight.onset is None else insight.onset.alarmed_on
    return datetime.combine(on + timedelta(days=1), time(), tzinfo=UTC)


def _plan(view: View, agent_id: str, insight: Insight | None, days: Days, promise: Promise, designed: Designed) -> Plan:
    metric, part = part_of(promise.metric)
    kpi = actions.kpi(view.ledger, metric)
    segment = insight.segment if insight is not None and insight.kpi == metric else None
    if segment is not None and segment.dimension == "tool" and kpi.slices == "tool":
        part = segment.value
    held = [
        Guard(part_of(each)[0], _least(view, agent_id, each, None, days), part_of(each)[1])
        for each in promise.guards
        if each != promise.metric
    ]
    least = _least(view, agent_id, promise.metric, promise.percent, days)
    return Plan(
        metric, direction_for(insight, kpi), least, tuple(held), days.start, days.end, part, days.spell_from,
        days.spell_to, promise.wait, PLANNED[designed.design], designed.design, designed.control_agent, designed.split,
        designed.task_type,
    )  # fmt: skip


def _least(view: View, agent_id: str, choice: str, percent: float | None, days: Days) -> float:
    name, part = part_of(choice)
    kpi = actions.kpi(view.ledger, name)
    found = data.total(view.ledger, name, Query(days.start, days.end, agents=(agent_id,)), part)
    size = in_unit(kpi, usual_percent(kpi) if percent is None else percent, found.value if found else None)
    if size is None:
        raise QueryError(f"{kpi.label} has no value on the days compared with: choose another number.")
    return size


def step_form(view: View, action: Action, found: Outcome) -> None:
    """Move an action on: accept, link the change, keep, revert or dismiss."""
    following = NEXT[action.state]
    if not following:
        return
    key = f"step_{action.action_id}"
    opened = drawer("Move on", key)
    if opened is None:
        return
    with opened:
        step = st.radio("To", following, format_func=lambda each: STATE_WORDS[each], key=f"to_{action.action_id}")
        with st.form(f"step_form_{action.action_id}", border=False):
            linked = _change_fields(view, action) if step == "shipped" else (None, None)
            why = "Why" if step == "dismissed" else "Why (if you like)"
            reason = st.text_input(why, key=f"why_{action.action_id}", max_chars=200)
            who = st.text_input("Who says so", key=f"by_{action.action_id}", max_chars=80)
            if step in ("kept", "reverted"):
                st.caption(f"The verdict of now is written down with it: {VERDICT_WORDS[found.verdict]}.")
            sent = st.form_submit_button("Enter")
        decided = found if step in ("kept", "reverted") else None
        if sent and actions.enter(
            view.ledger,
            lambda: step_record(
                action, step, who, reason=reason, change_id=linked[0], changed_at=linked[1], outcome=decided
            ),
        ):
            entered(key, SHOWS_AT_ONCE)


def _change_fields(view: View, action: Action) -> tuple[str | None, datetime]:
    """The change chosen from the release ledger, or the day named, with the moment it took effect."""
    changes = _changes(view, action)
    change = st.selectbox("The change", [*changes, ANOTHER], key=f"change_of_{action.action_id}")
    on = st.date_input(
        "Day of another change", default_period(view.ledger.published)[1], key=f"day_of_{action.action_id}",
        format="YYYY-MM-DD",
    )  # fmt: skip
    return changes.get(change, (None, _midnight(view, on)))


def _midnight(view: View, on: date) -> datetime:
    return datetime.combine(on, time(), tzinfo=view.zone).astimezone(UTC)


def _changes(view: View, action: Action) -> dict[str, tuple[str | None, datetime]]:
    """The recorded changes of an agent of the last sixty days, newest first, by their words."""
    end = default_period(view.ledger.published)[1] + timedelta(days=2)
    days = {"from": end - timedelta(days=CHANGES_DAYS), "to": end}
    found: dict[str, tuple[str | None, datetime]] = {}
    for row in reversed(view.ledger.rows("insight_changes", (action.agent_id,), **days)):
        if row["changed_at"] is None:
            continue
        at = row["changed_at"].replace(tzinfo=UTC)
        on = at.astimezone(view.zone).date()
        text = change_text(row["kind"], row["before_value"], row["after_value"], row["resource"], on)
        found[text if text not in found else f"{text} ({row['change_id']})"] = (row["change_id"], at)
    return found
