"""Span records of every dialect become typed rows; what is not a span is told apart or rejected with its reason."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sql.support import agent_span, chat, land, one, rows, span, warehouse


def sample(shared: Path, name: str) -> Any:
    return json.loads((shared / "aws" / "samples" / name).read_text())


def test_a_botocore_span_keeps_request_id_model_and_tokens(shared: Path, tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [sample(shared, "span_botocore_bedrock_runtime_chat.json")], "span_records")
        assert one(
            wh,
            """SELECT trace_id, span_id, parent_span_id, operation, dialect, request_id, model_requested, input_tokens,
            output_tokens, cache_read_tokens, stop_reason, started_at, duration_ms, agent_runtime, account_id
            FROM raw.spans""",
        ) == (
            "691bb6a875f4b80435ad36816864e7c2",
            "06df90d70f7db03f",
            "b1247625aa94dc7e",
            "chat",
            "botocore_bedrock",
            "f701acc1-eff6-46a0-8a13-afd88f14c494",
            "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
            21245,
            56,
            None,
            "end_turn",
            datetime(2025, 11, 17, 23, 58, 33, 427332),
            3440.357165,
            "test_eval_1-Ux9OE986P4",
            "123456789012",
        )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("span_strands_chat.json", ("chat", "strands", 21245, 56, 2657.0)),
        ("span_strands_invoke_agent.json", ("invoke_agent", "strands", 21245, 56, None)),
        ("span_strands_event_loop_cycle.json", ("cycle", "strands", None, None, None)),
        ("span_strands_execute_tool.json", ("execute_tool", "strands", None, None, None)),
        ("span_langgraph_workflow.json", ("invoke_agent", "langchain", None, None, None)),
        ("span_langgraph_task.json", ("task", "langchain", None, None, None)),
        ("span_langgraph_chat_bedrock_converse.json", ("chat", "langchain", 338, 113, None)),
        ("span_agentcore_server_invocations.json", ("server", "http", None, None, None)),
        ("span_gateway_invoke_tool_allow.json", ("gateway", "agentcore_service", None, None, None)),
        ("span_policy_authorize_action_deny.json", ("policy", "agentcore_service", None, None, None)),
        ("span_memory_retrieve_records.json", ("memory", "botocore", None, None, None)),
    ],
)
def test_each_dialect_is_read_into_the_same_columns(
    shared: Path, tmp_path: Path, name: str, expected: tuple[Any, ...]
) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [sample(shared, name)], "span_records")
        assert one(wh, "SELECT operation, dialect, input_tokens, output_tokens, ttft_ms FROM raw.spans") == expected


def test_a_failed_tool_inside_an_ok_span_is_a_failed_tool(shared: Path, tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [sample(shared, "span_strands_execute_tool.json")], "span_records")
        assert one(wh, "SELECT tool_name, tool_status, status FROM raw.spans") == ("code_interpreter", "error", "OK")


def test_the_exception_event_gives_the_error_type(shared: Path, tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [sample(shared, "span_error_with_exception_event.json")], "span_records")
        assert one(wh, "SELECT status, error_type, http_status FROM raw.spans") == (
            "ERROR",
            "botocore.errorfactory.AccessDeniedException",
            403,
        )


@pytest.mark.parametrize(
    "name",
    ["otel_rt_log_app_logger.json", "otel_rt_log_botocore_genai_event.json", "otel_rt_log_strands_agent_body.json"],
)
def test_event_records_in_the_same_group_are_skipped_not_rejected(shared: Path, tmp_path: Path, name: str) -> None:
    with warehouse(tmp_path) as wh:
        landed = land(wh, [sample(shared, name)], "span_records")
        assert (landed.skipped, landed.rejects, rows(wh, "FROM raw.spans")) == ({"event_record": 1}, {}, [])


@pytest.mark.parametrize("place", ["aws/spans", "/aws/bedrock-agentcore/runtimes/test_eval_1-Ux9OE986P4-DEFAULT"])
def test_the_strands_fixture_counts_each_call_once_from_either_place(shared: Path, tmp_path: Path, place: str) -> None:
    wrapped = sample(shared, "agentcore_spans_strands_bedrock.full.json")
    records = [json.dumps(r["raw_otel_json"]) for r in wrapped if r.get("raw_otel_json")]
    with warehouse(tmp_path) as wh:
        land(wh, records, "span_records")
        land(wh, records, "span_records", start=1000)
        wh.build(datetime(2026, 11, 20))
        naive = one(wh, "SELECT sum(input_tokens) FROM raw.spans")[0]
        counted = one(wh, "SELECT count(*), sum(uncached_input_tokens), sum(output_tokens) FROM mart.model_calls")
        tasks = one(wh, "SELECT count(*), min(agent_id), max(agent_name), sum(model_calls) FROM mart.tasks")
    assert (naive, counted, tasks) == (190_704, (3, 63_568, 179), (3, "test_eval_1-Ux9OE986P4", "test_eval_1", 3))


def test_no_access_key_of_a_span_is_stored(shared: Path, tmp_path: Path) -> None:
    wrapped = sample(shared, "agentcore_spans_strands_bedrock.full.json")
    records = [json.dumps(r["raw_otel_json"]) for r in wrapped if r.get("raw_otel_json")]
    assert any("access_key" in text for text in records)
    with warehouse(tmp_path) as wh:
        land(wh, [*records, '{"traceId":"1","broken ASIAABCDEFGHIJKLMNOP'], "span_records")
        stored = json.dumps([rows(wh, "FROM raw.spans"), rows(wh, "FROM ops.rejects")], default=str)
    assert "ASIA" not in stored


def without(record: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in keys}


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (without(agent_span("1"), "traceId"), "missing_id"),
        (without(agent_span("1"), "spanId"), "missing_id"),
        (without(agent_span("1"), "name"), "missing_name"),
        (without(agent_span("1"), "startTimeUnixNano"), "missing_start"),
        (agent_span("1", ms=-5), "negative_duration"),
        ("{broken", "malformed_json"),
        ('{"traceId": "1", "spanId": "cut', "malformed_json"),
    ],
)
def test_a_bad_span_is_rejected_with_its_reason_and_kept_as_a_sample(
    tmp_path: Path, record: dict[str, Any] | str, reason: str
) -> None:
    with warehouse(tmp_path) as wh:
        landed = land(wh, [record, agent_span("2")], "span_records")
        assert (landed.rejects, landed.rows_new) == ({reason: 1}, 1)
        kept = one(wh, "SELECT source, scope, reason, event_id, length(sample) > 0 FROM ops.rejects")
        land(wh, [record, agent_span("2")], "span_records")
        assert kept == ("span_logs", "aws/spans", reason, "span_records-0", True)
        assert one(wh, "SELECT count(*) FROM ops.rejects") == (1,)


def test_token_counts_as_strings_are_read_and_nonsense_is_marked(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [chat("1", "b", "a", ("1200", "30")), chat("2", "b", "a", ("many", -4))])  # type: ignore[arg-type]
        assert rows(wh, "SELECT input_tokens, output_tokens, usage_malformed FROM raw.spans ORDER BY trace_id") == [
            (1200, 30, None),
            (None, None, True),
        ]


def test_nanoseconds_as_strings_and_end_times_without_duration_are_read(tmp_path: Path) -> None:
    record = without(agent_span("1", ms=0), "durationNano")
    record |= {
        "startTimeUnixNano": str(record["startTimeUnixNano"]),
        "endTimeUnixNano": str(record["startTimeUnixNano"] + 2_500_000),
    }
    with warehouse(tmp_path) as wh:
        land(wh, [record])
        assert one(wh, "SELECT duration_ms FROM raw.spans") == (2.5,)


def test_a_duration_of_zero_is_not_measured(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1", ms=0)])
        assert one(wh, "SELECT duration_ms FROM raw.spans") == (None,)


def test_user_ids_are_stored_as_a_hash(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1", user__id="ann@example.com")])
        stored = rows(wh, "FROM raw.spans")
        assert len(one(wh, "SELECT end_user_hash FROM raw.spans")[0]) == 64
    assert "ann@example.com" not in str(stored)


def test_openinference_names_are_understood(tmp_path: Path) -> None:
    record = span(
        "1",
        "b",
        "a",
        scope="openinference.instrumentation.langchain",
        llm__model_name="gpt-4o",
        llm__token_count__prompt=900,
        llm__token_count__completion=20,
        llm__token_count__prompt_details__cache_read=400,
        openinference__span__kind="LLM",
    )
    del record["attributes"]["gen_ai.operation.name"]
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1"), record])
        wh.build(datetime(2026, 11, 20))
        assert one(
            wh, "SELECT uncached_input_tokens, cache_read_tokens, output_tokens, model FROM mart.model_calls"
        ) == (500, 400, 20, "gpt-4o")
