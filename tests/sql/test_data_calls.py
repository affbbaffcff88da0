"""Calls of memories and knowledge bases are counted once; empty is only what is known to be empty."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sql.support import NOW, agent_span, land, one, rows, span, warehouse

CALLS = (
    "SELECT kind, action, resource_id, results, is_empty, status, error_type FROM mart.data_calls ORDER BY started_at"
)
KNOWLEDGE = "opentelemetry.instrumentation.botocore"


def lookup(
    uid: str = "b",
    parent: str = "a",
    name: str = "retriever",
    scope: str = "openinference.instrumentation.langchain",
    **attributes: Any,
) -> dict[str, Any]:
    """A span of trace 1 without gen_ai.operation.name."""
    return span("1", uid, parent, op="server", name=name, scope=scope, **attributes)


def calls(tmp_path: Path, *records: dict[str, Any]) -> list[tuple[Any, ...]]:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1"), *records], "span_records")
        wh.build(NOW)
        assert "SECRET" not in str(rows(wh, "FROM raw.spans"))
        return rows(wh, CALLS)


def test_recorded_memory_calls_are_data_calls_of_their_agent(shared: Path, tmp_path: Path) -> None:
    names = ("span_memory_retrieve_records", "span_memory_create_event")
    records = [json.loads((shared / "aws" / "samples" / f"{name}.json").read_text()) for name in names]
    with warehouse(tmp_path) as wh:
        land(wh, records, "span_records")
        wh.build(NOW)
        assert rows(wh, CALLS) == [
            ("memory", "RetrieveMemoryRecords", None, None, None, "ok", None),
            ("memory", "CreateEvent", None, None, None, "ok", None),
        ], "the AWS call does not say how much it found: unknown, not zero"
        assert rows(wh, "SELECT agent_id, duration_ms FROM mart.data_calls ORDER BY started_at") == [
            ("test_eval_1-Ux9OE986P4", 186.904153),
            ("test_eval_1-Ux9OE986P4", 137.569159),
        ]
        assert rows(wh, "FROM mart.tool_calls") == []


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ({"output__value": '{"documents": []}'}, (0, True, "empty")),
        ({"output__value": '[{"page_content": "SECRET"}, {"page_content": "SECRET"}]'}, (2, False, "ok")),
        ({"retrieval__documents": [{"document.content": "SECRET"}]}, (1, False, "ok")),
        ({"retrieval__documents__0__document__content": "SECRET"}, (None, False, "ok")),
        ({}, (None, None, "ok")),
        ({"output__value": "SECRET plain text"}, (None, None, "ok")),
    ],
    ids=["none", "two", "as a list", "flat", "not said", "not a list"],
)
def test_a_retriever_of_openinference_counts_its_documents_without_their_text(
    tmp_path: Path, documents: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    found = calls(tmp_path, lookup(openinference__span__kind="RETRIEVER", **documents))
    assert found == [("retrieval", "retriever", None, *expected, None)]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ({"gen_ai__retrieval__documents": "[]"}, (0, True)),
        ({"gen_ai__retrieval__documents": [{"id": "d"}]}, (1, False)),
        ({}, (None, None)),
    ],
)
def test_a_retrieval_of_the_conventions_counts_its_documents(
    tmp_path: Path, documents: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    record = span("1", "b", "a", op="retrieval", name="retrieval KB1", gen_ai__data_source__id="KB1", **documents)
    [found] = calls(tmp_path, record)
    assert (found[0], found[2], found[3], found[4]) == ("retrieval", "KB1", *expected)


def test_a_retriever_above_the_aws_call_is_one_call_with_what_both_know(tmp_path: Path) -> None:
    outer = lookup(openinference__span__kind="RETRIEVER", output__value="[]")
    inner = lookup("c", "b", "Bedrock Agent Runtime.Retrieve", KNOWLEDGE, **{"aws__bedrock__knowledge_base__id": "KB1"})
    assert calls(tmp_path, outer, inner) == [("knowledge_base", "retriever", "KB1", 0, True, "empty", None)]


@pytest.mark.parametrize("action", ["Retrieve", "RetrieveAndGenerate", "RetrieveAndGenerateStream"])
def test_a_knowledge_base_asked_through_boto3_tells_all_but_what_it_found(tmp_path: Path, action: str) -> None:
    inner = lookup("c", "a", f"Bedrock Agent Runtime.{action}", KNOWLEDGE, aws__bedrock__knowledge_base__id="KB1")
    assert calls(tmp_path, inner) == [("knowledge_base", action, "KB1", None, None, "ok", None)]


@pytest.mark.parametrize(
    ("flags", "status", "error"),
    [
        ({"throttled": True, "error": True}, "error", "throttle"),
        ({"fault": True}, "error", "system"),
        ({"error": True}, "error", "user"),
        ({"throttled": False, "error": False, "fault": False}, "ok", None),
    ],
)
def test_a_memory_span_of_the_service_says_whose_fault_it_was(
    tmp_path: Path, flags: dict[str, bool], status: str, error: str | None
) -> None:
    record = lookup(
        name="CreateEvent",
        scope="",
        aws__operation__name="CreateEvent",
        memory__id="mem-1",
        actor__id="SECRET",
        **flags,
    )
    assert calls(tmp_path, record) == [("memory", "CreateEvent", "mem-1", None, None, status, error)]


def test_a_search_of_memory_by_the_conventions_may_find_nothing(tmp_path: Path) -> None:
    record = span(
        "1",
        "b",
        "a",
        op="search_memory",
        name="search_memory m",
        gen_ai__memory__store__id="m",
        gen_ai__memory__record__count=0,
    )
    [found] = calls(tmp_path, record)
    assert found[2:6] == ("m", 0, True, "empty")


def test_the_service_s_span_of_a_runtime_gives_its_own_latency_and_whose_error_it_was(tmp_path: Path) -> None:
    arn = "arn:aws:bedrock-agentcore:eu-west-1:222233334444:runtime/helper-0123456789"
    record = span(
        "1",
        "0",
        op="server",
        name="InvokeAgentRuntime",
        scope="",
        runtime=None,
        ms=0,
        status="UNSET",
        at=-0.1,
        aws__operation__name="InvokeAgentRuntime",
        aws__resource__arn=arn,
        aws__agent__id="helper-0123456789",
        aws__endpoint__name="prod",
        latency_ms=1400.5,
        error_type="throttle",
        session__id="s-1",
    )
    del record["durationNano"]
    with warehouse(tmp_path) as wh:
        land(wh, [record, agent_span("1", "a", parent="0")])
        wh.build(NOW)
        stored = "SELECT operation, dialect, agent_runtime, endpoint, account_id, region, status, error_type, throttled"
        assert rows(wh, f"{stored} FROM raw.spans WHERE name = 'InvokeAgentRuntime'") == [
            (
                "server",
                "agentcore_service",
                "helper-0123456789",
                "prod",
                "222233334444",
                "eu-west-1",
                "ERROR",
                "throttle",
                True,
            )
        ]
        assert one(wh, "SELECT agent_id, session_id, duration_ms, root_error FROM mart.tasks") == (
            "helper-0123456789",
            "s-1",
            1400.5,
            True,
        )


@pytest.mark.parametrize(
    ("resource", "endpoint"),
    [
        ({"cloud.resource_id": "arn:aws:bedrock-agentcore:r:1:runtime/a-1/runtime-endpoint/blue:blue"}, "blue"),
        ({"cloud.resource_id": "arn:aws:bedrock-agentcore:r:1:runtime/a-1", "service.name": "a.green"}, "green"),
        ({"service.name": "a.green"}, None),
    ],
)
def test_the_endpoint_is_the_arn_s_else_the_end_of_a_runtime_s_service_name(
    tmp_path: Path, resource: dict[str, str], endpoint: str | None
) -> None:
    record = agent_span("1")
    record["resource"] = {"attributes": resource}
    with warehouse(tmp_path) as wh:
        land(wh, [record])
        assert rows(wh, "SELECT endpoint FROM raw.spans") == [(endpoint,)]
