"""What systems, people and a judging model say about a task, as `agent.outcome` events."""

import json
from collections.abc import Iterator
from typing import Any

from collectors.demo.facts import Judgement, Task
from collectors.demo.records import MASK, Line, moment, uuid_of

DAY_S = 86_400
LATEST_DAYS = 20
WRITTEN_AFTER_MS = 1500
HANDOVER_TARGETS = {
    "invoice": "ap-clerks",
    "refund": "support-l2",
    "outreach": "sales-ops",
    "supply": "planners",
    "policy": "hr-desk",
    "tagger": "support-leads",
    "claims": "claims-adjusters",
    "notes": "assistants",
    "travel": "travel-desk",
    "onboarding": "people-partners",
}
RUBRICS = {
    "invoice": "fields_correct",
    "refund": "resolved",
    "outreach": "on_brand",
    "supply": "right_decision",
    "policy": "correct",
    "tagger": "right_queue",
    "claims": "right_decision",
    "notes": "complete",
    "travel": "bookable",
    "onboarding": "ready_on_day_one",
}


def outcome_lines(task: Task, *, judged_elsewhere: bool = False) -> Iterator[Line]:
    """Every event about a task, at the time it was written; some are delivered twice under one event id."""
    for judgement in task.judgements:
        if judged_elsewhere and judgement.kind == "judge":
            continue
        written_ms = task.end_ns / 1e6 + min(judgement.delay_s, LATEST_DAYS * DAY_S) * 1000
        text = _wrapped(task, judgement, _event(task, judgement, written_ms), written_ms)
        for delivery in range(judgement.deliveries):
            yield Line(int(written_ms) + 3000 * delivery, (judgement.event & MASK) + delivery, task.agent.key, text)


def _event(task: Task, judgement: Judgement, written_ms: float) -> str:
    known_ms = (
        written_ms - WRITTEN_AFTER_MS
        if judgement.delay_s < DAY_S or judgement.kind != "outcome"
        else task.end_ns / 1e6 + 3_600_000
    )
    event: dict[str, Any] = {
        "event.name": "agent.outcome",
        "schema_version": "1.0",
        "event_id": uuid_of(judgement.event),
        "supersedes": uuid_of(judgement.supersedes) if judgement.supersedes is not None else None,
        "timestamp": moment(known_ms),
        "observed_timestamp": moment(written_ms),
        "gen_ai.agent.name": task.agent.name,
        "gen_ai.agent.id": _stated_id(task),
        "gen_ai.agent.version": task.version,
        "deployment.environment.name": task.environment,
        "session.id": uuid_of(task.session),
        "trace_id": task.trace,
        "span_id": None,
        "task.id": task.key,
        "task.type": task.kind.name,
    }
    return json.dumps(event | _FACTS[judgement.kind](task, judgement), separators=(",", ":"))


def _stated_id(task: Task) -> str | None:
    """Runtimes know their id; a function does not, so its events say only the agent's name."""
    return None if "/" in task.agent.agent_id else task.agent.agent_id


def _outcome(task: Task, judgement: Judgement) -> dict[str, Any]:
    return {
        "task.outcome": judgement.outcome,
        "task.accepted": None,
        "task.corrected": judgement.supersedes is not None or None,
        "escalation.escalated": task.escalation is not None,
        "escalation.reason": task.escalation,
        "escalation.target": HANDOVER_TARGETS[task.agent.key] if task.escalation else None,
        "confidence": task.confidence,
        "guardrail.action": None,
        "business.value": None,
        "business.currency": None,
        "human_baseline_minutes": None,
        "human_review_minutes": None,
        "label.source": task.agent.verdicts.reported_by,
        "label.annotator": f"system:{task.agent.key}-records",
        "reason_code": _reason_code(task, judgement.outcome),
    }


def _reason_code(task: Task, outcome: str | None) -> str | None:
    if outcome not in ("failure", "partial"):
        return None
    if task.crashed:
        return "agent_error"
    slow = any(tool.outcome != "ok" for tool in task.tools)
    return "tool_data_missing" if slow else "wrong_result"


def _human(task: Task, judgement: Judgement) -> dict[str, Any]:
    return {
        "task.outcome": None,
        "task.accepted": judgement.accepted,
        "task.corrected": not judgement.accepted,
        "label.source": "human_expert",
        "label.annotator": f"role:{HANDOVER_TARGETS[task.agent.key]}",
        "label.inclusion_probability": judgement.probability,
        "human_review_minutes": 2.0,
        "gen_ai.evaluation.name": f"human.{RUBRICS[task.agent.key]}",
        "gen_ai.evaluation.score.value": judgement.score,
        "gen_ai.evaluation.score.label": "accepted" if judgement.accepted else "rejected",
    }


def _check(task: Task, judgement: Judgement) -> dict[str, Any]:
    """A person's blind look at a drawn task: right or wrong, and nothing is changed by it."""
    return {
        "task.outcome": None,
        "task.accepted": None,
        "label.source": "human_expert",
        "label.annotator": f"role:{HANDOVER_TARGETS[task.agent.key]}",
        "label.inclusion_probability": judgement.probability,
        "gen_ai.evaluation.name": f"human.{RUBRICS[task.agent.key]}",
        "gen_ai.evaluation.score.value": judgement.score,
        "gen_ai.evaluation.score.label": "right" if judgement.score else "wrong",
    }


def _review(task: Task, judgement: Judgement) -> dict[str, Any]:
    """A person's word on a hand-over; of the result it says nothing."""
    return {
        "task.outcome": None,
        "task.accepted": None,
        "label.source": "human_expert",
        "label.annotator": f"role:{HANDOVER_TARGETS[task.agent.key]}",
        "label.inclusion_probability": judgement.probability,
        "gen_ai.evaluation.name": "escalation.needed",
        "gen_ai.evaluation.score.value": judgement.score,
        "gen_ai.evaluation.score.label": "needed" if judgement.score else "not needed",
    }


def _alarm(task: Task, judgement: Judgement) -> dict[str, Any]:
    """A person's word on a guardrail's intervention; of the result it says nothing."""
    return {
        "task.outcome": None,
        "label.source": "human_expert",
        "label.annotator": "role:safety",
        "label.inclusion_probability": judgement.probability,
        "gen_ai.evaluation.name": "guardrail.right",
        "gen_ai.evaluation.score.value": judgement.score,
        "gen_ai.evaluation.score.label": "right" if judgement.score else "false alarm",
    }


def _pickup(task: Task, judgement: Judgement) -> dict[str, Any]:
    """A person took the hand-over; nothing is said of the work."""
    return {
        "task.outcome": None,
        "label.source": "system",
        "label.annotator": f"queue:{HANDOVER_TARGETS[task.agent.key]}",
        "escalation.picked_up_at": moment(taken_ms(task, judgement)),
    }


def taken_ms(task: Task, judgement: Judgement) -> float:
    """When a person took a hand-over, in ms since 1970: a moment before it was written down."""
    return task.end_ns / 1e6 + min(judgement.delay_s, LATEST_DAYS * DAY_S) * 1000 - WRITTEN_AFTER_MS


def _judge(task: Task, judgement: Judgement) -> dict[str, Any]:
    return {
        "task.outcome": None,
        "task.accepted": None,
        "label.source": "llm",
        "label.annotator": "judge:nova-pro",
        "label.inclusion_probability": judgement.probability,
        "gen_ai.evaluation.name": f"judge.{RUBRICS[task.agent.key]}",
        "gen_ai.evaluation.score.value": judgement.score,
        "gen_ai.evaluation.score.label": "pass" if (judgement.score or 0.0) >= 0.75 else "fail",
    }


def _wrapped(task: Task, judgement: Judgement, event: str, written_ms: float) -> str:
    """Lambda's JSON logging puts the event into `message`; everyone else writes it as it is."""
    if task.agent.dialect != "otel":
        return event
    head = f'"timestamp":"{moment(written_ms)}","level":"INFO","requestId":"{uuid_of(judgement.event ^ 1)}"'
    return f'{{{head},"message":{event}}}'


_FACTS = {
    "outcome": _outcome,
    "human": _human,
    "check": _check,
    "judge": _judge,
    "review": _review,
    "alarm": _alarm,
    "pickup": _pickup,
}
