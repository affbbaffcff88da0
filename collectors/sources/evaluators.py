"""The judges of AgentCore Evaluations: evaluators with their scales, and the configurations that run them."""

from __future__ import annotations

from datetime import timedelta

from collectors.aws import Account, Page
from collectors.errors import NotSetUp
from collectors.judges import (
    HIGHER,
    SERVICE,
    ends,
    evaluator,
    judge_model,
    naive,
    online_configs,
    polarity,
    scale_kind,
    source_logs,
    timeout,
)
from collectors.landing import Row
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Reading, Source
from sql.warehouse import Scope

KEY = "evaluators"
LEVELS = {"TOOL_CALL": "ToolCall", "TRACE": "Trace", "SESSION": "Session"}
OF_AWS = ("Builtin", "ThirdParty")


def scopes(account: Account, _: SourceSettings) -> list[Scope]:
    """The account in its region; nothing is asked before a step of the rhythm is due."""
    return [Scope(KEY, account.account_id, account.region)]


def collect(reading: Reading) -> None:
    """Read what there is now. Raises NotSetUp where nothing is judged and no evaluator is the account's own."""
    account = reading.account
    configs = list(online_configs(account))
    listed = [each for page in account.pages(SERVICE, "ListEvaluators") for each in page["evaluators"]]
    if not configs and all(each["evaluatorType"] in OF_AWS for each in listed):
        raise NotSetUp(
            "There is no online evaluation configuration and no evaluator of this account's own.",
            "Create an online evaluation in the AgentCore console (Evaluations, Online evaluation).",
        )
    for config in configs:
        reading.landing.row(config_row(config), feed="evaluation_configs")
    for each in listed:
        known = each["evaluatorName"] in HIGHER or each["evaluatorId"] in HIGHER
        reading.landing.row(evaluator_row(each, None if known else evaluator(account, each["evaluatorId"])))


def config_row(config: Page) -> Row:
    """A configuration as a row."""
    rule, output = config.get("rule", {}), config.get("outputConfig", {}).get("cloudWatchConfig", {})
    return {
        "config_id": config["onlineEvaluationConfigId"],
        "updated_at": naive(config["updatedAt"]),
        "config_name": config.get("onlineEvaluationConfigName"),
        "status": config.get("status"),
        "execution_status": config.get("executionStatus"),
        "sampling_percentage": rule.get("samplingConfig", {}).get("samplingPercentage"),
        "filters": len(rule.get("filters") or []),
        "session_timeout_minutes": round(timeout(config).total_seconds() / 60),
        "service_name": next(iter(source_logs(config).get("serviceNames") or []), None),
        "evaluators": [each["evaluatorId"] for each in config.get("evaluators") or [] if "evaluatorId" in each],
        "destination": output.get("resultDestination") or "DEDICATED_LOG_GROUP",
        "metrics_namespace": output.get("metricsNamespace"),
    }


def evaluator_row(listed: Page, definition: Page | None) -> Row:
    """An evaluator as a row. The scales of AWS's own go from 0 to 1."""
    found = ends(definition or {}) or ((0.0, 1.0) if listed["evaluatorType"] == "Builtin" else None)
    return {
        "evaluator_arn": listed["evaluatorArn"],
        "updated_at": naive(listed["updatedAt"]),
        "evaluator_name": listed["evaluatorName"],
        "evaluator_type": listed["evaluatorType"],
        "provider": listed.get("provider"),
        "level": LEVELS.get(str(listed.get("level"))),
        "status": listed.get("status"),
        "rating_scale": scale_kind(definition or {}),
        "scale_min": found and found[0],
        "scale_max": found and found[1],
        "polarity": polarity(listed["evaluatorId"], definition),
        "judge_model": judge_model(definition or {}),
    }


SOURCE = Source(
    key=KEY,
    title="Evaluators",
    feeds=("evaluators", "evaluation_configs"),
    actions=(
        Grant(
            (
                "bedrock-agentcore:ListEvaluators",
                "bedrock-agentcore:GetEvaluator",
                "bedrock-agentcore:ListOnlineEvaluationConfigs",
                "bedrock-agentcore:GetOnlineEvaluationConfig",
            )
        ),
    ),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(0),
    longest=None,
    grid=timedelta(hours=1),
    about=About(
        reads="The evaluators of AgentCore Evaluations with level, scale and direction, and the online evaluation "
        "configurations with their sampling. Instructions and definitions of ratings are not kept.",
        feeds="The table evaluators. Without it the direction and the scale of a score are unknown.",
        cost="The listing calls are free.",
        lag="Read once an hour; every version that was seen is kept.",
        switch_on="Nothing but the permission. An evaluator encrypted with a key of your own is read without its scale "
        "unless the role may use that key (kms:Decrypt).",
    ),
)
