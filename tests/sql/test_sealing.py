"""Old days are sealed: their raw rows go, and no published figure of them changes but by a verdict that comes late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from metrics.actions.entries import action_record
from metrics.skeleton import Wanted, text_of
from sql import journal, sealing
from sql.config import ConfigTables, OwnFile
from sql.retention import Retention
from sql.warehouse import Warehouse
from tests.sql.support import NOW, START, agent_span, chat, invocation, land, one, outcome, rows, tool, warehouse
from tests.sql.test_actions import PLAN
from tests.sql.test_incremental import CONFIG, world

PARTS = ("kpi_daily", "latency_buckets", "kpi_groups")
# Everything that does not go with the calls of a sealed day.
KEPT = ("tasks", "labels", "escalations", "agents", "agent_versions", "changes", "reconciliation", "task_traces")
LATER = NOW + timedelta(days=60)
ONE_DAY = Retention(spans_days=(LATER.date() - START.date()).days - 1)


def published(wh: Warehouse, tables: tuple[str, ...]) -> dict[str, list[str]]:
    """What would be published, sorted; sums of floats are rounded."""
    found = {}
    for table in tables:
        columns = ", ".join(f'"{row[0]}"' for row in rows(wh, f"SELECT column_name FROM (DESCRIBE mart.{table})"))
        sealed = f" UNION ALL BY NAME SELECT {columns} FROM sealed.{table}" if table in PARTS else ""
        made = rows(wh, f"SELECT {columns} FROM mart.{table}{sealed}")
        found[table] = sorted(str([round(v, 6) if isinstance(v, float) else v for v in row]) for row in made)
    return found


def differing(one_side: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, tuple[list[str], list[str]]]:
    return {
        table: (
            sorted(set(one_side[table]) - set(other[table]))[:3],
            sorted(set(other[table]) - set(one_side[table]))[:3],
        )
        for table in one_side
        if one_side[table] != other[table]
    }


def built(wh: Warehouse) -> None:
    wh.build(LATER)
    assert [check for check in wh.check() if check.severity == "fail"] == []


def sealed(home: Path, records: list[dict[str, Any]], config: ConfigTables | None = None) -> dict[str, list[str]]:
    """A home whose first day is sealed; gives what it showed before."""
    with warehouse(home, config) as wh:
        land(wh, records)
        built(wh)
        before = published(wh, PARTS + KEPT)
        kept = wh.keep(ONE_DAY, LATER)
        assert kept.days >= 1
        assert kept.rows > 0
        built(wh)
    return before


@pytest.mark.parametrize("seed", [1, 93])
def test_sealing_changes_no_figure_and_no_task(tmp_path: Path, seed: int) -> None:
    before = sealed(tmp_path, world(seed), CONFIG)
    with warehouse(tmp_path, CONFIG) as wh:
        assert differing(published(wh, PARTS + KEPT), before) == {}
        moment = sealing.boundary(wh._con)
        assert one(wh, f"SELECT count(*) FROM raw.invocations WHERE started_at < '{moment}'")[0] <= 3
        assert one(wh, "SELECT count(*) FROM sealed.tasks")[0] > 0
        assert wh.keep(ONE_DAY, LATER).days == 0, "once a day"


@pytest.mark.parametrize("seed", [1, 93])
def test_a_full_rebuild_keeps_sealed_days_and_their_tasks(tmp_path: Path, seed: int) -> None:
    before = sealed(tmp_path, world(seed), CONFIG)
    with warehouse(tmp_path, CONFIG) as wh:
        wh._con.execute("DELETE FROM ops.meta WHERE key = 'fingerprint'")
        assert wh.build(LATER).full
        assert [check for check in wh.check() if check.severity == "fail"] == []
        assert differing(published(wh, PARTS + KEPT), before) == {}


def test_another_time_zone_counts_every_task_exactly_once(tmp_path: Path) -> None:
    for zone in ("America/Los_Angeles", "Pacific/Auckland"):
        home = tmp_path / zone.replace("/", "-")
        sealed(home, world(1), CONFIG)
        moved = replace(CONFIG, org={"timezone": zone})
        with warehouse(home, moved) as wh:
            assert wh.build(LATER).full
            assert [check for check in wh.check() if check.severity == "fail"] == []
            total = "SELECT sum(numerator) FROM {}.kpi_daily WHERE kpi = 'task_volume' AND slice = ''"
            parts = sum(one(wh, total.format(schema))[0] for schema in ("mart", "sealed"))
            assert parts == one(wh, "SELECT count(*) FROM mart.tasks")[0]


def two_days() -> list[dict[str, Any]]:
    later = [agent_span("2", at=100_000.0), chat("2", "b", "a", at=100_001.0)]
    return [agent_span("1"), chat("1", "b", "a"), tool("1", "c", "a"), *later]


def volume(wh: Warehouse, kpi: str) -> list[tuple[Any, ...]]:
    query = (
        "SELECT day, sum(numerator), sum(denominator) FROM sealed.kpi_daily WHERE kpi = '{}' AND slice = '' GROUP BY 1"
    )
    return rows(wh, query.format(kpi))


def test_a_verdict_that_comes_when_the_spans_are_gone_still_counts(tmp_path: Path) -> None:
    sealed(tmp_path, two_days())
    with warehouse(tmp_path) as wh:
        assert one(wh, "SELECT count(DISTINCT trace_id) FROM raw.spans") == (1,)
        spend = volume(wh, "spend")
        assert volume(wh, "success_rate") in ([], [(START.date(), 0.0, 0.0)])
        land(wh, [outcome("e1", trace="1", at=5_000_000.0)], start=50)
        built(wh)
        task = "SELECT status, status_source, model_calls, tool_calls FROM mart.tasks WHERE trace_id LIKE '%1'"
        assert one(wh, task) == ("success", "verdict", 1, 1)
        assert volume(wh, "success_rate") == [(START.date(), 1.0, 1.0)]
        assert volume(wh, "spend") == spend
        assert one(wh, "SELECT count(*) FROM sealed.days WHERE verdicts_at IS NOT NULL") == (1,)
        assert one(wh, "SELECT count(*) FROM mart.labels WHERE task_id IS NULL") == (0,)


def test_a_verdict_by_session_finds_a_sealed_task(tmp_path: Path) -> None:
    first = [agent_span("1", session__id="s1"), chat("1", "b", "a")]
    sealed(tmp_path, [*first, agent_span("2", at=100_000.0, session__id="s2")])
    with warehouse(tmp_path) as wh:
        land(wh, [outcome("e1", result="failure", session__id="s1")], start=50)
        built(wh)
        assert rows(wh, "SELECT status FROM mart.tasks ORDER BY started_at") == [("failed",), (None,)]


def test_an_action_of_a_sealed_day_counts_once_and_so_does_its_verdict(tmp_path: Path) -> None:
    def step(number: int, name: str, **more: str) -> None:
        entered = {"timestamp": (START + timedelta(minutes=number)).isoformat() + "Z", "entered_by": "Ida"}
        journal.append(tmp_path, {"event.name": "action.step", "action_id": action, "step": name, **entered, **more})

    begun = {"timestamp": f"{START.isoformat()}Z"}
    record = action_record("helper-0123456789", "Mend it", PLAN, "Ida")
    action = str(journal.append(tmp_path, record | begun)["event_id"])
    step(1, "accepted")
    step(2, "shipped", changed_at=begun["timestamp"])
    with warehouse(tmp_path) as wh:
        wh.land_journal()
    sealed(tmp_path, two_days())
    with warehouse(tmp_path) as wh:
        assert everywhere(wh, "loop_closed") == [(START.date(), 0.0, 1.0)]
        step(3, "verdict", verdict="improved")
        wh.land_journal()
        built(wh)
        assert everywhere(wh, "loop_closed") == [(START.date(), 1.0, 1.0)]
        wh._con.execute("UPDATE ops.meta SET value = '' WHERE key = 'fingerprint'")
        built(wh)
        assert everywhere(wh, "loop_closed") == [(START.date(), 1.0, 1.0)]


def everywhere(wh: Warehouse, kpi: str) -> list[tuple[Any, ...]]:
    """The parts as they are published: those of sealed days and the others, added up."""
    both = "(FROM sealed.kpi_daily UNION ALL BY NAME FROM mart.kpi_daily)"
    text = f"SELECT day, sum(numerator), sum(denominator) FROM {both} WHERE kpi = '{kpi}' AND slice = '' GROUP BY 1"
    return rows(wh, text)


def test_late_records_of_a_sealed_day_are_counted_and_shown(tmp_path: Path) -> None:
    sealed(tmp_path, two_days())
    with warehouse(tmp_path) as wh:
        before = published(wh, PARTS + KEPT)
        late = [agent_span("3", at=10.0), chat("1", "d", "a", at=2.0), invocation("r9", at=3.0)]
        landed = land(wh, late, start=80)
        assert (landed.rows_new, landed.rejects) == (0, {"sealed_day": 3})
        again = land(wh, late, start=80)
        assert again.rows_new == 0
        built(wh)
        assert one(wh, "SELECT count(*) FROM ops.rejects WHERE reason = 'sealed_day'") == (3,)
        assert differing(published(wh, PARTS + KEPT), before) == {}


def test_days_go_on_being_sealed_one_after_the_other(tmp_path: Path) -> None:
    before = sealed(tmp_path, world(5), CONFIG)
    with warehouse(tmp_path, CONFIG) as wh:
        for more in (1, 2, 3):
            wh.keep(ONE_DAY, LATER + timedelta(days=more))
            built(wh)
        assert one(wh, "SELECT count(*) FROM raw.spans") == (0,)
        assert rows(wh, "FROM mart.model_calls") == []
        assert differing(published(wh, PARTS + KEPT), before) == {}


def test_a_part_that_is_lost_stops_publishing(tmp_path: Path) -> None:
    sealed(tmp_path, two_days())
    with warehouse(tmp_path) as wh:
        wh._con.execute("DELETE FROM sealed.kpi_daily WHERE kpi = 'task_volume'")
        assert [check.check_name for check in wh.check() if check.severity == "fail"] == ["sealed_days_are_kept"]


def test_a_new_definition_alone_is_built_beside_sealed_days(tmp_path: Path) -> None:
    sealed(tmp_path, world(1), CONFIG)
    own = replace(CONFIG, own_files=(OwnFile("kpi", "mine", text_of("mine", Wanted("ratio"))),))
    with warehouse(tmp_path, own) as wh:
        built(wh)
        assert one(wh, "SELECT count(*) FROM mart.kpi_daily WHERE kpi = 'mine'")[0] > 0
