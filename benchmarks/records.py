"""Span records as CloudWatch Logs delivers them: made up, seeded, five spans a task.

They carry what the records of AgentCore runtimes carry beside what is read: without that, reading would look cheaper.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

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
    yield span(rng, trace, root, None, agent, start, agent_run(agent))
    for attributes in (chat(rng), tool(rng), tool(rng), chat(rng)):
        start += 10**9
        yield span(rng, trace, f"{rng.getrandbits(64):016x}", root, agent, start, attributes)


def agent_run(agent: str) -> dict[str, object]:
    """Attributes of an agent's own span."""
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": agent,
        "gen_ai.agent.tools": json.dumps(TOOLS),
        "gen_ai.request.model": MODELS[0],
        "gen_ai.usage.cache_read_input_tokens": 0,
        "gen_ai.usage.cache_write_input_tokens": 0,
    }


def chat(rng: random.Random) -> dict[str, object]:
    """Attributes of a model call."""
    read, written = rng.randint(500, 20_000), rng.randint(20, 2_000)
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": rng.choice(MODELS),
        "gen_ai.usage.prompt_tokens": read,
        "gen_ai.usage.input_tokens": read,
        "gen_ai.usage.completion_tokens": written,
        "gen_ai.usage.output_tokens": written,
        "gen_ai.usage.total_tokens": read + written,
        "gen_ai.server.request.duration": rng.randint(900, 6_000),
        "gen_ai.server.time_to_first_token": rng.randint(200, 3_000),
        "aws.request_id": f"{rng.getrandbits(128):032x}",
    }


def tool(rng: random.Random) -> dict[str, object]:
    """Attributes of a tool call."""
    status = "error" if rng.random() < 0.03 else "success"
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": rng.choice(TOOLS),
        "gen_ai.tool.status": status,
        "gen_ai.tool.call.id": f"tooluse_{rng.getrandbits(88):022x}",
        "gen_ai.tool.description": "Looks up what the order, the invoice or the policy says about the question.",
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
    record = {
        "resource": {"attributes": resource(agent)},
        "scope": {"name": "strands.telemetry.tracer", "version": ""},
        "traceId": trace,
        "spanId": span_id,
        "parentSpanId": parent,
        "flags": 256,
        "name": attributes["gen_ai.operation.name"],
        "kind": "INTERNAL",
        "startTimeUnixNano": start,
        "endTimeUnixNano": start + duration,
        "durationNano": duration,
        "attributes": attributes | common(agent, trace, start, start + duration),
        "status": {"code": "OK"},
    }
    return json.dumps(record, separators=(",", ":"))


def common(agent: str, trace: str, start: int, end: int) -> dict[str, object]:
    """What every span of an agent says."""
    return {
        "aws.local.service": f"{agent}.DEFAULT",
        "aws.local.environment": "bedrock-agentcore:default",
        "gen_ai.event.start_time": f"{datetime.fromtimestamp(start / 1e9, UTC).isoformat()}",
        "gen_ai.event.end_time": f"{datetime.fromtimestamp(end / 1e9, UTC).isoformat()}",
        "PlatformType": "AWS::BedrockAgentCore",
        "session.id": f"{trace[:8]}-{trace[8:12]}-{trace[12:16]}-{trace[16:20]}-{trace[20:]}",
        "gen_ai.system": "strands-agents",
    }


@cache
def resource(agent: str) -> dict[str, str]:
    """What every record of an AgentCore runtime says of where it comes from."""
    runtime = f"{agent}-AbCdEf1234"
    return {
        "deployment.environment.name": "bedrock-agentcore:default",
        "aws.local.service": f"{agent}.DEFAULT",
        "service.name": f"{agent}.DEFAULT",
        "cloud.region": "us-east-1",
        "aws.log.stream.names": "otel-rt-logs",
        "telemetry.sdk.name": "opentelemetry",
        "aws.service.type": "gen_ai_agent",
        "telemetry.sdk.language": "python",
        "cloud.provider": "aws",
        "cloud.resource_id": f"arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/{runtime}"
        "/runtime-endpoint/DEFAULT:DEFAULT",
        "aws.log.group.names": f"/aws/bedrock-agentcore/runtimes/{runtime}-DEFAULT",
        "telemetry.sdk.version": "1.33.1",
        "cloud.platform": "aws_bedrock_agentcore",
        "telemetry.auto.version": "0.12.2-aws",
    }
