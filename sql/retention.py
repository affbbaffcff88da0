"""How long each class of data is kept, and what goes when its time has come. Once a calendar day, after a good build.

What the figures rest on is never deleted: the parts of every day, tasks, outcomes, labels, people's entries, waits for
people, the bill, the inventory. docs/operations/storage.md has the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from sql import sealing, unpublished
from sql.restating import PART_TABLES

# Raw tables of readings, with what is deleted of them before $1: things with several records go as a whole.
_READINGS = {
    "metric_points": '"at" < $1',
    "usage_hours": "hour < $1",
    "lambda_reports": "reported_at < $1",
    "executions": """execution_arn IN (
        SELECT execution_arn FROM raw.executions ANTI JOIN raw.human_waits USING (execution_arn)
        GROUP BY execution_arn HAVING max(recorded_at) < $1)""",
    "execution_traces": "started_at < $1",
}
_DONE = "kept_on"


@dataclass(frozen=True)
class Retention:
    """Days that each class is kept, and how many published files. None: for ever."""

    spans_days: int | None = 400
    readings_days: int | None = 400
    rejects_days: int | None = 90
    runs_days: int | None = 400
    published_files: int = 2


@dataclass(frozen=True)
class Kept:
    """What a day's keeping came to: days sealed, and rows deleted."""

    days: int = 0
    rows: int = 0


def keep(con: duckdb.DuckDBPyConnection, retention: Retention, now: datetime) -> Kept:
    """Seal days and delete what is past its time, once a day. Call in a transaction, after a build."""
    con.execute("SET VARIABLE timezone = (SELECT coalesce(max(value), 'UTC') FROM config.org WHERE key = 'timezone')")
    row = con.execute("SELECT local_day($1), (SELECT value FROM ops.meta WHERE key = $2)", [now, _DONE]).fetchone()
    if row is None or str(row[0]) == row[1]:
        return Kept()
    days, rows = 0, 0
    if retention.spans_days is not None:
        days, rows = sealing.seal(con, row[0] - timedelta(days=retention.spans_days), PART_TABLES, now)
    if days or rows:
        unpublished.note_everything(con)
    rows += _readings(con, retention.readings_days, now) + _bookkeeping(con, retention, now)
    con.execute("DELETE FROM ops.meta WHERE key = $1", [_DONE])
    con.execute("INSERT INTO ops.meta (key, value) VALUES ($1, $2)", [_DONE, str(row[0])])
    return Kept(days, rows)


def _readings(con: duckdb.DuckDBPyConnection, days: int | None, now: datetime) -> int:
    """The next build makes the tables again that read these whole."""
    gone = 0
    for table, condition in _READINGS.items() if days is not None else ():
        rows = _deleted(con, f"DELETE FROM raw.{table} WHERE {condition}", now - timedelta(days=days or 0))
        if rows:
            con.execute("INSERT INTO raw.touched VALUES ('table', $1)", [table])
        gone += rows
    return gone


def _bookkeeping(con: duckdb.DuckDBPyConnection, retention: Retention, now: datetime) -> int:
    """Rejects and passes; the last pass of every place stays, however old."""
    gone = 0
    if retention.rejects_days is not None:
        before = now - timedelta(days=retention.rejects_days)
        gone += _deleted(con, "DELETE FROM ops.rejects WHERE seen_at < $1", before)
    if retention.runs_days is not None:
        before = now - timedelta(days=retention.runs_days)
        gone += _deleted(con, "DELETE FROM ops.api_usage WHERE day < $1::DATE", before)
        gone += _deleted(
            con,
            """DELETE FROM ops.collector_runs WHERE started_at < $1 AND run_id NOT IN (
                   SELECT arg_max(run_id, started_at) FROM ops.collector_runs
                   GROUP BY source, account_id, region, scope)""",
            before,
        )
    return gone


def _deleted(con: duckdb.DuckDBPyConnection, statement: str, before: datetime) -> int:
    row = con.execute(statement, [before]).fetchone()
    return int(row[0]) if row else 0
