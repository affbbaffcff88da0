"""CloudWatch's view of the same model calls: metrics of AWS/Bedrock and AWS/Bedrock/Guardrails."""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from collectors.demo.facts import ModelCall
from collectors.demo.records import units_of
from collectors.demo.world import (
    ACCOUNT_ID,
    AGENTS,
    HAIKU,
    NOVA_LITE,
    NOVA_PRO,
    PROFILE_ARN,
    REGION,
    SONNET,
    UNKNOWN_MODEL,
)

BEDROCK, GUARDRAILS = "AWS/Bedrock", "AWS/Bedrock/Guardrails"
MODELS = (SONNET, HAIKU, NOVA_PRO, NOVA_LITE, UNKNOWN_MODEL, PROFILE_ARN)
MODEL_METRICS = (
    "Invocations",
    "InvocationLatency",
    "TimeToFirstToken",
    "InvocationThrottles",
    "InvocationClientErrors",
    "InputTokenCount",
    "OutputTokenCount",
    "CacheReadInputTokenCount",
    "CacheWriteInputTokenCount",
)
GUARDRAIL_METRICS = ("Invocations", "InvocationsIntervened", "InvocationLatency", "TextUnitCount")
THROTTLED = "ThrottlingException"

Dimensions = tuple[tuple[str, str], ...]


class Series(NamedTuple):
    """One metric: namespace, name and its dimensions in order of name."""

    namespace: str
    metric: str
    dimensions: Dimensions


def guardrail_dimensions(guardrail: str) -> Dimensions:
    """The dimensions of one guardrail."""
    arn = f"arn:aws:bedrock:{REGION}:{ACCOUNT_ID}:guardrail/{guardrail}"
    return (("GuardrailArn", arn), ("GuardrailVersion", "1"))


def every_series() -> Iterator[Series]:
    """What ListMetrics lists: each metric over all models and per model, and per guardrail."""
    for metric in MODEL_METRICS:
        yield Series(BEDROCK, metric, ())
        yield from (Series(BEDROCK, metric, (("ModelId", model),)) for model in MODELS)
    guardrails = [agent.guardrail for agent in AGENTS if agent.guardrail]
    for metric in GUARDRAIL_METRICS:
        yield Series(GUARDRAILS, metric, (("Operation", "ApplyGuardrail"),))
        yield from (Series(GUARDRAILS, metric, guardrail_dimensions(guardrail)) for guardrail in guardrails)


def observations(call: ModelCall, guardrail: str | None) -> Iterator[tuple[Series, float]]:
    """What one call adds to the series."""
    for metric, value in _of_model(call):
        yield Series(BEDROCK, metric, ()), value
        yield Series(BEDROCK, metric, (("ModelId", call.model),)), value
    if call.shield is None or guardrail is None:
        return
    for metric, value in _of_guardrail(call, call.shield[2]):
        yield Series(GUARDRAILS, metric, (("Operation", "ApplyGuardrail"),)), value
        yield Series(GUARDRAILS, metric, guardrail_dimensions(guardrail)), value


def _of_model(call: ModelCall) -> list[tuple[str, float]]:
    if call.error == THROTTLED:
        return [("InvocationThrottles", 1.0)]
    if call.error:
        return [("InvocationClientErrors", 1.0)]
    found = [
        ("Invocations", 1.0),
        ("InvocationLatency", call.took_ms),
        ("InputTokenCount", float(call.fresh_tokens)),
        ("OutputTokenCount", float(call.output_tokens)),
    ]
    if call.shield is None:
        found.append(("TimeToFirstToken", call.ttft_ms))
    if call.read_tokens or call.write_tokens:
        found += [
            ("CacheReadInputTokenCount", float(call.read_tokens)),
            ("CacheWriteInputTokenCount", float(call.write_tokens)),
        ]
    return found


def _of_guardrail(call: ModelCall, action: str) -> list[tuple[str, float]]:
    found = [
        ("Invocations", 1.0),
        ("InvocationLatency", 90.0 + call.request % 160),
        ("TextUnitCount", 2.0 * units_of(call)),
    ]
    if action in ("blocked", "masked"):
        found.append(("InvocationsIntervened", 1.0))
    return found


def statistic(name: str, values: Iterable[float]) -> float:
    """CloudWatch's statistic of one period: SampleCount, Sum, Average, Minimum, Maximum or a percentile such as p95."""
    found = sorted(values)
    if name.startswith("p"):
        return found[max(0, math.ceil(float(name[1:]) / 100 * len(found)) - 1)]
    total = math.fsum(found)
    plain = {
        "SampleCount": float(len(found)),
        "Sum": total,
        "Average": total / len(found),
        "Minimum": found[0],
        "Maximum": found[-1],
    }
    return plain[name]
