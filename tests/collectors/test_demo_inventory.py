"""The example account's inventory and evaluations: in AWS's shapes, and in step with its telemetry."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, Shape, StructureShape

from collectors.demo.account import CONTROL, DemoAccount
from collectors.demo.conditions import conditions
from collectors.demo.evaluations import CONFIG_ID, RESULT_GROUP
from collectors.demo.inventory import SILENT_ID, TOOLS_ID
from collectors.demo.world import INVOICE, REFUND
from collectors.errors import NotFound
from collectors.window import to_ms

END = datetime.fromisoformat("2026-11-20T12:00:00")
RUNTIME = {"agentRuntimeId": INVOICE.agent_id}
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    (CONTROL, "ListAgentRuntimes", {}),
    (CONTROL, "ListAgentRuntimeVersions", RUNTIME),
    (CONTROL, "ListAgentRuntimeEndpoints", RUNTIME),
    (CONTROL, "GetAgentRuntime", RUNTIME),
    (CONTROL, "ListOnlineEvaluationConfigs", {}),
    (CONTROL, "GetOnlineEvaluationConfig", {"onlineEvaluationConfigId": CONFIG_ID}),
    (CONTROL, "ListEvaluators", {}),
    (CONTROL, "GetEvaluator", {"evaluatorId": "Builtin.Correctness"}),
    ("bedrock", "ListInferenceProfiles", {"typeEquals": "APPLICATION"}),
    ("bedrock", "ListGuardrails", {}),
    ("lambda", "ListFunctions", {}),
]


@pytest.fixture(scope="module")
def account() -> DemoAccount:
    return DemoAccount(end=END)


def misfits(shape: Shape, value: Any, path: str = "") -> list[str]:
    """Where an answer has a key that AWS's own model of the answer has not."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        unknown = [f"{path}.{key}" for key in value.keys() - shape.members.keys()]
        known = [each for key in value.keys() & shape.members.keys()
                 for each in misfits(shape.members[key], value[key], f"{path}.{key}")]  # fmt: skip
        return unknown + known
    if isinstance(shape, ListShape):
        return [found for each in value for found in misfits(shape.member, each, f"{path}[]")]
    return []


@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS)
def test_an_answer_has_only_keys_of_aws_own_model(
    account: DemoAccount, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    answer = account.call(service, operation, **parameters)
    assert answer
    assert misfits(model.output_shape, answer) == []


def test_the_endpoint_serves_the_version_that_the_spans_carry(account: DemoAccount) -> None:
    (endpoint,) = account.call(CONTROL, "ListAgentRuntimeEndpoints", **RUNTIME)["runtimeEndpoints"]
    assert endpoint["liveVersion"] == conditions(INVOICE, END.date()).version
    changed = endpoint["lastUpdatedAt"].date()
    assert conditions(INVOICE, changed).version != conditions(INVOICE, changed - timedelta(days=1)).version


def test_a_server_of_tools_and_a_silent_agent_are_listed_too(account: DemoAccount) -> None:
    listed = {each["agentRuntimeId"] for each in account.call(CONTROL, "ListAgentRuntimes")["agentRuntimes"]}
    assert {SILENT_ID, TOOLS_ID, REFUND.agent_id} < listed
    protocol = account.call(CONTROL, "GetAgentRuntime", agentRuntimeId=TOOLS_ID)["protocolConfiguration"]
    assert protocol == {"serverProtocol": "MCP"}
    with pytest.raises(NotFound, match="no_such"):
        account.call(CONTROL, "GetAgentRuntime", agentRuntimeId="no_such-A1b2C3d4E5")


def test_results_are_scored_or_errored_and_speak_of_the_judged_agent(account: DemoAccount) -> None:
    window = {"startTime": to_ms(END - timedelta(days=21)), "endTime": to_ms(END)}
    pages = account.pages("logs", "FilterLogEvents", logGroupName=RESULT_GROUP, **window)
    results = [json.loads(event["message"]) for page in pages for event in page["events"]]
    scored = ["gen_ai.evaluation.score.value" in each["attributes"] for each in results]
    errored = ["error.type" in each["attributes"] for each in results]
    assert len(results) > 100
    assert any(errored)
    assert [one != other for one, other in zip(scored, errored, strict=True)] == [True] * len(results)
    assert {each["resource"]["attributes"]["service.name"] for each in results} == {"refund_desk.DEFAULT"}


def test_a_phrase_filters_and_anything_else_is_refused(account: DemoAccount) -> None:
    window = {"startTime": to_ms(END - timedelta(days=2)), "endTime": to_ms(END), "logGroupName": RESULT_GROUP}
    everything = [each for page in account.pages("logs", "FilterLogEvents", **window) for each in page["events"]]
    some = account.pages("logs", "FilterLogEvents", filterPattern='"Incorrect"', **window)
    found = [each for page in some for each in page["events"]]
    assert 0 < len(found) < len(everything)
    assert all('"Incorrect"' in each["message"] for each in found)
