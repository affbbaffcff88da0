"""A published file that is a copy with the changes put in holds what one written anew would hold."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sql.config import ConfigTables
from sql.files import copy_file
from sql.retention import Retention
from sql.unpublished import changed
from sql.warehouse import CheckResult, Warehouse
from tests.sql.support import NOW, agent_span, chat, land, one, outcome, rows, warehouse
from tests.sql.test_incremental import CONFIG, world

# Written with the time of publishing, not with what has landed.
OF_THE_MOMENT = "key NOT IN ('published_at')"


def contents(path: Path) -> dict[str, list[str]]:
    """Every table of a published file as sorted text, and its views and comments."""
    with duckdb.connect(str(path), read_only=True) as con:
        tables = [name for (name,) in con.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
        found = {
            name: con.execute(f"FROM {name}" + (f" WHERE {OF_THE_MOMENT}" if name == "org" else "")).fetchall()
            for name in tables
        }
        found["views"] = con.execute("SELECT view_name, sql, comment FROM duckdb_views() WHERE NOT internal").fetchall()
    return {name: sorted(map(repr, each)) for name, each in found.items()}


def published(wh: Warehouse) -> tuple[dict[str, list[str]], bool]:
    """What publishing gives, and whether the file is a copy; then the same from a file written anew."""
    before = rows(wh, "SELECT value FROM ops.meta WHERE key = 'published'")
    copied = bool(before) and "*" not in changed(wh._con)
    path = wh.publish(NOW)
    assert path is not None
    return contents(path), copied


def marts(wh: Warehouse) -> dict[str, list[str]]:
    """The tables of which publishing makes copies."""
    tables = rows(wh, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'mart'")
    return {name: sorted(map(repr, rows(wh, f"FROM mart.{name}"))) for (name,) in tables}


def anew(wh: Warehouse) -> dict[str, list[str]]:
    """What a file written anew holds."""
    wh._con.execute("DELETE FROM ops.meta WHERE key = 'published'")
    path = wh.publish(NOW)
    assert path is not None
    return contents(path)


def differing(one_file: dict[str, list[str]], other: dict[str, list[str]]) -> list[str]:
    """The tables that differ."""
    return [name for name in other if one_file.get(name) != other[name]]


def built(wh: Warehouse, records: list[dict[str, Any]], start: int = 0) -> None:
    """Land, build, check."""
    land(wh, records, start=start)
    wh.build(NOW)
    assert [check for check in wh.check() if check.severity == "fail"] == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pass_by_pass_it_holds_what_a_file_written_anew_holds(tmp_path: Path, seed: int) -> None:
    records = world(seed)
    random.Random(seed).shuffle(records)
    copies = 0
    with warehouse(tmp_path, CONFIG) as wh:
        for start in range(0, len(records), 8):
            built(wh, records[start : start + 8], start)
            found, copied = published(wh)
            assert differing(found, marts(wh)) == []
            copies += copied
        assert differing(found, anew(wh)) == []
    assert copies >= 3, "the first is no copy, nor is one after all was built again because a name became known"


def test_nothing_new_is_published_without_writing_a_mart_again(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, [agent_span("1"), outcome("e1", trace="1")])
        before, _ = published(wh)
        wh.build(NOW)
        assert changed(wh._con) == {}
        found, copied = published(wh)
        assert copied
        assert differing(found, before) == []


def test_only_the_days_that_changed_are_noted(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, [agent_span("1"), agent_span("2", at=200_000.0)])
        wh.publish(NOW)
        built(wh, [outcome("e1", trace="1")], start=9)
        assert changed(wh._con)["tasks"] == (one(wh, "SELECT day FROM mart.tasks WHERE trace_id LIKE '%1'")[0],)
        assert changed(wh._con)["kpi_daily"] == ()


def test_what_a_failed_check_held_back_is_published_later(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, [agent_span("1")])
        wh.publish(NOW)
        land(wh, [agent_span("2", at=200_000.0)], start=10)
        wh.build(NOW)
        wh._con.execute("INSERT INTO ops.check_results VALUES ('made_up', 'fail', 1, NULL, 'wrong', ?)", [NOW])
        assert wh.publish(NOW) is None
        built(wh, [agent_span("3", at=400_000.0)], start=20)
        found, copied = published(wh)
        assert copied
        assert len(found["tasks"]) == 3
        assert differing(found, anew(wh)) == []


def test_other_settings_write_the_file_anew(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, [agent_span("1")])
        wh.publish(NOW)
        wh.configure(ConfigTables(org={"timezone": "Asia/Kolkata"}))
        wh.build(NOW)
        assert set(changed(wh._con)) == {"*"}
        found, copied = published(wh)
        assert not copied
        assert differing(found, anew(wh)) == []


def test_days_that_are_sealed_write_the_file_anew(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, [agent_span("1"), agent_span("2", at=20 * 86_400.0)])
        wh.publish(NOW)
        kept = wh.keep(Retention(spans_days=3), NOW + timedelta(days=20))
        assert kept.days
        found, copied = published(wh)
        assert not copied
        assert differing(found, anew(wh)) == []


def test_a_lost_or_a_grown_file_is_not_copied(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, [agent_span("1")])
        path = wh.publish(NOW)
        assert path is not None
        path.unlink()
        assert differing(contents(wh.publish(NOW) or path), anew(wh)) == []
        wh._con.execute("""UPDATE ops.meta SET value = regexp_replace(value, '"size": \\d+', '"size": 1')
                           WHERE key = 'published'""")
        again = wh.publish(NOW)
        assert again is not None
        size = one(wh, "SELECT value->>'$.size' FROM ops.meta WHERE key = 'published'")[0]
        assert int(size) == again.stat().st_size


@pytest.mark.parametrize("fault", [None, OSError(22, "Invalid argument"), AttributeError()])
def test_a_file_is_copied_whole_on_every_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception | None
) -> None:
    def refuse(*_: object) -> int:
        raise fault or AssertionError

    if fault is not None:
        monkeypatch.setattr(os, "copy_file_range", refuse)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(range(256)) * 5000)
    copy_file(source, target)
    assert target.read_bytes() == source.read_bytes()


def names(found: list[CheckResult]) -> list[str]:
    return [check.check_name for check in found]


def test_checks_of_marts_that_have_not_changed_keep_their_results(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, [chat("1", "b", "a", model="nobody.knows-this-v1:0"), agent_span("1")])
        before = wh.check()
        assert "unpriced_models" in names(before)
        wh._con.execute("UPDATE mart.model_calls SET price_state = 'priced'")  # unseen: no build made it
        assert not wh.build(NOW).did_something
        assert wh.check() == before
    with warehouse(tmp_path) as wh:
        assert "unpriced_models" not in names(wh.check())


def test_a_build_with_nothing_new_asks_the_bookkeeping_and_makes_no_model(tmp_path: Path) -> None:
    def made(wh: Warehouse) -> list[tuple[object, ...]]:
        return rows(wh, "SELECT table_name FROM duckdb_tables() WHERE temporary ORDER BY 1")

    with warehouse(tmp_path) as wh:
        built(wh, [agent_span("1")])
    with warehouse(tmp_path) as wh:
        assert not wh.build(NOW).did_something
        assert made(wh) == []
        wh._con.execute("UPDATE mart.tasks SET status = 'in_flight'")
        assert wh.build(NOW).traces == 1, "a task that was still running is looked at again"
        assert ("given_traces",) in made(wh)


def test_findings_in_spans_that_have_not_changed_are_not_looked_for_again(tmp_path: Path) -> None:
    def shown(wh: Warehouse) -> list[tuple[object, ...]]:
        wh.check()
        return wh._con.execute("SELECT code, subject FROM ops.findings ORDER BY ALL").fetchall()

    with warehouse(tmp_path) as wh:
        built(wh, [agent_span("1")])
        wh.check()
        mute = f"SELECT 't' || range, range::VARCHAR, 'mute', TIMESTAMP '{NOW}' FROM range(12)"
        wh._con.execute(f"INSERT INTO raw.spans (trace_id, span_id, agent_runtime, started_at) {mute}")
        assert not wh.build(NOW).did_something
        assert shown(wh) == [], "unseen: landing has not noted them"
        land(wh, [agent_span("2")], start=9)
        assert wh.build(NOW).did_something
        assert shown(wh) == [("spans_without_gen_ai", "mute")]
        wh._con.execute("DELETE FROM raw.spans WHERE agent_runtime = 'mute'")
        before = found_at(wh)
        assert not wh.build(NOW).did_something
        assert shown(wh) == [("spans_without_gen_ai", "mute")], "unseen: no build was made since"
        assert found_at(wh) > before, "it holds still"
        columns = "source, account_id, region, scope, reached_at, newest_event_at, updated_at"
        cursor = f"'span_logs', '1', 'r', 'quiet', '{NOW}', '2020-01-01', '{NOW}'"
        wh._con.execute(f"INSERT INTO ops.cursors ({columns}) VALUES ({cursor})")
        assert ("source_silent", "quiet") in shown(wh), "what reads other tables is always looked for"
    with warehouse(tmp_path) as wh:
        assert [code for code, _ in shown(wh)] == ["source_silent"]


def found_at(wh: Warehouse) -> object:
    return one(wh, "SELECT max(found_at) FROM ops.findings")[0]


def test_a_build_that_no_check_has_followed_is_checked_whatever_the_next_one_did(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, [agent_span("1")])
        land(wh, [chat("1", "b", "a", model="nobody.knows-this-v1:0")], start=9)
        wh.build(NOW)
        assert not wh.build(NOW).did_something
        assert "unpriced_models" in names(wh.check())


def test_a_check_over_other_tables_is_always_run(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        built(wh, [agent_span("1")])
        assert not wh.build(NOW).did_something
        assert "own_file_refused" not in names(wh.check())
        wh._con.execute("INSERT INTO ops.refused_files (kind, name, reason) VALUES ('kpi', 'mine', 'wrong')")
        assert "own_file_refused" in names(wh.check())
