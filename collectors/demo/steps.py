"""The rounds of a task: attempts at a model, the tools it asks for, and the agents that work for another one."""

from collections.abc import Sequence
from random import Random

from collectors.demo.chance import around
from collectors.demo.conditions import Conditions
from collectors.demo.facts import ModelCall, Part, Step, ToolCall
from collectors.demo.shapes import (
    MILLISECONDS_PER_TOKEN,
    PROFILE_ARN,
    UNKNOWN_MODEL,
    Agent,
    Helper,
    TaskType,
    Tool,
)

# How long it takes to start an agent of the same process and to reach one in a runtime of its own, in ms.
NEAR_MS, FAR_MS = 6.0, 140.0


def draw_steps(rng: Random, agent: Agent, now: Conditions, kind: TaskType) -> tuple[list[Step], float]:
    """The loop of a task and how long it took, in ms. Agents that help work after the first answer."""
    rounds = max(1, min(9, round(rng.gauss(kind.model_calls, 0.9)))) if kind.tools else 1
    rounds = max(rounds, 2) if agent.helpers else rounds
    by_profile = rng.random() < agent.profile_share
    odd_model = rng.random() < agent.unknown_model_share
    at_ms = around(rng, 130, 0.4)
    steps: list[Step] = []
    for number in range(rounds):
        last = number == rounds - 1
        model = _model_of(agent, now, number, by_profile, odd_model and last)
        step, at_ms = _draw_step(rng, agent, now, kind, model, number, last, at_ms)
        if number == 0 and agent.helpers:
            at_ms = _let_work(rng, agent, now, step, at_ms)
        steps.append(step)
    return steps, at_ms + around(rng, 60, 0.5)


def _let_work(rng: Random, agent: Agent, now: Conditions, step: Step, at_ms: float) -> float:
    """Add the work of the agent's helpers, side by side, to the round. Returns the time after the last of them."""
    for helper in agent.helpers:
        delay_ms = around(rng, FAR_MS if helper.agent else NEAR_MS, 0.3)
        part = _draw_part(rng, agent, now, helper, at_ms + delay_ms)
        took_ms = part.took_ms + delay_ms + 2.0
        step.tools.append(ToolCall(helper.tool, at_ms, took_ms, "ok", part))
        at_ms += 3.0
    return max(tool.at_ms + tool.took_ms for tool in step.tools) + 3.0


def _draw_part(rng: Random, agent: Agent, now: Conditions, helper: Helper, at_ms: float) -> Part:
    host, then = (helper.agent, now.of(helper.agent)) if helper.agent else (agent, now)
    rounds = max(1, min(4, round(rng.gauss(helper.work.model_calls, 0.6))))
    begun_ms, steps = at_ms, []
    at_ms += around(rng, 25, 0.4)
    for number in range(rounds):
        last = number == rounds - 1
        step, at_ms = _draw_step(rng, host, then, helper.work, helper.model or then.model, number, last, at_ms)
        steps.append(step)
    return Part(helper.name, host, begun_ms, at_ms + 12.0 - begun_ms, steps)


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
