"""The parts that span records share, whatever dialect they are in."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from collectors.demo.facts import ModelCall, Step, Task, ToolCall
from collectors.demo.records import Line, span_id, uuid_of
from collectors.demo.shapes import ACCOUNT_ID, REGION, SPAN_GROUP, Agent

STRANDS = "strands.telemetry.tracer"
BOTOCORE = "opentelemetry.instrumentation.botocore.bedrock-runtime"
STARLETTE = "opentelemetry.instrumentation.starlette"
LANGCHAIN = "opentelemetry.instrumentation.langchain"
OPENINFERENCE = "openinference.instrumentation.langchain"
SCOPE_VERSIONS = {BOTOCORE: "0.54b1", STARLETTE: "0.54b1", LANGCHAIN: "0.48.1", OPENINFERENCE: "0.1.43"}
OK, UNSET, FAILED = '{"code":"OK"}', '{"code":"UNSET"}', '{"code":"ERROR"}'
HANDLER_SPAN = 900


@cache
def _head(agent: Agent, environment: str, scope: str) -> str:
    """The part of a span record that is the same for every span of an agent and scope."""
    attributes = {
        "deployment.environment.name": environment,
        "service.name": _service(agent),
        "cloud.provider": "aws",
        "cloud.region": REGION,
        "telemetry.sdk.language": "python",
        "telemetry.sdk.version": "1.33.1",
    }
    if agent.dialect == "otel":
        attributes |= {"cloud.platform": "aws_lambda", "cloud.resource_id": agent.arn, "cloud.account.id": ACCOUNT_ID}
    else:
        attributes |= {
            "cloud.platform": "aws_bedrock_agentcore",
            "aws.service.type": "gen_ai_agent",
            "cloud.resource_id": f"{agent.arn}/runtime-endpoint/DEFAULT:DEFAULT",
            "telemetry.auto.version": "0.12.2-aws" if agent.writes_to == SPAN_GROUP else "0.18.1-aws",
        }
    head = {"resource": {"attributes": attributes}, "scope": {"name": scope, "version": SCOPE_VERSIONS.get(scope, "")}}
    return json.dumps(head, separators=(",", ":"))[:-1] + ","


def _service(agent: Agent) -> str:
    return agent.name if agent.dialect == "otel" else f"{agent.agent_id.rpartition('-')[0]}.DEFAULT"


@dataclass
class Writer:
    """Collects the lines of one task by log group and numbers its spans. `host` is the agent whose host reports."""

    task: Task
    host: Agent
    numbers: Iterator[int] = field(default_factory=itertools.count)
    lines: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))

    def at(self, host: Agent) -> Writer:
        """The same task as another agent's host reports it."""
        return replace(self, host=host)

    def span(
        self,
        scope: str,
        parent: str,
        name: str,
        kind: str,
        at_ms: float,
        took_ms: float,
        attributes: str,
        status: str = UNSET,
        events: str = "",
    ) -> str:
        """Add one span and return its id. `attributes` and `events` are JSON members with a leading comma."""
        task = self.task
        own = span_id(task, next(self.numbers))
        start = task.start_ns + int(at_ms * 1e6)
        took = int(took_ms * 1e6)
        above = f'"parentSpanId":"{parent}",' if parent else ""
        text = (
            f'{_head(self.host, task.environment, scope)}"traceId":"{task.trace}","spanId":"{own}",{above}"flags":256,'
            f'"name":"{name}","kind":"{kind}","startTimeUnixNano":{start},"endTimeUnixNano":{start + took},'
            f'"durationNano":{took},"attributes":{{"session.id":"{uuid_of(task.session)}"{attributes}}}{events},"status":{status}}}'
        )
        group = self.host.writes_to
        stream = "default" if group == SPAN_GROUP else "spans"
        self.lines[group].append(Line((start + took) // 1_000_000, int(own, 16), stream, text))
        return own


def root_facts(task: Task, name: bool = True) -> str:
    """What the agent's own span says about the task."""
    named = f',"gen_ai.agent.name":"{task.agent.name}"' if name else ""
    user = f',"user.id":"customer-{task.user}"' if task.agent.dialect == "strands_unified" else ""
    return (
        f'{named},"gen_ai.agent.version":"{task.version}","task.id":"{task.key}","task.type":"{task.kind.name}"{user}'
        f"{error_type('AgentRuntimeError') if task.crashed else ''}"
    )


def error_type(name: str) -> str:
    """The member `error.type`, or nothing."""
    return f',"error.type":"{name}"' if name else ""


def exception(call: ModelCall) -> str:
    """The exception event of a refused call, or nothing."""
    if not call.error:
        return ""
    return (
        f',"events":[{{"name":"exception","attributes":{{"exception.type":"botocore.errorfactory.{call.error}",'
        '"exception.escaped":"False"}}]'
    )


def usage(call: ModelCall) -> str:
    """Token counts under OpenTelemetry's names; cached tokens are not in them."""
    return f',"gen_ai.usage.input_tokens":{call.fresh_tokens},"gen_ai.usage.output_tokens":{call.output_tokens}'


def answering(call: ModelCall) -> str:
    """The model that answered, where the call asked for an alias."""
    return f',"gen_ai.response.model":"{call.answered_by}"' if call.answered_by else ""


def provider(call: ModelCall) -> str:
    """Who serves the model: Bedrock, or the organisation itself."""
    return "northwind" if call.answered_by else "aws.bedrock"


def request_id(call: ModelCall) -> str:
    """The member with Bedrock's request id, or nothing for a model of the organisation's own."""
    return "" if call.answered_by else f',"aws.request_id":"{uuid_of(call.request)}"'


def totals(steps: Sequence[Step]) -> str:
    """What Strands accumulates on the agent's span; adding it to the calls would count every token again."""
    calls = [call for step in steps for call in step.calls]
    return (
        f',"gen_ai.usage.input_tokens":{sum(c.fresh_tokens for c in calls)}'
        f',"gen_ai.usage.output_tokens":{sum(c.output_tokens for c in calls)}'
        f',"gen_ai.usage.cache_read_input_tokens":{sum(c.read_tokens for c in calls)}'
        f',"gen_ai.usage.cache_write_input_tokens":{sum(c.write_tokens for c in calls)}'
    )


def time_of(step: Step) -> tuple[float, float]:
    """Start and length of a round in ms."""
    start = step.calls[0].at_ms
    within: Sequence[ModelCall | ToolCall] = step.tools or step.calls[-1:]
    return start, max(each.at_ms + each.took_ms for each in within) - start
