"""Opening a warehouse: migrations are whole or not at all, and what cannot be opened says why and what to do."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import duckdb
import pytest

from sql import files
from sql.errors import (
    DiskFull,
    HomeNotWritable,
    LedgerLocked,
    MigrationFailed,
    NewerWarehouse,
    NotAWarehouse,
)
from sql.files import refusal, warehouse_path
from sql.warehouse import Warehouse
from tests.sql.support import NOW, one, rows, warehouse


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the SQL room whose migrations a test may add to; returns their folder."""
    copy = tmp_path / "room"
    shutil.copytree(files.ROOT / "migrations", copy / "migrations")
    shutil.copy(files.ROOT / "macros.sql", copy)
    monkeypatch.setattr(files, "ROOT", copy)
    return copy / "migrations"


def test_a_failing_migration_is_named_and_leaves_nothing_behind(tmp_path: Path, room: Path) -> None:
    home = tmp_path / "home"
    with warehouse(home) as wh:
        before = rows(wh, "SELECT number FROM migrations ORDER BY 1")
    broken = room / "9000_broken.sql"
    broken.write_text("CREATE TABLE ops.half (a INTEGER); INSERT INTO ops.half VALUES (1); SELECT * FROM nowhere;")
    with pytest.raises(MigrationFailed, match=r"9000_broken\.sql") as caught:
        Warehouse.open(home, kind="account")
    assert "nowhere" in caught.value.message
    assert not caught.value.retry_helps
    broken.unlink()
    with warehouse(home) as wh:
        assert rows(wh, "SELECT number FROM migrations ORDER BY 1") == before
        assert one(wh, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'half'") == (0,)


def test_a_connection_is_usable_after_a_failed_migration(tmp_path: Path, room: Path) -> None:
    con = files.connect_writer(tmp_path)
    (room / "0000_broken.sql").write_text("SELECT broken")
    with pytest.raises(MigrationFailed):
        files.migrate(con, tmp_path, NOW)
    con.execute("BEGIN")
    con.execute("ROLLBACK")
    assert con.execute("SELECT count(*) FROM migrations").fetchone() == (0,)
    con.close()


def test_migrations_that_nobody_here_knows_are_named(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        wh._con.execute("INSERT INTO migrations VALUES (9998, 'later', NULL), (15, 'between', NULL)")
    with pytest.raises(NewerWarehouse, match="0015, 9998"):
        Warehouse.open(tmp_path, kind="account")


@pytest.mark.parametrize("content", [b"", b"x", b"no database at all " * 1000])
def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = warehouse_path(tmp_path)
    path.write_bytes(content)
    with pytest.raises(NotAWarehouse, match=r"warehouse\.duckdb cannot be read"):
        Warehouse.open(tmp_path, kind="account")
    assert path.read_bytes() == content


def test_a_damaged_file_is_no_newer_one(tmp_path: Path) -> None:
    with warehouse(tmp_path):
        pass
    path = warehouse_path(tmp_path)
    content = bytearray(path.read_bytes())
    for block in (4096, 8192):
        content[block + 20] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(NotAWarehouse, match="damaged"):
        Warehouse.open(tmp_path, kind="account")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ('IO Error: Could not write file "{path}": No space left on device', DiskFull),
        ('IO Error: Cannot open file "{path}": Permission denied', HomeNotWritable),
        ('IO Error: Cannot open file "{path}": Read-only file system', HomeNotWritable),
        ("IO Error: Trying to read a database file with version number 9999, but we can only read 64", NewerWarehouse),
        ('IO Error: Could not set lock on file "{path}": Conflicting lock is held in (PID 4711)', LedgerLocked),
        ('IO Error: Could not read from file "{path}": Is a directory', NotAWarehouse),
    ],
)
def test_each_refusal_of_duckdb_has_its_own_error(tmp_path: Path, said: str, kind: type[Exception]) -> None:
    path = warehouse_path(tmp_path / "Could not set lock")
    path.parent.mkdir()
    error = refusal(path, said.format(path=path))
    assert type(error) is kind
    assert error.remedy
    assert error.retry_helps == (kind in (DiskFull, LedgerLocked))


def header_checksum(body: bytes) -> int:
    """DuckDB's checksum of a block: 5381 xor each 64-bit word times a constant."""
    result = 5381
    for word in struct.unpack(f"<{len(body) // 8}Q", body):
        result ^= word * 0xBF58476D1CE4E5B9 % 2**64
    return result


def test_a_newer_storage_version_is_refused_as_newer(tmp_path: Path) -> None:
    path = warehouse_path(tmp_path)
    duckdb.connect(str(path)).close()
    content = bytearray(path.read_bytes())
    content[12:20] = (100_000).to_bytes(8, "little")
    content[:8] = header_checksum(bytes(content[8:4096])).to_bytes(8, "little")
    path.write_bytes(content)
    with pytest.raises(NewerWarehouse, match="newer DuckDB"):
        Warehouse.open(tmp_path, kind="account")
