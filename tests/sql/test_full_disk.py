"""A disk without room: whatever was being written, the last good files stay, and the message says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sql.backup import back_up
from sql.errors import DiskFull, HomeNotWritable
from sql.files import warehouse_path
from sql.journal import append
from sql.published import open_published
from sql.restore import restore
from sql.warehouse import Warehouse
from tests.conftest import ROOT, clean_environment
from tests.sql.support import NOW, agent_span, chat, land, one, outcome, warehouse
from tests.sql.test_incremental import snapshot

SMALL = 64 * 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip(f"FULL DISK NOT TESTED: this user cannot mount a small disk ({mounted.stderr.strip()})")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path, leaving: int = 0) -> Path:
    """Take all room but so many bytes; returns the file that takes it."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        room = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - leaving
        file.write(b"\0" * max(room, 0))
    return filler


def records(first: int, last: int) -> list[dict[str, object]]:
    return [record for n in range(first, last) for record in (agent_span(f"{n:x}"), chat(f"{n:x}", "b", "a"))]


def publish(wh: Warehouse) -> None:
    wh.build(NOW)
    wh.check()
    assert wh.publish(NOW) is not None


def start(home: Path) -> dict[str, list[str]]:
    """A published home; gives what it holds."""
    with warehouse(home) as wh:
        land(wh, [*records(1, 40), outcome("e1", trace="1")])
        publish(wh)
        return snapshot(wh)


def shown(home: Path) -> int:
    published = open_published(home)
    try:
        return int(published.rows("SELECT count(*) AS n FROM tasks")[0]["n"])
    finally:
        published.close()


def written(home: Path) -> None:
    """Land, build and publish a good deal more."""
    with warehouse(home) as wh:
        land(wh, records(100, 3000), start=1000)
        publish(wh)


def test_what_found_no_room_lands_and_is_published_when_there_is_room_again(disk: Path, tmp_path: Path) -> None:
    home = disk / "home"
    start(home)
    filler = fill(disk)
    with pytest.raises(DiskFull, match=r"is full: .* Make room on it") as caught:
        written(home)
    assert caught.value.retry_helps
    assert shown(home) == 39
    filler.unlink()
    written(home)
    assert shown(home) == 39 + 2900
    start(tmp_path / "roomy")
    written(tmp_path / "roomy")
    with warehouse(home) as wh, warehouse(tmp_path / "roomy") as other:
        assert snapshot(wh) == snapshot(other)


def test_a_build_without_room_leaves_the_last_one(disk: Path) -> None:
    home = disk / "home"
    before = start(home)
    with warehouse(home) as wh:
        land(wh, records(100, 3000), start=1000)
    filler = fill(disk)
    with pytest.raises(DiskFull), warehouse(home) as wh:
        wh.build(NOW)
    assert shown(home) == 39
    filler.unlink()
    with warehouse(home) as wh:
        assert snapshot(wh) == before
        publish(wh)
    assert shown(home) == 39 + 2900


def databases(home: Path) -> set[str]:
    """The files of a home, apart from DuckDB's log, which holds what no room was found for in the file."""
    return {path.name for path in home.rglob("*") if path.is_file() and path.name != "warehouse.duckdb.wal"}


def published(home: Path) -> object:
    with warehouse(home) as wh:
        return wh.publish(NOW)


def compacted(home: Path) -> object:
    with warehouse(home) as wh:
        return wh.compact()


def backed_up(home: Path) -> object:
    return back_up(home, None, NOW)


@pytest.mark.parametrize("leaving", [0, 500_000])
@pytest.mark.parametrize("step", [published, compacted, backed_up])
def test_files_are_written_whole_or_not_at_all(disk: Path, step: Callable[[Path], object], leaving: int) -> None:
    home = disk / "home"
    before = start(home)
    files = databases(home)
    filler = fill(disk, leaving)
    with pytest.raises(DiskFull):
        step(home)
    assert databases(home) == files
    assert not list(home.rglob("*.tar.gz*"))
    assert shown(home) == 39
    filler.unlink()
    with warehouse(home) as wh:
        assert snapshot(wh) == before
    assert step(home)


def test_a_restore_without_room_touches_nothing(disk: Path, tmp_path: Path) -> None:
    home = disk / "home"
    before = start(home)
    archive, _ = back_up(home, tmp_path, NOW)
    filler = fill(disk, 300_000)
    with pytest.raises(DiskFull):
        restore(home, archive, NOW, force=True)
    filler.unlink()
    with warehouse(home) as wh:
        assert snapshot(wh) == before
    assert {path.name for path in home.glob("*duckdb*")} == {"warehouse.duckdb", "kpis.duckdb"}


def test_a_run_on_a_full_disk_ends_with_one_and_the_remedy(disk: Path) -> None:
    home = disk / "home"
    fill(disk, 8_000_000)
    command = [sys.executable, "-m", "collectors", "run", "--demo"]
    environment = clean_environment(home) | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "-> Make room on it, then run again: what had not landed is read again." in done.stderr
    with Warehouse.open(home, kind="demo") as wh:
        assert one(wh, "SELECT count(*) FROM raw.spans")[0] >= 0


def test_an_entry_that_finds_no_room_is_refused_and_leaves_no_half_line(disk: Path) -> None:
    home = disk / "home"
    start(home)
    fill(disk)
    with pytest.raises(HomeNotWritable, match="Make room on that disk, then enter it again"):
        append(home, {"task.outcome": "success", "reason.code": "x" * 10_000})
    assert [path.read_bytes() for path in (home / "journal").glob("*")] in ([], [b""])
    assert warehouse_path(home).exists()
