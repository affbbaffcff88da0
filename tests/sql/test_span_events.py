"""Event records of split delivery give their spans what these lack; no text of them is kept."""

from __future__ import annotations

import itertools
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from sql.warehouse import Warehouse
from tests.sql.support import NOW, agent_span, chat, land, one, rows, span, tool, warehouse

MARTS = ("tasks", "model_calls", "tool_calls", "data_calls", "spans")


def sample(shared: Path, name: str) -> Any:
    return json.loads((shared / "aws" / "samples" / name).read_text())


def full(shared: Path, name: str) -> list[dict[str, Any]]:
    return [each["raw_otel_json"] for each in sample(shared, f"{name}.full.json") if each.get("raw_otel_json")]


def event(of: dict[str, Any], answer: Any, finish: str | None = None, **attributes: Any) -> dict[str, Any]:
    """The record that ADOT writes beside a Strands span: its last message is the answer."""
    content = {"message": answer} | ({"finish_reason": finish} if finish else {})
    return {
        "traceId": of["traceId"],
        "spanId": of["spanId"],
        "scope": {"name": "strands.telemetry.tracer"},
        "timeUnixNano": of["startTimeUnixNano"] + of["durationNano"],
        "observedTimeUnixNano": of["startTimeUnixNano"] + of["durationNano"] + 5,
        "attributes": {"event.name": "strands.telemetry.tracer", **attributes},
        "body": {
            "input": {"messages": [{"role": "user", "content": {"content": '[{"text": "SECRET"}]'}}]},
            "output": {"messages": [{"role": "assistant", "content": content}]},
        },
    }


def unified(of: dict[str, Any], answer: Any, finish: str | None = None) -> dict[str, Any]:
    """The same span with what it said on itself."""
    said = {"message": answer} | ({"finish_reason": finish} if finish else {})
    return of | {"events": [{"name": "gen_ai.choice", "attributes": said}]}


def marts(wh: Warehouse) -> list[list[tuple[Any, ...]]]:
    return [rows(wh, f"SELECT * FROM mart.{name} ORDER BY ALL") for name in MARTS]


def test_a_strands_record_gives_its_facts_and_no_text(shared: Path, tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [sample(shared, "otel_rt_log_strands_agent_body.json")], "span_events")
        facts = one(
            wh,
            """SELECT trace_id, span_id, "at", length(body_sha256), event_name, scope_name, account_id, region,
            agent_runtime,
            session_id, stop_reason, messages, tool_calls, roles, tool_result FROM raw.span_events""",
        )
        stored = str(rows(wh, "FROM raw.span_events"))
    assert facts == (
        "691bb6a875f4b80435ad36816864e7c2",
        "75d7e5e947e5af53",
        datetime(2025, 11, 17, 23, 58, 37, 481578),
        64,
        "strands.telemetry.tracer",
        "strands.telemetry.tracer",
        "123456789012",
        "us-east-1",
        "test_eval_1-Ux9OE986P4",
        "cc8a8e69-8bed-4e5f-9a06-9a58550fd713",
        "end_turn",
        3,
        None,
        '["assistant","system","user"]',
        "ok",
    )
    assert "Hello" not in stored


def test_a_choice_of_botocore_gives_its_finish_reason(shared: Path, tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [sample(shared, "otel_rt_log_botocore_genai_event.json")], "span_events")
        assert one(
            wh,
            "SELECT event_name, stop_reason, messages, tool_calls, roles, session_id, tool_result FROM raw.span_events",
        ) == ("gen_ai.choice", "end_turn", 1, None, '["assistant"]', None, None)


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"_aws": {}, "body": {}}, "metric_record"),
        ({"name": "gen_ai.evaluation.result", "body": {}}, "evaluation_record"),
        ({"attributes": {"event.name": "gen_ai.evaluation.result"}, "body": {}}, "evaluation_record"),
        ({"attributes": {"event.name": "agent.outcome"}, "body": {}}, "outcome_record"),
        ({"body": "Invocation completed", "traceId": "a", "spanId": "b"}, "app_log"),
        ({"body": {"free": "form"}, "traceId": "a", "spanId": "b"}, "app_log"),
        ({"attributes": {"event.name": "gen_ai.choice"}, "body": {"index": 0}}, "event_outside_span"),
        ({"timestamp": "2025-11-17", "message": "plain"}, "other_record"),
        ({"startTimeUnixNano": 1, "body": {}}, "span_record"),
    ],
)
def test_other_kinds_of_record_are_skipped_by_kind(tmp_path: Path, record: dict[str, Any], kind: str) -> None:
    with warehouse(tmp_path) as wh:
        landed = land(wh, [record], "span_events")
        assert (landed.skipped, landed.rejects, rows(wh, "FROM raw.span_events")) == ({kind: 1}, {}, [])


def test_a_broken_event_record_is_rejected(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        assert land(wh, ['{"body": {"cut'], "span_events").rejects == {"malformed_json": 1}


@pytest.mark.parametrize("name", ["langgraph", "langgraph_tool", "strands_bedrock", "strands_openai"])
def test_recorded_streams_land_once_whatever_their_order(shared: Path, tmp_path: Path, name: str) -> None:
    records = full(shared, f"agentcore_otel_rt_logs_{name}")
    events = [each for each in records if isinstance(each.get("body"), dict)]
    with warehouse(tmp_path) as wh:
        landed = land(wh, records, "span_events")
        again = land(wh, list(reversed(records)), "span_events", start=1000)
    assert landed.rows_new == len({json.dumps(each, sort_keys=True) for each in events})
    assert (landed.rejects, sum(landed.skipped.values())) == ({}, len(records) - len(events))
    assert (again.rows_new, again.rows_changed) == (0, 0)


def test_the_recorded_run_in_split_and_in_unified_form_gives_equal_rows(shared: Path, tmp_path: Path) -> None:
    spans = full(shared, "agentcore_spans_strands_openai_with_error")
    events = {
        e["spanId"]: e for e in full(shared, "agentcore_otel_rt_logs_strands_openai") if isinstance(e.get("body"), dict)
    }
    one_form = [
        unified(each, said["message"], said.get("finish_reason"))
        if (said := last_answer(events.get(each["spanId"])))
        else each
        for each in spans
    ]
    with warehouse(tmp_path / "split") as wh:
        land(wh, spans, "span_records")
        land(wh, list(events.values()), "span_events")
        wh.build(NOW)
        split = marts(wh)
        stops = rows(wh, "SELECT stop_reason FROM mart.model_calls ORDER BY started_at")
        assert rows(wh, "SELECT tool_name, status FROM mart.tool_calls") == [("code_interpreter", "error")]
    with warehouse(tmp_path / "unified") as wh:
        land(wh, one_form, "span_records")
        wh.build(NOW)
        assert marts(wh) == split
    assert stops == [("end_turn",), ("tool_use",), ("end_turn",)], "which the spans themselves do not say"


def last_answer(record: dict[str, Any] | None) -> dict[str, Any] | None:
    messages = (record or {}).get("body", {}).get("output", {}).get("messages")
    return messages[-1]["content"] if messages and "message" in messages[-1]["content"] else None


def test_the_documented_pair_and_its_unified_form_agree(shared: Path, tmp_path: Path) -> None:
    pair = sample(shared, "span_docs_strands_split_pair.json")
    other = sample(shared, "span_docs_strands_unified_invoke_agent.json") | {
        key: pair["span"][key]
        for key in ("spanId", "parentSpanId", "startTimeUnixNano", "durationNano", "status", "scope")
    }
    event_ = pair["event_record"] | {"timeUnixNano": pair["span"]["endTimeUnixNano"]}
    stops = []
    for number, (spans, events) in enumerate([([pair["span"]], [event_]), ([other], [])]):
        with warehouse(tmp_path / str(number)) as wh:
            land(wh, spans, "span_records")
            land(wh, events, "span_events")
            wh.build(NOW)
            stops.append(one(wh, "SELECT trace_id, span_id, stop_reason FROM stg_spans"))
    assert stops[0] == stops[1]
    assert stops[0][2] == "end_turn"


@pytest.mark.parametrize(
    ("answer", "stated", "status"),
    [
        ('[{"text": "[]"}]', "success", "empty"),
        ('[{"text": "{\\"results\\": []}"}]', "success", "empty"),
        ('[{"toolResult": {"status": "error", "content": [{"text": "no"}]}}]', "success", "error"),
        ('[{"text": "42"}]', "success", "ok"),
        ('[{"text": ""}]', "success", "ok"),
        ('[{"text": "[]"}]', "error", "error"),
    ],
)
def test_a_tool_that_answers_with_an_error_or_an_empty_list_did_not_work(
    tmp_path: Path, answer: str, stated: str, status: str
) -> None:
    call = tool("1", "b", "a", tool_status=stated)
    for number, records in enumerate([[call, event(call, answer)], [unified(call, answer)]]):
        with warehouse(tmp_path / str(number)) as wh:
            land(wh, [agent_span("1"), records[0]])
            land(wh, records[1:], "span_events")
            wh.build(NOW)
            assert rows(wh, "SELECT status FROM mart.tool_calls") == [(status,)]


def test_events_before_after_and_without_their_span_change_nothing_else(tmp_path: Path) -> None:
    call = chat("1", "b", "a")
    batches = [[agent_span("1"), call], [event(call, "x", "end_turn")], [event(chat("9", "z", "y"), "x", "max_tokens")]]
    seen = []
    for number, order in enumerate(itertools.permutations(range(3))):
        with warehouse(tmp_path / str(number)) as wh:
            for place in order:
                land(wh, batches[place], "span_records" if place == 0 else "span_events", start=place * 10)
                wh.build(NOW)
            seen.append(marts(wh))
            assert one(wh, "SELECT count(*), min(stop_reason) FROM mart.model_calls") == (1, "end_turn")
    assert all(each == seen[0] for each in seen)


def test_events_whose_span_never_came_are_counted(tmp_path: Path) -> None:
    late = chat("8", "z", "y", at=7200)
    with warehouse(tmp_path) as wh:
        land(wh, [event(chat("9", "z", "y"), "x"), event(late, "x")], "span_events")
        wh.build(NOW)
        found = next(each for each in wh.check() if each.check_name == "event_without_span")
    assert (found.severity, found.offenders) == ("warn", 1), "the newer one may still get its span"


def test_a_session_known_to_the_event_alone_is_the_span_s(tmp_path: Path) -> None:
    root = agent_span("1")
    with warehouse(tmp_path) as wh:
        land(wh, [root])
        land(wh, [event(root, "x", "end_turn", **{"session.id": "s-7"})], "span_events")
        wh.build(NOW)
        assert one(wh, "SELECT session_id FROM mart.tasks") == ("s-7",)


def test_an_agent_known_to_the_event_alone_is_the_span_s(tmp_path: Path) -> None:
    root = span("1", "a", op="invoke_agent", runtime=None)
    with warehouse(tmp_path) as wh:
        land(wh, [root])
        land(wh, [event(root, "x", **{"gen_ai.agent.name": "Planner"})], "span_events")
        wh.build(NOW)
        assert one(wh, "SELECT agent_name FROM mart.tasks") == ("Planner",)


def test_the_newer_form_of_the_conventions_gives_its_finish_reason(tmp_path: Path) -> None:
    call = chat("1", "b", "a")
    messages = json.dumps(
        [{"role": "assistant", "parts": [{"type": "text", "content": "SECRET"}], "finish_reason": "stop"}]
    )
    said = {"name": "gen_ai.client.inference.operation.details", "attributes": {"gen_ai.output.messages": messages}}
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1"), call | {"events": [said]}])
        wh.build(NOW)
        assert one(wh, "SELECT stop_reason FROM mart.model_calls") == ("stop",)
        assert "SECRET" not in str(rows(wh, "FROM raw.spans"))


def test_a_record_without_any_time_is_rejected(tmp_path: Path) -> None:
    record = event(agent_span("1"), "x")
    del record["timeUnixNano"], record["observedTimeUnixNano"]
    with warehouse(tmp_path) as wh:
        assert land(wh, [record], "span_events").rejects == {"missing_time": 1}
