"""What happened: the tasks of one agent on one day, drawn from a generator that only seed, agent and day decide.

All of a task's chance is drawn here, so the records of any source can be made later, alone, in any order.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from random import Random

from collectors.demo.chance import around, day_of, generator, midnight_ns
from collectors.demo.conditions import Conditions, conditions, expected_tasks
from collectors.demo.facts import Task, ToolCall
from collectors.demo.incidents import INCIDENTS, Incident
from collectors.demo.judgements import draw_judgements
from collectors.demo.shapes import EPOCH, Agent, TaskType
from collectors.demo.steps import draw_steps

TEST_SHARE = 0.005
ABANDONED_SHARE = 0.008
CRASH_SHARE = 0.006
CONFIDENCE_SHARE = 0.9
RETRY_SHARE = 0.4
SATURDAY = 5
# Standing jobs come again after so many days, under keys above all others.
STANDING_DAYS, STANDING_KEYS = 14, 900_000

# The kind of a task and whether it ends well, where the agent's day fixes both.
Planned = tuple[TaskType, bool]


def tasks_of_day(seed: int, agent: Agent, day: date, incidents: Sequence[Incident] = INCIDENTS) -> list[Task]:
    """Every task that belongs to an agent-day, in order of start; a second attempt may start after midnight."""
    alike = EPOCH + timedelta(days=day.weekday()) if agent.steady else day
    rng = generator(seed, agent.key, alike)
    now = conditions(agent, day, incidents)
    turns = itertools.count(day.toordinal())
    plan = _plan(rng, agent, day, now)
    hours = rng.choices(range(24), weights=agent.hours, k=len(plan))
    seconds = sorted(hour * 3600 + rng.randrange(3600) for hour in hours)
    tasks: list[Task] = []
    standing = _standing_jobs(agent, day)
    for number, (second, planned) in enumerate(zip(seconds, plan, strict=True)):
        start = midnight_ns(day) + second * 1_000_000_000 + rng.randrange(1_000_000_000)
        if number < len(standing):
            key, kind = standing[number]
            tasks.append(_draw_task(rng, agent, now, turns, start, key, kind=kind))
            continue
        key = agent.key_format.format((day - EPOCH).days * 100 + number)
        task = _draw_task(rng, agent, now, turns, start, key, planned=planned)
        tasks += [task] if planned else [task, *_follow_ups(rng, agent, incidents, turns, task)]
    if agent.steady:
        _rename(generator(seed, agent.key, day), tasks)
    tasks.sort(key=lambda task: task.start_ns)
    return tasks


def _plan(rng: Random, agent: Agent, day: date, now: Conditions) -> list[Planned | None]:
    """What is fixed of the day's tasks: their number, and for some agents also the kind and the end of each."""
    if agent.daily is None:
        mean = expected_tasks(agent, day) * now.times("volume")
        return [None] * max(0, round(rng.gauss(mean, math.sqrt(mean))))
    shift = now.incidents.get("mix")
    daily = (shift.daily if shift else None) or agent.daily
    kinds = {kind.name: kind for kind in agent.types}
    plan: list[Planned | None] = [
        (kinds[name], number < good) for name, (tasks, good) in daily.items() for number in range(tasks)
    ]
    rng.shuffle(plan)
    return plan if day.weekday() < SATURDAY else []


def _standing_jobs(agent: Agent, day: date) -> list[tuple[str, TaskType]]:
    """Key and kind of the jobs that come on this working day of every other week, however they ended the last time."""
    if day.weekday() >= SATURDAY:
        return []
    first = STANDING_KEYS + (day - EPOCH).days % STANDING_DAYS * 10
    return [
        (agent.key_format.format(first + number), agent.types[number % len(agent.types)])
        for number in range(agent.standing_jobs)
    ]


def _follow_ups(
    rng: Random, agent: Agent, incidents: Sequence[Incident], turns: Iterator[int], task: Task
) -> Iterator[Task]:
    """A second try after a failure, under a key of its own; now and then finished work is done again under its key."""
    times, key = 0, task.key
    if not task.good and task.escalation is None:
        times, key = int(rng.random() < RETRY_SHARE), f"{task.key}-2"
    elif task.good and rng.random() < agent.repeat_share:
        times = rng.randrange(1, 4)
    for _ in range(times):
        again = task.end_ns + int(around(rng, 1500, 0.8) * 1e9)
        now = conditions(agent, day_of(again // 1_000_000), incidents)
        task = _draw_task(rng, agent, now, turns, again, key, before=task)
        yield task


def _rename(rng: Random, tasks: Sequence[Task]) -> None:
    """Give tasks ids of their own, so that two days that are alike are still different days."""
    sessions = {task.session: rng.getrandbits(128) for task in tasks}
    for task in tasks:
        task.trace = f"{task.start_ns // 1_000_000_000:08x}{rng.getrandbits(96):024x}"
        task.base, task.session = rng.getrandbits(64), sessions[task.session]
        for call in task.calls:
            call.request = rng.getrandbits(128)
        events = {each.event: rng.getrandbits(128) for each in task.judgements}
        for each in task.judgements:
            each.event = events[each.event]
            each.supersedes = None if each.supersedes is None else events[each.supersedes]


def _draw_task(
    rng: Random,
    agent: Agent,
    now: Conditions,
    turns: Iterator[int],
    start_ns: int,
    key: str,
    before: Task | None = None,
    planned: Planned | None = None,
    kind: TaskType | None = None,
) -> Task:
    if kind is None:
        kind = before.kind if before else planned[0] if planned else _pick_kind(rng, agent.types)
    trace = f"{start_ns // 1_000_000_000:08x}{rng.getrandbits(96):024x}"
    base, session = rng.getrandbits(64), rng.getrandbits(128)
    steps, took_ms = draw_steps(rng, agent, now, kind)
    crashed = rng.random() < CRASH_SHARE
    task = Task(
        agent=agent,
        start_ns=start_ns,
        trace=trace,
        base=base,
        session=before.session if before else session,
        key=key,
        kind=kind,
        environment="test" if rng.random() < TEST_SHARE and not planned else "prod",
        version=now.version,
        took_ms=took_ms,
        steps=steps,
        crashed=crashed and not planned,
        good=False,
        outcome=None,
        escalation=None,
        confidence=None,
        user=before.user if before else rng.randrange(1000, 9000),
    )
    if planned:
        task.good = planned[1]
        task.outcome = "success" if task.good else "failure"
        task.confidence = _draw_confidence(rng, task, False)
    else:
        _draw_end(rng, task, now, turns)
    draw_judgements(rng, task, now)
    return task


def _pick_kind(rng: Random, kinds: Sequence[TaskType]) -> TaskType:
    left = rng.random()
    for kind in kinds:
        left -= kind.share
        if left < 0:
            return kind
    return kinds[-1]


def _draw_end(rng: Random, task: Task, now: Conditions, turns: Iterator[int]) -> None:
    """How the task ended: well or not, handed over or not, and how sure the agent said it was."""
    agent = task.agent
    tools = [tool.outcome for step in task.steps for tool in step.tools]
    chance = task.kind.success * now.times("success") * (0.85 if any(t != "ok" for t in tools) else 1.0)
    task.good = not task.crashed and rng.random() < chance and not _spoilt(task, now, turns)
    task.escalation = _draw_escalation(rng, task, now, tools)
    unsure = task.escalation == "low_confidence"
    stated, confidence = rng.random() < CONFIDENCE_SHARE, _draw_confidence(rng, task, unsure)
    task.confidence = confidence if stated else None
    if unsure and "no_hand_over" in now.incidents:
        task.escalation = None
    elif task.escalation is None and stated and confidence < (agent.holds_below or 0.0):
        task.escalation = None if "no_hand_over" in now.incidents else "low_confidence"
    task.outcome = _draw_outcome(rng, task)
    if task.escalation and agent.handover:
        tool = ToolCall(agent.handover, task.took_ms, around(rng, 180, 0.4), "ok")
        task.steps[-1].tools.append(tool)
        task.took_ms += tool.took_ms + 5.0


def _spoilt(task: Task, now: Conditions, turns: Iterator[int]) -> bool:
    """Whether the day's incident makes a right answer wrong: every n-th one, in turn, over days too."""
    spoils = now.incidents.get("accuracy")
    if spoils is None or spoils.task_type != task.kind.name:
        return False
    return next(turns) % round(1 / (1 - spoils.factor)) == 0


def _draw_escalation(rng: Random, task: Task, now: Conditions, tools: Sequence[str]) -> str | None:
    blocked = any(call.stop == "guardrail_intervened" for step in task.steps for call in step.calls)
    if blocked and rng.random() < 0.8:
        return "guardrail"
    if "timeout" in tools and rng.random() < 0.3:
        return "tool_failure"
    if rng.random() < task.agent.escalation_rate * now.times("escalation"):
        return _pick_reason(rng, task.agent.escalation_reasons)
    return None


def _draw_outcome(rng: Random, task: Task) -> str | None:
    chance = rng.random()
    if task.escalation:
        return None if chance < 0.6 else "success" if task.good else "failure"
    if chance < ABANDONED_SHARE:
        task.good = False
        return "abandoned"
    if task.good:
        return "success"
    return "partial" if rng.random() < 0.22 else "failure"


def _pick_reason(rng: Random, reasons: Mapping[str, float]) -> str:
    return rng.choices(list(reasons), weights=list(reasons.values()))[0]


def _draw_confidence(rng: Random, task: Task, unsure: bool) -> float:
    """Between 0 and 1: higher for good work, yet no oracle; at most 0.6 where the agent knows that it is unsure."""
    if unsure:
        return round(rng.uniform(0.25, 0.6), 2)
    low, high = (2.5, 1.0) if task.good else (1.6, 1.3)
    return round(0.5 + 0.5 * rng.betavariate(low, high), 2)
