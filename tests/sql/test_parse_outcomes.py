"""Outcome events, raw or wrapped, become rows; a bad one is rejected with its reason."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sql.support import START, land, one, outcome, rows, warehouse

EVENT = outcome(
    "e1",
    trace="1",
    task__id="case-1",
    task__type="refund",
    escalation__escalated=True,
    escalation__reason="tool_error",
    confidence=0.82,
    label__source="human",
    gen_ai__evaluation__name="human.acceptance",
    gen_ai__evaluation__score__value=1.0,
    label__inclusion_probability=0.08,
)


@pytest.mark.parametrize(
    "record",
    [
        EVENT,
        {"timestamp": "x", "level": "INFO", "requestId": "1", "message": EVENT},
        {"level": "INFO", "message": json.dumps(EVENT)},
        {"detail-type": "agent.outcome", "detail": EVENT},
    ],
    ids=["raw", "wrapped-object", "wrapped-text", "eventbridge"],
)
def test_an_event_is_read_raw_or_wrapped(tmp_path: Path, record: dict[str, Any]) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [record], "outcome_records")
        assert one(
            wh,
            """SELECT event_id, trace_id, task_key, outcome, escalated, escalation_reason, confidence,
            label_source, score,
            inclusion_probability, happened_at FROM raw.outcomes""",
        ) == (
            "e1",
            "1".rjust(32, "0"),
            "case-1",
            "success",
            True,
            "tool_failure",
            0.82,
            "human_expert",
            1.0,
            0.08,
            datetime(2026, 11, 2, 9, 1),
        )


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-11-02T10:00:00+05:30", datetime(2026, 11, 2, 4, 30)),
        ("2026-11-02T10:00:00Z", datetime(2026, 11, 2, 10)),
        ("2026-11-02T10:00:00.25", datetime(2026, 11, 2, 10, 0, 0, 250000)),
    ],
)
def test_times_become_utc(tmp_path: Path, stamp: str, expected: datetime) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [outcome("e1", trace="1", timestamp=stamp)])
        assert one(wh, "SELECT happened_at FROM raw.outcomes") == (expected,)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"event_id": None}, "missing_id"),
        ({"schema_version": "2.0"}, "unknown_schema"),
        ({"timestamp": "soon"}, "missing_time"),
        ({"trace_id": None}, "missing_subject"),
        ({"task.outcome": "great"}, "unknown_outcome"),
        ({"confidence": 82}, "bad_confidence"),
        ({"gen_ai.evaluation.score.value": "high"}, "bad_score"),
        ({"label.inclusion_probability": 0}, "bad_probability"),
    ],
)
def test_a_bad_event_is_rejected_with_its_reason(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    with warehouse(tmp_path) as wh:
        landed = land(wh, [outcome("e1", trace="1") | change, outcome("e2", trace="2")], "outcome_records")
        assert (landed.rejects, landed.rows_new) == ({reason: 1}, 1)


def test_an_event_on_a_recorded_opentelemetry_log_record_borrows_trace_time_and_runtime(
    tmp_path: Path, shared: Path
) -> None:
    record = json.loads((shared / "aws/samples/otel_rt_log_app_logger.json").read_text())
    bare = {"event.name": "agent.outcome", "schema_version": "1.0", "event_id": "e1", "task.outcome": "success"}
    forms = [
        {**record, "attributes": {**record["attributes"], **bare}},
        {**record, "body": bare | {"event_id": "e2"}},
        {**record, "body": json.dumps(bare | {"event_id": "e3"})},
    ]
    with warehouse(tmp_path) as wh:
        assert land(wh, [*forms, record], "outcome_records").skipped == {"other_record": 1}
        found = rows(
            wh, "SELECT DISTINCT trace_id, agent_id, date_trunc('second', happened_at), outcome FROM raw.outcomes"
        )
        assert one(wh, "SELECT count(*) FROM raw.outcomes") == (3,)
    at = datetime(2025, 11, 17, 23, 58, 37)
    assert found == [("691bb6a875f4b80435ad36816864e7c2", "test_eval_1-Ux9OE986P4", at, "success")]


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ("role:support-l2", "role:support-l2"),
        ("Jo Smith", "person:"),
        ("jo@example.com", "person:"),
        ("role:a@b.c", "person:"),
    ],
)
def test_a_person_who_judged_is_a_role_or_a_hash(tmp_path: Path, stated: str, kept: str) -> None:
    event = outcome(
        "e1", trace="1", label__annotator=stated, label__source="human_expert", reason_code="ask a@b.example"
    )
    with warehouse(tmp_path) as wh:
        land(wh, [event | {"segment": {"who": "x@y.example"}}])
        rater, reason, segment = one(wh, "SELECT annotator, reason_code, segment FROM raw.outcomes")
    assert (rater if kept == stated else rater[:7], reason, segment) == (kept, "ask [e-mail]", '{"who":"[e-mail]"}')


def test_another_log_line_is_skipped(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        assert land(wh, [{"level": "INFO", "message": "hello"}], "outcome_records").skipped == {"other_record": 1}


def test_unknown_outcome_and_missing_answers_stay_unknown(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [outcome("e1", trace="1", result="unknown")])
        assert one(wh, "SELECT outcome, accepted, escalated, confidence FROM raw.outcomes") == (None, None, None, None)
    assert START.year == 2026
