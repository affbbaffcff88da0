"""Forms about findings, actions and issues: each writes one record into the journal and shows at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from dashboard import actions, data
from dashboard.view import View
from metrics.actions.entries import VERBS, action_record, note_record, step_record
from metrics.actions.issues import Issue
from metrics.actions.model import NEXT, Action, Guard, Outcome, Plan
from metrics.actions.plan import GUARDS, METRICS, Days, days_for, direction_for, in_unit, usual_percent
from metrics.actions.samples import can_judge
from metrics.actions.words import STATE_WORDS
from metrics.insights.model import Insight
from metrics.model import Query, QueryError
from metrics.run import default_period

FINDING_WORDS = {
    "grade": "Was it worth raising?", "assign": "Give it an owner", "accept": "Accept it", "dismiss": "Dismiss it",
}  # fmt: skip
CHANGES_DAYS = 60
ANOTHER = "another change, on the day below"


def decide_form(view: View, insight: Insight) -> None:
    """Owner, accept, dismiss or grade of one finding."""
    drawer = st.popover("Decide", type="tertiary", key=f"decide_{insight.id}", on_change="rerun")
    if not drawer.open:
        return
    with drawer, st.form(f"decide_form_{insight.id}", border=False):
        verb = st.radio(
            "What", list(FINDING_WORDS), format_func=lambda each: FINDING_WORDS[each], key=f"verb_{insight.id}"
        )
        worth = st.radio("Worth raising", ("yes", "no"), horizontal=True, key=f"worth_{insight.id}")
        owner = st.text_input("Owner", key=f"owner_{insight.id}", max_chars=80)
        reason = st.text_input("Why (for a no or a dismissal)", key=f"reason_{insight.id}", max_chars=200)
        who = st.text_input("Who says so", key=f"who_{insight.id}", max_chars=80)
        sent = st.form_submit_button("Enter")
    if not sent:
        return
    if verb == "grade" and actions.book(view.ledger).grade(insight.id) is not None:
        st.warning("This finding has its grade already: it is given once and stays.")
        return
    said = {"owner": owner if verb == "assign" else None, "worth_raising": worth == "yes" if verb == "grade" else None,
            "reason": reason}  # fmt: skip
    if actions.enter(
        view.ledger,
        lambda: note_record(insight.agent_id, "insight", insight.id, insight.signature, verb, who, said),
    ):
        st.rerun()


def issue_form(view: View, issue: Issue) -> None:
    """Owner, resolve, ignore, mute and their opposites."""
    drawer = st.popover("Decide", type="tertiary", key=f"issue_{issue.id}", on_change="rerun")
    if not drawer.open:
        return
    with drawer, st.form(f"issue_form_{issue.id}", border=False):
        verb = st.selectbox("What", VERBS["issue"], key=f"issue_verb_{issue.id}")
        owner = st.text_input("Owner", key=f"issue_owner_{issue.id}", max_chars=80)
        reason = st.text_input("Why", key=f"issue_reason_{issue.id}", max_chars=200)
        who = st.text_input("Who says so", key=f"issue_who_{issue.id}", max_chars=80)
        st.caption("Resolve keeps watching, ignore keeps counting, mute stops notices only.")
        sent = st.form_submit_button("Enter")
    said = {"owner": owner if verb == "assign" else None, "reason": reason}
    if sent and actions.enter(
        view.ledger, lambda: note_record(issue.agent_id, "issue", issue.id, issue.signature, verb, who, said)
    ):
        st.rerun()


def propose_form(view: View, agent_id: str, insight: Insight | None, key: str) -> None:
    """What is to be done, and what it has to change: written down now, and never changed."""
    drawer = st.popover("Propose an action", type="tertiary", key=f"propose_{key}", on_change="rerun")
    if not drawer.open:
        return
    offered = [name for name in METRICS if can_judge(actions.kpi(view.ledger, name))]
    usual = insight.kpi if insight is not None and insight.kpi in offered else offered[0]
    days = days_for(insight, default_period(view.ledger.published)[1])
    with drawer, st.form(f"propose_form_{key}", border=False):
        title = st.text_input("What is done", key=f"title_{key}", max_chars=200)
        owner = st.text_input("Owner", key=f"action_owner_{key}", max_chars=80)
        metric = st.selectbox("It has to move", offered, offered.index(usual), key=f"metric_{key}")
        percent = st.number_input(
            "Least that matters: points of a share, % of an amount", 0.1, 100.0,
            usual_percent(actions.kpi(view.ledger, usual)), key=f"least_{key}",
        )  # fmt: skip
        guards = st.multiselect("Must not get worse", GUARDS, ["cost_per_task"], key=f"guards_{key}")
        wait = st.number_input("Complete days before a verdict", 1, 90, 7, key=f"wait_{key}")
        who = st.text_input("Who enters it", key=f"action_who_{key}", max_chars=80)
        st.caption(f"Compared with {days.start} to {days.end - timedelta(days=1)}. None of this can be changed later.")
        sent = st.form_submit_button("Propose")
    if sent and actions.enter(
        view.ledger,
        lambda: action_record(
            agent_id, title, _plan(view, agent_id, insight, days, metric, float(percent), guards, int(wait)), who,
            owner=owner, insight=insight, insight_at=_raised(insight),
        ),
    ):  # fmt: skip
        st.rerun()


def _raised(insight: Insight | None) -> datetime | None:
    """When a finding was raised: the day after the one that told it."""
    if insight is None:
        return None
    on = insight.after.end if insight.onset is None else insight.onset.alarmed_on
    return datetime.combine(on + timedelta(days=1), time(), tzinfo=UTC)


def _plan(
    view: View,
    agent_id: str,
    insight: Insight | None,
    days: Days,
    metric: str,
    percent: float,
    guards: list[str],
    wait: int,
) -> Plan:
    kpi = actions.kpi(view.ledger, metric)
    segment = insight.segment if insight is not None and insight.kpi == metric else None
    part = segment.value if segment is not None and segment.dimension == "tool" and kpi.slices == "tool" else ""
    held = [Guard(name, _least(view, agent_id, name, None, days)) for name in guards if name != metric]
    return Plan(
        metric, direction_for(insight, kpi), _least(view, agent_id, metric, percent, days), tuple(held),
        days.start, days.end, part, days.spell_from, days.spell_to, wait,
    )  # fmt: skip


def _least(view: View, agent_id: str, name: str, percent: float | None, days: Days) -> float:
    kpi = actions.kpi(view.ledger, name)
    found = data.total(view.ledger, name, Query(days.start, days.end, agents=(agent_id,)))
    size = in_unit(kpi, usual_percent(kpi) if percent is None else percent, found.value if found else None)
    if size is None:
        raise QueryError(f"{kpi.label} has no value on the days compared with: choose another number.")
    return size


def step_form(view: View, action: Action, found: Outcome) -> None:
    """Move an action on: accept, link the change, keep, revert or dismiss."""
    following = NEXT[action.state]
    if not following:
        return
    drawer = st.popover("Move on", type="tertiary", key=f"step_{action.action_id}", on_change="rerun")
    if not drawer.open:
        return
    changes = _changes(view, action) if "shipped" in following else {}
    with drawer, st.form(f"step_form_{action.action_id}", border=False):
        step = st.radio("To", following, format_func=lambda each: STATE_WORDS[each], key=f"to_{action.action_id}")
        change = ANOTHER
        on = default_period(view.ledger.published)[1]
        if "shipped" in following:
            change = st.selectbox("The change", [*changes, ANOTHER], key=f"change_of_{action.action_id}")
            on = st.date_input("Day of another change", on, key=f"day_of_{action.action_id}", format="YYYY-MM-DD")
        reason = st.text_input("Why", key=f"why_{action.action_id}", max_chars=200)
        who = st.text_input("Who says so", key=f"by_{action.action_id}", max_chars=80)
        sent = st.form_submit_button("Enter")
    if not sent:
        return
    linked = changes.get(change, (None, _midnight(view, on))) if step == "shipped" else (None, None)
    decided = found if step in ("kept", "reverted") else None
    if actions.enter(
        view.ledger,
        lambda: step_record(
            action, step, who, reason=reason, change_id=linked[0], changed_at=linked[1], outcome=decided
        ),
    ):
        st.rerun()


def _midnight(view: View, on: date) -> datetime:
    return datetime.combine(on, time(), tzinfo=view.zone).astimezone(UTC)


def _changes(view: View, action: Action) -> dict[str, tuple[str | None, datetime]]:
    """The recorded changes of an agent of the last sixty days, newest first, by their words."""
    end = default_period(view.ledger.published)[1] + timedelta(days=2)
    span = {"from": end - timedelta(days=CHANGES_DAYS), "to": end}
    rows = view.ledger.rows("insight_changes", (action.agent_id,), **span)
    return {
        f"{row['changed_at']:%Y-%m-%d} {row['kind']} {row['before_value'] or ''} → {row['after_value'] or ''}": (
            row["change_id"],
            row["changed_at"].replace(tzinfo=UTC),
        )
        for row in reversed(rows)
        if row["changed_at"] is not None
    }
