"""Agents at work in tasks that several share: what each did by itself, worked out moment by moment."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass

from collectors.demo.facts import Part
from collectors.demo.truth.known import TaskKnown
from collectors.demo.truth.span import Span


@dataclass(frozen=True)
class AtWork:
    """One agent's own part in the tasks of an agent: without those below it."""

    tasks: int
    model_calls: int
    tool_calls: int
    tool_errors: int
    cost_usd: float
    exclusive_ms: float


def crew(span: Span) -> dict[str, AtWork]:
    """Who worked in the agent's tasks, by name; empty where it works alone."""
    shared = [task for task in span.tasks if len(task.task.parts) > 1]
    return {name: _at_work(name, shared) for name in sorted({p.name for each in shared for p in each.task.parts})}


def _at_work(name: str, shared: list[TaskKnown]) -> AtWork:
    calls = [call for task in shared for call in task.calls if call.worker == name]
    tools = [tool for task in shared for tool in task.tools if tool.worker == name]
    return AtWork(
        tasks=sum(any(part.name == name for part in task.task.parts) for task in shared),
        model_calls=len(calls),
        tool_calls=len(tools),
        tool_errors=sum(not tool.worked for tool in tools),
        cost_usd=math.fsum(float(call.cost_usd) for call in calls if call.cost_usd is not None),
        exclusive_ms=math.fsum(exclusive_ms(task.task.parts)[name] for task in shared),
    )


def exclusive_ms(parts: list[Part]) -> dict[str, float]:
    """How long each was at work by itself: the first when nobody else is; others share what they do side by side."""
    owner, others = parts[0], parts[1:]
    begins = [(part.at_ms, part.at_ms + part.took_ms) for part in others]
    moments = sorted({owner.at_ms, owner.at_ms + owner.took_ms, *(moment for both in begins for moment in both)})
    found: dict[str, float] = defaultdict(float)
    for start, end in itertools.pairwise(moments):
        busy = [part.name for part, (first, last) in zip(others, begins, strict=True) if first <= start and end <= last]
        for name in busy or [owner.name]:
            found[name] += (end - start) / max(1, len(busy))
    return found
