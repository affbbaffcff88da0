"""What an action is held to, worked out for the one who proposes it: days to compare with, direction, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from metrics.catalogue import Kpi
from metrics.effects.model import Direction
from metrics.insights.model import Insight

BASELINE_DAYS = 28
USUAL_PERCENT = {"ratio": 2.0}
USUAL_PERCENT_OF_AMOUNT = 5.0
# What an action may be about, and what it may not spoil: numbers, and after a colon the part of one.
METRICS = (
    "success_rate", "accuracy", "completion_rate", "cost_per_task", "cost_per_success", "task_latency:p50",
    "task_latency:p95", "escalation_rate", "error_rate", "tool_reliability", "throttle_rate",
    "guardrail_intervention_rate", "sla_attainment", "rework_rate",
)  # fmt: skip
GUARDS = (
    "cost_per_task", "task_latency:p95", "escalation_rate", "guardrail_intervention_rate", "success_rate", "error_rate",
)  # fmt: skip


def part_of(choice: str) -> tuple[str, str]:
    """The number and the part of it that a choice names."""
    kpi, _, part = choice.partition(":")
    return kpi, part


def metric_for(insight: Insight | None) -> str:
    """The number that an action on a finding usually has to move."""
    if insight is None:
        return METRICS[0]
    if insight.after.unit == "ms":
        return "task_latency:p95"
    return insight.kpi if insight.kpi in METRICS else METRICS[0]


@dataclass(frozen=True)
class Days:
    """The days compared with, and those of the bad spell that an action answers."""

    start: date
    end: date
    spell_from: date | None = None
    spell_to: date | None = None


def days_for(insight: Insight | None, complete_to: date) -> Days:
    """Of a finding the days before it began: a bad spell partly ends by itself, and would praise any action.

    A level has lasted for weeks and has no days before it; then, and without a finding, the last four weeks.
    """
    if insight is not None and insight.kind in ("sudden", "data") and insight.before.end > insight.before.start:
        over = insight.after.end if insight.ended_on is None else insight.ended_on + timedelta(days=1)
        return Days(insight.before.start, insight.before.end, insight.begun, over)
    return Days(complete_to - timedelta(days=BASELINE_DAYS), complete_to)


def direction_for(insight: Insight | None, kpi: Kpi) -> Direction:
    """Back to where it was before a finding; else the good direction."""
    if insight is not None and insight.kpi == kpi.id and insight.verdict != "better":
        return "down" if insight.direction == "up" else "up"
    return "up" if kpi.better == "higher" else "down"


def usual_percent(kpi: Kpi) -> float:
    """The least that matters where nobody says otherwise: two points of a share, 5 % of an amount."""
    return USUAL_PERCENT.get(kpi.unit, USUAL_PERCENT_OF_AMOUNT)


def in_unit(kpi: Kpi, percent: float, baseline: float | None) -> float | None:
    """Points of a share, or percent of an amount of money, in the number's own unit; None without the amount."""
    if kpi.unit == "ratio":
        return percent / 100
    return None if not baseline else percent / 100 * abs(baseline)
