"""Rows land exactly once, whatever the order, the chunks and the number of deliveries."""

from __future__ import annotations

import json
import random
from datetime import datetime
from pathlib import Path

import pytest

from sql.rows import Cursor, Reject
from sql.warehouse import Warehouse
from tests.sql.support import SCOPES, agent_span, chat, invocation, land, nanos, one, outcome, rows, warehouse

METRIC = {
    "namespace": "AWS/Bedrock",
    "metric": "Invocations",
    "dimensions": '{"ModelId":"m"}',
    "stat": "Sum",
    "period_s": 300,
    "unit": "Count",
    "times": [nanos(datetime(2026, 11, 2, 9)) // 10**9],
    "values": [4.0],
}


def test_a_second_identical_delivery_changes_nothing(tmp_path: Path) -> None:
    records = [agent_span("1"), chat("1", "b", "a"), invocation("r1"), outcome("e1", trace="1")]
    with warehouse(tmp_path) as wh:
        assert land(wh, records).rows_new == 4
        again = land(wh, records, start=50)
        assert (again.rows_new, again.rows_changed, again.duplicates) == (0, 0, 4)


def test_duplicates_inside_one_batch_are_absorbed(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        landed = land(wh, [agent_span("1"), agent_span("1"), agent_span("1")])
        assert (landed.rows_read, landed.rows_new, landed.duplicates) == (3, 1, 2)


def test_known_beats_unknown_in_whatever_order_deliveries_come(tmp_path: Path) -> None:
    bare = chat("1", "b", "a")
    del bare["attributes"]["gen_ai.usage.output_tokens"]
    full = chat("1", "b", "a", session__id="s1")
    results = []
    for number, order in enumerate([(bare, full), (full, bare)]):
        with warehouse(tmp_path / str(number)) as wh:
            counts = [land(wh, [record]) for record in order]
            results.append((rows(wh, "FROM raw.spans"), sum(c.rows_new for c in counts)))
    assert results[0] == results[1]
    assert results[0][1] == 1


def test_of_two_known_values_the_same_one_wins_whatever_came_first(tmp_path: Path) -> None:
    one_way, other_way = (
        [chat("1", "b", "a", (10, 5)), chat("1", "b", "a", (12, 4))],
        [chat("1", "b", "a", (12, 4)), chat("1", "b", "a", (10, 5))],
    )
    stored = []
    for number, order in enumerate([one_way, other_way]):
        with warehouse(tmp_path / str(number)) as wh:
            for record in order:
                land(wh, [record])
            stored.append(one(wh, "SELECT input_tokens, output_tokens FROM raw.spans"))
    assert stored == [(12, 5), (12, 5)]


def test_metric_points_and_segments_land_from_python_rows_once(tmp_path: Path) -> None:
    segment = {
        "trace_id": "a" * 32,
        "span_id": "b" * 16,
        "name": "fn",
        "started_at": datetime(2026, 11, 2, 9, 0, 0, 123456),
        "duration_ms": None,
        "in_progress": True,
        "status": None,
    }
    done = segment | {"duration_ms": 81.5, "in_progress": False, "status": "OK"}
    with warehouse(tmp_path) as wh:
        for _ in range(2):
            with wh.transaction():
                wh.land_rows("metric_points", [METRIC], [], SCOPES["span_records"])
                wh.land_rows("segments", [segment], [], SCOPES["span_records"])
                wh.land_rows("segments", [done], [], SCOPES["span_records"])
        assert one(wh, 'SELECT value, "at" FROM raw.metric_points') == (4.0, datetime(2026, 11, 2, 9))
        assert one(wh, "SELECT dialect, duration_ms, in_progress, status, started_at FROM raw.spans") == (
            "xray",
            81.5,
            False,
            "OK",
            datetime(2026, 11, 2, 9, 0, 0, 123456),
        )


def land_half(wh: Warehouse) -> None:
    with wh.transaction():
        wh.land_rows("metric_points", [METRIC], [], SCOPES["span_records"])
        wh.set_cursor(Cursor(SCOPES["span_records"], datetime(2026, 11, 2)))
        raise RuntimeError


def test_an_error_inside_a_transaction_lands_nothing(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        with pytest.raises(RuntimeError):
            land_half(wh)
        assert rows(wh, "FROM raw.metric_points") == []
        assert wh.cursor(SCOPES["span_records"]) is None


def test_rejects_from_python_are_kept_once_and_scrubbed(tmp_path: Path) -> None:
    reject = Reject("not_json", "mail bob@example.com key AKIAABCDEFGHIJKLMNOP", datetime(2026, 11, 2))
    with warehouse(tmp_path) as wh:
        for _ in range(2):
            with wh.transaction():
                assert wh.count_rejects(SCOPES["span_records"], [reject, reject]).rejects == {"not_json": 2}
        assert rows(wh, "SELECT reason, sample FROM ops.rejects") == [("not_json", "mail [e-mail] key [access key]")]


def test_a_cursor_keeps_its_newest_event_and_lateness_over_an_empty_window(tmp_path: Path) -> None:
    scope = SCOPES["span_records"]
    with warehouse(tmp_path) as wh:
        wh.set_cursor(Cursor(scope, datetime(2026, 11, 2), datetime(2026, 11, 1), 900.0))
        wh.set_cursor(Cursor(scope, datetime(2026, 11, 3)))
        assert wh.cursor(scope) == Cursor(scope, datetime(2026, 11, 3), datetime(2026, 11, 1), 450.0), "half a day"


def test_random_order_chunks_and_repetitions_land_the_same_rows(tmp_path: Path) -> None:
    records = [agent_span(str(t), at=t * 10) for t in range(12)] + [
        chat(str(t), "b", "a", (t, t), at=t * 10) for t in range(12)
    ]
    seen = []
    for seed in range(4):
        shuffled = random.Random(seed).choices(records, k=20) + records
        random.Random(seed + 100).shuffle(shuffled)
        with warehouse(tmp_path / str(seed)) as wh:
            for i in range(0, len(shuffled), 7):
                land(wh, shuffled[i : i + 7], start=i)
            seen.append(sorted(json.dumps(r, default=str) for r in rows(wh, "FROM raw.spans")))
    assert all(s == seen[0] for s in seen)
    assert len(seen[0]) == 24
