"""What people record as changed lands once and stands in the release ledger beside what the inventory shows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from sql import journal
from sql.published import open_published
from sql.warehouse import Warehouse

NOW = datetime(2026, 11, 28, 12)


def published_changes(home: Path, times: int = 1) -> list[dict[str, object]]:
    with Warehouse.open(home, kind="account") as warehouse:
        for _ in range(times):
            warehouse.land_journal()
        warehouse.build(NOW)
        warehouse.publish(NOW)
    found = open_published(home)
    rows = found.rows("SELECT agent_id, changed_at, kind, before_value, after_value, source FROM changes")
    found.close()
    return rows


def test_a_change_that_somebody_records_is_in_the_release_ledger_once(tmp_path: Path) -> None:
    journal.note_change(
        tmp_path,
        {"gen_ai.agent.id": "refunds", "changed_at": "2026-11-03T00:00:00Z", "kind": "threshold", "before": "0.6",
         "after": "0.0"},
    )  # fmt: skip
    assert published_changes(tmp_path, times=3) == [
        {
            "agent_id": "refunds",
            "changed_at": datetime(2026, 11, 3),
            "kind": "threshold",
            "before_value": "0.6",
            "after_value": "0.0",
            "source": "people",
        }
    ]


def test_a_later_record_joins_those_that_are_there(tmp_path: Path) -> None:
    note = {"changed_at": "2026-11-03T00:00:00Z", "kind": "data"}
    journal.note_change(tmp_path, note)
    assert len(published_changes(tmp_path)) == 1
    journal.note_change(tmp_path, note)
    assert len(published_changes(tmp_path)) == 2


def test_a_change_of_no_known_kind_is_refused_before_it_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not 'mood'"):
        journal.note_change(tmp_path, {"changed_at": "2026-11-03T00:00:00Z", "kind": "mood"})
    assert journal.pending(tmp_path) == []


def test_a_record_without_its_day_is_rejected_with_the_reason(tmp_path: Path) -> None:
    journal.append(tmp_path, {"event.name": "agent.change", "kind": "data"})
    assert published_changes(tmp_path) == []
    found = open_published(tmp_path)
    assert [row["reason"] for row in found.rows("SELECT reason FROM rejects")] == ["missing_time"]
    found.close()
