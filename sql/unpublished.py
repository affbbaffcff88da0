"""What has changed since the last published file: the next one is a copy of it in which only that is replaced.

Most passes bring rows of the newest day, or none at all: writing all the others again would take most of their time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from pathlib import Path

import duckdb

from sql.emptiness import version
from sql.models import Model
from sql.restating import PART_TABLES

EVERYTHING = "*"
CHECKED = "checked"  # the key of ops.meta that says that the marts have been checked as they are now
# A file that has grown so much by replacing is written anew.
MOST_GROWTH = 1.5


def is_daily(model: Model) -> bool:
    """Whether the rows that a build replaces in this table all lie in the days that it notes."""
    return "day" in model.columns and model.need("replaces") != "true"


def note(con: duckdb.DuckDBPyConnection, marts: Iterable[Model], *, everything: bool) -> None:
    """Note that a build has replaced rows of these tables in `given_days`, and parts. Call in its transaction."""
    if everything:
        note_everything(con)
        return
    daily, whole = list[str](), list[str](PART_TABLES)
    for model in marts:
        (daily if is_daily(model) else whole).append(model.need("table"))
    _add(
        con,
        f"""SELECT unnest({daily}::VARCHAR[]), day FROM (SELECT DISTINCT day FROM given_days WHERE day IS NOT NULL)
            UNION ALL SELECT unnest({whole}), NULL::DATE""",
    )


def note_everything(con: duckdb.DuckDBPyConnection) -> None:
    """Note that rows may have changed anywhere. Call in the transaction that changes them."""
    _add(con, f"SELECT '{EVERYTHING}', NULL::DATE")


def _add(con: duckdb.DuckDBPyConnection, rows: str) -> None:
    con.execute("DELETE FROM ops.meta WHERE key = ?", [CHECKED])
    con.execute(f"INSERT INTO ops.unpublished ({rows}) EXCEPT FROM ops.unpublished")


def base(con: duckdb.DuckDBPyConnection, folder: Path, views: object) -> Path | None:
    """The published file that a copy can be made of, or None: then the next one is written anew."""
    row = con.execute("SELECT value FROM ops.meta WHERE key = 'published'").fetchone()
    last = json.loads(row[0]) if row else {}
    path = folder / last.get("file", "")
    if last.get("layout") != layout(views) or not path.is_file() or EVERYTHING in changed(con):
        return None
    return path if path.stat().st_size <= MOST_GROWTH * last["size"] else None


def changed(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[date, ...]]:
    """The changed days of every changed table; none: all of it."""
    rows = con.execute(
        "SELECT table_name, list(day ORDER BY day) FILTER (day IS NOT NULL), bool_or(day IS NULL) "
        "FROM ops.unpublished GROUP BY table_name ORDER BY table_name"
    ).fetchall()
    return {table: () if whole else tuple(days) for table, days, whole in rows}


def settle(con: duckdb.DuckDBPyConnection, path: Path, views: object, anew: bool) -> None:
    """Note that this file holds everything. Call in a transaction; nothing has changed the marts since it was made."""
    row = con.execute("SELECT value FROM ops.meta WHERE key = 'published'").fetchone()
    size = path.stat().st_size if anew or row is None else json.loads(row[0])["size"]
    body = json.dumps({"file": path.name, "layout": layout(views), "size": size})
    con.execute("DELETE FROM ops.unpublished")
    con.execute("DELETE FROM ops.meta WHERE key = 'published'")
    con.execute("INSERT INTO ops.meta (key, value) VALUES ('published', ?)", [body])


def layout(views: object) -> str:
    """Of one such layout all published files have the same tables, columns, comments and views."""
    return sha256(f"{version()} {views!r}".encode()).hexdigest()
