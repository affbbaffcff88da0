"""What people enter: records for the journal, refused before they are written where they cannot stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from metrics.actions.model import NEXT, Action, Outcome, Plan
from metrics.effects.words import finite
from metrics.insights.model import Insight
from metrics.model import QueryError

ACTION, STEP, NOTE = "action.registered", "action.step", "insight.note"
VERBS = {
    "insight": ("assign", "accept", "dismiss", "grade"),
    "issue": ("assign", "resolve", "ignore", "mute", "unmute", "reopen"),
}
Record = dict[str, Any]


def action_record(
    agent_id: str,
    title: str,
    plan: Plan,
    entered_by: str,
    *,
    owner: str | None = None,
    insight: Insight | None = None,
    insight_at: datetime | None = None,
) -> Record:
    """The record of a new action with what it has to change. Raises QueryError for what cannot be judged later."""
    _need(title, "what is to be done")
    _need(entered_by, "who enters it")
    if plan.materiality <= 0:
        raise QueryError("The least effect that matters must be above 0: else every chance move counts.")
    if plan.baseline_to <= plan.baseline_from:
        raise QueryError("The days to compare with hold no day: choose the last one later.")
    if any(guard.margin <= 0 for guard in plan.guards):
        raise QueryError("A guard needs a margin above 0: no number is ever proven not to have moved at all.")
    _check_design(agent_id, plan)
    found: Record = {
        "event.name": ACTION, "gen_ai.agent.id": agent_id, "title": title.strip(), "owner": _said(owner),
        "kpi": plan.kpi, "slice": plan.slice, "direction": plan.direction, "materiality": plan.materiality,
        "guards": [{"kpi": guard.kpi, "slice": guard.slice, "margin": guard.margin} for guard in plan.guards],
        "baseline_from": plan.baseline_from.isoformat(), "baseline_to": plan.baseline_to.isoformat(),
        "spell_from": plan.spell_from and plan.spell_from.isoformat(),
        "spell_to": plan.spell_to and plan.spell_to.isoformat(),
        "min_days": plan.min_days, "grade": plan.grade, "design": plan.design, "control_agent": plan.control_agent,
        "split": plan.split, "task_type": plan.task_type, "entered_by": entered_by.strip(),
    }  # fmt: skip
    if insight is not None:
        found |= {"insight_id": insight.id, "signature": insight.signature}
        found["insight_at"] = insight_at and insight_at.isoformat()
    return {name: value for name, value in found.items() if value is not None}


def _check_design(agent_id: str, plan: Plan) -> None:
    """What a design cannot do without."""
    if plan.design == "split" and not (plan.split is not None and 0 < plan.split < 1):
        raise QueryError("A random split needs the share of tasks that gets the change, above 0 and below 1.")
    if plan.design == "agent" and plan.control_agent in (None, "", agent_id):
        raise QueryError("Choose another agent that stays unchanged, to compare with.")
    if plan.design == "kinds" and not plan.task_type:
        raise QueryError("Choose the kind of task that the action is about: the others are what it is compared with.")


def step_record(
    action: Action,
    step: str,
    entered_by: str,
    *,
    reason: str | None = None,
    change_id: str | None = None,
    changed_at: datetime | None = None,
    outcome: Outcome | None = None,
) -> Record:
    """The record that moves an action on. With `outcome` the verdict of that moment is written down in it."""
    _need(entered_by, "who enters it")
    if step != "verdict" and step not in NEXT[action.state]:
        allowed = ", ".join(NEXT[action.state]) or "nothing more"
        raise QueryError(f"An action that is {action.state} cannot become {step}; next may come: {allowed}.")
    if step == "verdict" and (outcome is None or outcome.verdict == "undetermined"):
        raise QueryError("There is no verdict yet to write down.")
    if step == "dismissed":
        _need(reason, "why it is dismissed")
    if step == "shipped" and changed_at is None:
        raise QueryError("Say when the change took effect: a verdict compares the days before and after it.")
    found: Record = {
        "event.name": STEP, "action_id": action.action_id, "step": step, "entered_by": entered_by.strip(),
        "reason": _said(reason), "change_id": change_id, "changed_at": changed_at and changed_at.isoformat(),
    }  # fmt: skip
    return {name: value for name, value in (found | _verdict(outcome)).items() if value is not None}


def _verdict(outcome: Outcome | None) -> Record:
    if outcome is None or outcome.verdict == "undetermined" or outcome.move is None or outcome.as_of is None:
        return {}
    move, money = outcome.move, outcome.money
    return {
        "verdict": outcome.verdict, "as_of": outcome.as_of.isoformat(), "effect": move.amount,
        "effect_low": finite(move.limits.lo), "effect_high": finite(move.limits.hi), "usd_month": money.value,
        "usd_low": money.low, "usd_high": money.high, "grade": outcome.grade,
    }  # fmt: skip


def note_record(
    agent_id: str,
    subject: str,
    subject_id: str,
    signature: str,
    verb: str,
    entered_by: str,
    said: Mapping[str, str | bool | None],
) -> Record:
    """The record of a decision about a finding or an issue. `said`: owner, worth_raising, reason."""
    _need(entered_by, "who enters it")
    if verb not in VERBS[subject]:
        raise QueryError(f"One can {', '.join(VERBS[subject])} an {subject}, not {verb}.")
    if verb == "assign":
        _need(said.get("owner"), "who takes care")
    if verb == "dismiss" or (verb == "grade" and said.get("worth_raising") is False):
        _need(said.get("reason"), "why")
    found: Record = {
        "event.name": NOTE, "gen_ai.agent.id": agent_id, "subject": subject, "subject_id": subject_id,
        "signature": signature, "verb": verb, "entered_by": entered_by.strip(),
        "owner": _said(said.get("owner")), "worth_raising": said.get("worth_raising"),
        "reason": _said(said.get("reason")),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def _need(text: object, what: str) -> None:
    if not isinstance(text, str) or not text.strip():
        raise QueryError(f"Say {what}.")


def _said(text: object) -> str | None:
    return text.strip() or None if isinstance(text, str) else None
