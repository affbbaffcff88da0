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
from collectors.demo.facts import ModelCall, Step, Task, ToolCall
from collectors.demo.incidents import INCIDENTS, Incident
from collectors.demo.judgements import draw_judgements
from collectors.demo.shapes import EPOCH, MILLISECONDS_PER_TOKEN, PROFILE_ARN, UNKNOWN_MODEL, Agent, TaskType, Tool

TEST_SHARE = 0.005
ABANDONED_SHARE = 0.008
CRASH_SHARE = 0.006
CONFIDENCE_SHARE = 0.9
RETRY_SHARE = 0.4
SATURDAY = 5

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
    for number, (second, planned) in enumerate(zip(seconds, plan, strict=True)):
        start = midnight_ns(day) + second * 1_000_000_000 + rng.randrange(1_000_000_000)
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


def _follow_ups(
    rng: Random, agent: Agent, incidents: Sequence[Incident], turns: Iterator[int], task: Task
) -> Iterator[Task]:
    """A second try after a failure; now and then finished work is done again under its key, up to three times."""
    times = 0
    if not task.good and task.escalation is None:
        times = int(rng.random() < RETRY_SHARE)
    elif task.good and rng.random() < agent.repeat_share:
        times = rng.randrange(1, 4)
    for _ in range(times):
        again = task.end_ns + int(around(rng, 1500, 0.8) * 1e9)
        now = conditions(agent, day_of(again // 1_000_000), incidents)
        task = _draw_task(rng, agent, now, turns, again, task.key, before=task)
        yield task


def _rename(rng: Random, tasks: Sequence[Task]) -> None:
    """Give tasks ids of their own, so that two days that are alike are still different days."""
    sessions = {task.session: rng.getrandbits(128) for task in tasks}
    for task in tasks:
        task.trace = f"{task.start_ns // 1_000_000_000:08x}{rng.getrandbits(96):024x}"
        task.base, task.session = rng.getrandbits(64), sessions[task.session]
        for call in (call for step in task.steps for call in step.calls):
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
) -> Task:
    kind = before.kind if before else planned[0] if planned else _pick_kind(rng, agent.types)
    trace = f"{start_ns // 1_000_000_000:08x}{rng.getrandbits(96):024x}"
    base, session = rng.getrandbits(64), rng.getrandbits(128)
    steps, took_ms = _draw_steps(rng, agent, now, kind)
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


def _draw_steps(rng: Random, agent: Agent, now: Conditions, kind: TaskType) -> tuple[list[Step], float]:
    """The loop of a task and how long it took, in ms."""
    rounds = max(1, min(9, round(rng.gauss(kind.model_calls, 0.9)))) if kind.tools else 1
    by_profile = rng.random() < agent.profile_share
    odd_model = rng.random() < agent.unknown_model_share
    at_ms = around(rng, 130, 0.4)
    steps: list[Step] = []
    for number in range(rounds):
        last = number == rounds - 1
        model = _model_of(agent, now, number, by_profile, odd_model and last)
        step, at_ms = _draw_step(rng, agent, now, kind, model, number, last, at_ms)
        steps.append(step)
    return steps, at_ms + around(rng, 60, 0.5)


def _model_of(agent: Agent, now: Conditions, number: int, by_profile: bool, odd: bool) -> str:
    if odd:
        return UNKNOWN_MODEL
    if number == 0 and agent.first_model:
        return agent.first_model
    return PROFILE_ARN if by_profile else now.model


def _draw_step(
    rng: Random, agent: Agent, now: Conditions, kind: TaskType, model: str, number: int, last: bool, at_ms: float
) -> tuple[Step, float]:
    """One round: refused attempts first, then the answer, then its tools. Returns the round and the time after it."""
    step = Step(calls=[])
    while len(step.calls) < 3 and rng.random() < agent.throttle_rate * now.times("throttle"):
        refused = ModelCall(
            at_ms,
            around(rng, 190, 0.4),
            0.0,
            model,
            0,
            0,
            0,
            0,
            "",
            "ThrottlingException",
            rng.getrandbits(128),
            False,
            None,
        )
        step.calls.append(refused)
        at_ms += refused.took_ms + around(rng, 1400, 0.5)
    answer = _draw_call(rng, agent, now, kind, model, number, last, at_ms)
    step.calls.append(answer)
    at_ms += answer.took_ms + 4.0
    if not last:
        for tool in _pick_tools(rng, kind.tools, number):
            call = _draw_tool(rng, tool, now, at_ms)
            step.tools.append(call)
            at_ms += call.took_ms + 3.0
    return step, at_ms


def _draw_call(
    rng: Random, agent: Agent, now: Conditions, kind: TaskType, model: str, number: int, last: bool, at_ms: float
) -> ModelCall:
    latency = now.times("latency")
    usual = around(rng, kind.input_tokens * now.effects.get("tokens", 1.0), 0.32)
    prompt = int(int(usual * (1 + 0.22 * number)) * now.times("prompt"))
    output = int((int(around(rng, kind.output_tokens * (1.0 if last else 0.45), 0.4)) + 8) * now.times("model_alias"))
    prefix = agent.cached_prefix_tokens
    warm = prefix > 0 and (number > 0 or rng.random() < 0.72)
    ttft = around(rng, 520 + prompt * 0.035, 0.3) * latency
    took = ttft + output * MILLISECONDS_PER_TOKEN[model] * latency * rng.uniform(0.85, 1.25)
    shield = _draw_shield(rng, agent, number == 0, last)
    stop = "guardrail_intervened" if shield and shield[2] == "blocked" else "end_turn" if last else "tool_use"
    return ModelCall(
        at_ms,
        took,
        ttft,
        model,
        prompt,
        prefix if warm else 0,
        prefix if prefix and not warm else 0,
        output,
        stop,
        "",
        rng.getrandbits(128),
        rng.random() < agent.logged_share,
        shield,
        _answering(agent, now),
    )


def _answering(agent: Agent, now: Conditions) -> str | None:
    """The model that answers where an alias is asked for."""
    moved = now.incidents.get("model_alias")
    return moved.models[1] if moved and moved.models else agent.answers_as


def _draw_shield(rng: Random, agent: Agent, first: bool, last: bool) -> tuple[str, str, str] | None:
    """What the guardrail did at a call, None where there is none. Requests of customers get blocked, drafts masked."""
    if agent.guardrail is None:
        return None
    chance = rng.random()
    if agent.key == "refund":
        if first and chance < 0.012:
            return "input", "topic", "blocked"
        return ("output", "sensitive_information", "masked") if last and chance < 0.03 else ("input", "", "none")
    if last and chance < 0.11:
        return "output", "sensitive_information", "masked"
    return ("output", "content", "detected") if last and chance < 0.15 else ("output", "", "none")


def _pick_tools(rng: Random, tools: Sequence[Tool], number: int) -> list[Tool]:
    """The usual next tool of the round, now and then two at once."""
    first = tools[number % len(tools)]
    return [first, tools[(number + 1) % len(tools)]] if len(tools) > 1 and rng.random() < 0.12 else [first]


def _draw_tool(rng: Random, tool: Tool, now: Conditions, at_ms: float) -> ToolCall:
    chance, factor = rng.random(), now.effects.get("tool_failure", 1.0)
    outage = now.incidents.get("tool_outage")
    if outage and outage.tool == tool.name:
        return ToolCall(tool.name, at_ms, 30_000 + rng.uniform(0, 40), "timeout")
    if chance < tool.timeout_rate * factor:
        return ToolCall(tool.name, at_ms, 30_000 + rng.uniform(0, 40), "timeout")
    failed = chance < (tool.timeout_rate + tool.error_rate) * factor
    took = around(rng, tool.latency_ms, 0.45) * (0.6 if failed else 1.0)
    return ToolCall(tool.name, at_ms, took, "error" if failed else "ok")


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
