"""Files: one writer, whole published files, and errors that say what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from sql import journal
from sql.config import ConfigTables
from sql.errors import BadQuery, HomeNotWritable, LedgerLocked, NewerWarehouse, NotPublished, OlderPublished, WrongHome
from sql.published import newest_version, open_published, read_status
from sql.warehouse import Warehouse
from tests.sql.support import NOW, agent_span, land, one, outcome, warehouse


def publish(home: Path, trace: str = "1") -> Path:
    """Land one more task and publish."""
    with warehouse(home) as wh:
        land(wh, [agent_span(trace), outcome(f"e{trace}", trace=trace)], start=int(trace) * 10)
        wh.build(NOW)
        wh.check()
        path = wh.publish(NOW)
        wh.write_status(NOW, path)
    assert path is not None
    return path


def test_a_reader_keeps_its_file_while_a_new_one_is_published(tmp_path: Path) -> None:
    publish(tmp_path, "1")
    reader = open_published(tmp_path)
    publish(tmp_path, "2")
    assert reader.rows("SELECT count(*) AS n FROM tasks") == [{"n": 1}]
    assert newest_version(tmp_path) != reader.version
    assert open_published(tmp_path).rows("SELECT count(*) AS n FROM tasks") == [{"n": 2}]


def test_the_stable_name_is_the_newest_file_and_two_are_kept(tmp_path: Path) -> None:
    for trace in ("1", "2", "3", "4"):
        newest = publish(tmp_path, trace)
    assert len(list((tmp_path / "published").iterdir())) == 2
    assert os.path.samefile(tmp_path / "kpis.duckdb", newest)
    with duckdb.connect(str(tmp_path / "kpis.duckdb"), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM tasks").fetchone() == (4,)


def test_every_published_table_and_column_has_a_comment(tmp_path: Path) -> None:
    publish(tmp_path)
    con = duckdb.connect(str(tmp_path / "kpis.duckdb"), read_only=True)
    bare = con.execute(
        """SELECT table_name, column_name FROM duckdb_columns()
           WHERE NOT internal AND comment IS NULL AND table_name IN (SELECT table_name FROM duckdb_tables())
           UNION ALL SELECT table_name, '' FROM duckdb_tables() WHERE NOT internal AND comment IS NULL
           UNION ALL SELECT view_name, '' FROM duckdb_views() WHERE NOT internal AND comment IS NULL"""
    ).fetchall()
    assert bare == []


def test_parameters_are_bound_and_a_persons_query_is_one_select(tmp_path: Path) -> None:
    publish(tmp_path)
    reader = open_published(tmp_path)
    assert reader.rows("SELECT $a::INTEGER AS a", {"a": 3}) == [{"a": 3}]
    assert reader.query("SELECT count(*) AS n FROM tasks").to_pylist() == [{"n": 1}]
    for bad in (
        "DELETE FROM tasks",
        "SELECT 1; SELECT 2",
        "COPY tasks TO '/tmp/x.csv'",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT nothing FROM nowhere",
        "ATTACH '/tmp/other.duckdb'",
        "SET memory_limit = '1GB'",
    ):
        with pytest.raises(BadQuery):
            reader.query(bad)


def test_a_failed_check_stops_publishing_and_the_last_good_file_stays(tmp_path: Path) -> None:
    good = publish(tmp_path)
    with warehouse(tmp_path) as wh:
        wh._con.execute("INSERT INTO mart.tasks FROM mart.tasks")
        results = wh.check()
        assert {r.check_name for r in results if r.severity == "fail"} >= {"task_counted_once"}
        assert wh.publish(NOW) is None
        wh.write_status(NOW, None)
    status = read_status(tmp_path)
    assert open_published(tmp_path).path == good
    assert status is not None
    assert "task_counted_once" in json.dumps(status)


def test_an_empty_home_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match=r"make run"):
        open_published(tmp_path)
    assert read_status(tmp_path) is None
    assert newest_version(tmp_path) is None


@pytest.mark.parametrize("content", ["older", "broken"])
def test_an_older_or_broken_published_file_says_so(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    if content == "older":
        with duckdb.connect(str(folder / "kpis-1.duckdb")) as con:
            con.execute("CREATE TABLE org AS SELECT 'layout' AS key, '0' AS value")
    else:
        (folder / "kpis-1.duckdb").write_bytes(b"not a database at all" * 1000)
    with pytest.raises(OlderPublished, match="publishes the file again"):
        open_published(tmp_path)


def test_a_second_writer_is_told_who_holds_the_warehouse(tmp_path: Path) -> None:
    opening = f"Warehouse.open(Path({str(tmp_path)!r}), kind='account')"
    script = f"from pathlib import Path; from sql.warehouse import Warehouse; {opening}"
    with warehouse(tmp_path):
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "LedgerLocked" in done.stderr
    assert f"process {os.getpid()}" in done.stderr


def test_a_locked_warehouse_is_worth_a_retry(tmp_path: Path) -> None:
    assert LedgerLocked("x", "y", retry_helps=True).retry_helps
    assert not WrongHome("x", "y").retry_helps


def test_demo_and_account_never_mix(tmp_path: Path) -> None:
    Warehouse.open(tmp_path, kind="demo").close()
    with pytest.raises(WrongHome, match="LEDGER_HOME"):
        Warehouse.open(tmp_path, kind="account")


def test_a_newer_warehouse_is_refused(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        wh._con.execute("INSERT INTO migrations VALUES (9999, 'later', NULL)")
    with pytest.raises(NewerWarehouse, match="Update Agent Ledger"):
        Warehouse.open(tmp_path, kind="account")


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeNotWritable, match="LEDGER_HOME"):
        Warehouse.open(tmp_path / "file" / "home", kind="account")


def test_a_label_entered_in_the_app_is_kept_shown_and_landed_once(tmp_path: Path) -> None:
    written = journal.append(
        tmp_path,
        {
            "trace_id": "1".rjust(32, "0"),
            "gen_ai.agent.name": "Helper",
            "label.source": "human_expert",
            "gen_ai.evaluation.name": "human.review",
            "gen_ai.evaluation.score.value": 0.0,
        },
    )
    (tmp_path / "journal" / "other.ndjson").write_text('{"event.name": "agent.outcome", "half')
    assert [r["event_id"] for r in journal.pending(tmp_path)] == [written["event_id"]]
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1")])
        for expected in (1, 0):
            assert wh.land_journal().rows_new == expected
        wh.build(NOW)
        assert one(wh, "SELECT kind, score, source FROM mart.labels") == ("human", 0.0, "journal")


def test_a_waiver_entered_in_the_app_is_landed_once_and_published(tmp_path: Path) -> None:
    entry = {
        "event.name": "readiness.waiver",
        "gen_ai.agent.id": "helper-0123456789",
        "criterion": "P3.2",
        "until": "2026-12-31",
        "reason": "The canary starts with the next release",
        "waived_by": "AP lead",
    }
    written = journal.append(tmp_path, entry)
    journal.append(tmp_path, entry | {"until": "some day"})
    with warehouse(tmp_path) as wh:
        assert wh.land_journal().rejects == {"missing_end": 1}
        assert wh.land_journal().rows_new == 0
        wh.build(NOW)
        found = one(wh, "SELECT waiver_id, agent_id, criterion, until_day::VARCHAR, waived_by FROM mart.waivers")
        assert found == (written["event_id"], "helper-0123456789", "P3.2", "2026-12-31", "AP lead")
        assert one(wh, "SELECT count(*) FROM mart.labels") == (0,)


def test_settings_are_replaced_not_added(tmp_path: Path) -> None:
    with warehouse(tmp_path, ConfigTables(org={"timezone": "Europe/Paris", "name": "A"})) as wh:
        wh.configure(ConfigTables(org={"timezone": "UTC"}))
        assert wh._con.execute("SELECT * FROM config.org").fetchall() == [("timezone", "UTC")]
