"""Outcome events, raw or wrapped, become rows; a bad one is rejected with its reason."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.sql.support import START, land, one, outcome, warehouse

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


def test_another_log_line_is_skipped(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        assert land(wh, [{"level": "INFO", "message": "hello"}], "outcome_records").skipped == {"other_record": 1}


def test_unknown_outcome_and_missing_answers_stay_unknown(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [outcome("e1", trace="1", result="unknown")])
        assert one(wh, "SELECT outcome, accepted, escalated, confidence FROM raw.outcomes") == (None, None, None, None)
    assert START.year == 2026
