"""The truth as a file for programs and as a page for readers, both made from the same declarations."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from collectors.demo.actions import Happened
from collectors.demo.incidents import HEALTHY, Incident
from collectors.demo.shapes import CYCLE_DAYS, EPOCH
from collectors.demo.truth.crew import crew
from collectors.demo.truth.figures import FIGURES
from collectors.demo.truth.outlook import month_end, payback_months
from collectors.demo.truth.span import Figure, Figures
from collectors.demo.truth.truth import Days, Occurrence, Truth
from collectors.demo.world import AGENTS

# The end that the written documents are made for; a run of the demo ends with the hour in which it is made.
DOCUMENTED_END = datetime.fromisoformat("2026-11-23T19:00:00")
ARCHETYPES = {
    "tagger": ["healthy: every week is the same", "single-turn: one call, no tool"],
    "claims": ["exact daily counts by kind of task"],
    "notes": ["free: its own model costs nothing", "single-turn: one call, no tool", "asks for an alias"],
    "travel": ["tiny: about one task a working day"],
    "invoice": ["heavy cache: most input comes from the prompt cache", "work repeats under its key"],
    "policy": [
        "no contract",
        "no invocation log",
        "standing jobs: three a day come again every other week under their keys",
        "works for another agent too",
    ],
    "supply": ["on Lambda, its roots are X-Ray segments", "work repeats under its key"],
    "refund": ["its work is judged by a service", "its customers' messages pass a guardrail"],
    "outreach": [
        "some calls go to a model without a price",
        "its own code says how jobs ended; people check a drawn third and a judge reads all: accuracy uses both",
    ],
    "onboarding": ["lets two other agents work, side by side: one of its own, and Policy Answers in its runtime"],
}
# What a number needs, where some agent or the whole account has none of it.
NEEDED = {
    "drift": "work in as many days before",
    "escalation_precision": "a person's reviews of escalations (rubric escalation.needed)",
    "loop_velocity": "actions on findings, with a verdict",
    "loop_closed": "actions that took effect",
    "pickup_time": "moments of pick-up (escalation.picked_up_at of outcome events)",
    "waiting_handovers": "moments of pick-up (escalation.picked_up_at of outcome events)",
    "leakage": "confidence_threshold in the contract",
    "minutes_saved": "baseline_minutes in the contract",
    "net_value": "baseline_minutes and hourly_rate_usd in the contract",
    "sla_attainment": "deadline_minutes in the contract",
    "guardrail_intervention_rate": "a guardrail",
    "guardrail_precision": "a person's reviews of interventions (rubric guardrail.right)",
    "cache_hit_rate": "cache counts of model calls",
    "cache_savings": "cache counts of model calls that have a price",
    "time_to_first_token": "times of the first token",
    "judge_score": "a judge",
    "judge_agreement": "tasks judged by a judge and by a person",
    "tool_latency": "tools",
    "tool_reliability": "tools",
    "tool_first_try": "tools",
    "tool_failures": "tools",
    "full_cost_per_success": "hourly_rate_usd in the contract",
}
DIGITS = 12


def as_json(truth: Truth) -> str:
    """The machine-readable truth: one line for each KPI of an agent."""
    found = {
        "about": "What every number of the demo account must be: [numerator, denominator, value, n]; null is unknown.",
        "seed": truth.seed,
        "end": truth.account.end.isoformat(),
        "cycle": {"first_day": EPOCH.isoformat(), "days": CYCLE_DAYS},
        "spans": {name: _days(days) for name, days in truth.spans.items()},
        "incidents": [incident_facts(truth, each) for each in truth.occurrences],
        "actions": [action_facts(each) for each in truth.actions],
        "healthy_agent": next(agent.agent_id for agent in AGENTS if agent.key == HEALTHY),
        "unattributed": {name: _unattributed(truth, days) for name, days in truth.spans.items()},
        "agents": {agent.agent_id: _agent(truth, agent.key, agent.name) for agent in AGENTS},
    }
    return _laid_out(found) + "\n"


def incident_facts(truth: Truth, found: Occurrence) -> dict[str, Any]:
    """One incident as it was declared, with its days and its exact figures on them and on usual days."""
    declared = {
        name: value
        for name, value in vars(found.incident).items()
        if value not in (None, "") and name not in ("title", "seen_as", "cause")
    }
    return {
        **declared,
        "title": found.incident.title,
        "agent_id": truth.known[found.incident.agent].agent.agent_id,
        "begins": found.began.isoformat(),
        "during_days": _days(found.during),
        "usual_days": _days(found.usual),
        "during": incident_figures(truth, found.incident, found.during),
        "usual": incident_figures(truth, found.incident, found.usual),
    }


def action_facts(found: Happened) -> dict[str, Any]:
    """One action as it stands at the account's end."""
    planned = found.planned
    moments = ("insight_at", "registered_at", "taken_at", "verdict_at")
    told = {name: getattr(found, name) for name in moments}
    return {
        "action_id": found.action_id,
        "agent_id": found.agent.agent_id,
        "incident": planned.incident,
        "insight_id": found.insight_id,
        "title": planned.title,
        "kpi": planned.kpi,
        "slice": planned.slice,
        "direction": planned.direction,
        "materiality": planned.materiality,
        "state": found.state,
        "verdict": found.verdict,
        **{name: at and at.isoformat() for name, at in told.items()},
    }


def incident_figures(truth: Truth, incident: Incident, days: Days) -> dict[str, Any]:
    """The figures that show an incident: of the KPI that moves, for the whole agent and for each kind of task."""
    span = truth.span(incident.agent, days)
    kinds = truth.known[incident.agent].agent.types
    whole = _without_nothing(FIGURES[incident.kpi](span))
    parts = {kind.name: FIGURES[incident.kpi](replace(span, task_type=kind.name)) for kind in kinds}
    asked = [call for call in span.calls if call.fresh is not None]
    return {
        incident.kpi: whole,
        "by_task_type": {name: _without_nothing(figures) for name, figures in parts.items()},
        "tasks": len(span.tasks),
        "calls_by_model": {
            name: sum(call.model == name for call in asked) for name in sorted({c.model for c in asked})
        },
        "uncached_input_tokens": sum(call.fresh or 0 for call in asked),
        "output_tokens": sum(call.output or 0 for call in asked),
    }


def _agent(truth: Truth, key: str, name: str) -> dict[str, Any]:
    spans = {each: truth.figures(key, days) for each, days in truth.spans.items()}
    told = {span: {kpi: _without_nothing(own) for kpi, own in figures.items()} for span, figures in spans.items()}
    at_work = {each: _crew(truth, key, days) for each, days in truth.spans.items()}
    shared = {"agents_at_work": at_work} if any(at_work.values()) else {}
    return {
        "name": name,
        "archetypes": ARCHETYPES[key],
        "unknown": unknown(truth, key),
        "outlook": _outlook(truth, key),
        **told,
        **shared,
    }


def _outlook(truth: Truth, key: str) -> dict[str, Any]:
    """What follows: payback at the pace of the last 28 days, and the month of the last day against its budget."""
    whole, recent = (truth.span(key, truth.spans[name]) for name in ("all", "last_28_days"))
    spent = month_end(whole)
    budget = whole.contract.monthly_budget_usd
    return {
        "payback_months": _short(payback_months(recent)),
        "month_so_far_usd": _short(spent and spent[0]),
        "month_end_usd": _short(spent and spent[1]),
        "month_end_of_budget": _short(spent[1] / budget if spent and budget else None),
    }


def _crew(truth: Truth, key: str, days: Days) -> dict[str, dict[str, Any]]:
    found = crew(truth.span(key, days))
    return {name: {what: _short(amount) for what, amount in vars(each).items()} for name, each in found.items()}


def _unattributed(truth: Truth, days: Days) -> dict[str, float | int | None]:
    calls = truth.unattributed(days)
    priced = [call.cost_usd for call in calls if call.cost_usd is not None]
    return {"model_calls": len(calls), "priced_calls": len(priced), "cost_usd": _short(float(sum(priced)))}


def unknown(truth: Truth, key: str) -> dict[str, str]:
    """The KPIs of an agent that have no value on any day shown → what they would need."""
    figures = truth.figures(key, truth.spans["all"])
    without = [kpi for kpi, own in figures.items() if own and all(each.value is None for each in own.values())]
    return {kpi: NEEDED[kpi] for kpi in without}


def _without_nothing(figures: Figures) -> dict[str, list[float | int | None]]:
    return {name: _numbers(figure) for name, figure in sorted(figures.items())}


def _numbers(figure: Figure) -> list[float | int | None]:
    return [_short(each) for each in (figure.numerator, figure.denominator, figure.value, figure.n)]


def _short(number: float | None) -> float | int | None:
    """A number to twelve digits, so that the file is the same on every machine."""
    if number is None or isinstance(number, int):
        return number
    return int(number) if number.is_integer() else float(f"{number:.{DIGITS}g}")


def _days(days: Days) -> list[str]:
    return [day.isoformat() for day in days]


def _laid_out(value: Any, depth: int = 0) -> str:
    """JSON with a line for each member down to the KPIs of an agent, and what is below them on one line."""
    if depth >= 4 or not isinstance(value, dict | list) or not value:
        return json.dumps(value, ensure_ascii=False)
    pad = " " * (depth + 1)
    if isinstance(value, list):
        inner = [_laid_out(each, depth + 1) for each in value]
        return json.dumps(value, ensure_ascii=False) if depth > 1 else _block("[", inner, "]", pad)
    return _block("{", [f"{json.dumps(name)}: {_laid_out(each, depth + 1)}" for name, each in value.items()], "}", pad)


def _block(opening: str, inner: list[str], closing: str, pad: str) -> str:
    return f"{opening}\n" + ",\n".join(f"{pad}{each}" for each in inner) + f"\n{pad[:-1]}{closing}"
