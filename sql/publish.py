"""Copy the marts, or what of them has changed, into a new read-only file and move the name over."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from sql import definitions, kpi_views, unpublished
from sql.emptiness import Emptiness, version
from sql.files import KEPT_PUBLISHED, copy_file, drop_old_published, published_files, replace_stable_name
from sql.models import folder
from sql.restating import PART_TABLES

# The layout of the published file; a reader of another layout says so instead of guessing.
LAYOUT = 5
OPERATIONS = (
    *("collector_runs", "cursors", "ranges", "gaps", "rejects", "check_results", "restatements", "api_usage"),
    *("findings", "definitions", "superseded_kpi_daily", "superseded_latency_buckets", "superseded_kpi_groups"),
)


class Made(NamedTuple):
    """A published file, the views in it, and whether it was written anew."""

    path: Path
    views: kpi_views.Views
    anew: bool


def publish(con: duckdb.DuckDBPyConnection, home: Path, now: datetime, kept: int = KEPT_PUBLISHED) -> Made:
    """Write published/kpis-<stamp>.duckdb, then let kpis.duckdb name it."""
    target = _new_name(home)
    temporary = target.with_suffix(".new")
    views = kpi_views.views(con)
    base = unpublished.base(con, target.parent, views)
    if base is None:
        temporary.write_bytes(_empty_file(con, temporary, views))
    else:
        copy_file(base, temporary)
    with _attached(con, temporary):
        if base is None:
            _copy_marts(con)
        else:
            _replace_changed(con)
        _copy_operations(con)
        _write_org(con, now)
        _write_catalogue(con)
    temporary.replace(target)
    replace_stable_name(home, target)
    drop_old_published(home, kept)
    return Made(target, views, base is None)


@contextmanager
def _attached(con: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """The file as `out`; what is written inside is committed once."""
    con.execute(f"ATTACH '{_quoted(path)}' AS out")
    try:
        con.execute("BEGIN")
        try:
            yield
        except BaseException:
            con.execute("ROLLBACK")
            raise
        con.execute("COMMIT")
    finally:
        con.execute("DETACH out")


def _empty_file(con: duckdb.DuckDBPyConnection, path: Path, views: kpi_views.Views) -> bytes:
    """A file with all tables, views and comments and no rows: a thousand statements, so made once a process."""
    known = (version(), views)
    if known not in _EMPTY_FILES:
        path.unlink(missing_ok=True)
        with _attached(con, path):
            for name in _mart_names():
                con.execute(f"CREATE TABLE out.{name} AS FROM mart.{name} LIMIT 0")
            for name in OPERATIONS:
                con.execute(f"CREATE TABLE out.{name} AS FROM ({_operation(name)}\n) LIMIT 0")
            con.execute(folder("tables")["org"].sql)
            con.execute(folder("tables")["kpi_catalogue"].sql)
            kpi_views.write(con, views)
            _comment(con)
        _EMPTY_FILES.clear()
        _EMPTY_FILES[known] = path.read_bytes()
    return _EMPTY_FILES[known]


_EMPTY_FILES: dict[tuple[object, ...], bytes] = {}


def _new_name(home: Path) -> Path:
    """A name that sorts after every earlier one, whatever the clock says."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    newest = published_files(home)[-1:]
    if newest and newest[0].stem >= f"kpis-{stamp}":
        stamp = newest[0].stem.removeprefix("kpis-") + "a"
    return home / "published" / f"kpis-{stamp}.duckdb"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _mart_names() -> list[str]:
    return [model.need("table") for model in folder("marts").values()] + list(PART_TABLES)


def _copy_marts(con: duckdb.DuckDBPyConnection) -> None:
    rows = Emptiness(con)
    tables = [f"mart.{name}" for name in _mart_names()]
    rows.look_at(tables)
    for table in tables:
        if not rows.holds(table):
            con.execute(f"INSERT INTO out.{table.removeprefix('mart.')} BY NAME FROM {table}")
    for name in PART_TABLES:
        _copy_sealed(con, name)


def _copy_sealed(con: duckdb.DuckDBPyConnection, name: str) -> None:
    con.execute(f"INSERT INTO out.{name} BY NAME SELECT {_columns(con, name)} FROM sealed.{name}")


def _replace_changed(con: duckdb.DuckDBPyConnection) -> None:
    """Put the rows of changed days, or of changed tables, in place of those of the copied file."""
    for name, days in unpublished.changed(con).items():
        named = ", ".join(f"DATE '{day}'" for day in days)
        where = f"WHERE day IS NULL OR day IN ({named})" if days else ""
        con.execute(f"DELETE FROM out.{name} {where}")
        con.execute(f"INSERT INTO out.{name} BY NAME FROM mart.{name} {where}")
        if name in PART_TABLES:
            _copy_sealed(con, name)


def _columns(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """The columns of a table of parts as it is now: the sealed ones may have more."""
    rows = con.execute(f"SELECT column_name FROM (DESCRIBE mart.{name})").fetchall()
    return ", ".join(f'"{column}"' for (column,) in rows)


def _operation(name: str) -> str:
    return folder("operations")[name].sql


def _copy_operations(con: duckdb.DuckDBPyConnection) -> None:
    for name in OPERATIONS:
        con.execute(f"DELETE FROM out.{name}")
        con.execute(f"INSERT INTO out.{name} BY NAME {_operation(name)}")


def _write_org(con: duckdb.DuckDBPyConnection, now: datetime) -> None:
    con.execute("DELETE FROM out.org")
    con.execute("INSERT INTO out.org SELECT key, value FROM config.org WHERE key <> 'kind'")
    facts = {
        "layout": str(LAYOUT),
        "published_at": now.isoformat(sep=" ", timespec="seconds"),
        "kind": _one(con, "SELECT value FROM ops.meta WHERE key = 'kind'"),
        "data_through_at": _one(
            con,
            """SELECT min(reached_at)::VARCHAR
               FROM ops.cursors SEMI JOIN ops.live_scopes USING (source, account_id, region, scope)
               WHERE source IN ('span_logs', 'invocation_logs')""",
        ),
        "examined_at": _one(con, "SELECT value FROM ops.meta WHERE key = 'examined_at'"),
        "newest_event_at": _one(con, "SELECT max(started_at)::VARCHAR FROM mart.tasks"),
    }
    if _one(con, "SELECT count(*)::VARCHAR FROM out.org WHERE key = 'timezone'") == "0":
        facts["timezone"] = "UTC"
    _insert_pairs(con, "org", facts)


def _insert_pairs(con: duckdb.DuckDBPyConnection, table: str, pairs: Mapping[str, str | None]) -> None:
    values = [value for pair in pairs.items() for value in pair]
    con.execute(f"INSERT INTO out.{table} VALUES {', '.join('(?, ?)' for _ in pairs)}", values)


def _one(con: duckdb.DuckDBPyConnection, query: str) -> str | None:
    row = con.execute(query).fetchone()
    return None if row is None else row[0]


def _write_catalogue(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DELETE FROM out.kpi_catalogue")
    rows = [
        (kpi, json.dumps(definitions.model(each).head), each.file.text, each.own)
        for kpi, each in definitions.in_force(con).items()
    ]
    marks = ", ".join("(?, ?, ?, ?)" for _ in rows)
    con.execute(f"INSERT INTO out.kpi_catalogue VALUES {marks}", [value for row in rows for value in row])


def described() -> dict[str, tuple[str, dict[str, str]]]:
    """Every published table: (what one row is, {column: meaning}), from the head lines of the SQL files."""
    made = [*folder("marts").values(), *folder("tables").values()]
    tables = {model.need("table"): (model.need("grain"), model.columns) for model in made}
    for model in folder("operations").values():
        tables[model.name] = (model.need("grain"), model.columns)
    return dict(sorted(tables.items()))


def _comment(con: duckdb.DuckDBPyConnection) -> None:
    for table, (grain, columns) in described().items():
        con.execute(f"COMMENT ON TABLE out.{table} IS '{_text(grain)}'")
        for column, meaning in columns.items():
            con.execute(f"COMMENT ON COLUMN out.{table}.\"{column}\" IS '{_text(meaning)}'")


def _text(value: str) -> str:
    return value.replace("'", "''")
