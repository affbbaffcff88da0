"""What an insight is told from: the published file's streams, agents, changes and numbers, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from metrics import drill, stats
from metrics.insights.control import main_models
from metrics.insights.gather import CLUSTER_OF, Outside, read_streams
from metrics.insights.model import Reading, Segment
from metrics.insights.onset import Change
from metrics.insights.streams import Part, Stream, lookback
from metrics.insights.worth import FACTS_DAYS, Facts
from metrics.model import Access, Query
from metrics.parts import Row
from metrics.run import run
from metrics.states import read_freshness
from sql.published import Published

EVERYTHING = Access.everything()
QUANTILE = "p95"
# Cases of which (1 + confidence − right) / 2 is counted: their mean tells how much too sure the agent is.
OVER_CONFIDENCE = "calibration"
# KPIs that are another number than the rate of the cases that are watched: kappa, an error beyond chance, a sum.
COUNTED = frozenset({OVER_CONFIDENCE, "judge_agreement", "reported_problems"})


@dataclass(frozen=True)
class Context:
    """Everything that findings share. `end` is the first day that is not complete.

    `again` are the agents whose streams are here and that are looked at, None for all of them.
    """

    published: Published
    end: date
    streams: tuple[Stream, ...]
    facts: Mapping[str, Facts]
    changes: tuple[Change, ...]
    models: Mapping[str, str]
    outside: Outside = field(default_factory=Outside)
    again: frozenset[str] | None = None

    @classmethod
    def read(
        cls,
        published: Published,
        end: date,
        outside: Outside,
        again: frozenset[str] | None = None,
        models: Mapping[str, str] | None = None,
    ) -> Context:
        """Read the complete days before `end`; `models` are the usual ones of agents that are not looked at again."""
        first = lookback(end - timedelta(days=1))
        zone = read_freshness(published).zone
        span: dict[str, Any] = {"from": first, "to": end}
        month: dict[str, Any] = {"from": end - timedelta(days=FACTS_DAYS), "to": end}
        changes = drill.rows(published, "insight_changes", EVERYTHING, **span)
        facts = [Facts.of(row) for row in drill.rows(published, "insight_agents", EVERYTHING, **month)]
        agents = None if again is None else sorted(again)
        streams = tuple(read_streams(published, EVERYTHING, end, outside, agents)) if agents != [] else ()
        return cls(
            published,
            end,
            streams,
            {each.agent_id: each for each in facts},
            tuple(Change.of(row, zone) for row in changes),
            {**(models or {}), **main_models(streams)},
            outside,
            again,
        )

    def looks_at(self, agent_id: str) -> bool:
        """Whether an agent is looked at."""
        return self.again is None or agent_id in self.again

    def looked_at(self) -> list[str]:
        """The agents that are looked at."""
        return [agent for agent in self.facts if self.looks_at(agent)]

    def peers(self, stream: Stream) -> dict[tuple[str, str], Stream]:
        """The same number of all agents; of those that are not looked at it is read now."""
        found = {key: each for key, each in self.by_name.items() if each.name == stream.name}
        others = [agent for agent in self.models if not self.looks_at(agent)]
        if self.again is None or not others:
            return found
        only = {stream.kpi, CLUSTER_OF.get(stream.kpi, stream.kpi)}
        read = read_streams(self.published, EVERYTHING, self.end, self.outside, others, only)
        return dict(
            sorted((found | {(each.agent_id, each.name): each for each in read if each.name == stream.name}).items())
        )

    @cached_property
    def by_name(self) -> dict[tuple[str, str], Stream]:
        """The streams by agent and name."""
        return {(stream.agent_id, stream.name): stream for stream in self.streams}

    def changed_on(self) -> dict[str, list[int]]:
        """The days (as ordinals) on which something of each agent was changed."""
        found: dict[str, list[int]] = {}
        for change in self.changes:
            if change.agent_id is not None and change.kind != "target":
                found.setdefault(change.agent_id, []).append(change.on.toordinal())
        return found

    def rows(self, name: str, agent_id: str, days: tuple[date, date], **params: object) -> list[Row]:
        """Rows of a named query for one agent and some days."""
        given: dict[str, Any] = {"from": days[0], "to": days[1], **params}
        return drill.rows(self.published, name, EVERYTHING, [agent_id], **given)


def reading(context: Context, stream: Stream, part: Part, start: date, end: date) -> Reading:
    """The KPI's own number for a part of a stream; where its stream counts something else, what is counted."""
    if stream.measure in ("share", "coverage") or stream.kpi in COUNTED or part.segment.dimension == "kind":
        return counted(stream, part, start, end)
    segment = part.segment
    kinds = (segment.value,) if segment.dimension == "task_type" else None
    query = Query(start, end, agents=(stream.agent_id,), task_types=kinds, slice_by=_slice_by(stream, segment))
    wanted = _slice_of(stream, segment)
    found = next(
        (value for value in run(context.published, stream.kpi, query, EVERYTHING) if value.slice == wanted), None
    )
    if found is None or found.value is None:
        return counted(stream, part, start, end)
    return Reading(start, end, found.value, found.low, found.high, found.n, found.unit)


def counted(stream: Stream, part: Part, start: date, end: date) -> Reading:
    """The rate of a part of a stream with its interval."""
    days = slice(max(0, stream.index(start)), max(0, stream.index(end)))
    s, n = float(part.s[days].sum()), float(part.n[days].sum())
    limits = stats.wilson(s / stream.cluster, n / stream.cluster)
    low, high = (limits.lo, limits.hi) if limits is not None else (None, None)
    if stream.kpi == OVER_CONFIDENCE:
        low, high = (None if each is None else 2 * each - 1 for each in (low, high))
        return Reading(start, end, 2 * s / n - 1 if n else None, low, high, round(n), "ratio")
    return Reading(start, end, s / n if n else None, low, high, round(n), "ratio")


def _slice_by(stream: Stream, segment: Segment) -> str | None:
    """Durations give their slices only where asked for."""
    timed = stream.measure == "exceeding" and stream.kpi != "cost_per_task"
    return segment.dimension if timed and segment.dimension in ("tool", "model") else None


def _slice_of(stream: Stream, segment: Segment) -> str:
    own = "" if segment.dimension in ("", "task_type") else segment.value
    if stream.measure != "exceeding" or stream.kpi == "cost_per_task":
        return own
    return f"{own}:{QUANTILE}" if own else QUANTILE
