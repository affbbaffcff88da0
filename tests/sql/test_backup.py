"""Backups are whole or refused; a restore touches nothing before it knows, and keeps the old files until it is done."""

from __future__ import annotations

import gzip
import io
import json
import multiprocessing
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sql import restore as restoring
from sql.backup import back_up
from sql.errors import BadBackup, LedgerLocked, NewerWarehouse, NothingCollected, WouldReplace, WrongHome
from sql.files import BEFORE, STAGING, warehouse_path
from sql.journal import append, pending
from sql.lock import HomeLock
from sql.published import open_published
from sql.restore import restore
from sql.warehouse import Warehouse
from tests.sql.support import NOW, agent_span, chat, land, one, outcome, warehouse


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one task that somebody judged in the app."""
    return filled(tmp_path / "home", "1")


def filled(home: Path, *traces: str) -> Path:
    """A published home with these traces, and one entry of the journal."""
    with warehouse(home) as wh:
        land(wh, [record for trace in traces for record in (agent_span(trace), chat(trace, "b", "a"))])
        land(wh, [outcome(f"e{trace}", trace=trace) for trace in traces])
        append(home, {"trace_id": traces[0].rjust(32, "0"), "task.outcome": "failure", "label.source": "human_expert"})
        wh.land_journal()
        wh.build(NOW)
        wh.check()
        wh.publish(NOW)
        wh.write_status(NOW, None)
    return home


def tasks(home: Path) -> int:
    published = open_published(home)
    try:
        return int(published.rows("SELECT count(*) AS n FROM tasks")[0]["n"])
    finally:
        published.close()


def content(home: Path) -> dict[str, bytes]:
    """Every file of a home that holds data."""
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.suffix in (".duckdb", ".ndjson", ".wal")
    }


def rewritten(archive: Path, change: Callable[[str, bytes], bytes | None], **more: bytes) -> Path:
    """Another archive with changed members; None leaves one out."""
    target = archive.with_name("changed.tar.gz")
    with tarfile.open(archive) as old, tarfile.open(target, "w:gz") as new:
        members = {info.name: old.extractfile(info).read() for info in old}  # type: ignore[union-attr]
        for name, body in (members | more).items():
            kept = change(name, body)
            if kept is not None:
                info = tarfile.TarInfo(name)
                info.size = len(kept)
                new.addfile(info, io.BytesIO(kept))
    return target


def manifest_with(**changed: Any) -> Callable[[str, bytes], bytes | None]:
    """Change the manifest only."""
    return lambda name, body: json.dumps(json.loads(body) | changed).encode() if name == "manifest.json" else body


def test_a_backup_says_what_it_is_and_only_its_owner_may_read_it(home: Path) -> None:
    path, manifest = back_up(home, None, NOW)
    assert path == home / "backups" / "agent-ledger-account-20261120T120000Z.tar.gz"
    assert path.stat().st_mode & 0o777 == 0o600
    assert (manifest.kind, manifest.migrations[0], len(manifest.files)) == ("account", 1, 2)
    with tarfile.open(path) as archive:
        assert archive.getnames()[:2] == ["manifest.json", "warehouse.duckdb"]
    assert list((home / "backups").iterdir()) == [path]


def test_what_was_backed_up_comes_back_in_another_home(home: Path, tmp_path: Path) -> None:
    path, _ = back_up(home, tmp_path, NOW)
    done = restore(tmp_path / "other", path, NOW)
    assert done.published is not None
    assert tasks(tmp_path / "other") == 1
    assert [r["task.outcome"] for r in pending(tmp_path / "other")] == ["failure"]
    assert not (tmp_path / "other" / STAGING).exists()


def test_a_restore_puts_back_the_rows_and_keeps_what_people_entered_since(home: Path, tmp_path: Path) -> None:
    path, _ = back_up(home, tmp_path, NOW)
    with warehouse(home) as wh:
        land(wh, [agent_span("2", at=5.0)], start=50)
        append(home, {"event_id": "later", "trace_id": "1".rjust(32, "0"), "task.outcome": "success"})
        wh.build(NOW)
        wh.check()
        wh.publish(NOW)
    assert tasks(home) == 2
    restore(home, path, NOW, force=True)
    assert tasks(home) == 1
    assert "later" in [r["event_id"] for r in pending(home)]
    with warehouse(home) as wh:
        assert one(wh, "SELECT count(*) FROM raw.outcomes WHERE event_id = 'later'") == (1,)
    assert not (home / BEFORE).exists()


def test_a_journal_file_of_the_same_name_with_other_entries_is_added_beside_it(home: Path, tmp_path: Path) -> None:
    path, _ = back_up(home, tmp_path, NOW)
    (own,) = (home / "journal").glob("*.ndjson")
    own.write_text('{"event_id": "another machine\'s"}\n')
    restore(home, path, NOW, force=True)
    assert len(list((home / "journal").glob("*.ndjson"))) == 2
    assert len(pending(home)) == 2


def test_nothing_is_replaced_without_force(home: Path, tmp_path: Path) -> None:
    path, _ = back_up(home, tmp_path, NOW)
    before = content(home)
    with pytest.raises(WouldReplace, match="--force"):
        restore(home, path, NOW)
    assert content(home) == before


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("damaged", [False, True])
def test_demo_and_account_data_never_replace_each_other(home: Path, tmp_path: Path, force: bool, damaged: bool) -> None:
    with Warehouse.open(tmp_path / "demo", kind="demo"):
        pass
    demo, _ = back_up(tmp_path / "demo", tmp_path, NOW)
    if damaged:  # status.json still says what it was
        warehouse_path(home).write_bytes(b"torn" * 5000)
    before = content(home)
    with pytest.raises(WrongHome, match=r"holds data of an AWS account; .* is a backup of demo data"):
        restore(home, demo, NOW, force=force)
    assert content(home) == before


@pytest.mark.parametrize("change", [{"migrations": [1, 9999]}, {"layout": 999}])
def test_a_backup_of_a_newer_version_is_refused(home: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    path, _ = back_up(home, tmp_path, NOW)
    before = content(home)
    with pytest.raises(NewerWarehouse, match="newer Agent Ledger"):
        restore(home, rewritten(path, manifest_with(**change)), NOW, force=True)
    assert content(home) == before


def test_a_manifest_that_claims_less_than_its_warehouse_has_is_found_out(home: Path, tmp_path: Path) -> None:
    with warehouse(home) as wh:
        wh._con.execute("INSERT INTO migrations VALUES (9999, 'later', NULL)")
    path, manifest = back_up(home, tmp_path, NOW)
    lying = rewritten(path, manifest_with(migrations=[n for n in manifest.migrations if n != 9999]))
    with pytest.raises(NewerWarehouse, match="9999"):
        restore(tmp_path / "other", lying, NOW)
    assert not warehouse_path(tmp_path / "other").exists()


def flipped(name: str, body: bytes) -> bytes:
    return body if name == "manifest.json" else body[:-100] + bytes([body[-100] ^ 1]) + body[-99:]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-2000]), "whole backup"),
        (lambda path: path.write_bytes(b"no archive"), "whole backup"),
        (lambda path: path.write_bytes(gzip.compress(b"no tar" * 500)), "whole backup"),
        (lambda path: path.unlink(), "No such file"),
        (lambda path: rewritten(path, flipped).replace(path), "the checksum of .* is wrong"),
        (lambda path: rewritten(path, lambda n, b: None if n.startswith("j") else b).replace(path), "it lacks journal"),
        (lambda path: rewritten(path, lambda n, b: b, **{"../x": b"x"}).replace(path), "does not list"),
        (lambda path: rewritten(path, lambda n, b: None if n[0] == "m" else b).replace(path), "no manifest"),
        (lambda path: rewritten(path, manifest_with(format=2)).replace(path), "its format is 2"),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    home: Path, tmp_path: Path, damage: Callable[[Path], object], why: str
) -> None:
    path, _ = back_up(home, tmp_path, NOW)
    damage(path)
    before = content(home)
    with pytest.raises(BadBackup, match=why):
        restore(home, path, NOW, force=True)
    assert content(home) == before
    assert not (home / STAGING).exists()
    assert not (tmp_path / "x").exists()


def test_a_restored_file_that_does_not_work_gives_way_to_the_old_one(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = back_up(home, tmp_path, NOW)
    with warehouse(home) as wh:
        land(wh, [agent_span("2", at=5.0)], start=50)

    def broken(*_: object) -> None:
        raise RuntimeError("the build broke")

    monkeypatch.setattr(Warehouse, "build", broken)
    with pytest.raises(RuntimeError, match="broke"):
        restore(home, path, NOW, force=True)
    monkeypatch.undo()
    with warehouse(home) as wh:
        assert one(wh, "SELECT count(*) FROM raw.spans") == (3,)
    assert not (home / BEFORE).exists()


def test_a_damaged_warehouse_can_be_replaced_by_its_own_backup(home: Path, tmp_path: Path) -> None:
    path, _ = back_up(home, tmp_path, NOW)
    warehouse_path(home).write_bytes(b"torn" * 5000)
    (home / "warehouse.duckdb.wal").write_bytes(b"of the torn one")
    restore(home, path, NOW, force=True)
    assert tasks(home) == 1


@pytest.mark.parametrize("step", ["_set_aside", "_proven", "tidy_home"])
def test_a_restore_killed_at_any_step_leaves_a_good_home(home: Path, tmp_path: Path, step: str) -> None:
    path, _ = back_up(home, tmp_path, NOW)
    with warehouse(home) as wh:
        land(wh, [agent_span("2", at=5.0)], start=50)
    child = multiprocessing.get_context("spawn").Process(target=killed_at, args=(step, home, path))
    child.start()
    child.join(120)
    assert child.exitcode == -9
    with warehouse(home) as wh:
        (spans,) = one(wh, "SELECT count(*) FROM raw.spans")
        wh.build(NOW)
        assert wh.check() == []
    assert spans == (3 if step == "_set_aside" else 2)
    assert {path.name for path in home.glob("*duckdb*")} - {"kpis.duckdb"} == {"warehouse.duckdb"}
    assert not (home / STAGING).exists()


def killed_at(step: str, home: Path, archive: Path) -> None:
    """Restore, and die without a word when it comes to `step`."""
    setattr(restoring, step, die)
    restore(home, archive, NOW, force=True)


def die(*_: object, **__: object) -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def test_collectors_and_backups_take_turns(home: Path, tmp_path: Path) -> None:
    path, _ = back_up(home, tmp_path, NOW)
    with HomeLock(home):
        for at_once in (
            lambda: back_up(home, tmp_path / "b.tar.gz", NOW),
            lambda: restore(home, path, NOW, force=True),
            lambda: Warehouse.open(home, kind="account"),
        ):
            with pytest.raises(LedgerLocked) as caught:
                at_once()
            assert caught.value.retry_helps
    assert tasks(home) == 1


def test_a_restore_holds_the_lock_until_the_last_file_is_in_place(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = back_up(home, tmp_path, NOW)
    refused = []

    def tried(step: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **more: Any) -> Any:
            with pytest.raises(LedgerLocked):
                HomeLock(home)
            refused.append(step.__name__)
            return step(*args, **more)

        return wrapped

    for name in ("_may_replace", "unpack", "_prove", "_set_aside", "_proven", "tidy_home"):
        monkeypatch.setattr(restoring, name, tried(getattr(restoring, name)))
    restore(home, path, NOW, force=True)
    assert refused == ["_may_replace", "unpack", "_prove", "_set_aside", "_proven", "tidy_home"]
    HomeLock(home).release()


def test_a_home_without_a_warehouse_cannot_be_backed_up(tmp_path: Path) -> None:
    with pytest.raises(NothingCollected, match="LEDGER_HOME"):
        back_up(tmp_path / "none", None, NOW)
    assert not (tmp_path / "none").exists()
