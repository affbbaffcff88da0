"""The log groups of the example account: which lines each holds, in order of time, made a day at a time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from collectors.demo.chance import day_of, midnight_ns
from collectors.demo.evaluations import JUDGED, RESULT_GROUP, result_lines
from collectors.demo.facts import Task
from collectors.demo.outcomes import LATEST_DAYS, outcome_lines
from collectors.demo.records import INVOCATION_STREAM, PERMISSION_LINE, Line, invocation_lines
from collectors.demo.shapes import INVOCATION_GROUP, OUTCOME_GROUP, SPAN_GROUP, Agent, runtime_group
from collectors.demo.spans import groups_of, span_lines, spoiled_lines
from collectors.demo.strays import stray_lines
from collectors.demo.tasks import tasks_of_day
from collectors.demo.world import AGENTS

MONDAY = 0
NOISE_LINE = "outcome writer restarted, resuming from checkpoint"
NOISE_NUMBER = 1


@dataclass(frozen=True)
class Clock:
    """What of the endless timeline the account shows: tasks from `begin` on, events before `end`; ms since 1970."""

    seed: int
    begin_ms: int
    end_ms: int

    def tasks(self, agent: Agent, day: date) -> list[Task]:
        """The tasks of an agent-day that started after the account began."""
        return [task for task in tasks_of_day(self.seed, agent, day) if task.start_ns >= self.begin_ms * 1_000_000]


@dataclass(frozen=True)
class Group:
    """One log group. `days` is how long after its task a line may still come."""

    name: str
    retention_days: int
    days: int
    lines_of_day: Callable[[Clock, date], Iterable[Line]]


def lines(clock: Clock, group: Group, start_ms: int, end_ms: int) -> Iterator[Line]:
    """The group's lines in [start_ms, end_ms) in order of time; any window gives the same lines as a longer one."""
    start_ms, end_ms = max(start_ms, clock.begin_ms), min(end_ms, clock.end_ms)
    if start_ms >= end_ms:
        return
    day = max(day_of(start_ms) - timedelta(days=group.days), day_of(clock.begin_ms))
    last = day_of(end_ms - 1)
    waiting: list[Line] = []
    while day <= last:
        waiting += (line for line in group.lines_of_day(clock, day) if start_ms <= line.at_ms < end_ms)
        day += timedelta(days=1)
        midnight_ms = midnight_ns(day) // 1_000_000
        waiting.sort()
        ready = [line for line in waiting if line.at_ms < midnight_ms]
        waiting = waiting[len(ready) :]
        yield from ready
    yield from waiting


def every_group() -> dict[str, Group]:
    """The account's log groups by name."""
    runtimes = [agent for agent in AGENTS if ":runtime/" in agent.arn]
    groups = [
        Group(SPAN_GROUP, 90, 1, lambda clock, day: _spans(clock, day, SPAN_GROUP)),
        Group(INVOCATION_GROUP, 90, 1, _invocations),
        Group(OUTCOME_GROUP, 365, LATEST_DAYS + 1, _outcomes),
        Group(RESULT_GROUP, 90, 1, _results),
        *(_runtime_group(agent) for agent in runtimes),
    ]
    return {group.name: group for group in sorted(groups, key=lambda group: group.name)}


def _runtime_group(agent: Agent) -> Group:
    name = runtime_group(agent.agent_id)
    return Group(name, 90, 1, lambda clock, day: _spans(clock, day, name))


def _spans(clock: Clock, day: date, group: str) -> Iterator[Line]:
    for agent in AGENTS:
        if group not in groups_of(agent):
            continue
        tasks = clock.tasks(agent, day)
        for task in tasks:
            yield from span_lines(task, group)
        if tasks and day.weekday() == MONDAY and agent.dialect == "strands":
            yield from spoiled_lines(tasks[0])


def _invocations(clock: Clock, day: date) -> Iterator[Line]:
    if day == day_of(clock.begin_ms):
        yield Line(clock.begin_ms, NOISE_NUMBER, INVOCATION_STREAM, PERMISSION_LINE)
    yield from stray_lines(clock.seed, day)
    for agent in AGENTS:
        if agent.logged_share:
            for task in clock.tasks(agent, day):
                yield from invocation_lines(task)


def _outcomes(clock: Clock, day: date) -> Iterator[Line]:
    if day.weekday() == MONDAY:
        yield Line(midnight_ns(day) // 1_000_000 + 21_600_000, NOISE_NUMBER, "refund", NOISE_LINE)
    for agent in AGENTS:
        for task in clock.tasks(agent, day):
            yield from outcome_lines(task, judged_elsewhere=agent in JUDGED)


def _results(clock: Clock, day: date) -> Iterator[Line]:
    for agent in JUDGED:
        for task in clock.tasks(agent, day):
            yield from result_lines(task)
