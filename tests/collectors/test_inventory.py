"""The inventory over HTTP: every kind as states with AWS's own times, what is never kept, gone or denied."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.inventory.look import address, answered_at, kept_tags, naive
from collectors.settings import Settings, SourceSettings
from collectors.sources.inventory import KINDS, SOURCE
from tests.collectors.fake_aws import Fault
from tests.collectors.fake_inventory import (
    FUNCTION,
    PROFILE,
    RUNTIME,
    SECRET,
    TOOLS,
    Holdings,
    arn,
    at_clock,
    endpoint,
    holding,
    runtime,
    whole,
)
from tests.collectors.support import NOW, by_scope, collect, everything, read, rows

STEP = timedelta(minutes=15)


def landed(home: Path, kind: str, columns: str) -> list[tuple[Any, ...]]:
    """Columns of the states of a kind."""
    return rows(home, f"SELECT {columns} FROM raw.inventory WHERE kind = '{kind}' ORDER BY resource_id, version")


def ago(hours: float) -> Any:
    """That many hours before NOW, as a naive UTC moment."""
    return NOW - timedelta(hours=hours)


def declared(home: Path, *hosts: str) -> Settings:
    """Settings in which a contract names these hosts."""
    return Settings(home=home, sources={"inventory": SourceSettings(hosts=hosts)})


def test_runtimes_versions_and_endpoints_land_with_their_own_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding(monkeypatch, whole()) as aws:
        aws.page_events = 1
        runs = by_scope(read(tmp_path, "inventory"))
    assert {run.status for run in runs.values()} == {"ok"}
    assert runs["inventory runtimes"].rows_new == 2 + 4 + 3 + 3
    assert landed(tmp_path, "runtime", "resource_id, name, arn, version, status, updated_at, first_seen_at") == [
        (RUNTIME, "refund", arn(RUNTIME), "3", "READY", ago(30), NOW),
        (TOOLS, "tools", arn(TOOLS), "1", "READY", ago(40), NOW),
    ]
    assert landed(tmp_path, "runtime_version", "parent_id, version, updated_at") == [
        (RUNTIME, "1", ago(70)),
        (RUNTIME, "2", ago(50)),
        (RUNTIME, "3", ago(30)),
        (TOOLS, "1", ago(40)),
    ]
    assert landed(tmp_path, "runtime_endpoint", "resource_id, parent_id, name, version, facts, updated_at")[:2] == [
        (f"{RUNTIME}/DEFAULT", RUNTIME, "DEFAULT", "3", '{"target_version":"3"}', ago(30)),
        (f"{RUNTIME}/prod", RUNTIME, "prod", "2", '{"target_version":"2"}', ago(45)),
    ]


def test_a_configuration_keeps_role_protocol_and_origin_and_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding(monkeypatch, whole()):
        collect(tmp_path, "inventory")
    found = [json.loads(row[0]) for row in landed(tmp_path, "runtime_config", "facts")]
    assert found[0] == {
        "artifact": "1.dkr.ecr.us-east-1.amazonaws.com/r@sha256:ab",
        "idle_timeout_s": 900,
        "max_lifetime_s": 28800,
        "network": "PUBLIC",
        "protocol": "HTTP",
        "role": "arn:aws:iam::111122223333:role/service/refund-role",
    }
    assert found[1]["protocol"] == "MCP"
    assert landed(tmp_path, "runtime_tags", "resource_id, facts")[0] == (
        RUNTIME,
        '{"cost-center":"C7","owner":"Refund desk"}',
    )
    assert SECRET not in everything(tmp_path)
    assert "example.com" not in everything(tmp_path)


def test_tool_servers_are_no_agents_in_the_published_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with holding(monkeypatch, whole()):
        outcome = collect(tmp_path, "inventory")
    assert outcome.exit_code == 0
    assert rows(tmp_path, "SELECT agent_id, host, owner, discovered, inventoried FROM mart.agents") == [
        ("AL1", "bedrock_agent", "Refund desk", False, True),
        (RUNTIME, "agentcore", "Refund desk", False, True),
    ]
    assert rows(tmp_path, "SELECT rule, subject, value FROM mart.inventory_rules WHERE rule <> 'version'") == [
        ("model", PROFILE, "a.m"),
        ("profile", PROFILE, RUNTIME),
        ("role", "desk", "AL1"),
        ("tool_server", TOOLS, "MCP"),
    ]


def test_classic_agents_profiles_and_guardrails_land(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with holding(monkeypatch, whole()):
        read(tmp_path, "inventory")
    assert landed(tmp_path, "bedrock_agent", "resource_id, name, version, facts") == [
        ("AG1", "Desk", "2", '{"guardrail":"gr1:1"}')
    ]
    assert landed(tmp_path, "bedrock_alias", "resource_id, parent_id, name, arn, version, facts") == [
        ("AG1/AL1", "AG1", "live", "arn:aws:bedrock:us-east-1:111122223333:agent-alias/AG1/AL1", "2",
         '{"alias_id":"AL1","routing":["2"]}')
    ]  # fmt: skip
    assert landed(tmp_path, "bedrock_agent_config", "facts") == [
        ('{"idle_ttl_s":600,"model":"a.m","role":"arn:aws:iam::1:role/desk"}',)
    ]
    assert landed(tmp_path, "inference_profile", "resource_id, name, arn, status, facts") == [
        ("p1", "refund", PROFILE, "ACTIVE", '{"models":["arn:aws:bedrock:us-east-1::foundation-model/a.m"]}')
    ]
    assert landed(tmp_path, "guardrail", "resource_id, version") == [("gr1", "DRAFT")]
    assert landed(tmp_path, "guardrail_version", "resource_id, parent_id, version") == [("gr1:1", "gr1", "1")]


def test_hosts_land_and_only_those_a_contract_names_are_asked_for_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = "arn:aws:states:us-east-1:111122223333:stateMachine:flow"
    with holding(monkeypatch, whole()) as aws:
        read(tmp_path / "a", "inventory")
        assert (aws.asked("ListAliases"), aws.asked("ListTags")) == ([], [])
        read(tmp_path / "b", "inventory", settings=declared(tmp_path / "b", FUNCTION, machine))
    home = tmp_path / "b"
    assert landed(home, "state_machine", "resource_id, arn, facts, updated_at") == [
        ("flow", machine, '{"type":"STANDARD"}', ago(50))
    ]
    assert json.loads(landed(home, "function", "facts")[0][0]) == {
        "code_sha256": "abc", "log_format": "JSON", "log_group": "/aws/lambda/desk", "memory_mb": 512, "package": "Zip",
        "role": "arn:aws:iam::1:role/r", "runtime": "python3.13", "timeout_s": 30,
    }  # fmt: skip
    assert landed(home, "function_alias", "resource_id, version, facts") == [
        ("desk:live", "4", '{"revision":"rev","weights":"5 10%"}')
    ]
    for kind in ("function_tags", "state_machine_tags"):
        assert landed(home, kind, "facts") == [('{"cost-center":"C7","owner":"Refund desk"}',)]


def test_gateways_and_memories_land(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with holding(monkeypatch, whole()):
        read(tmp_path, "inventory")
    assert landed(tmp_path, "gateway", "resource_id, name, facts") == [
        ("g1", "erp", '{"authorizer":"CUSTOM_JWT","protocol":"MCP"}')
    ]
    assert landed(tmp_path, "memory", "resource_id, status, updated_at") == [("m1", "ACTIVE", ago(50))]


def test_an_account_that_has_nothing_costs_one_call_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with holding(monkeypatch, Holdings()):
        runs = by_scope(read(tmp_path, "inventory"))
        outcome = collect(tmp_path, "inventory", now=NOW + STEP)
    assert set(runs) == {f"inventory {kind}" for kind in KINDS}
    assert {run.status for run in runs.values()} == {"ok"}
    assert max(run.api_calls for run in runs.values()) == 1
    assert rows(tmp_path, "SELECT count(*) FROM raw.inventory WHERE kind <> 'listing'") == [(0,)]
    assert (outcome.exit_code, rows(tmp_path, "SELECT count(*) FROM mart.inventory")) == (0, [(0,)])


@pytest.mark.parametrize(
    ("operation", "kind", "action"),
    [
        ("ListGuardrails", "guardrails", "bedrock:ListGuardrails"),
        ("ListAgentRuntimeEndpoints", "runtimes", "bedrock-agentcore:ListAgentRuntimeEndpoints"),
        ("GetAgentRuntime", "runtime_details", "bedrock-agentcore:GetAgentRuntime"),
        ("GetAgent", "bedrock_agent_details", "bedrock:GetAgent"),
        ("ListStateMachines", "state_machines", "states:ListStateMachines"),
        ("ListFunctions", "functions", "lambda:ListFunctions"),
    ],
)
def test_one_kind_that_is_denied_loses_no_other_and_names_its_action(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str, kind: str, action: str
) -> None:
    with holding(monkeypatch, whole()) as aws:
        aws.faults.append(Fault(operation, "AccessDeniedException", 403))
        runs = by_scope(read(tmp_path, "inventory"))
    failed = {name for name, run in runs.items() if run.status == "failed"}
    assert failed == {f"inventory {kind}"}
    assert action in str(runs[f"inventory {kind}"].remedy)
    assert action in {each for grant in SOURCE.actions for each in grant.actions}
    assert rows(tmp_path, "SELECT count(DISTINCT kind) > 8 FROM raw.inventory") == [(True,)]


def test_a_kind_is_looked_at_once_a_step_and_the_same_look_lands_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding(monkeypatch, whole()) as aws:
        read(tmp_path, "inventory")
        before = rows(tmp_path, "SELECT count(*) FROM raw.inventory")
        calls = len(aws.seen)
        assert read(tmp_path, "inventory").runs == []
        assert {name for name, _ in aws.seen[calls:]} <= {"GetCallerIdentity"}
    assert rows(tmp_path, "SELECT count(*) FROM raw.inventory") == before


def test_details_are_asked_for_again_only_of_what_changed_until_the_next_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = whole()
    with holding(monkeypatch, held) as aws:
        read(tmp_path, "inventory")
        aws.seen.clear()
        read(tmp_path, "inventory", now=NOW + STEP)
        assert aws.asked("GetAgentRuntime") == []
        held.found["ListAgentRuntimes"][0] = runtime(version="4", hours_ago=-0.4)
        read(tmp_path, "inventory", now=NOW + 2 * STEP)
        assert [each["agentRuntimeId"] for each in aws.asked("GetAgentRuntime")] == [RUNTIME]
        aws.seen.clear()
        read(tmp_path, "inventory", now=NOW + timedelta(hours=13))
        assert [each["agentRuntimeId"] for each in aws.asked("GetAgentRuntime")] == [RUNTIME, TOOLS]


def test_a_release_and_a_removal_between_two_looks_are_dated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = whole()
    with holding(monkeypatch, held):
        read(tmp_path, "inventory")
        held.found["ListAgentRuntimes"].pop()
        held.parts["ListAgentRuntimeEndpoints", RUNTIME][0] = endpoint(live="4", hours_ago=-0.1)
        at_clock(monkeypatch, NOW + STEP)
        collect(tmp_path, "inventory", now=NOW + STEP)
    assert rows(
        tmp_path,
        """SELECT version, valid_from, valid_to FROM mart.inventory
           WHERE kind = 'runtime_endpoint' AND name = 'DEFAULT' ORDER BY resource_id, valid_from""",
    ) == [("3", ago(30), ago(-0.1)), ("4", ago(-0.1), None), ("1", ago(30), NOW + STEP)]
    assert rows(
        tmp_path, f"SELECT valid_to FROM mart.inventory WHERE kind = 'runtime' AND resource_id = '{TOOLS}'"
    ) == [(NOW + STEP,)]


def test_what_goes_while_it_is_being_listed_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = whole()
    del held.parts["ListAgentRuntimeVersions", TOOLS], held.said[TOOLS]
    with holding(monkeypatch, held):
        runs = by_scope(read(tmp_path, "inventory"))
    assert (runs["inventory runtimes"].status, runs["inventory runtimes"].skipped) == ("ok", 1)
    assert (runs["inventory runtime_details"].status, runs["inventory runtime_details"].skipped) == ("ok", 1)


def test_a_listing_that_breaks_off_makes_nothing_disappear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with holding(monkeypatch, whole()) as aws:
        read(tmp_path, "inventory")
        aws.page_events = 1
        aws.faults.append(Fault("ListAgentRuntimes", "ThrottlingException", 429, passed=1))
        at_clock(monkeypatch, NOW + STEP)
        outcome = collect(tmp_path, "inventory", now=NOW + STEP)
    assert {run.scope.name for run in outcome.failed} >= {"runtimes"}
    assert rows(tmp_path, "SELECT count(*) FROM mart.inventory WHERE valid_to IS NOT NULL") == [(0,)]


def no_such_name(host: str, *more: Any, known: Any = socket.getaddrinfo, **rest: Any) -> Any:
    """Name resolution that does not know `.invalid`, without asking a network."""
    if str(host).endswith(".invalid"):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return known(host, *more, **rest)


def test_a_region_without_the_service_is_not_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with holding(monkeypatch, whole()):
        monkeypatch.setattr("socket.getaddrinfo", no_such_name)
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_AGENT", "http://bedrock-agent.nowhere.invalid")
        runs = by_scope(read(tmp_path, "inventory"))
    assert runs["inventory bedrock_agents"].status == "not_set_up"
    assert runs["inventory runtimes"].status == "ok"


def test_a_service_out_of_reach_where_it_is_offered_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding(monkeypatch, whole()):
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_AGENT", "http://127.0.0.1:9")
        runs = by_scope(read(tmp_path, "inventory"))
    assert (runs["inventory bedrock_agents"].status, runs["inventory bedrock_agents"].retry_helps) == ("failed", True)


def test_tags_are_spelled_one_way_and_no_address_of_a_person_is_kept() -> None:
    pairs = [
        {"Key": "Cost Centre", "Value": "9"},
        {"Key": "AgentName", "Value": "a"},
        {"Key": "Owner", "Value": "a@b.c"},
    ]
    assert kept_tags(pairs) == {"cost-center": "9", "agent-name": "a"}
    assert (kept_tags(None), kept_tags({"agent_id": "x", "Name": "y"})) == ({}, {"agent-id": "x"})


def test_an_address_loses_what_lets_somebody_in() -> None:
    assert address("https://me:pw@host/a?token=1#x") == "https://host/a"
    assert (address("1.dkr.ecr/r:tag@sha256:ab"), address(None)) == ("1.dkr.ecr/r:tag@sha256:ab", None)


def test_moments_of_answers_are_naive_utc() -> None:
    assert naive("2026-11-18T10:00:00.000+0000") == naive("2026-11-18T11:00:00+01:00")
    assert (naive("soon"), naive(None), answered_at({})) == (None, None, None)
    assert answered_at({"ResponseMetadata": {"HTTPHeaders": {"date": "Fri, 20 Nov 2026 12:00:00 GMT"}}}) == NOW
