"""What a confidence threshold would do: who would be handed over, how right the rest would be, and what is proven.

A scenario is worked out from what the agent stated and what turned out to be right; it is never stored as a KPI.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from metrics import stats

CHANCE_OF_ERROR = 0.05


@dataclass(frozen=True)
class Step:
    """The finished tasks of one hundredth of stated confidence; `checked` answers are the agent's own, with a truth."""

    confidence: float
    tasks: int
    handed_over: int
    checked: int
    right: float


@dataclass(frozen=True)
class Prices:
    """What a task costs the agent, a person who does it, and an error that nobody catches, USD."""

    agent_usd: float
    person_usd: float
    error_usd: float


@dataclass(frozen=True)
class Scenario:
    """Every task less sure than `threshold` goes to a person. Shares are of the tasks that state a confidence."""

    threshold: float
    tasks: int
    below: int
    checked: int
    right: float
    accuracy: float | None
    low: float | None
    high: float | None
    cost_usd: float | None

    @property
    def share_below(self) -> float:
        """The share that would go to people."""
        return self.below / self.tasks if self.tasks else 0.0


@dataclass(frozen=True)
class Certificate:
    """The lowest threshold at which the target is proven; None where none is. `checked` answers in all."""

    threshold: float | None
    checked: int


def steps(rows: Iterable[dict[str, Any]]) -> list[Step]:
    """The rows of the query `confidence_spread`, without the tasks that state no confidence."""
    return [
        Step(row["step"] / 100, row["tasks"], row["handed_over"], row["checked"], row["right_answers"])
        for row in rows
        if row["step"] is not None
    ]


def scenario(found: Sequence[Step], threshold: float, prices: Prices | None = None) -> Scenario:
    """What would happen at a threshold, with a Wilson interval on the accuracy of what the agent keeps."""
    kept = [step for step in found if step.confidence >= threshold - 1e-9]
    tasks, left = sum(step.tasks for step in found), sum(step.tasks for step in kept)
    checked, right = sum(step.checked for step in kept), sum(step.right for step in kept)
    between = stats.wilson(right, checked) if checked else None
    accuracy = right / checked if checked else None
    return Scenario(
        threshold=threshold,
        tasks=tasks,
        below=tasks - left,
        checked=checked,
        right=right,
        accuracy=accuracy,
        low=between.lo if between else None,
        high=between.hi if between else None,
        cost_usd=_cost(tasks, left, accuracy, prices),
    )


def _cost(tasks: int, left: int, accuracy: float | None, prices: Prices | None) -> float | None:
    """Of one task: the agent works on all, people do what it hands over, and its own errors cost what they cost."""
    if prices is None or accuracy is None or not tasks:
        return None
    kept = left / tasks
    return prices.agent_usd + (1 - kept) * prices.person_usd + kept * (1 - accuracy) * prices.error_usd


def certified(found: Sequence[Step], target: float, least: float) -> Certificate:
    """The lowest threshold from `least` up at which accuracy ≥ `target` is proven (fixed-sequence test, 5 %).

    `least` is the threshold in force: what lies below it was handed over, so nothing is known of the agent's answers.
    It holds for answers that were checked whatever their confidence, so for records of a system or drawn labels.
    """
    falling = sorted({step.confidence for step in found if step.confidence >= least - 1e-9}, reverse=True)
    kept = [scenario(found, each) for each in falling]
    counts = [(round(each.right), each.checked) for each in kept]
    chosen = stats.threshold_fixed_sequence(falling, counts, target, CHANCE_OF_ERROR).chosen if falling else None
    return Certificate(chosen, kept[-1].checked if kept else 0)
