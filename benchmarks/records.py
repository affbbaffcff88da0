"""Span records as CloudWatch Logs delivers them: made up, seeded, five spans a task."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

SPANS_PER_TASK = 5
AGENTS = ("invoice_bench", "refund_bench", "outreach_bench", "supply_bench")
MODELS = ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.amazon.nova-pro-v1:0", "meta.llama3-3-70b-instruct-v1:0")
TOOLS = ("lookup_order", "post_invoice", "search_policy")


def span_lines(count: int, end: datetime, period: timedelta, seed: int = 1) -> list[str]:
    """Return `count` span records as JSON texts, spread evenly over the time `period` before `end` (UTC)."""
    rng = random.Random(seed)
    tasks = -(-count // SPANS_PER_TASK)
    step = period / max(tasks, 1)
    lines = (line for n in range(tasks) for line in task_lines(rng, end - period + n * step))
    return [line for line, _ in zip(lines, range(count), strict=False)]


def task_lines(rng: random.Random, begun: datetime) -> Iterator[str]:
    """Yield one task: an agent span, and below it a call, two tools and a call."""
    trace, root, agent = f"{rng.getrandbits(128):032x}", f"{rng.getrandbits(64):016x}", rng.choice(AGENTS)
    start = int(begun.replace(tzinfo=UTC).timestamp()) * 10**9
    yield span(
        rng, trace, root, None, agent, start, {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": agent}
    )
    for attributes in (chat(rng), tool(rng), tool(rng), chat(rng)):
        start += 10**9
        yield span(rng, trace, f"{rng.getrandbits(64):016x}", root, agent, start, attributes)


def chat(rng: random.Random) -> dict[str, object]:
    """Attributes of a model call."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": rng.choice(MODELS),
        "gen_ai.usage.input_tokens": rng.randint(500, 20_000),
        "gen_ai.usage.output_tokens": rng.randint(20, 2_000),
        "aws.request_id": f"{rng.getrandbits(128):032x}",
    }


def tool(rng: random.Random) -> dict[str, object]:
    """Attributes of a tool call."""
    status = "error" if rng.random() < 0.03 else "success"
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": rng.choice(TOOLS),
        "gen_ai.tool.status": status,
    }


def span(
    rng: random.Random,
    trace: str,
    span_id: str,
    parent: str | None,
    agent: str,
    start: int,
    attributes: dict[str, object],
) -> str:
    """Return one span record. Durations are log-normal around a second."""
    duration = int(rng.lognormvariate(0, 0.8) * 10**9)
    resource = (
        f"arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/{agent}-AbCdEf1234/runtime-endpoint/DEFAULT:DEFAULT"
    )
    record = {
        "resource": {
            "attributes": {
                "service.name": f"{agent}.DEFAULT",
                "cloud.resource_id": resource,
                "cloud.region": "us-east-1",
            }
        },
        "scope": {"name": "strands.telemetry.tracer"},
        "traceId": trace,
        "spanId": span_id,
        "parentSpanId": parent,
        "name": attributes["gen_ai.operation.name"],
        "kind": "INTERNAL",
        "startTimeUnixNano": start,
        "endTimeUnixNano": start + duration,
        "durationNano": duration,
        "attributes": attributes | {"session.id": trace[:16]},
        "status": {"code": "OK"},
    }
    return json.dumps(record)
