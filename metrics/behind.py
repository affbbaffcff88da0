"""The rows behind each number: jobs of the job list, or the calls, jobs, actions and hand-overs that add up to it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Literal

from metrics.catalogue import Kpi
from metrics.model import Access, Query
from metrics.parts import Reader, Row, Statement, scope

Part = Literal["numerator", "denominator", "n"]
# KPI → the lists of jobs (`$show` of the query tasks) and the part of the number that each adds up to.
JOBS: dict[str, dict[str, Part]] = {
    "task_volume": {"all": "numerator"},
    "completion_rate": {"finished": "numerator", "due": "denominator"},
    "success_rate": {"good": "numerator", "judged": "denominator"},
    "accuracy": {"checked": "n"},
    "reported_problems": {"complained": "numerator"},
    "label_coverage": {"labelled": "numerator", "mature": "denominator"},
    "judge_score": {"scored": "n"},
    "cost_per_task": {"mature": "n"},
    "task_latency": {"timed": "n"},
    "escalation_rate": {"escalated": "numerator", "ended": "denominator"},
    "escalation_precision": {"reviewed": "denominator"},
    "leakage": {"leaked": "numerator"},
    "calibration": {"sure": "n"},
    "containment": {"untouched": "numerator", "reported": "denominator"},
    "autonomy": {"alone": "numerator", "decided": "denominator"},
    "rework_rate": {"again": "numerator"},
}
# KPI → what its rows are (`sql/behind/<rows>.sql`).
ROWS: dict[str, str] = {
    **dict.fromkeys(
        ("spend", "token_mix", "cache_hit_rate", "cache_savings", "model_latency", "time_to_first_token", "error_rate",
         "throttle_rate", "guardrail_intervention_rate"),
        "calls",
    ),
    **dict.fromkeys(("tool_latency", "tool_reliability", "tool_first_try", "tool_failures"), "tools"),
    **dict.fromkeys(
        ("cost_per_task", "cost_per_success", "full_cost_per_success", "minutes_saved", "net_value", "sla_attainment",
         "judge_agreement"),
        "tasks",
    ),
    **dict.fromkeys(("pickup_time", "waiting_handovers"), "handovers"),
    **dict.fromkeys(("loop_velocity", "loop_closed"), "actions"),
    "guardrail_precision": "interventions",
    "pass_k": "jobs",
}  # fmt: skip
NO_ROWS: dict[str, str] = {
    "drift": "It compares how work is shared out in two periods; no row of either is part of the number.",
}
# The slice whose numerator and denominator the rows add up to, where it is not the whole.
ADDS_UP_TO = {"judge_agreement": "agreement", "pass_k": "k=1"}
WORDS = {
    "calls": "model calls", "tools": "tool calls", "tasks": "jobs", "handovers": "hand-overs", "actions": "actions",
    "interventions": "reviewed interventions", "jobs": "jobs by their key",
}  # fmt: skip


def rows_behind(published: Reader, kpi: Kpi, query: Query, access: Access, limit: int | None = None) -> list[Row]:
    """The rows that add up to the whole of a KPI of ROWS over the days of the query, the largest first.

    Each has `row_id, task_id, agent_id, happened_at, what, amount, base`: amounts add up to the numerator, bases to the
    denominator, where there is one; of a latency each amount is a duration, and the rows are as many as `n`.
    """
    return statement(kpi, query, access, limit).run(published)


def sums(published: Reader, kpi: Kpi, query: Query, access: Access) -> Row:
    """How many rows there are, and what their amounts and bases come to: `rows, amount, base`."""
    inner = statement(kpi, query, access)
    text = "\n".join(("SELECT count(*) AS rows, sum(amount) AS amount, sum(base) AS base FROM (", inner.sql, ")"))
    return Statement(text, inner.params).run(published)[0]


def statement(kpi: Kpi, query: Query, access: Access, limit: int | None = None) -> Statement:
    """The SELECT of the rows behind a KPI. Raises KeyError for one without."""
    where, params = scope(query, access)
    text = _texts()[ROWS[kpi.id]].replace(":scope", where)
    lines = ["SELECT * FROM (", text, ")", "ORDER BY abs(amount) DESC NULLS LAST, happened_at DESC, row_id"]
    if limit is not None:
        lines.append(f"LIMIT {limit:d}")
    given: dict[str, Any] = {"kpi": kpi.id, **params}
    return Statement("\n".join(lines), given)


@cache
def _texts() -> dict[str, str]:
    folder = files("sql") / "behind"
    found = [item for item in folder.iterdir() if item.name.endswith(".sql")]
    return {item.name.removesuffix(".sql"): item.read_text(encoding="utf-8").strip() for item in found}
