"""Read-only access to published files, by their versioned names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from sql import fetched
from sql.errors import BadQuery, NotPublished, OlderPublished
from sql.files import published_files
from sql.models import run
from sql.publish import LAYOUT

if TYPE_CHECKING:  # slow to load, and a collector that asks how far the last file reaches needs no table
    import pyarrow as pa

RUN_FIRST = "Run `make run`, or `python -m collectors run` (with --demo for the demo account)."
# What a person's own SELECT may use: no files, no network, no settings.
_CONFINED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "allow_persistent_secrets": "false",
    "lock_configuration": "true",
}


class Published:
    """One published file, opened read-only. Safe to share between threads: every query has its own cursor."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.version = path.stem.removeprefix("kpis-")
        self._con = _open(path)
        self._check_layout()

    def rows(self, query: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The result of one of our own SELECTs as dicts; parameters are $name."""
        with self._con.cursor() as cursor:
            return fetched.rows(run(cursor, query, params))

    def rows_with_arrays(self, query: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The same with every list of numbers as a numpy array."""
        with self._con.cursor() as cursor:
            return fetched.rows_with_arrays(run(cursor, query, params))

    def table(self, query: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """The result of one of our own SELECTs as an Arrow table."""
        with self._con.cursor() as cursor:
            return cursor.sql(query, params=dict(params or {})).to_arrow_table()

    def query(self, query: str) -> pa.Table:
        """The result of a person's SELECT: one statement, read-only. BadQuery says what is wrong."""
        with self._con.cursor() as cursor:
            try:
                statements = cursor.extract_statements(query)
                kinds = [str(s.type) for s in statements]
                if len(kinds) != 1 or not kinds[0].endswith(("SELECT", "SELECT_STATEMENT", "EXPLAIN")):
                    raise BadQuery("Only one SELECT at a time runs here.", "Leave out other statements.")
                return cursor.sql(query).to_arrow_table()
            except duckdb.Error as error:
                raise BadQuery(
                    f"DuckDB refused the query: {error}", "See docs/tables.md for tables and columns."
                ) from error

    def close(self) -> None:
        """Close the file. Results already fetched stay valid."""
        self._con.close()

    def _check_layout(self) -> None:
        try:
            row = self._con.execute("SELECT value FROM org WHERE key = 'layout'").fetchone()
        except duckdb.Error:
            row = None
        found = None if row is None else row[0]
        if found != str(LAYOUT):
            self._con.close()
            raise OlderPublished(
                f"{self.path} has layout {found or 'unknown'}; this version reads layout {LAYOUT}.",
                "Run the collector once with this version: it publishes the file again from the warehouse.",
            )


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        con = duckdb.connect(str(path), read_only=True, config=dict(_CONFINED))
    except duckdb.Error as error:
        raise OlderPublished(
            f"{path} cannot be read ({str(error).splitlines()[0]}).",
            "Run the collector once: it publishes the file again from the warehouse.",
        ) from error
    return con


def open_published(home: Path) -> Published:
    """The newest published file of a home. NotPublished when there is none."""
    files = published_files(home)
    if not files:
        raise NotPublished(f"Nothing has been published in {home} yet.", RUN_FIRST)
    return Published(files[-1])


def newest_version(home: Path) -> str | None:
    """The version that open_published would open, without opening it."""
    files = published_files(home)
    return files[-1].stem.removeprefix("kpis-") if files else None


def read_status(home: Path) -> dict[str, Any] | None:
    """What the last collector run wrote about itself, even when nothing could be published."""
    path = home / "status.json"
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
