"""Where the files of a home lie, and how they are opened and replaced."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import duckdb

from sql.errors import (
    DiskFull,
    HomeNotWritable,
    LedgerError,
    MigrationFailed,
    NewerWarehouse,
    NotAWarehouse,
    WrongHome,
)
from sql.lock import locked
from sql.models import ROOT

KEPT_PUBLISHED = 2
# Rows that DuckDB compresses together. A batch that fills such a group is stored once: a smaller one is written to the
# log first and then copied to the end of the table. Half of DuckDB's usual number costs no room and no time in reading.
ROW_GROUP = 61_440
_MOST_AT_ONCE = 2**30
# What a compaction or a restore leaves behind when it is killed: half a new file, and an old one set aside.
COMPACTED, STAGING, BEFORE = "warehouse.duckdb.compact", ".restore", "warehouse.duckdb.before"


def warehouse_path(home: Path) -> Path:
    return home / "warehouse.duckdb"


def published_files(home: Path) -> list[Path]:
    """Published files, oldest first."""
    return sorted((home / "published").glob("kpis-*.duckdb"))


def prepare_home(home: Path) -> None:
    """Make the home's folders; HomeNotWritable says which folder and why."""
    try:
        for folder in (home, home / "published", home / "journal"):
            folder.mkdir(parents=True, exist_ok=True)
        probe = home / ".write-test"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        if says_full(str(error)):
            raise disk_full(home) from error
        raise HomeNotWritable(
            f"LEDGER_HOME {home} cannot be written ({error.strerror or error}).",
            "Make the folder writable for this user, or set LEDGER_HOME to one that is.",
        ) from error


def tidy_home(home: Path) -> None:
    """Take away what a killed compaction or restore left, once the warehouse itself is known to open."""
    for name in (COMPACTED, BEFORE):
        drop_file(home / name)
    shutil.rmtree(home / STAGING, ignore_errors=True)


def connected(home: Path, kind: str | None, now: datetime, *, tidy: bool = True) -> duckdb.DuckDBPyConnection:
    """A connection to the warehouse, brought to the present layout. The caller holds the lock of the home.

    `tidy`: what a killed compaction or restore left behind goes, now that the file is known to open.
    """
    con = connect_writer(home)
    try:
        with full_disk_told(home):
            migrate(con, home, now)
            check_kind(con, home, kind)
    except BaseException:
        con.close()
        raise
    if tidy:
        tidy_home(home)
    return con


def connect_writer(home: Path) -> duckdb.DuckDBPyConnection:
    """Open the warehouse for writing: one process at a time.

    Raises LedgerLocked, NewerWarehouse, NotAWarehouse, HomeNotWritable, DiskFull.
    """
    path = warehouse_path(home)
    con = duckdb.connect(config={"temp_directory": f"{path}.tmp"})
    try:
        attach(con, path, "warehouse")
    except duckdb.Error as error:
        con.close()
        raise refusal(path, str(error)) from error
    con.execute("USE warehouse; SET TimeZone = 'UTC'")
    con.execute((ROOT / "macros.sql").read_text(encoding="utf-8"))
    return con


def attach(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Open or make a file of the warehouse's kind beside what the connection holds."""
    quoted = str(path).replace("'", "''")
    con.execute(f"ATTACH '{quoted}' AS {name} (ROW_GROUP_SIZE {ROW_GROUP})")


def refusal(path: Path, said: str) -> LedgerError:
    """Why DuckDB did not open, read or write the warehouse, in our words; `said` is DuckDB's message."""
    text = said.replace(str(path), path.name)  # a folder may be called lock
    reason = text.splitlines()[0] if text else "no reason given"
    home = path.parent
    if "Could not set lock" in text or "Conflicting lock" in text:
        named = re.search(r"PID (\d+)", text)
        return locked(home, int(named[1]) if named else None)
    if says_full(text):
        return disk_full(home)
    if "Permission denied" in text or "Read-only file system" in text:
        return HomeNotWritable(
            f"{path} cannot be opened for writing ({reason}).",
            "Give this user the right to read and write it, or set LEDGER_HOME to another folder.",
        )
    if "version number" in text or "newer version of DuckDB" in text:
        return NewerWarehouse(
            f"{path} was written by a newer DuckDB than {duckdb.__version__} ({reason}).",
            "Install the newer DuckDB that wrote it, or set LEDGER_HOME to another folder.",
        )
    return NotAWarehouse(
        f"{path} cannot be read: it is no DuckDB file, or a damaged one ({reason}).",
        "Move it away and put back a copy of it, or set LEDGER_HOME to another folder. Do not delete its .wal file.",
    )


def says_full(text: str) -> bool:
    """Whether DuckDB or the system says that the disk has no room left."""
    return "No space left" in text or "Disk quota exceeded" in text


@contextmanager
def full_disk_told(home: Path) -> Iterator[None]:
    """Whatever fails inside for want of room is told as DiskFull."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        if says_full(str(error)):
            raise disk_full(home) from error
        raise


def disk_full(home: Path) -> DiskFull:
    """The disk of the home is full; says how much room there is."""
    free = shutil.disk_usage(home).free
    return DiskFull(
        f"The disk of LEDGER_HOME {home} is full: {free / 1e6:,.1f} MB free are not enough.",
        "Make room on it, then run again: what had not landed is read again.",
        retry_helps=True,
    )


def migrate(con: duckdb.DuckDBPyConnection, home: Path, now: datetime) -> None:
    """Apply the numbered migrations that this file lacks, each with its record in one transaction.

    Raises NewerWarehouse, DiskFull, MigrationFailed.
    """
    con.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER, name VARCHAR, applied_at TIMESTAMP)")
    done = {row[0] for row in con.execute("SELECT number FROM migrations").fetchall()}
    files = {int(path.name[:4]): path for path in sorted((ROOT / "migrations").glob("*.sql"))}
    refuse_newer(warehouse_path(home), done)
    for number, path in files.items():
        if number not in done:
            _apply(con, home, number, path, now)


def refuse_newer(path: Path, done: Iterable[int]) -> None:
    """Raise NewerWarehouse where a file, or a backup, has migrations that this version does not know."""
    known = {int(each.name[:4]) for each in (ROOT / "migrations").glob("*.sql")}
    if unknown := sorted(set(done) - known):
        raise NewerWarehouse(
            f"{path} is of a newer Agent Ledger: it has the migrations "
            f"{', '.join(f'{number:04}' for number in unknown)}, which this version does not know.",
            "Update Agent Ledger, or set LEDGER_HOME to another folder.",
        )


def _apply(con: duckdb.DuckDBPyConnection, home: Path, number: int, path: Path, now: datetime) -> None:
    """One migration: all of it and its record, or nothing."""
    con.execute("BEGIN")
    try:
        con.execute(path.read_text(encoding="utf-8"))
        con.execute("INSERT INTO migrations VALUES (?, ?, ?)", [number, path.stem, now])
        con.execute("COMMIT")
    except BaseException as error:
        with suppress(duckdb.Error):  # a COMMIT that failed has ended the transaction already
            con.execute("ROLLBACK")
        if not isinstance(error, duckdb.Error):
            raise
        if says_full(str(error)):
            raise disk_full(home) from error
        raise MigrationFailed(
            f"The migration {path.name} of {warehouse_path(home)} did not work ({str(error).splitlines()[0]}).",
            "The file is as it was before. Go back to the version of Agent Ledger that wrote it, and report this.",
        ) from error


def check_kind(con: duckdb.DuckDBPyConnection, home: Path, kind: str | None) -> None:
    """A home holds demo data or an account's data, never both. None: whatever it holds."""
    row = con.execute("SELECT value FROM ops.meta WHERE key = 'kind'").fetchone()
    if kind is None or (row is not None and row[0] == kind):
        return
    if row is None:
        con.execute("INSERT INTO ops.meta (key, value) VALUES ('kind', ?)", [kind])
        return
    raise WrongHome(
        f"{home} holds {kind_text(row[0])}; this run would add {kind_text(kind)}.",
        f"Set LEDGER_HOME to another folder for {kind_text(kind)}, or delete {home} first.",
    )


def kind_text(kind: str) -> str:
    """The kind of a home in words."""
    return "demo data" if kind == "demo" else "data of an AWS account"


def replace_stable_name(home: Path, newest: Path) -> None:
    """Point kpis.duckdb at the newest published file, atomically. Open readers keep what they have."""
    stable = home / "kpis.duckdb"
    temporary = home / "kpis.duckdb.new"
    temporary.unlink(missing_ok=True)
    try:
        os.link(newest, temporary)
    except OSError:
        shutil.copyfile(newest, temporary)
    temporary.replace(stable)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file; where the disk's format lets files share their blocks (XFS, Btrfs), that costs nothing."""
    try:
        with source.open("rb") as read, target.open("wb") as written:
            while os.copy_file_range(read.fileno(), written.fileno(), _MOST_AT_ONCE):
                pass
    except (AttributeError, OSError):  # not every system has it, nor every kind of disk
        target.unlink(missing_ok=True)
    if not target.is_file() or target.stat().st_size != source.stat().st_size:
        shutil.copyfile(source, target)


def drop_old_published(home: Path, kept: int) -> None:
    """Keep the newest published files; one that is open elsewhere and cannot be removed stays until next time."""
    for path in published_files(home)[:-kept]:
        try:
            path.unlink()
        except OSError:
            continue


def need_room(folder: Path, needed: int, what: str) -> None:
    """Raise DiskFull before anything is written that has no room."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DiskFull(
            f"{what} needs {needed / 1e6:,.1f} MB; the disk of {folder} has {free / 1e6:,.1f} MB free.",
            "Make room on it, then try again. Nothing was changed.",
            retry_helps=True,
        )


def drop_file(path: Path) -> None:
    """Take away a database file with its log, if it is there."""
    for each in (path, path.with_name(path.name + ".wal")):
        each.unlink(missing_ok=True)


def force_to_disk(path: Path) -> None:
    """Wait until a file, or what a folder names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def drop_half_published(home: Path) -> None:
    """Take away what a publishing left that was killed or found no room."""
    for path in (home / "published").glob("kpis-*.new*"):
        path.unlink(missing_ok=True)


def write_json(path: Path, value: object) -> None:
    """Write a JSON file so that a reader sees the old one or the new one."""
    temporary = path.with_suffix(path.suffix + ".new")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(value, file, ensure_ascii=False, indent=1, default=str)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
