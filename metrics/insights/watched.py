"""How each KPI is watched, or why it is not: the detector, docs/insights.md and the tests read it here.

One stream per mechanism: a number whose cases are among those of another stream would raise every alarm twice, and
every stream more asks for more evidence from all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from metrics.catalogue import Kpi

Way = Literal["rate", "exceeding", "share", "amount", "part"]
BY_KIND: Mapping[str, Way] = {
    "ratio": "rate", "weighted_ratio": "rate", "accuracy": "rate", "precision_recall": "rate", "agreement": "rate",
    "calibration": "rate", "quantile": "exceeding", "mix": "share", "count": "amount", "sum": "amount",
}  # fmt: skip
# Not by their kind: a mean of which single cases are known; complaints are so many of all tasks.
OTHERWISE: Mapping[str, Way] = {"cost_per_task": "exceeding", "reported_problems": "rate"}
# A KPI whose cases are a part of another one's stream: KPI → the stream's KPI and the name of the part.
PART_OF: Mapping[str, tuple[str, str]] = {"throttle_rate": ("error_rate", "throttled")}
REASONS: Mapping[str, str] = {
    "autonomy": "a task that is right and needs nobody: `success_rate` and `containment` are watched",
    "cache_savings": "the cache hits at their price: `cache_hit_rate` and `cost_per_task` are watched",
    "cost_per_success": "what all tasks cost over what succeeded: `cost_per_task` and `success_rate` are watched",
    "full_cost_per_success": "the same with people's time and errors: `cost_per_task`, `accuracy` and `escalation_rate`"
    " are watched",
    "loop_closed": "a few actions of people a month; the page Insights & actions shows each with its age",
    "loop_velocity": "a few actions of people a month; the page Insights & actions shows each with its age",
    "minutes_saved": "`task_volume`, `success_rate` and `containment`, which are watched, times the contract's minutes",
    "net_value": "`minutes_saved` at the contract's price less `spend`: what moves either is watched",
    "pass_k": "is told from jobs that come again over weeks; `success_rate`, which is watched, holds them too",
    "token_mix": "tokens are no cases; what shifts them moves `cache_hit_rate` and `cost_per_task`, which are watched",
    "tool_failures": "the other side of `tool_reliability`, which is watched",
    "tool_first_try": "its calls are among those of `tool_reliability`, which is watched",
    "waiting_handovers": "of the newest days most still waits; `pickup_time`, which is watched, tells how long",
}
# What a KPI of one's own of these kinds lacks.
KIND_REASONS: Mapping[str, str] = {
    "cost_ratio": "name what stands above and below the line as KPIs of their own: these are watched",
    "mean": "single cases are not kept; as a ratio (how many lie above a limit) it would be watched",
    "pass_k": "is told from jobs that come again over weeks",
}
NOTES: Mapping[str, str] = {
    "calibration": "task by task how far its confidence lies above being right, for rises",
    "escalation_precision": "hand-overs that were needed, of those that were reviewed",
    "judge_agreement": "tasks on which judges and people say the same, of those that both judged",
    "label_coverage": "tasks that were judged, for losses",
    "reported_problems": "tasks that somebody reported, of all",
}
WORDS: Mapping[Way, str] = {
    "rate": "cases of a day: so many of so many",
    "exceeding": "cases above the 95th percentile of their kind of task in the first 28 days",
    "share": "the share of each kind of task and of each model, for rises",
    "amount": "a day's sum against what its weekday usually has, from a fifth more or less on",
    "part": "as a part of",
}


def way_of(kpi: Kpi) -> Way | None:
    """How a KPI is watched; None where it is not."""
    if kpi.id in REASONS:
        return None
    return "part" if kpi.id in PART_OF else OTHERWISE.get(kpi.id) or BY_KIND.get(kpi.kind)


def why_not(kpi: Kpi) -> str | None:
    """Why a KPI is not watched; None where it is."""
    return None if way_of(kpi) is not None else REASONS.get(kpi.id) or KIND_REASONS[kpi.kind]


def watched(kpis: Iterable[Kpi], *ways: Way) -> list[Kpi]:
    """The KPIs that are watched in one of these ways."""
    return [kpi for kpi in kpis if way_of(kpi) in ways]


def table(kpis: Iterable[Kpi]) -> str:
    """The table of docs/insights.md: every KPI with how it is watched, or why it is not."""
    return "\n".join(["| KPI | watched as |", "|---|---|", *(f"| `{kpi.id}` | {_said(kpi)} |" for kpi in kpis)])


def _said(kpi: Kpi) -> str:
    way = way_of(kpi)
    if way is None:
        return f"not by itself: {why_not(kpi)}"
    if way == "part":
        return f"{WORDS[way]} `{PART_OF[kpi.id][0]}`"
    return NOTES.get(kpi.id) or WORDS[way]
