"""The table of wanted metrics: which dimension sets are read, with which statistics, and what keeps them apart."""

import csv
import json
from pathlib import Path

import pytest

from collectors.metric_hosts import belongs_to, host_dimensions
from collectors.namespaces import KNOWN, Series, Wanted, namespace, wanted
from collectors.sources.cloudwatch_metrics import queries
from tests.conftest import ROOT

RUNTIME = "arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/helper-AbCdEf1234"
GATEWAY = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/tools-1"
ALIAS = "arn:aws:bedrock:us-east-1:111122223333:agent-alias/AGENT/ALIAS"
AGENTCORE = "AWS/Bedrock-AgentCore"


def series(namespace: str, metric: str, **dimensions: str) -> Series:
    """A series; an underscore in a dimension's name stands for a dot."""
    named = ((name.replace("_", "."), value) for name, value in dimensions.items())
    return Series(namespace, metric, tuple(sorted(named)))


def line_of(each: Series) -> Wanted:
    """The line of the table that wants the series."""
    found = wanted(each)
    assert isinstance(found, Wanted), found
    return found


def read_as(each: Series) -> tuple[str, str | None, str | None]:
    """Service, definition and projection of a series."""
    line = line_of(each)
    return line.service, line.definition, line.projection(each)


@pytest.mark.parametrize(
    ("each", "expected"),
    [
        (series("AWS/Bedrock", "Invocations", ModelId="m"), ("bedrock", "bedrock_invocations", "parts")),
        (series("AWS/Bedrock", "Invocations"), ("bedrock", "bedrock_invocations", "total")),
        (
            series("AWS/Bedrock", "CacheReadInputTokens", ModelId="m"),
            ("bedrock", "cache_tokens_as_documented", "parts"),
        ),
        (
            series("AWS/Bedrock", "CacheReadInputTokenCount", ModelId="m"),
            ("bedrock", "cache_tokens_as_seen", "parts"),
        ),
        (
            series("AWS/Bedrock", "OutputTokenCount", ModelId="m", ServiceTier="flex", ResolvedServiceTier="default"),
            ("bedrock", None, "split"),
        ),
        (
            series("AWS/Bedrock/Guardrails", "InvocationsIntervened", GuardrailArn="g", GuardrailVersion="1"),
            ("guardrails", "guardrail_checks", "parts"),
        ),
        (
            series(
                "AWS/Bedrock/Agents", "ModelInvocationCLientErrors", Operation="o", AgentAliasArn=ALIAS, ModelId="m"
            ),
            ("bedrock_agents", "agent_model_client_errors", "parts"),
        ),
        (
            series("AWS/Bedrock/Agents", "ModelInvocationClientErrors", Operation="InvokeAgent"),
            ("bedrock_agents", "agent_model_client_errors", "total"),
        ),
        (series("AWS/BedrockMantle", "Inferences", Project="p", Model="m"), ("mantle", "mantle_inferences", "parts")),
        (
            series(AGENTCORE, "Latency", Operation="InvokeAgentRuntime", Resource=RUNTIME, Name="helper::DEFAULT"),
            ("runtime", "runtime_latency_to_last_token", "parts"),
        ),
        (
            series(AGENTCORE, "Latency", Operation="InvokeAgentRuntime", Resource="All", Name="All"),
            ("runtime", "runtime_latency_to_last_token", "total"),
        ),
        (
            series(AGENTCORE, "Latency", Operation="InvokeCodeInterpreter", Resource="tool-1"),
            ("code_interpreter", "tool_latency_to_first_token", "parts"),
        ),
        (
            series(
                AGENTCORE,
                "Duration",
                Operation="InvokeGateway",
                Protocol="MCP",
                Method="tools/call",
                Resource=GATEWAY,
                Name="refund",
            ),
            ("gateway", "gateway_duration_to_last_byte", "parts"),
        ),
        (
            series(AGENTCORE, "Latency", Operation="CreateEvent", Resource=RUNTIME.replace("runtime", "memory")),
            ("memory", "memory_latency_or_ingestion", "parts"),
        ),
        (
            series(AGENTCORE, "WorkloadAccessTokenFetchFailures", WorkloadIdentity="w", ExceptionType="Throttling"),
            ("identity", "access_token_fetch", None),
        ),
        (
            series(AGENTCORE, "TakerOverCount", Operation="BrowserSession", Resource="browser-1"),
            ("browser", "browser_takeover", "parts"),
        ),
        (
            series(AGENTCORE, "TakeOverDuration", Resource="browser-1", Something="new"),
            ("browser", "browser_takeover", None),
        ),
        (
            series(AGENTCORE, "ActiveSessionCount", Service="AgentCore.Browser"),
            ("runtime", "active_now", None),
        ),
        (
            series(AGENTCORE, "CPUUsed-vCPUHours", Service="AgentCore.Runtime", Resource=RUNTIME),
            ("usage", "usage_not_billed", "parts"),
        ),
        (
            series(AGENTCORE, "CPUUsed-vCPUHours", Service="AgentCore.Runtime"),
            ("usage", "usage_not_billed", "total"),
        ),
        (
            series(
                "Bedrock-AgentCore/Evaluations", "Builtin.Helpfulness", service_name="h", onlineEvaluationConfigId="c"
            ),
            ("evaluations", "evaluator_score", "parts"),
        ),
        (series("My/Scores", "Tone", service_name="helper.DEFAULT"), ("evaluations", "evaluator_score", "total")),
        (series("AWS/Lambda", "Errors", FunctionName="f"), ("lambda", "unhandled_errors", "parts")),
        (series("AWS/States", "ExecutionTime", StateMachineArn="a"), ("states", "execution_with_waits", "parts")),
        (series("AWS/ApiGateway", "4XXError", ApiName="a"), ("api_gateway", None, "parts")),
    ],
)
def test_a_wanted_series_carries_its_service_its_definition_and_its_projection(
    each: Series, expected: tuple[str, str | None, str | None]
) -> None:
    assert read_as(each) == expected


@pytest.mark.parametrize(
    ("operation", "mode", "definition"),
    [
        ("AuthorizeAction", "ENFORCE", "decision_enforced"),
        ("AuthorizeAction", "LOG_ONLY", "decision_only_logged"),
        ("PartiallyAuthorizeActions", "ENFORCE", "tool_list_filtered"),
    ],
)
def test_a_denial_that_no_user_felt_is_not_defined_as_one(operation: str, mode: str, definition: str) -> None:
    dimensions = {"OperationName": operation, "Mode": mode, "TargetResource": GATEWAY, "ToolName": "refund"}
    assert read_as(series(AGENTCORE, "DenyDecisions", **dimensions)) == ("policy", definition, "parts")
    account = series(AGENTCORE, "DenyDecisions", OperationName=operation)
    assert read_as(account)[1:] == (
        "tool_list_filtered" if operation.startswith("Partially") else "decision_in_any_mode",
        "total",
    )


def test_what_the_table_does_not_name_is_not_read_and_says_why() -> None:
    assert wanted(series("AWS/Bedrock", "OutputImageCount", ModelId="m")) == "metric_not_wanted"
    assert wanted(series("AWS/Bedrock", "Invocations", ModelId="m", Colour="red")) == "dimensions_not_wanted"
    assert wanted(series("AWS/Lambda", "Errors", FunctionName="f", Resource="f:live")) == "dimensions_not_wanted"
    assert wanted(series(AGENTCORE, "OutboundStreamingBytesProcessed", Resource=RUNTIME)) == "metric_not_wanted"
    assert wanted(series("AWS/States", "ExecutionTime", LambdaFunctionArn="a")) == "dimensions_not_wanted"


def test_each_kind_of_metric_has_its_own_statistics_and_units() -> None:
    def asked(each: Series) -> list[tuple[str, str]]:
        return [(query.stat, query.unit) for query in queries([each])[0]]

    assert asked(series("AWS/Lambda", "Errors", FunctionName="f")) == [("Sum", "Count")]
    assert asked(series("AWS/Lambda", "Duration", FunctionName="f")) == [
        ("Sum", "Milliseconds"),
        ("SampleCount", "Count"),
        ("p50", "Milliseconds"),
        ("p95", "Milliseconds"),
    ]
    assert asked(series("AWS/Lambda", "ConcurrentExecutions", FunctionName="f")) == [
        ("Maximum", "Count"),
        ("Average", "Count"),
        ("SampleCount", "Count"),
    ]
    assert asked(series(AGENTCORE, "MemoryUsed-GBHours", Service="s", Resource="r")) == [("Sum", "GB-Hours")]
    assert asked(series("Bedrock-AgentCore/Evaluations", "Tone", service_name="h"))[-1] == ("Maximum", "None")


def test_no_line_names_one_dimension_set_twice() -> None:
    lines = [line for space in KNOWN.values() for line in space.wanted]
    twice = [
        line for line in lines for sets in [[*line.parts, *line.totals, *line.splits]] if len(sets) != len(set(sets))
    ]
    assert lines
    assert twice == []


def test_every_definition_is_explained_in_words_and_every_explanation_is_used() -> None:
    with (ROOT / "sql" / "seeds" / "metric_definitions.csv").open(encoding="utf-8", newline="") as file:
        explained = {row["definition"]: row["meaning"] for row in csv.DictReader(file)}
    used = {line.definition for space in KNOWN.values() for line in space.wanted} - {None}
    assert set(explained) == used
    assert all(meaning.endswith(".") for meaning in explained.values())


def test_the_dimension_sets_that_evaluations_really_write_are_known(shared: Path) -> None:
    record = json.loads((shared / "aws" / "samples" / "evaluation_result_emf_shape.json").read_text(encoding="utf-8"))
    (directive,) = record["_aws"]["CloudWatchMetrics"]
    found = {
        ",".join(sorted(names)): wanted(Series(directive["Namespace"], "Tone", tuple((name, "x") for name in names)))
        for names in directive["Dimensions"]
    }
    projections = {names: isinstance(line, Wanted) for names, line in found.items()}
    assert projections == {
        "service.name": True,
        "onlineEvaluationConfigId,service.name": True,
        "label,onlineEvaluationConfigId,service.name": True,
        "label,service.name": False,
    }


HOSTS = (
    "refund-tools",
    "arn:aws:lambda:us-east-1:111122223333:function:orders:live",
    "arn:aws:lambda:eu-west-1:111122223333:function:elsewhere",
    "arn:aws:states:us-east-1:111122223333:stateMachine:claims:3",
    "arn:aws:states:us-east-1:999999999999:stateMachine:foreign",
    "arn:aws:states:us-east-1:111122223333:activity:approve",
    "arn:aws:apigateway:us-east-1::/apis/a1b2c3/stages/prod",
    "arn:aws:execute-api:us-east-1:111122223333:d4e5f6/prod/GET/x",
    RUNTIME,
)


@pytest.mark.parametrize(
    ("space", "expected"),
    [
        ("AWS/Lambda", [("FunctionName", "orders"), ("FunctionName", "refund-tools")]),
        (
            "AWS/States",
            [
                ("ActivityArn", "arn:aws:states:us-east-1:111122223333:activity:approve"),
                ("StateMachineArn", "arn:aws:states:us-east-1:111122223333:stateMachine:claims"),
                ("StateMachineArn", "arn:aws:states:us-east-1:111122223333:stateMachine:refund-tools"),
            ],
        ),
        ("AWS/ApiGateway", [("ApiId", "a1b2c3"), ("ApiId", "d4e5f6"), ("ApiName", "refund-tools")]),
    ],
)
def test_hosts_become_the_dimension_values_of_this_account_and_region(
    space: str, expected: list[tuple[str, str]]
) -> None:
    assert host_dimensions(space, HOSTS, "111122223333", "us-east-1") == expected


def test_a_host_of_another_region_or_account_is_none_of_ours() -> None:
    assert host_dimensions("AWS/Lambda", HOSTS[1:3], "111122223333", "eu-west-1") == [("FunctionName", "elsewhere")]
    assert host_dimensions("AWS/States", HOSTS[3:5], "999999999999", "us-east-1") == [
        ("StateMachineArn", "arn:aws:states:us-east-1:999999999999:stateMachine:foreign")
    ]
    assert len(host_dimensions("AWS/States", HOSTS[3:5], "unknown", "us-east-1")) == 2
    assert host_dimensions("AWS/States", ("claims",), "1", "cn-north-1")[0][1].startswith("arn:aws-cn:states:")


def test_a_series_belongs_to_a_host_by_name_and_value() -> None:
    ours = series("AWS/Lambda", "Errors", FunctionName="orders")
    assert belongs_to(ours, [("FunctionName", "orders")])
    assert not belongs_to(ours, [("FunctionName", "order"), ("ApiName", "orders")])


def test_only_the_services_with_many_series_are_narrowed_to_hosts() -> None:
    assert {name for name, space in KNOWN.items() if space.of_hosts} == {"AWS/Lambda", "AWS/States", "AWS/ApiGateway"}
    assert not namespace("My/Scores").of_hosts
