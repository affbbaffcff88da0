"""How long hand-overs wait for a person, and how many still do."""

from __future__ import annotations

from collectors.demo.outcomes import HANDOVER_TARGETS
from collectors.demo.truth.span import Figure, Figures, Span, quantiles, share


def pickup_time(span: Span) -> Figures:
    """From the end of a task that was handed over to the person who took it, in ms."""
    return quantiles(task.pickup_ms for task in span.tasks if task.escalated)


def waiting_handovers(span: Span) -> Figures:
    """Not taken by anybody yet, of the hand-overs of an agent that writes it down; and of its one queue."""
    handed_over = [task for task in span.tasks if task.escalated]
    if not handed_over or not span.known.follows_handovers:
        return {"": Figure(None)}
    waiting = share(task.pickup_ms is None for task in handed_over)
    return {"": waiting, HANDOVER_TARGETS[span.known.agent.key]: waiting}
