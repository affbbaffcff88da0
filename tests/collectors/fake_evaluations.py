"""What AgentCore's control plane answers about judges, for the small AWS over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.collectors.fake_aws import Body, FakeAws
from tests.judged import CONFIG_ARN, CONFIG_ID, CUSTOM_ARN, CUSTOM_ID, SECRET, builtin

UPDATED = 1_780_000_000
RUNTIME_GROUP = "/aws/bedrock-agentcore/runtimes/helper-0123456789-DEFAULT"
LIKERT = {
    "numerical": [
        {"value": 1, "label": "Poor", "definition": SECRET},
        {"value": 5, "label": "Excellent", "definition": SECRET},
    ]
}


def config(config_id: str = CONFIG_ID, *, output: Body | None = None, logs: Body | None = None, **rule: Any) -> Body:
    """One online evaluation configuration in full, as GetOnlineEvaluationConfig gives it."""
    return {
        "onlineEvaluationConfigArn": CONFIG_ARN.replace(CONFIG_ID, config_id),
        "onlineEvaluationConfigId": config_id,
        "onlineEvaluationConfigName": config_id.rpartition("-")[0],
        "description": SECRET,
        "rule": {"samplingConfig": {"samplingPercentage": 10.0}, **rule},
        "dataSourceConfig": {
            "cloudWatchLogs": logs or {"logGroupNames": [RUNTIME_GROUP], "serviceNames": ["helper.DEFAULT"]}
        },
        "evaluators": [{"evaluatorId": "Builtin.Helpfulness"}, {"evaluatorId": CUSTOM_ID}],
        "outputConfig": {"cloudWatchConfig": output or {}},
        "status": "ACTIVE",
        "executionStatus": "ENABLED",
        "createdAt": UPDATED - 1000,
        "updatedAt": UPDATED,
    }


def evaluator(evaluator_id: str, arn: str, kind: str = "Builtin", level: str = "TRACE", **definition: Any) -> Body:
    """One evaluator, as GetEvaluator gives it; ListEvaluators leaves the definition out."""
    return {
        "evaluatorArn": arn,
        "evaluatorId": evaluator_id,
        "evaluatorName": evaluator_id.partition("-")[0],
        "evaluatorType": kind,
        "provider": "AWS" if kind == "Builtin" else "Custom",
        "level": level,
        "status": "ACTIVE",
        "createdAt": UPDATED - 1000,
        "updatedAt": UPDATED,
        "evaluatorConfig": definition,
    }


def judge(scale: Body | None = None) -> Body:
    """The definition of a model that judges on that scale; without one it is what METADATA_ONLY shows."""
    model = {"bedrockEvaluatorModelConfig": {"modelId": "anthropic.claude-sonnet-4-5-20250929-v1:0"}}
    return {"modelConfig": model, **({"instructions": SECRET, "ratingScale": scale} if scale else {})}


POLITENESS = evaluator(CUSTOM_ID, CUSTOM_ARN, "Custom", llmAsAJudge=judge(LIKERT))
HELPFULNESS = evaluator("Builtin.Helpfulness", builtin("Helpfulness"))
SELECTION = evaluator("Builtin.ToolSelectionAccuracy", builtin("ToolSelectionAccuracy"), level="TOOL_CALL")
REFUSAL = evaluator("Builtin.Refusal", builtin("Refusal"), llmAsAJudge=judge())
ALL = (HELPFULNESS, SELECTION, REFUSAL, POLITENESS)


def control_plane(aws: FakeAws, configs: Sequence[Body] = (), evaluators: Sequence[Body] = ALL) -> None:
    """Let the account have these configurations and evaluators. Every definition needs the key only in full."""
    summaries = [{k: v for k, v in each.items() if k not in ("rule", "dataSourceConfig", "outputConfig", "evaluators")}
                 for each in configs]  # fmt: skip
    listed = [{k: v for k, v in each.items() if k != "evaluatorConfig"} for each in evaluators]
    aws.answers |= {
        "ListOnlineEvaluationConfigs": lambda asked: aws.paged(summaries, asked, "onlineEvaluationConfigs"),
        "GetOnlineEvaluationConfig": lambda asked: _one(configs, "onlineEvaluationConfigId", asked),
        "ListEvaluators": lambda asked: aws.paged(listed, asked, "evaluators"),
        "GetEvaluator": lambda asked: _one(evaluators, "evaluatorId", asked),
    }


def _one(found: Sequence[Body], key: str, asked: Body) -> tuple[int, Body]:
    match = next((each for each in found if each[key] == asked[key]), None)
    missing = {"__type": "ResourceNotFoundException", "message": "no such thing"}
    return (404, missing) if match is None else (200, match)
