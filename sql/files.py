"""Where the files of a home lie, and how they are opened and replaced."""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import duckdb

from sql import holder
from sql.errors import (
    DiskFull,
    HomeNotWritable,
    LedgerError,
    LedgerLocked,
    MigrationFailed,
    NewerWarehouse,
    NotAWarehouse,
    WrongHome,
)
from sql.models import ROOT

KEPT_PUBLISHED = 2


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
        raise HomeNotWritable(
            f"LEDGER_HOME {home} cannot be written ({error.strerror or error}).",
            "Make the folder writable for this user, or set LEDGER_HOME to one that is.",
        ) from error


def connect_writer(home: Path) -> duckdb.DuckDBPyConnection:
    """Open the warehouse for writing: one process at a time.

    Raises LedgerLocked, NewerWarehouse, NotAWarehouse, HomeNotWritable, DiskFull.
    """
    path = warehouse_path(home)
    try:
        con = duckdb.connect(str(path))
    except duckdb.Error as error:
        raise refusal(path, str(error)) from error
    holder.write(home)
    con.execute("SET TimeZone = 'UTC'")
    con.execute((ROOT / "macros.sql").read_text(encoding="utf-8"))
    return con


def refusal(path: Path, said: str) -> LedgerError:
    """Why DuckDB did not open, read or write the warehouse, in our words; `said` is DuckDB's message."""
    text = said.replace(str(path), path.name)  # a folder may be called lock
    reason = text.splitlines()[0] if text else "no reason given"
    home = path.parent
    if "Could not set lock" in text or "Conflicting lock" in text:
        named = re.search(r"PID (\d+)", text)
        return LedgerLocked(
            f"{path} is being written by {holder.who(home, int(named[1]) if named else None)}.",
            "Wait until that collector has finished, then run again.",
            retry_helps=True,
        )
    if "No space left" in text or "Disk quota exceeded" in text:
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


def disk_full(home: Path) -> DiskFull:
    """The disk of the home is full; says how much room there is."""
    free = shutil.disk_usage(home).free
    return DiskFull(
        f"The disk of LEDGER_HOME {home} is full ({free / 1e6:,.1f} MB free).",
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
    if unknown := sorted(done - files.keys()):
        raise NewerWarehouse(
            f"{warehouse_path(home)} is of a newer Agent Ledger: it has the migrations "
            f"{', '.join(f'{number:04}' for number in unknown)}, which this version does not know.",
            "Update Agent Ledger, or set LEDGER_HOME to another folder.",
        )
    for number, path in files.items():
        if number not in done:
            _apply(con, home, number, path, now)


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
        if "No space left" in str(error) or "Disk quota exceeded" in str(error):
            raise disk_full(home) from error
        raise MigrationFailed(
            f"The migration {path.name} of {warehouse_path(home)} did not work ({str(error).splitlines()[0]}).",
            "The file is as it was before. Go back to the version of Agent Ledger that wrote it, and report this.",
        ) from error


def check_kind(con: duckdb.DuckDBPyConnection, home: Path, kind: str) -> None:
    """A home holds demo data or an account's data, never both."""
    row = con.execute("SELECT value FROM ops.meta WHERE key = 'kind'").fetchone()
    if row is None:
        con.execute("INSERT INTO ops.meta VALUES ('kind', ?)", [kind])
    elif row[0] != kind:
        raise WrongHome(
            f"{home} holds {_kind_text(row[0])}; this run would add {_kind_text(kind)}.",
            f"Set LEDGER_HOME to another folder for {_kind_text(kind)}, or delete {home} first.",
        )


def _kind_text(kind: str) -> str:
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


def drop_old_published(home: Path) -> None:
    """Keep the newest published files; one that is open elsewhere and cannot be removed stays until next time."""
    for path in published_files(home)[:-KEPT_PUBLISHED]:
        try:
            path.unlink()
        except OSError:
            continue


def write_json(path: Path, value: object) -> None:
    """Write a JSON file so that a reader sees the old one or the new one."""
    temporary = path.with_suffix(path.suffix + ".new")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1, default=str)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
