"""The work of one agent over some days, and the few sums that every number is made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from functools import cached_property

from collectors.demo.actions import Happened
from collectors.demo.truth.calls import CallKnown, ToolKnown
from collectors.demo.truth.known import AgentKnown, TaskKnown, in_days, local_day
from sql.config import Contract

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Figure:
    """What a number must be. `n` is how many things a quantile rests on."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    n: int | None = None


Figures = dict[str, Figure]


@dataclass(frozen=True)
class Span:
    """The work of one agent on [first, until). A `task_type` leaves tasks of that kind alone, with their calls."""

    known: AgentKnown
    first: date
    until: date
    task_type: str | None = None

    @cached_property
    def tasks(self) -> list[TaskKnown]:
        """Its tasks."""
        return in_days(self._own, self.first, self.until)

    @cached_property
    def calls(self) -> list[CallKnown]:
        """Its model calls, by their own day; those without a task only where every kind is asked for."""
        calls = [call for task in self._own for call in task.calls if call.agent == self.known.agent.key]
        loose = () if self.task_type else self.known.loose
        return [each for each in (*calls, *loose) if self.holds(each.day, each.environment)]

    @cached_property
    def tools(self) -> list[ToolKnown]:
        """Its tool calls, by their own day."""
        tools = [tool for task in self._own for tool in task.tools if tool.agent == self.known.agent.key]
        loose = () if self.task_type else self.known.loose_tools
        return [each for each in (*tools, *loose) if self.holds(each.day, each.environment)]

    @cached_property
    def actions(self) -> list[Happened]:
        """Its actions that took effect on these days."""
        taken = ((each, each.taken_at) for each in self.known.actions)
        days = ((each, local_day(at.replace(tzinfo=UTC).timestamp() * 1000)) for each, at in taken if at is not None)
        return [each for each, day in days if self.first <= day < self.until]

    @property
    def contract(self) -> Contract:
        """What its owner declared; nothing where nobody did."""
        return self.known.contract or Contract(self.known.agent.agent_id, self.known.agent.name)

    @property
    def before(self) -> Span:
        """As many days just before."""
        return replace(self, first=self.first - (self.until - self.first), until=self.first)

    @cached_property
    def _own(self) -> list[TaskKnown]:
        return [each for each in self.known.tasks if self.task_type in (None, each.task.kind.name)]

    def holds(self, day: date, environment: str) -> bool:
        """Whether a call of that day and environment counts."""
        return self.first <= day < self.until and environment == "prod"


def share(rows: Iterable[bool | None]) -> Figure:
    """How many of those that are known are so."""
    told = [each for each in rows if each is not None]
    return ratio(sum(told), len(told)) if told else Figure(None)


def ratio(numerator: float, denominator: float) -> Figure:
    """One number over another; without a value where the other is 0."""
    return Figure(numerator / denominator if denominator else None, numerator, denominator)


def total(amounts: Sequence[float | None]) -> Figure:
    """The sum of what is known."""
    told = [each for each in amounts if each is not None]
    found = math.fsum(told) if told else None
    return Figure(found, found)


def quantiles(times: Iterable[float | None]) -> Figures:
    """The value at rank ⌊q(n − 1)⌋, counted from 0, of what was measured."""
    told = sorted(each for each in times if each is not None)
    if not told:
        return {name: Figure(None) for name in QUANTILES}
    return {name: Figure(told[math.floor(q * (len(told) - 1))], n=len(told)) for name, q in QUANTILES.items()}
