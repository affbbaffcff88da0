"""Results of judges in the shapes that AgentCore Evaluations writes, made from the documented fields."""

from __future__ import annotations

from typing import Any

ACCOUNT, REGION = "111122223333", "us-east-1"
CONFIG_ID = "nightly_quality-5MB8aF5rLE"
CONFIG_ARN = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:online-evaluation-config/{CONFIG_ID}"
JOB_ARN = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:batch-evaluation/baseline-7nK2307vE8"
CUSTOM_ID = "politeness-abcdefghij"
CUSTOM_ARN = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}:evaluator/{CUSTOM_ID}"
DEFAULT_GROUP = f"/aws/bedrock-agentcore/evaluations/results/{CONFIG_ID}"
BATCH_GROUP = "/aws/bedrock-agentcore/evaluations/batch-evaluations/results/default"
SECRET = "The customer Jane Doe (jane.doe@example.com) was refused"

Record = dict[str, Any]


def builtin(name: str) -> str:
    """The ARN of an evaluator of AWS: without region and account."""
    return f"arn:aws:bedrock-agentcore:::evaluator/Builtin.{name}"


def result(
    name: str = "Builtin.Helpfulness",
    score: float | str | None = 0.83,
    label: str | None = "Very Helpful",
    *,
    at_ns: int,
    trace: str | None = None,
    span: str | None = None,
    session: str | None = "s1",
    level: str = "Trace",
    arn: str | None = None,
    observed_ns: int | None = None,
    service: str = "helper.DEFAULT",
    **attributes: Any,
) -> Record:
    """One online result with its metric envelope. Attribute names use __ for a dot; None leaves a key out."""
    flat = {
        "gen_ai.evaluation.name": name,
        "gen_ai.evaluation.score.value": score,
        "gen_ai.evaluation.score.label": label,
        "gen_ai.evaluation.explanation": SECRET,
        "session.id": session,
        "aws.bedrock_agentcore.online_evaluation_config.arn": CONFIG_ARN,
        "aws.bedrock_agentcore.online_evaluation_config.name": "nightly_quality",
        "aws.bedrock_agentcore.evaluator.arn": arn or f"arn:aws:bedrock-agentcore:::evaluator/{name}",
        "aws.bedrock_agentcore.evaluator.rating_scale": "Numerical",
        "aws.bedrock_agentcore.evaluation_level": level,
        **{key.replace("__", "."): value for key, value in attributes.items()},
    }
    record = {
        "resource": {"attributes": {"aws.service.type": "gen_ai_agent", "service.name": service}},
        "traceId": trace and trace.rjust(32, "0"),
        "spanId": span and span.rjust(16, "0"),
        "timeUnixNano": at_ns,
        "observedTimeUnixNano": at_ns if observed_ns is None else observed_ns,
        "name": "gen_ai.evaluation.result",
        "attributes": {key: value for key, value in flat.items() if value is not None},
        "onlineEvaluationConfigId": CONFIG_ID,
        name: score,
        "label": label,
        "service.name": service,
        "_aws": {"Timestamp": at_ns // 1_000_000, "CloudWatchMetrics": []},
    }
    return {key: value for key, value in record.items() if value is not None}


def failed(name: str = "Builtin.Correctness", error: str = "AgentSpanMappingException", **more: Any) -> Record:
    """A result without a score: the judge could not read the spans, or was throttled (`throttle=1`)."""
    shown: dict[str, Any] = {"error.type": error, "error.message": SECRET, "error": 1, "throttle": 0}
    given = {key: more.pop(key) for key in ("throttle",) if key in more}
    return result(name, None, None, **more, **{key.replace(".", "__"): value for key, value in (shown | given).items()})


def batch(name: str = "Builtin.Correctness", score: float = 1.0, label: str = "Correct", **more: Any) -> Record:
    """One result of a batch job."""
    record = result(name, score, label, **more)
    for key in ("online_evaluation_config.arn", "online_evaluation_config.name"):
        del record["attributes"][f"aws.bedrock_agentcore.{key}"]
    del record["onlineEvaluationConfigId"]
    record["attributes"]["aws.bedrock_agentcore.evaluation_job.arn"] = JOB_ARN
    return record
