"""Copy the marts into a new read-only file and move the name over."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from sql import kpi_views
from sql.build import PART_TABLES
from sql.files import drop_old_published, published_files, replace_stable_name
from sql.models import ROOT, folder, read_model

# The layout of the published file; a reader of another layout says so instead of guessing.
LAYOUT = 2
OPERATIONS = ("collector_runs", "cursors", "rejects", "check_results", "restatements", "api_usage", "findings")


def publish(con: duckdb.DuckDBPyConnection, home: Path, now: datetime) -> Path:
    """Write published/kpis-<stamp>.duckdb, then let kpis.duckdb name it. Returns its path."""
    target = _new_name(home)
    temporary = target.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    con.execute(f"ATTACH '{_quoted(temporary)}' AS out")
    try:
        _copy_marts(con)
        _copy_operations(con)
        _write_org(con, now)
        _write_catalogue(con)
        kpi_views.write(con)
        _comment(con)
    finally:
        con.execute("DETACH out")
    temporary.replace(target)
    replace_stable_name(home, target)
    drop_old_published(home)
    return target


def _new_name(home: Path) -> Path:
    """A name that sorts after every earlier one, whatever the clock says."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    newest = published_files(home)[-1:]
    if newest and newest[0].stem >= f"kpis-{stamp}":
        stamp = newest[0].stem.removeprefix("kpis-") + "a"
    return home / "published" / f"kpis-{stamp}.duckdb"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _copy_marts(con: duckdb.DuckDBPyConnection) -> None:
    for name in [model.need("table") for model in folder("marts").values()] + list(PART_TABLES):
        con.execute(f"CREATE TABLE out.{name} AS FROM mart.{name}")


def _copy_operations(con: duckdb.DuckDBPyConnection) -> None:
    for name in OPERATIONS:
        con.execute(f"CREATE TABLE out.{name} AS {read_model(ROOT / 'operations' / f'{name}.sql').sql}")


def _write_org(con: duckdb.DuckDBPyConnection, now: datetime) -> None:
    con.execute(folder("tables")["org"].sql)
    con.execute("INSERT INTO out.org SELECT key, value FROM config.org WHERE key <> 'kind'")
    facts = {
        "layout": str(LAYOUT),
        "published_at": now.isoformat(sep=" ", timespec="seconds"),
        "kind": _one(con, "SELECT value FROM ops.meta WHERE key = 'kind'"),
        "data_through_at": _one(
            con, "SELECT min(reached_at)::VARCHAR FROM ops.cursors WHERE source IN ('span_logs', 'invocation_logs')"
        ),
        "examined_at": _one(con, "SELECT value FROM ops.meta WHERE key = 'examined_at'"),
        "newest_event_at": _one(con, "SELECT max(started_at)::VARCHAR FROM mart.tasks"),
    }
    for key, value in facts.items():
        con.execute("INSERT INTO out.org VALUES (?, ?)", [key, value])
    if _one(con, "SELECT count(*)::VARCHAR FROM out.org WHERE key = 'timezone'") == "0":
        con.execute("INSERT INTO out.org VALUES ('timezone', 'UTC')")


def _one(con: duckdb.DuckDBPyConnection, query: str) -> str | None:
    row = con.execute(query).fetchone()
    return None if row is None else row[0]


def _write_catalogue(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(folder("tables")["kpi_catalogue"].sql)
    for model in folder("kpis").values():
        definition = model.path.read_text(encoding="utf-8")
        con.execute(
            "INSERT INTO out.kpi_catalogue VALUES (?, ?, ?, ?)",
            [model.name, json.dumps(model.head), definition, False],
        )


def described() -> dict[str, tuple[str, dict[str, str]]]:
    """Every published table: (what one row is, {column: meaning}), from the head lines of the SQL files."""
    made = [*folder("marts").values(), *folder("tables").values()]
    tables = {model.need("table"): (model.need("grain"), model.columns) for model in made}
    for path in sorted((ROOT / "operations").glob("*.sql")):
        model = read_model(path)
        tables[model.name] = (model.need("grain"), model.columns)
    return dict(sorted(tables.items()))


def _comment(con: duckdb.DuckDBPyConnection) -> None:
    for table, (grain, columns) in described().items():
        con.execute(f"COMMENT ON TABLE out.{table} IS '{_text(grain)}'")
        for column, meaning in columns.items():
            con.execute(f"COMMENT ON COLUMN out.{table}.\"{column}\" IS '{_text(meaning)}'")


def _text(value: str) -> str:
    return value.replace("'", "''")
