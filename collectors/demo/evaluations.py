"""AgentCore Evaluations of the example account: one online configuration that judges the Refund Desk's work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from collectors.demo.facts import Judgement, Task
from collectors.demo.records import MASK, Line, uuid_of
from collectors.demo.shapes import ACCOUNT_ID, EPOCH, REGION, Agent, runtime_group
from collectors.demo.world import REFUND

JUDGED: tuple[Agent, ...] = (REFUND,)
CONFIG_ID = "refund_quality-Q3r8T5w2Zx"
CONFIG_ARN = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT_ID}:online-evaluation-config/{CONFIG_ID}"
RESULT_GROUP = f"/aws/bedrock-agentcore/evaluations/results/{CONFIG_ID}"
EVALUATOR = "Builtin.Correctness"
EVALUATOR_ARN = f"arn:aws:bedrock-agentcore:::evaluator/{EVALUATOR}"
STREAM = "default"
BEGUN = datetime(EPOCH.year, EPOCH.month, EPOCH.day, tzinfo=UTC)
ERRORED_OF = 40  # every so-manieth judgement ends in an error and has no score


def result_lines(task: Task) -> Iterator[Line]:
    """What the service wrote about a task: a score, or that its judge failed."""
    for judgement in task.judgements:
        if judgement.kind == "judge":
            at_ms = int(task.end_ns / 1e6 + judgement.delay_s * 1000)
            yield Line(at_ms, judgement.event & MASK, STREAM, json.dumps(_result(task, judgement, at_ms)))


def _result(task: Task, judgement: Judgement, at_ms: int) -> dict[str, Any]:
    return {
        "resource": {"attributes": {"service.name": f"{task.agent.agent_id.rpartition('-')[0]}.DEFAULT"}},
        "name": "gen_ai.evaluation.result",
        "traceId": task.trace,
        "timeUnixNano": at_ms * 1_000_000,
        "observedTimeUnixNano": (at_ms + 400) * 1_000_000,
        "severityNumber": 9,
        "onlineEvaluationConfigId": CONFIG_ID,
        "attributes": {
            "gen_ai.evaluation.name": EVALUATOR,
            "gen_ai.response.id": task.trace,
            "session.id": uuid_of(task.session),
            "aws.bedrock_agentcore.online_evaluation_config.arn": CONFIG_ARN,
            "aws.bedrock_agentcore.online_evaluation_config.name": "refund_quality",
            "aws.bedrock_agentcore.evaluator.arn": EVALUATOR_ARN,
            "aws.bedrock_agentcore.evaluator.rating_scale": "Numerical",
            "aws.bedrock_agentcore.evaluation_level": "Trace",
            **_verdict(judgement),
        },
    }


def failed(judgement: Judgement) -> bool:
    """Whether the service's judge ended in an error."""
    return judgement.errored or judgement.event % ERRORED_OF == 0


def _verdict(judgement: Judgement) -> dict[str, Any]:
    if failed(judgement):
        return {"error.type": "AgentSpanMappingException", "error": 1, "throttle": 0}
    return {
        "gen_ai.evaluation.score.value": judgement.score,
        "gen_ai.evaluation.score.label": "Correct" if (judgement.score or 0.0) >= 0.75 else "Incorrect",
    }


def list_configs(nextToken: str | None = None, maxResults: int = 100) -> dict[str, Any]:
    """ListOnlineEvaluationConfigs."""
    short = ("onlineEvaluationConfigArn", "onlineEvaluationConfigId", "onlineEvaluationConfigName", "status",
             "executionStatus", "createdAt", "updatedAt")  # fmt: skip
    config = get_config(CONFIG_ID)
    return {"onlineEvaluationConfigs": [{name: config[name] for name in short}]}


def get_config(onlineEvaluationConfigId: str) -> dict[str, Any]:
    """GetOnlineEvaluationConfig."""
    return {
        "onlineEvaluationConfigArn": CONFIG_ARN,
        "onlineEvaluationConfigId": onlineEvaluationConfigId,
        "onlineEvaluationConfigName": "refund_quality",
        "rule": {
            "samplingConfig": {"samplingPercentage": 100 * REFUND.verdicts.judge_share},
            "sessionConfig": {"sessionTimeoutMinutes": 15},
        },
        "dataSourceConfig": {
            "cloudWatchLogs": {
                "logGroupNames": [runtime_group(REFUND.agent_id)],
                "serviceNames": ["refund_desk.DEFAULT"],
            }
        },
        "evaluators": [{"evaluatorId": EVALUATOR}],
        "outputConfig": {
            "cloudWatchConfig": {"logGroupName": RESULT_GROUP, "resultDestination": "DEDICATED_LOG_GROUP"}
        },
        "evaluationExecutionRoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/refund-evaluations",
        "status": "ACTIVE",
        "executionStatus": "ENABLED",
        "createdAt": BEGUN,
        "updatedAt": BEGUN,
    }


def list_evaluators(nextToken: str | None = None, maxResults: int = 100) -> dict[str, Any]:
    """ListEvaluators."""
    return {"evaluators": [_evaluator(EVALUATOR)]}


def get_evaluator(evaluatorId: str, includedData: str = "ALL_DATA") -> dict[str, Any]:
    """GetEvaluator."""
    scale = {"numerical": [{"value": 0.0, "label": "Incorrect"}, {"value": 0.5, "label": "Partially Correct"},
                           {"value": 1.0, "label": "Correct"}]}  # fmt: skip
    return {**_evaluator(evaluatorId), "evaluatorConfig": {"llmAsAJudge": {"ratingScale": scale}}}


def _evaluator(evaluator_id: str) -> dict[str, Any]:
    return {
        "evaluatorArn": f"arn:aws:bedrock-agentcore:::evaluator/{evaluator_id}",
        "evaluatorId": evaluator_id,
        "evaluatorName": evaluator_id,
        "evaluatorType": "Builtin",
        "level": "TRACE",
        "status": "ACTIVE",
        "createdAt": BEGUN,
        "updatedAt": BEGUN,
        "lockedForModification": True,
    }
