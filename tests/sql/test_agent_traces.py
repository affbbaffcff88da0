"""Trace parts of classic Bedrock Agents become tasks, calls and look-ups, in whatever order the parts come."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sql.warehouse import Warehouse
from tests.sql.support import ACCOUNT, MODEL, NOW, REGION, START, land, one, rows, warehouse

FEED = "agent_trace_records"
RUN = "3d2335cc-1111-2222-3333-444455556666"
SPANS = """SELECT name, operation, duration_ms, tool_name, tool_status, status, decision, results, found, in_progress,
    input_tokens, output_tokens, request_id FROM raw.spans ORDER BY started_at, name"""
MARTS = ("tasks", "model_calls", "tool_calls", "data_calls", "spans")


def alias(agent: str, name: str) -> str:
    return f"arn:aws:bedrock:{REGION}:{ACCOUNT}:agent-alias/{agent}/{name}"


def part(trace: dict[str, Any], at: float, **fields: Any) -> dict[str, Any]:
    """One line of the contract. `at` is seconds after START."""
    return {
        "event.name": "bedrock.agent.trace",
        "agentId": "AGENT00001",
        "agentAliasId": "ALIAS00001",
        "agentVersion": "3",
        "sessionId": "s-1",
        "eventTime": (START + timedelta(seconds=at)).isoformat() + "Z",
        "callerChain": [{"agentAliasArn": alias("AGENT00001", "ALIAS00001")}],
        "trace": trace,
        **fields,
    }


def step(
    number: int, at: float, run: str = RUN, more: dict[str, Any] | None = None, **what: dict[str, Any]
) -> dict[str, Any]:
    """A part of the orchestration trace."""
    return part(
        {"orchestrationTrace": {k: {"traceId": f"{run}-{number}", **v} for k, v in what.items()}}, at, **(more or {})
    )


def whole_run() -> list[dict[str, Any]]:
    used = {"usage": {"inputTokens": 100, "outputTokens": 20}, "totalTimeMs": 1500, "clientRequestId": "req-1"}
    group = {"actionGroupName": "orders", "function": "cancel", "parameters": [{"name": "id", "value": "SECRET"}]}
    return [
        step(0, 1, modelInvocationInput={"type": "ORCHESTRATION", "foundationModel": MODEL, "text": "SECRET"}),
        step(0, 2.5, modelInvocationOutput={"rawResponse": {"content": "SECRET"}, "metadata": used}),
        step(0, 2.6, rationale={"text": "SECRET"}),
        step(0, 3, invocationInput={"invocationType": "ACTION_GROUP", "actionGroupInvocationInput": group}),
        step(
            0,
            3.4,
            observation={
                "type": "ACTION_GROUP",
                "actionGroupInvocationOutput": {"text": "SECRET", "metadata": {"totalTimeMs": 400}},
            },
        ),
        step(
            1,
            4,
            invocationInput={
                "invocationType": "KNOWLEDGE_BASE",
                "knowledgeBaseLookupInput": {"knowledgeBaseId": "KB1", "text": "SECRET"},
            },
        ),
        step(1, 4.5, observation={"type": "KNOWLEDGE_BASE", "knowledgeBaseLookupOutput": {"retrievedReferences": []}}),
        part(
            {"guardrailTrace": {"action": "NONE", "traceId": f"{RUN}-guardrail-post-0", "outputAssessments": [{}]}}, 4.8
        ),
        step(2, 5, observation={"type": "FINISH", "finalResponse": {"text": "SECRET"}}),
    ]


def marts(wh: Warehouse) -> list[list[tuple[Any, ...]]]:
    return [rows(wh, f"SELECT * FROM mart.{name} ORDER BY ALL") for name in MARTS]


def built(wh: Warehouse, *records: Any) -> None:
    land(wh, records, FEED)
    wh.build(NOW)


def test_a_run_is_one_task_with_its_calls_and_without_any_text(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, *whole_run())
        assert rows(wh, SPANS) == [
            ("InvokeAgent", "invoke_agent", None, None, None, "OK", None, None, None, False, None, None, None),
            ("chat orchestration", "chat", 1500.0, None, None, None, None, None, None, False, 100, 20, "req-1"),
            (
                "execute_tool action_group",
                "execute_tool",
                400.0,
                "orders/cancel",
                "success",
                None,
                None,
                None,
                None,
                False,
                None,
                None,
                None,
            ),
            ("Retrieve", "retrieval", None, "knowledge_base", "success", None, None, 0, False, False, None, None, None),
            ("guardrail", "guardrail", None, None, None, None, "NONE", None, None, False, None, None, None),
        ]
        assert one(
            wh,
            """SELECT agent_id, agent_version, session_id, duration_ms, model_calls, tool_calls, uncached_input_tokens,
            cost_state FROM mart.tasks""",
        ) == ("ALIAS00001", "3", "s-1", 4000.0, 1, 1, 100, "priced")
        assert one(wh, "SELECT kind, action, resource_id, results, status, duration_ms FROM mart.data_calls") == (
            "knowledge_base",
            "Retrieve",
            "KB1",
            0,
            "empty",
            500.0,
        )
        assert one(wh, "SELECT agent_id, host, arn FROM mart.agents") == (
            "ALIAS00001",
            "bedrock_agent",
            alias("AGENT00001", "ALIAS00001"),
        )
        assert [each for each in wh.check() if each.severity == "fail"] == []
        assert "SECRET" not in str([rows(wh, "FROM raw.spans"), marts(wh)])


def test_order_and_repetition_of_the_parts_do_not_matter(tmp_path: Path) -> None:
    seen = []
    for seed in range(5):
        parts = whole_run() + whole_run()[:4]
        random.Random(seed).shuffle(parts)
        with warehouse(tmp_path / str(seed)) as wh:
            for place in range(0, len(parts), 4):
                land(wh, parts[place : place + 4], FEED, start=place)
                wh.build(NOW)
            seen.append((rows(wh, "SELECT * FROM raw.spans ORDER BY ALL"), marts(wh)))
            assert land(wh, parts, FEED, start=100).rows_new == 0
    assert all(each == seen[0] for each in seen)


def test_a_run_whose_end_is_missing_has_not_ended(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, *whole_run()[:-1])
        assert one(wh, "SELECT ended_at, duration_ms, status, model_calls FROM mart.tasks") == (
            None,
            None,
            "abandoned",
            1,
        )


@pytest.mark.parametrize("wrap", [lambda p: {"level": "INFO", "message": p}, lambda p: {"message": json.dumps(p)}])
def test_lines_wrapped_by_lambda_give_the_same_rows(tmp_path: Path, wrap: Any) -> None:
    with warehouse(tmp_path / "bare") as wh:
        built(wh, *whole_run())
        bare = marts(wh)
    with warehouse(tmp_path / "wrapped") as wh:
        built(wh, *map(wrap, whole_run()))
        assert marts(wh) == bare


@pytest.mark.parametrize(
    ("called", "seen", "expected"),
    [
        (
            {
                "invocationType": "AGENT_COLLABORATOR",
                "agentCollaboratorInvocationInput": {"agentCollaboratorName": "Tax"},
            },
            {"type": "AGENT_COLLABORATOR", "agentCollaboratorInvocationOutput": {"metadata": {"totalTimeMs": 9}}},
            ("Tax", "ok"),
        ),
        (
            {"invocationType": "ACTION_GROUP_CODE_INTERPRETER", "codeInterpreterInvocationInput": {"code": "SECRET"}},
            {"type": "ACTION_GROUP", "codeInterpreterInvocationOutput": {"executionError": "SECRET"}},
            ("code_interpreter", "error"),
        ),
        (
            {"invocationType": "ACTION_GROUP_CODE_INTERPRETER"},
            {"type": "ACTION_GROUP", "codeInterpreterInvocationOutput": {"executionTimeout": True}},
            ("code_interpreter", "timeout"),
        ),
        (
            {
                "invocationType": "ACTION_GROUP",
                "actionGroupInvocationInput": {"actionGroupName": "g", "verb": "get", "apiPath": "/o/{id}"},
            },
            {"type": "REPROMPT", "repromptResponse": {"source": "ACTION_GROUP", "text": "SECRET"}},
            ("g/GET /o/{id}", "error"),
        ),
    ],
)
def test_every_kind_of_tool_has_its_name_and_its_end(
    tmp_path: Path, called: dict[str, Any], seen: dict[str, Any], expected: tuple[str, str]
) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, step(0, 1, invocationInput=called), step(0, 2, observation=seen))
        assert rows(wh, "SELECT tool_name, status FROM mart.tool_calls") == [expected]
        assert "SECRET" not in str(rows(wh, "FROM raw.spans"))


@pytest.mark.parametrize("kind", ["ASK_USER", "REPROMPT"])
def test_a_question_to_the_user_and_a_reprompt_are_kept_as_facts(tmp_path: Path, kind: str) -> None:
    seen = {"type": kind, "repromptResponse": {"source": "PARSER", "text": "SECRET"}}
    with warehouse(tmp_path) as wh:
        built(wh, step(0, 1, observation=seen))
        assert rows(wh, "SELECT name, operation FROM mart.spans WHERE operation = 'other'") == [
            (f"observation {kind}", "other")
        ]
        assert one(wh, "SELECT ended_at IS NOT NULL FROM mart.tasks") == (kind == "ASK_USER",)


def test_control_that_returns_to_the_caller_ends_the_turn(tmp_path: Path) -> None:
    group = {"actionGroupName": "pay", "function": "send", "executionType": "RETURN_CONTROL"}
    with warehouse(tmp_path) as wh:
        built(wh, step(0, 1, invocationInput={"invocationType": "ACTION_GROUP", "actionGroupInvocationInput": group}))
        assert one(wh, "SELECT ended_at IS NOT NULL FROM mart.tasks") == (True,)
        assert one(wh, "SELECT name FROM mart.spans WHERE operation = 'other'") == ("observation RETURN_CONTROL",)


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (429, "Rate exceeded for SECRET", ("throttle", True)),
        (424, "Dependency timed out: SECRET", ("timeout", None)),
        (403, "Access denied when calling SECRET", ("access_denied", None)),
        (500, "SECRET", ("failure", None)),
    ],
)
def test_a_failure_is_the_run_s_error_without_its_text(
    tmp_path: Path, code: int, reason: str, expected: tuple[str, bool | None]
) -> None:
    failure = {"failureTrace": {"traceId": f"{RUN}-0", "failureCode": code, "failureReason": reason}}
    with warehouse(tmp_path) as wh:
        built(wh, part(failure, 2), step(0, 1, rationale={"text": "x"}))
        assert one(wh, "SELECT error_type, throttled, status FROM raw.spans") == (*expected, "ERROR")
        assert one(wh, "SELECT root_error FROM mart.tasks") == (True,)
        assert "SECRET" not in str(rows(wh, "FROM raw.spans"))


def collaborator(at: float, **more: Any) -> dict[str, Any]:
    chain = [{"agentAliasArn": alias("AGENT00001", "ALIAS00001")}, {"agentAliasArn": alias("AGENT00002", "ALIAS00002")}]
    who = {"agentId": "AGENT00002", "agentAliasId": "ALIAS00002", "collaboratorName": "Tax", "callerChain": chain}
    said = {"metadata": {"usage": {"inputTokens": 7, "outputTokens": 3}}}
    return step(0, at, RUN.replace("3d", "4e"), who | more, modelInvocationOutput=said)


def test_a_collaborator_s_calls_belong_to_the_caller_s_task_where_the_invocation_is_named(tmp_path: Path) -> None:
    named = {"invocation_id": "inv-1"}
    with warehouse(tmp_path) as wh:
        built(wh, *(each | named for each in whole_run()), collaborator(2, **named))
        assert one(wh, "SELECT agent_id, model_calls, uncached_input_tokens FROM mart.tasks") == ("ALIAS00001", 2, 107)
        assert rows(wh, "SELECT agent_id FROM mart.model_calls ORDER BY 1") == [("ALIAS00001",), ("ALIAS00002",)]
        tree = "SELECT s.agent_id, p.agent_id FROM mart.spans s JOIN mart.spans p ON p.span_id = s.parent_span_id"
        assert rows(wh, f"{tree} WHERE s.name = 'InvokeAgent'") == [("ALIAS00002", "ALIAS00001")]


def test_a_collaborator_whose_caller_is_not_known_is_no_task_of_its_own(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, *whole_run(), collaborator(2))
        assert rows(wh, "SELECT agent_id, model_calls FROM mart.tasks") == [("ALIAS00001", 1)]
        assert rows(wh, "SELECT agent_id FROM mart.model_calls WHERE task_id IS NULL") == [("ALIAS00002",)]


def test_a_traced_caller_s_trace_holds_the_run(tmp_path: Path) -> None:
    trace = "69e9cc4771d7cabe0d8e8cea33b6b338"
    given = {"trace_id": f"1-{trace[:8]}-{trace[8:]}", "span_id": "00000000000000AB"}
    with warehouse(tmp_path) as wh:
        built(wh, *(each | given for each in whole_run()))
        assert rows(wh, "SELECT DISTINCT trace_id FROM raw.spans") == [(trace,)]
        assert one(wh, "SELECT parent_span_id FROM raw.spans WHERE name = 'InvokeAgent'") == ("00000000000000ab",)


def test_the_test_alias_of_two_agents_is_two_agents(tmp_path: Path) -> None:
    one_, two = (
        part(
            {"orchestrationTrace": {"rationale": {"traceId": f"{RUN[:-1]}{n}-0"}}},
            n,
            agentId=f"AGENT{n}",
            agentAliasId="TSTALIASID",
            callerChain=[],
        )
        for n in (1, 2)
    )
    with warehouse(tmp_path) as wh:
        built(wh, one_, two)
        assert rows(wh, "SELECT agent_id FROM mart.tasks ORDER BY 1") == [
            ("AGENT1/TSTALIASID",),
            ("AGENT2/TSTALIASID",),
        ]


@pytest.mark.parametrize(
    ("record", "skipped", "rejects"),
    [
        ({"event.name": "agent.outcome"}, {"other_record": 1}, {}),
        ({"level": "INFO", "message": "plain"}, {"other_record": 1}, {}),
        (part({"orchestrationTrace": {}}, 1), {}, {"missing_id": 1}),
        (step(0, 1, more={"agentId": None, "callerChain": []}, modelInvocationOutput={}), {}, {"missing_agent": 1}),
        (step(0, 1, modelInvocationOutput={"metadata": {"totalTimeMs": -1}}), {}, {"negative_duration": 1}),
        ('{"event.name": "bedrock.agent.tr', {}, {"malformed_json": 1}),
    ],
)
def test_what_is_no_trace_part_is_skipped_or_rejected_once(
    tmp_path: Path, record: Any, skipped: dict[str, int], rejects: dict[str, int]
) -> None:
    with warehouse(tmp_path) as wh:
        landed = land(wh, [record], FEED)
        assert (landed.skipped, landed.rejects, rows(wh, "FROM raw.spans")) == (skipped, rejects, [])
