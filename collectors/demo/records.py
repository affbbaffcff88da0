"""What the makers of records share: lines of a log group, ids, times, and the invocation records of Bedrock."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from collectors.demo.facts import ModelCall, Task
from collectors.demo.shapes import ACCOUNT_ID, HAIKU, PROFILE_ARN, REGION, UNKNOWN_MODEL, Agent

INVOCATION_STREAM = "aws/bedrock/modelinvocations"
PERMISSION_LINE = "Permissions are correctly set for Amazon Bedrock logs."
SPREAD = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1
FINDINGS = {
    "topic": ("topicPolicy", "topics", '"name":"chargeback-threat","type":"DENY"'),
    "content": ("contentPolicy", "filters", '"type":"INSULTS","confidence":"LOW","filterStrength":"LOW"'),
    "sensitive_information": ("sensitiveInformationPolicy", "piiEntities", '"type":"EMAIL","match":"{EMAIL}"'),
}
ACTION_WORDS = {"blocked": "BLOCKED", "masked": "ANONYMIZED", "detected": "NONE"}


class Line(NamedTuple):
    """One log event before it is delivered: time in ms, a number that makes its id, its stream and its text."""

    at_ms: int
    number: int
    stream: str
    text: str


def span_id(task: Task, number: int) -> str:
    """The id of a task's span; the same number gives the same id in every source."""
    return f"{(task.base + number * SPREAD) & MASK:016x}"


def uuid_of(number: int) -> str:
    """A version 4 UUID made of the given 128 bits."""
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def moment(at_ms: float) -> str:
    """RFC 3339 with milliseconds, in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def role_of(agent: Agent) -> str:
    """The execution role of an agent."""
    return f"{agent.key}-agent-role"


def units_of(call: ModelCall) -> int:
    """Guardrail text units of one assessment: one per started thousand characters of the answer or the question."""
    return 1 + (call.output_tokens if call.shield and call.shield[0] == "output" else 120) * 4 // 1000


def invocation_lines(task: Task) -> Iterator[Line]:
    """The invocation records of a task. Throttled attempts leave none."""
    metadata = _metadata(task) if task.agent.sends_metadata else ""
    for call in task.calls:
        if call.logged:
            asked_ms = task.start_ns / 1e6 + call.at_ms
            yield invocation_line(asked_ms, call, role_of(task.agent), metadata, task.agent.guardrail)


def invocation_line(asked_ms: float, call: ModelCall, role: str, metadata: str, guardrail: str | None) -> Line:
    """One invocation record; `metadata` is its requestMetadata member with a trailing comma, or nothing."""
    text = (
        f'{_head(call.model, role, call.shield is None)}"timestamp":"{moment(asked_ms)[:19]}Z",'
        f'"requestId":"{uuid_of(call.request)}",{metadata}{_answer(call, guardrail)}}}'
    )
    return Line(int(asked_ms + call.took_ms) + 400, call.request & MASK, INVOCATION_STREAM, text)


def _answer(call: ModelCall, guardrail: str | None) -> str:
    if call.error:
        return f'"input":{{"inputContentType":"application/json"}},"errorCode":"{call.error}"'
    return (
        f'"input":{{"inputContentType":"application/json","inputBodyJson":{{"serviceTier":{{"type":"default"}}}},'
        f'"inputTokenCount":{call.fresh_tokens}{_cache_counts(call)}}},'
        f'"output":{{"outputContentType":"application/json","outputBodyJson":{{"stopReason":"{call.stop}",'
        f'"metrics":{{"latencyMs":{int(call.took_ms)}}},"usage":{{"inputTokens":{call.fresh_tokens},'
        f'"outputTokens":{call.output_tokens},"totalTokens":{call.fresh_tokens + call.output_tokens}}}'
        f'{_guardrail_trace(guardrail, call)}}},"outputTokenCount":{call.output_tokens}}}'
    )


@cache
def _head(model: str, role: str, streamed: bool) -> str:
    head = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "accountId": ACCOUNT_ID,
        "region": REGION,
        "operation": "ConverseStream" if streamed else "Converse",
        "modelId": model,
    }
    if model not in (UNKNOWN_MODEL, PROFILE_ARN):
        head["inferenceRegion"] = "eu-west-1" if model == HAIKU else "us-west-2"
    arn = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/BedrockAgentCore-session"
    return json.dumps(head | {"identity": {"arn": arn}}, separators=(",", ":"))[:-1] + ","


def _metadata(task: Task) -> str:
    return (
        f'"requestMetadata":{{"agent_name":"{task.agent.name}","agent_version":"{task.version}",'
        f'"session_id":"{uuid_of(task.session)}","task_id":"{task.key}","env":"{task.environment}"}},'
    )


def _cache_counts(call: ModelCall) -> str:
    if not call.read_tokens and not call.write_tokens:
        return ""
    return f',"cacheReadInputTokenCount":{call.read_tokens},"cacheWriteInputTokenCount":{call.write_tokens}'


def _guardrail_trace(guardrail: str | None, call: ModelCall) -> str:
    """The guardrail's assessment as Converse returns it, without any text of people or of the model."""
    if call.shield is None:
        return ""
    source, policy, action = call.shield
    found = _finding(policy, ACTION_WORDS[action]) if policy else ""
    units = units_of(call)
    assessment = (
        f'{{{found}"invocationMetrics":{{"guardrailProcessingLatency":{90 + call.request % 160},"usage":'
        f'{{"topicPolicyUnits":{units},"contentPolicyUnits":{units},"sensitiveInformationPolicyUnits":{units}}}}}}}'
    )
    if source == "input":
        return f',"trace":{{"guardrail":{{"inputAssessment":{{"{guardrail}":{assessment}}}}}}}'
    return f',"trace":{{"guardrail":{{"outputAssessments":{{"{guardrail}":[{assessment}]}}}}}}'


def _finding(policy: str, action: str) -> str:
    name, kind, facts = FINDINGS[policy]
    return f'"{name}":{{"{kind}":[{{{facts},"action":"{action}"}}]}},'
