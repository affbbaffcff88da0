"""Write the warehouse anew without the room that deleted rows left, and put it in place of the old file.

DuckDB uses freed room again but never gives it back. The new file takes the old one's name in one step, under the lock
of the home, when it has been counted, closed and forced to disk: at every moment one whole file bears the name.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sql.errors import LedgerError
from sql.files import COMPACTED, attach, drop_file, force_to_disk, full_disk_told, need_room, warehouse_path

# A file is worth rewriting by itself when more than half of it is free, and that is a good deal.
WORTH_SHARE, WORTH_BYTES = 0.5, 64_000_000


@dataclass(frozen=True)
class Room:
    """How big the warehouse is, and how much of it holds nothing, in bytes."""

    size: int
    free: int

    @property
    def worthwhile(self) -> bool:
        """Whether writing it anew gives enough back."""
        return self.free >= max(WORTH_BYTES, WORTH_SHARE * self.size)


def room(con: duckdb.DuckDBPyConnection, home: Path) -> Room:
    """What the file takes now, after everything committed has gone into it."""
    with full_disk_told(home):
        con.execute("CHECKPOINT")
    row = con.execute(
        "SELECT block_size, free_blocks FROM pragma_database_size() WHERE database_name = current_database()"
    ).fetchone()
    return Room(warehouse_path(home).stat().st_size, row[0] * row[1] if row else 0)


def compact(con: duckdb.DuckDBPyConnection, home: Path) -> tuple[Room, int]:
    """Put a file without free room in place. Returns what the old one took, and the size of the new one.

    The caller holds the lock of the home, and closes the connection next: it still means the old file. Raises DiskFull.
    """
    path = warehouse_path(home)
    before = room(con, home)
    need_room(home, before.size - before.free, "A compacted copy")
    new = home / COMPACTED
    drop_file(new)
    try:
        with full_disk_told(home):
            _copy(con, new)
            force_to_disk(new)
        if path.with_name(path.name + ".wal").exists():
            raise LedgerError(
                "The warehouse was written while it was compacted.", "Nothing was changed. Compact again."
            )
        size = new.stat().st_size
        os.replace(new, path)
    finally:
        drop_file(new)
    force_to_disk(home)
    return before, size


def _copy(con: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Copy every table, and count them."""
    name = con.execute("SELECT current_database()").fetchone()
    own = name[0] if name else ""
    attach(con, target, "compacted")
    try:
        con.execute(f'COPY FROM DATABASE "{own}" TO compacted')
        if _counts(con, own) != _counts(con, "compacted"):
            raise LedgerError(
                "The compacted copy does not hold what the warehouse holds.",
                "Nothing was changed. Please report this.",
            )
        con.execute("CHECKPOINT compacted")
    finally:
        con.execute("DETACH compacted")


def _counts(con: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, int]]:
    tables = con.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? AND NOT temporary ORDER BY ALL",
        [database],
    ).fetchall()
    each = (f'SELECT \'{s}.{t}\', count(*) FROM "{database}"."{s}"."{t}"' for s, t in tables)
    return con.execute(" UNION ALL ".join(each)).fetchall()
