"""Recorded spans of many instrumentations, put into CloudWatch's shape: calls, tools and tokens are counted once."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.sql.support import NOW, REGION, land, one, rows, warehouse

SERVICE = {"attributes": {"service.name": "recorded-service", "cloud.region": REGION}}
# Per recording: model calls, tool calls, uncached input, cache reads, output tokens, as its own leaf spans state them.
EXPECTED = {
    "adk_live_spans": (2, 1, 157 + 222, None, 51 + 33),
    "autogen_live_spans": (0, 1, None, None, None),
    "claude_adot_spans": (1, 4, 4, 29447, 767),
    "claude_live_spans": (1, 6, 132, None, 850),
    "openai_agents_genai_adot_spans": (3, 1, 148 + 257 + 287, None, 47 + 19 + 36),
    "openai_agents_genai_live_spans": (8, 5, 1870, 0, 253),
    "openai_agents_openinference_adot_spans": (3, 2, 148 + 257 + 287, 0, 47 + 19 + 41),
    "openai_agents_openinference_live_spans": (5, 4, 212 + 190 + 242 + 272 + 312, 0, 27 + 53 + 19 + 65 + 30),
    "openinference_live_spans": (2, 1, None, None, None),
    "pydantic_ai_live_spans": (2, 1, 1251, None, 78),
}


def recorded(shared: Path) -> dict[str, list[dict[str, Any]]]:
    """The recordings by name, in the shape of CloudWatch's span records."""
    found: dict[str, list[dict[str, Any]]] = {}
    with gzip.open(shared / "data" / "otel_raw" / "strands_evals_spans.ndjson.gz", "rt") as lines:
        for line in lines:
            entry = json.loads(line)
            found.setdefault(entry["fixture"], []).append(cloudwatch_shape(entry["raw"]))
    return found


def cloudwatch_shape(raw: dict[str, Any]) -> dict[str, Any]:
    status = raw["status"] if isinstance(raw["status"], dict) else {"code": raw["status"]}
    names = {"traceId": "trace_id", "spanId": "span_id", "parentSpanId": "parent_span_id", "name": "name"}
    times = {"startTimeUnixNano": "start_time", "endTimeUnixNano": "end_time"}
    record = {new: raw[old] for new, old in (names | times).items() if raw[old] is not None}
    kind = raw["attributes"].get("aws.span.kind", "INTERNAL")
    return record | {
        "attributes": raw["attributes"],
        "scope": raw["scope"],
        "status": status,
        "kind": kind,
        "resource": SERVICE,
    }


@pytest.mark.parametrize("recording", sorted(EXPECTED))
def test_each_instrumentation_is_counted_once(shared: Path, tmp_path: Path, recording: str) -> None:
    records = recorded(shared)[recording]
    with warehouse(tmp_path) as wh:
        landed = land(wh, records, "span_records")
        assert (landed.rows_new, landed.rejects, landed.skipped) == (len(records), {}, {})
        wh.build(NOW)
        assert one(
            wh,
            """SELECT count(DISTINCT task_id), sum(model_calls), sum(tool_calls), sum(uncached_input_tokens),
                sum(cache_read_tokens), sum(output_tokens) FROM mart.tasks""",
        ) == (1, *EXPECTED[recording])
        assert [check for check in wh.check() if check.severity == "fail"] == []


def test_a_workflow_without_a_chosen_name_belongs_to_its_service(shared: Path, tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, recorded(shared)["openinference_live_spans"], "span_records")
        wh.build(NOW)
        assert rows(wh, "SELECT agent_id, agent_name FROM mart.agents") == [
            ("111122223333/us-east-1/recorded-service", "recorded-service")
        ]


def test_every_recording_is_expected(shared: Path) -> None:
    assert set(recorded(shared)) == set(EXPECTED)
