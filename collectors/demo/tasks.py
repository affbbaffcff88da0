"""What happened: the tasks of one agent on one day, drawn from a generator that only seed, agent and day decide.

All of a task's chance is drawn here, so the records of any source can be made later, alone, in any order.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from random import Random

from collectors.demo.facts import Judgement, ModelCall, Step, Task, ToolCall
from collectors.demo.world import (
    EPOCH,
    INCIDENTS,
    MILLISECONDS_PER_TOKEN,
    PROFILE_ARN,
    UNKNOWN_MODEL,
    Agent,
    Conditions,
    Incident,
    TaskType,
    Tool,
    conditions,
    expected_tasks,
)

TEST_SHARE = 0.005
ABANDONED_SHARE = 0.008
CRASH_SHARE = 0.006
CONFIDENCE_SHARE = 0.9
RETRY_SHARE = 0.4
SECOND_DELIVERY_SHARE = 0.006
CORRECTION_SHARE = 0.012


def generator(seed: int, agent: str, day: date) -> Random:
    """The source of chance of one agent-day; it depends on nothing else, so days can be made in any order."""
    digest = hashlib.sha256(f"{seed}|{agent}|{day.isoformat()}".encode()).digest()
    return Random(int.from_bytes(digest[:16], "big"))


def midnight_ns(day: date) -> int:
    """Nanoseconds since 1970 at 00:00 UTC of a day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000_000


def around(rng: Random, median: float, spread: float) -> float:
    """A log-normal draw with that median; `spread` is the standard deviation of its logarithm."""
    return median * math.exp(rng.gauss(0.0, spread))


def tasks_of_day(seed: int, agent: Agent, day: date, incidents: Sequence[Incident] = INCIDENTS) -> list[Task]:
    """Every task that belongs to an agent-day, in order of start; a second attempt may start after midnight."""
    rng = generator(seed, agent.key, day)
    now = conditions(agent, day, incidents)
    mean = expected_tasks(agent, day) * now.times("volume")
    count = max(0, round(rng.gauss(mean, math.sqrt(mean))))
    hours = rng.choices(range(24), weights=agent.hours, k=count)
    seconds = sorted(hour * 3600 + rng.randrange(3600) for hour in hours)
    tasks: list[Task] = []
    for number, second in enumerate(seconds):
        start = midnight_ns(day) + second * 1_000_000_000 + rng.randrange(1_000_000_000)
        key = agent.key_format.format((day - EPOCH).days * 100 + number)
        task = _draw_task(rng, agent, now, start, key)
        tasks.append(task)
        if not task.good and task.escalation is None and rng.random() < RETRY_SHARE:
            again = task.end_ns + int(around(rng, 1500, 0.8) * 1e9)
            tasks.append(_draw_task(rng, agent, now, again, key, before=task))
    tasks.sort(key=lambda task: task.start_ns)
    return tasks


def _draw_task(rng: Random, agent: Agent, now: Conditions, start_ns: int, key: str, before: Task | None = None) -> Task:
    kind = before.kind if before else _pick_kind(rng, agent.types)
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
        environment="test" if rng.random() < TEST_SHARE else "prod",
        version=now.version,
        took_ms=took_ms,
        steps=steps,
        crashed=crashed,
        good=False,
        outcome=None,
        escalation=None,
        confidence=None,
        user=before.user if before else rng.randrange(1000, 9000),
    )
    _draw_end(rng, task, now)
    _draw_judgements(rng, task)
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
    rounds = max(1, min(9, round(rng.gauss(kind.model_calls, 0.9))))
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
    prompt = int(around(rng, kind.input_tokens * now.times("tokens"), 0.32) * (1 + 0.22 * number))
    output = int(around(rng, kind.output_tokens * (1.0 if last else 0.45), 0.4)) + 8
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
    )


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
    chance, factor = rng.random(), now.times("tool_failure")
    if chance < tool.timeout_rate * factor:
        return ToolCall(tool.name, at_ms, 30_000 + rng.uniform(0, 40), "timeout")
    failed = chance < (tool.timeout_rate + tool.error_rate) * factor
    took = around(rng, tool.latency_ms, 0.45) * (0.6 if failed else 1.0)
    return ToolCall(tool.name, at_ms, took, "error" if failed else "ok")


def _draw_end(rng: Random, task: Task, now: Conditions) -> None:
    """How the task ended: well or not, handed over or not, and how sure the agent said it was."""
    agent = task.agent
    tools = [tool.outcome for step in task.steps for tool in step.tools]
    blocked = any(call.stop == "guardrail_intervened" for step in task.steps for call in step.calls)
    chance = task.kind.success * now.times("success") * (0.85 if any(t != "ok" for t in tools) else 1.0)
    task.good = not task.crashed and rng.random() < chance
    if blocked and rng.random() < 0.8:
        task.escalation = "guardrail"
    elif "timeout" in tools and rng.random() < 0.3:
        task.escalation = "tool_failure"
    elif rng.random() < agent.escalation_rate * now.times("escalation"):
        task.escalation = _pick_reason(rng, agent.escalation_reasons)
    task.outcome = _draw_outcome(rng, task)
    if task.escalation and agent.handover:
        tool = ToolCall(agent.handover, task.took_ms, around(rng, 180, 0.4), "ok")
        task.steps[-1].tools.append(tool)
        task.took_ms += tool.took_ms + 5.0
    stated = rng.random() < CONFIDENCE_SHARE
    confidence = _draw_confidence(rng, task)
    task.confidence = confidence if stated else None


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


def _draw_confidence(rng: Random, task: Task) -> float:
    """Between 0 and 1: higher for good work, yet no oracle; at most 0.6 where low confidence was the reason given."""
    if task.escalation == "low_confidence":
        return round(rng.uniform(0.25, 0.6), 2)
    low, high = (2.5, 1.0) if task.good else (1.6, 1.3)
    return round(0.5 + 0.5 * rng.betavariate(low, high), 2)


def _draw_judgements(rng: Random, task: Task) -> None:
    """The statements that will arrive about a task: its outcome, people's reviews, a model's opinion."""
    verdicts = task.agent.verdicts
    if rng.random() < verdicts.outcome_share:
        _draw_outcome_events(rng, task)
    if rng.random() < verdicts.human_share:
        right = task.good if rng.random() < 0.96 else not task.good
        task.judgements.append(
            Judgement(
                "human",
                around(rng, 90_000, 0.6),
                rng.getrandbits(128),
                accepted=right,
                score=1.0 if right else 0.0,
                probability=verdicts.human_share,
            )
        )
    if rng.random() < verdicts.judge_share:
        kind = task.good if rng.random() < 0.87 else not task.good
        score = rng.choice((0.75, 1.0, 1.0)) if kind else rng.choice((0.0, 0.25, 0.5))
        task.judgements.append(
            Judgement(
                "judge", around(rng, 1300, 0.2), rng.getrandbits(128), score=score, probability=verdicts.judge_share
            )
        )


def _draw_outcome_events(rng: Random, task: Task) -> None:
    """The outcome event; some come days late, some twice, and a few are corrected by a later one."""
    verdicts = task.agent.verdicts
    delay = around(rng, verdicts.outcome_minutes * 60, 0.7)
    if rng.random() < verdicts.late_share:
        delay += rng.uniform(0.8, 6.5) * 86_400
    first = Judgement(
        "outcome",
        delay,
        rng.getrandbits(128),
        outcome=task.outcome,
        deliveries=2 if rng.random() < SECOND_DELIVERY_SHARE else 1,
    )
    task.judgements.append(first)
    if task.outcome in ("success", "failure") and rng.random() < CORRECTION_SHARE:
        other = "failure" if task.outcome == "success" else "success"
        task.judgements.append(
            Judgement(
                "outcome",
                delay + rng.uniform(1.0, 4.0) * 86_400,
                rng.getrandbits(128),
                outcome=other,
                supersedes=first.event,
            )
        )
