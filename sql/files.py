"""Where the files of a home lie, and how they are opened and replaced."""

from __future__ import annotations

import json
import os
import re
import shutil
from datetime import datetime
from pathlib import Path

import duckdb

from sql import holder
from sql.errors import HomeNotWritable, LedgerLocked, NewerWarehouse, WrongHome
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
    """Open the warehouse for writing: one process at a time."""
    path = warehouse_path(home)
    try:
        con = duckdb.connect(str(path))
    except duckdb.IOException as error:
        text = str(error)
        if "lock" in text:
            named = re.search(r"PID (\d+)", text)
            raise LedgerLocked(
                f"{path} is being written by {holder.who(home, int(named[1]) if named else None)}.",
                "Wait until that collector has finished, then run again.",
                retry_helps=True,
            ) from error
        raise NewerWarehouse(
            f"{path} cannot be read by this DuckDB ({text.splitlines()[0]}).",
            "It is newer, or no warehouse: update Agent Ledger, or set LEDGER_HOME to another folder.",
        ) from error
    holder.write(home)
    con.execute("SET TimeZone = 'UTC'")
    con.execute((ROOT / "macros.sql").read_text(encoding="utf-8"))
    return con


def migrate(con: duckdb.DuckDBPyConnection, home: Path, now: datetime) -> None:
    """Apply the numbered migrations that this file lacks, each with its record in one transaction."""
    con.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER, name VARCHAR, applied_at TIMESTAMP)")
    done = {row[0] for row in con.execute("SELECT number FROM migrations").fetchall()}
    files = {int(path.name[:4]): path for path in sorted((ROOT / "migrations").glob("*.sql"))}
    if done - files.keys():
        raise NewerWarehouse(
            f"{warehouse_path(home)} is of a newer Agent Ledger (layout {max(done)}, known here {max(files)}).",
            "Update Agent Ledger, or set LEDGER_HOME to another folder.",
        )
    for number, path in files.items():
        if number not in done:
            con.execute("BEGIN")
            con.execute(path.read_text(encoding="utf-8"))
            con.execute("INSERT INTO migrations VALUES (?, ?, ?)", [number, path.stem, now])
            con.execute("COMMIT")


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
