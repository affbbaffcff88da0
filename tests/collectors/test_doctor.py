"""The examination: every trap becomes a finding with its fix, and a refused call stops nothing."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors import iam
from collectors.aws import AwsAccount, AwsSettings
from collectors.commands.doctor import exit_code, lines
from collectors.demo.account import DemoAccount
from collectors.doctor.examine import examine_accounts, examine_daily
from collectors.doctor.probe import probes
from collectors.errors import iam_action
from collectors.settings import Settings
from sql.finding import Finding
from sql.models import folder
from sql.warehouse import Warehouse
from tests.collectors.fake_aws import Fault
from tests.collectors.support import NOW, REGION, fake

GROUP = "/aws/bedrock-agentcore/runtimes/helper-AbCdEf1234-DEFAULT"
ON = {"loggingConfig": {"cloudWatchConfig": {"logGroupName": "calls"}, "textDataDeliveryEnabled": True}}
SEARCH = {"Destination": "CloudWatchLogs", "Status": "ACTIVE"}
EMPTY: dict[str, dict[str, Any]] = {
    "GetIndexingRules": {"IndexingRules": []},
    "DescribeLogStreams": {"logStreams": [{"logStreamName": "spans"}]},
    "ListAgentRuntimes": {"agentRuntimes": []},
    "GetAgentRuntime": {"protocolConfiguration": {"serverProtocol": "HTTP"}},
    "ListOnlineEvaluationConfigs": {"onlineEvaluationConfigs": []},
}


def found(home: Path, monkeypatch: pytest.MonkeyPatch, faults: list[Fault] | None = None, **more: Any) -> list[Finding]:
    """What the examination of a fake account gives; by default it is healthy."""
    told = {**EMPTY, **more.pop("told", {})}
    answers = {name: (lambda _, body=body: (200, body)) for name, body in told.items()}
    contents = {"logging": ON, "destination": SEARCH, "groups": {GROUP: [], "aws/spans": []}, **more}
    with fake(monkeypatch, answers=answers, faults=faults or [], **contents) as aws:
        result = examine_accounts([AwsAccount(AwsSettings(region=REGION))], Settings(home=home))
        granted = {action for probe in probes() for action in probe.actions}
        asked = {name for name, _ in aws.seen} - {"GetCallerIdentity"}
        assert asked <= {action.partition(":")[2] for action in granted}
    return result


def codes(result: list[Finding]) -> list[str]:
    return [each.code for each in result]


def test_a_healthy_account_has_no_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(tmp_path, monkeypatch) == []


@pytest.mark.parametrize(
    ("code", "severity", "contents"),
    [
        ("invocation_logging_off", "error", {"logging": {}}),
        (
            "invocation_text_off",
            "warning",
            {"logging": {"loggingConfig": {**ON["loggingConfig"], "textDataDeliveryEnabled": False}}},
        ),
        (
            "transaction_search_off",
            "error",
            {"groups": {GROUP: []}, "destination": {"Destination": "XRay", "Status": "ACTIVE"}},
        ),
        (
            "transaction_search_pending",
            "error",
            {"destination": {"Destination": "CloudWatchLogs", "Status": "PENDING"}},
        ),
        (
            "xray_indexes_a_share",
            "info",
            {
                "told": {
                    "GetIndexingRules": {
                        "IndexingRules": [
                            {"Name": "Default", "Rule": {"Probabilistic": {"DesiredSamplingPercentage": 1}}}
                        ]
                    }
                }
            },
        ),
        ("log_class_unreadable", "error", {"classes": {GROUP: "INFREQUENT_ACCESS"}}),
        (
            "retention_short",
            "warning",
            {"told": {"DescribeLogGroups": {"logGroups": [{"logGroupName": "aws/spans", "retentionInDays": 1}]}}},
        ),
        (
            "split_without_shared_group",
            "error",
            {"groups": {GROUP: []}, "told": {"DescribeLogStreams": {"logStreams": []}}},
        ),
        (
            "runtime_without_log_group",
            "warning",
            {"told": {"ListAgentRuntimes": {"agentRuntimes": [{"agentRuntimeId": "silent-AbCdEf1234"}]}}},
        ),
        (
            "evaluation_not_running",
            "warning",
            {
                "told": {
                    "ListOnlineEvaluationConfigs": {
                        "onlineEvaluationConfigs": [{"onlineEvaluationConfigId": "c1", "executionStatus": "DISABLED"}]
                    }
                }
            },
        ),
    ],
)
def test_every_trap_is_one_finding_with_evidence_and_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, severity: str, contents: dict[str, Any]
) -> None:
    (only,) = found(tmp_path, monkeypatch, **contents)
    assert (only.code, only.severity) == (code, severity)
    assert only.evidence
    assert only.fix
    assert only.region == REGION


def test_unified_and_split_agents_side_by_side_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = GROUP.replace("helper", "older")
    streams = {"logStreams": [{"logStreamName": "spans"}]}
    with fake(
        monkeypatch,
        logging=ON,
        destination=SEARCH,
        groups={GROUP: [], other: [], "aws/spans": []},
        answers={
            **{name: (lambda _, body=body: (200, body)) for name, body in EMPTY.items()},
            "DescribeLogStreams": lambda asked: (
                200,
                streams if asked["logGroupName"] == GROUP else {"logStreams": []},
            ),
        },
    ):
        result = examine_accounts([AwsAccount(AwsSettings(region=REGION))], Settings(home=tmp_path))
    assert codes(result) == ["both_delivery_modes"]
    assert other in result[0].evidence


def test_a_denied_probe_is_a_finding_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    denied = Fault("GetTraceSegmentDestination", "AccessDeniedException")
    result = found(tmp_path, monkeypatch, [denied], logging={})
    assert codes(result) == ["invocation_logging_off", "probe_denied"]
    assert "xray:GetTraceSegmentDestination" in result[1].evidence


def test_what_the_endpoint_does_not_know_is_said_and_not_taken_for_healthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unheard = Fault("ListOnlineEvaluationConfigs", "UnknownOperationException")
    (only,) = found(tmp_path, monkeypatch, [unheard])
    assert (only.code, only.severity, only.subject) == ("probe_not_offered", "info", "Online evaluations")
    assert only.unknown


def test_every_action_of_a_probe_is_in_the_policy() -> None:
    granted = {action for each in iam.policy([])["Statement"] for action in each["Action"]}
    assert {action for probe in probes() for action in probe.actions} == granted
    assert iam_action("bedrock-agentcore-control", "ListAgentRuntimes") in granted


def test_only_kpis_of_the_catalogue_are_said_to_be_unknown() -> None:
    named = {kpi for probe in probes() for kpi in probe.unknown}
    named |= {kpi for each in folder("findings").values() for kpi in each.need("unknown").split(", ")} - {"none"}
    assert named <= set(folder("kpis"))


def test_the_example_account_is_examined_without_a_failed_probe(tmp_path: Path) -> None:
    result = examine_accounts([DemoAccount()], Settings(home=tmp_path))
    assert not {"probe_denied", "probe_failed"} & set(codes(result)), result
    assert codes(result) == ["runtime_without_log_group", "transaction_search_off", "both_delivery_modes"]
    assert not [each for each in result if each.severity == "error"]


def test_a_run_examines_once_a_day_and_saves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws, Warehouse.open(tmp_path, kind="account") as warehouse:
        accounts, settings = [AwsAccount(AwsSettings(region=REGION))], Settings(home=tmp_path)
        assert examine_daily(warehouse, accounts, settings, NOW)
        asked = len(aws.seen)
        assert not examine_daily(warehouse, accounts, settings, NOW + timedelta(hours=23))
        assert len(aws.seen) == asked
        assert examine_daily(warehouse, accounts, settings, NOW + timedelta(hours=25))
        assert warehouse.examined_at() == NOW + timedelta(hours=25)


def test_the_exit_code_is_that_of_the_worst_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = found(tmp_path, monkeypatch, logging={})
    warning = found(
        tmp_path, monkeypatch, told={"ListAgentRuntimes": {"agentRuntimes": [{"agentRuntimeId": "silent"}]}}
    )
    assert [exit_code([]), exit_code(warning), exit_code(warning + error)] == [0, 3, 4]
    assert "-> Bedrock console" in "\n".join(lines(error))
    assert json.dumps([each.unknown for each in error])
