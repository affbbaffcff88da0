"""Why a number moved, as far as the data can tell: changes then, rate or mix, slices, causes, cost, a control."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from metrics.insights.bridge import GROUPS, bridge
from metrics.insights.causes import named, pareto
from metrics.insights.context import Context
from metrics.insights.control import control_of
from metrics.insights.mixing import rate_or_mix
from metrics.insights.model import Because, Bridge, Cause, Control, Mix, Onset, Reading, Segment, Slice
from metrics.insights.onset import candidates_of
from metrics.insights.slices import Case, confirmed
from metrics.insights.streams import BASE_DAYS, Stream
from metrics.insights.sums import kinds_moved, spend_bridge
from metrics.insights.watch import Episode
from metrics.insights.worth import FAILS, Facts
from metrics.parts import Row

# KPIs whose cases single tasks tell, with what is known of a task before it starts.
FROM_TASKS = frozenset({"success_rate", "accuracy", "escalation_rate", "task_latency", "cost_per_task"})
Period = tuple[date, date]
MIXED_INTO = ("accuracy", "success_rate")
LEAST_DAYS_BEFORE = 14


def because(context: Context, episode: Episode, onset: Onset, sides: tuple[Reading, Reading]) -> Because:
    """Every answer that the data allow, of the numbers before and now; what stands in words is made by the card."""
    stream = episode.stream
    candidates = candidates_of(episode, onset, context.changes)
    before, after = days_before(episode, onset), days_after(context, episode, onset)
    return Because(
        says="",
        candidates=candidates,
        separable=len(candidates) < 2,
        mix=_mix(context, episode, onset),
        slices=() if stream.measure in ("share", "coverage", "amount") else _slices(context, episode, onset),
        causes=_causes(context, episode, onset),
        bridge=_bridge(context, stream, before, after, sides),
        control=_control(context, episode),
        kinds=kinds_moved(context, stream, before, after, sides),
    )


def _bridge(
    context: Context, stream: Stream, before: Period, after: Period, sides: tuple[Reading, Reading]
) -> Bridge | None:
    """What took the money of a task, or of a day, from one period to the other."""
    if stream.measure == "amount":
        return spend_bridge(context, stream, before, after, sides)
    if stream.kpi == "cost_per_task" and stream.measure == "exceeding":
        return cost_bridge(context, stream.agent_id, before, after)
    return None


def days_before(episode: Episode, onset: Onset) -> tuple[date, date]:
    """The 28 days before the change, without those of an earlier alarm; the baseline where that leaves too few."""
    stream = episode.stream
    start = max(stream.day(episode.clean), onset.day - timedelta(days=BASE_DAYS))
    if (onset.day - start).days >= LEAST_DAYS_BEFORE:
        return start, onset.day
    return stream.day(episode.base.first), stream.day(episode.base.end)


def days_after(context: Context, episode: Episode, onset: Onset) -> tuple[date, date]:
    """From the change to its end, or to the last complete day."""
    end = context.end if episode.ended is None else episode.stream.day(episode.ended)
    return onset.day, max(end, onset.day + timedelta(days=1))


def cost_bridge(context: Context, agent_id: str, before: tuple[date, date], after: tuple[date, date]) -> Bridge:
    """The cost per task of two periods, factor by factor."""
    old, new = (
        context.rows("insight_calls", agent_id, days, groups=GROUPS, environments=None) for days in (before, after)
    )
    return bridge(old, new, before, after)


def _mix(context: Context, episode: Episode, onset: Onset) -> Mix | None:
    """Rate or mix over kinds of task; for a shift of the mix itself, what it did to accuracy (else to success)."""
    stream = episode.stream
    before, after = days_before(episode, onset), days_after(context, episode, onset)
    if stream.measure == "share":
        if stream.whole.segment.dimension != "task_type":
            return None
        touched = (context.by_name.get((stream.agent_id, kpi)) for kpi in MIXED_INTO)
        moved = next((each for each in touched if each is not None and each.whole.n.sum() >= 60), None)
        return None if moved is None else _mix_of(moved, before, after)
    return _mix_of(stream, before, after)


def _mix_of(stream: Stream, before: tuple[date, date], after: tuple[date, date]) -> Mix | None:
    sides = []
    for begin, until in (before, after):
        days = slice(max(0, stream.index(begin)), max(0, stream.index(until)))
        sides.append(
            {
                part.segment.value: (float(part.s[days].sum()), float(part.n[days].sum()))
                for part in stream.parts
                if part.segment.dimension == "task_type"
            }
        )
    return rate_or_mix("task_type", sides[0], sides[1])


def _slices(context: Context, episode: Episode, onset: Onset) -> tuple[Slice, ...]:
    stream = episode.stream
    (begin, until), (start, end) = days_before(episode, onset), days_after(context, episode, onset)
    if stream.kpi in FROM_TASKS:
        kinds = [part for part in stream.parts if part.segment.dimension == "task_type"]
        params: dict[str, object] = {"kpi": stream.kpi, "threshold": stream.whole.threshold,
            "kinds": [part.segment.value for part in kinds], "limits": [part.threshold for part in kinds]}  # fmt: skip
        rows = [
            *context.rows("insight_cases", stream.agent_id, (begin, until), **params),
            *context.rows("insight_cases", stream.agent_id, (start, end), **params),
        ]
        return confirmed([_case(row, start, episode.direction == "down") for row in rows])
    return confirmed(list(_cases_of_parts(episode, (begin, until), (start, end))))


def _case(row: Row, start: date, drop: bool) -> Case:
    literals = [Segment(name, row[name]) for name in ("task_type", "environment") if row[name]]
    literals += [Segment(f"segment.{each['key']}", each["value"]) for each in row["segment"] or () if each["value"]]
    bad = row["n"] - row["s"] if drop else row["s"]
    return Case(row["day"], row["day"] >= start, tuple(literals), bad, row["n"])


def _cases_of_parts(episode: Episode, before: tuple[date, date], after: tuple[date, date]) -> Iterable[Case]:
    """Cases by tool, or by kind of task, where the parts of the KPI are all that is known."""
    stream = episode.stream
    own = [part for part in stream.parts if part.segment.dimension == episode.driver.segment.dimension]
    for part in own or stream.parts:
        for place in range(stream.days):
            day, n = stream.day(place), float(part.n[place] / stream.cluster)
            if n and (before[0] <= day < before[1] or after[0] <= day < after[1]):
                s = float(part.s[place] / stream.cluster)
                yield Case(day, day >= after[0], (part.segment,), n - s if episode.direction == "down" else s, n)


def _causes(context: Context, episode: Episode, onset: Onset) -> tuple[Cause, ...]:
    """What failures (or hand-overs) of the moved part come from, now and before."""
    stream, segment = episode.stream, episode.driver.segment
    (start, end), past = days_after(context, episode, onset), days_before(episode, onset)
    what = "escalated" if stream.kpi == "escalation_rate" else "failed"
    query: str = "insight_failures"
    params: dict[str, str | None] = {"what": what, "task_type": _own(segment, "task_type")}
    if stream.kpi == "tool_reliability":
        query, params = "insight_tool_failures", {"tool": _own(segment, "tool")}
    elif stream.kpi not in FAILS and what == "failed":
        return ()
    now, before = (named(context.rows(query, stream.agent_id, days, **params)) for days in ((start, end), past))
    facts = context.facts[stream.agent_id]
    failures = sum(each.weight for each in now)
    days = max(1, (end - start).days)
    return pareto(
        now, before, failure_rate=_failure_rate(episode, start, end), usd_per_failure=_price(facts),
        failures_month=failures / days * 30,
    )  # fmt: skip


def _own(segment: Segment, dimension: str) -> str | None:
    return segment.value if segment.dimension == dimension else None


def _failure_rate(episode: Episode, start: date, end: date) -> float:
    stream, part = episode.stream, episode.driver
    days = slice(stream.index(start), stream.index(end))
    n = float(part.n[days].sum())
    rate = float(part.s[days].sum()) / n if n else 0.0
    return 1 - rate if stream.better == "higher" else rate


def _price(facts: Facts) -> float | None:
    return facts.error_cost if facts.error_cost is not None else facts.person_cost


def _control(context: Context, episode: Episode) -> Control | None:
    return control_of(episode, context.peers(episode.stream), context.models, context.changed_on())


def changed_then(because_of: Because) -> Sequence[str]:
    """The recorded changes in words: "version 16 → 17 on 2 November"."""
    words = {"agent": "version", "config": "setting"}
    return [
        f"{words.get(each.kind, each.kind)} {each.before or 'none'} → {each.after or 'none'}"
        if each.before or each.after
        else (each.resource or each.kind)
        for each in because_of.candidates
    ]
