"""Which jobs of the job list stand behind each number, and why some numbers have no such list."""

from __future__ import annotations

from typing import Literal

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
_CALLS = (
    "It counts model calls. The list is of jobs; a job's page shows its calls, and calls outside of jobs have no page."
)
_TOOLS = "It counts tool calls. The list shows the jobs that used a tool, and a job's page its calls."
_MONEY = "It is a sum of money or time over many jobs, not a count of them; the jobs by cost are in the list of all."
_HANDOVERS = "It counts hand-overs, those of Step Functions among them, which have no job."
_ACTIONS = "It counts actions of people, which are no jobs."
NO_LIST: dict[str, str] = {
    **dict.fromkeys(
        ("token_mix", "cache_hit_rate", "cache_savings", "time_to_first_token", "model_latency", "error_rate",
         "throttle_rate", "guardrail_intervention_rate", "spend"),
        _CALLS,
    ),
    **dict.fromkeys(("tool_latency", "tool_reliability", "tool_first_try", "tool_failures"), _TOOLS),
    **dict.fromkeys(("cost_per_success", "full_cost_per_success", "minutes_saved", "net_value"), _MONEY),
    **dict.fromkeys(("loop_velocity", "loop_closed"), _ACTIONS),
    "judge_agreement": "It counts pairs of words on one job; the jobs that a judge scored are behind judge_score.",
    "sla_attainment": "It joins each job with the promises of its contract; no list of the kept ones is made yet.",
    "pass_k": "It counts jobs by their business key, each with several tries, and not single tries.",
    "pickup_time": _HANDOVERS,
    "waiting_handovers": _HANDOVERS,
    "drift": "It compares two periods; neither is a subset of jobs.",
}  # fmt: skip
