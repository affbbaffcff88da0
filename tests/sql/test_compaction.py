"""Compaction gives room back, keeps every row, and leaves one whole file whenever it is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from sql import compaction
from sql.compaction import Room
from sql.files import warehouse_path
from sql.lock import HomeLock
from sql.warehouse import Warehouse
from tests.conftest import ROOT, clean_environment
from tests.sql.support import NOW, agent_span, chat, land, one, rows, warehouse
from tests.sql.test_incremental import snapshot


def holey(home: Path) -> Path:
    """A home whose file is mostly free: a table came and went."""
    with warehouse(home) as wh:
        land(wh, [agent_span("1"), chat("1", "b", "a")])
        wh.build(NOW)
        wh._con.execute("CREATE TABLE raw.passing AS SELECT md5(i::VARCHAR) AS text FROM range(400000) AS r(i)")
        wh._con.execute("CHECKPOINT")
        wh._con.execute("DROP TABLE raw.passing")
    return home


def test_compacting_gives_room_back_and_keeps_every_row(tmp_path: Path) -> None:
    holey(tmp_path)
    size = warehouse_path(tmp_path).stat().st_size
    with warehouse(tmp_path) as wh:
        before = snapshot(wh)
        everything = rows(wh, "SELECT schema_name, table_name, column_count FROM duckdb_tables() ORDER BY ALL")
        was, now = wh.compact()
        assert was.free > was.size / 2
        assert now == warehouse_path(tmp_path).stat().st_size
        assert now < size / 2
        assert snapshot(wh) == before
        assert rows(wh, "SELECT schema_name, table_name, column_count FROM duckdb_tables() ORDER BY ALL") == everything
        land(wh, [agent_span("2")], start=5)
        assert wh.build(NOW).full is False
    with warehouse(tmp_path) as wh:
        assert one(wh, "SELECT count(*) FROM raw.spans") == (3,)
        assert not wh.room().worthwhile


def test_a_file_is_compacted_by_itself_only_when_more_than_half_and_a_good_deal_is_free() -> None:
    assert Room(size=200_000_000, free=101_000_000).worthwhile
    assert not Room(size=200_000_000, free=99_000_000).worthwhile
    assert not Room(size=20_000_000, free=19_000_000).worthwhile


@pytest.mark.parametrize("step", ["_copy", "force_to_disk", "swap", "swapped"])
def test_a_compaction_killed_at_any_step_leaves_a_good_file(tmp_path: Path, step: str) -> None:
    holey(tmp_path)
    child = multiprocessing.get_context("spawn").Process(target=killed_at, args=(step, tmp_path))
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL
    with warehouse(tmp_path) as wh:
        assert one(wh, "SELECT count(*) FROM raw.spans") == (2,)
        assert wh.check() == []
    assert {path.name for path in tmp_path.glob("*duckdb*")} == {"warehouse.duckdb"}


def killed_at(step: str, home: Path) -> None:
    """Compact, and die when it comes to a step; of the copy when it is half made."""
    if step == "swap":
        os.replace = die
    elif step == "swapped":
        compaction.force_to_disk = lambda path: die() if path == home else None
    elif step == "_copy":
        compaction._counts = die
    else:
        setattr(compaction, step, die)
    with Warehouse.open(home, kind="account") as wh:
        wh.compact()


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_copy_that_lacks_rows_never_takes_the_place_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holey(tmp_path)
    counts = iter([[("raw.spans", 2)], [("raw.spans", 1)]])
    monkeypatch.setattr(compaction, "_counts", lambda *_: next(counts))
    with warehouse(tmp_path) as wh:
        with pytest.raises(Exception, match="does not hold what the warehouse holds"):
            wh.compact()
        assert one(wh, "SELECT count(*) FROM raw.spans") == (2,)
    assert {path.name for path in tmp_path.glob("*duckdb*")} == {"warehouse.duckdb"}


def test_another_writer_waits_until_the_new_file_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holey(tmp_path)
    force, seen = compaction.force_to_disk, []

    def look(path: Path) -> None:
        with pytest.raises(Exception, match="is being written by"):
            HomeLock(tmp_path)
        seen.append(path)
        force(path)

    monkeypatch.setattr(compaction, "force_to_disk", look)
    with warehouse(tmp_path) as wh:
        wh.compact()
    assert seen == [tmp_path / "warehouse.duckdb.compact", tmp_path]


def test_the_command_says_the_sizes(tmp_path: Path) -> None:
    holey(tmp_path)
    done = run(tmp_path, "compact")
    assert done.returncode == 0, done.stderr
    assert "MB before" in done.stdout
    with duckdb.connect(str(warehouse_path(tmp_path))) as con:
        assert con.execute("SELECT count(*) FROM raw.spans").fetchone() == (2,)


def test_the_commands_of_a_home_without_data_say_so(tmp_path: Path) -> None:
    for command in ("compact", "backup"):
        done = run(tmp_path, command)
        assert (done.returncode, "Nothing has been collected" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_the_commands_back_up_and_restore(tmp_path: Path) -> None:
    home = holey(tmp_path / "home")
    archive = tmp_path / "a.tar.gz"
    assert "account data" in run(home, "backup", "--to", str(archive)).stdout
    refused = run(home, "restore", str(archive))
    assert (refused.returncode, "Add --force" in refused.stderr) == (2, True)
    done = run(home, "restore", str(archive), "--force")
    assert (done.returncode, "Published as kpis-" in done.stdout) == (0, True), done.stderr
    again = run(home, "backup", "--to", str(archive))
    assert (again.returncode, "is there already" in again.stderr) == (2, True)


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, as people call it."""
    command = [sys.executable, "-m", "collectors", *arguments]
    environment = clean_environment(home) | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
