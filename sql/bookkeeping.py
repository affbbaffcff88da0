"""The collector's own book: passes over scopes, AWS calls a day and what they cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import duckdb

from sql.models import folder
from sql.rows import Called, Run, Scope, Spent

# The last pass of each place; a sort of a year's passes would take seconds.
_LATEST = """
    SELECT r.* FROM ops.collector_runs r SEMI JOIN (
        SELECT source, account_id, region, scope, max(started_at) AS started_at FROM ops.collector_runs GROUP BY ALL
    ) USING (source, account_id, region, scope, started_at)"""
# Where one price is not known the sum of the others is not the sum.
_ADD_UP = """
    operation, sum(calls)::BIGINT AS calls, CASE WHEN bool_and(units IS NOT NULL) THEN sum(units)::BIGINT END AS units,
    CASE WHEN bool_and(usd IS NOT NULL) THEN sum(usd) END AS usd"""
_THIS_MONTH = "day >= date_trunc('month', $1::TIMESTAMP) AND day <= $1::DATE"
# Calls are added as rows, and added up when a day has so many of them.
_UNTIDY = 2_000


def record_run(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Write one pass over one scope, and add its calls to those of its day."""
    values = asdict(run)
    scope, called = values.pop("scope"), values.pop("called")
    row = {
        "run_id": values.pop("run_id"),
        "source": scope["source"],
        "account_id": scope["account_id"],
        "region": scope["region"],
        "scope": scope["name"],
        **values,
        "called": json.dumps(called),
    }
    names = ", ".join(row)
    marks = ", ".join("?" for _ in row)
    con.execute(f"INSERT INTO ops.collector_runs ({names}) VALUES ({marks})", list(row.values()))
    add_usage(con, run.scope, run.called, run.finished_at)


def add_usage(con: duckdb.DuckDBPyConnection, scope: Scope, called: Sequence[Called], at: datetime) -> None:
    """Add calls to those of their day."""
    if not called:
        return
    place = (at.date(), scope.source, scope.account_id, scope.region)
    marks = ", ".join("(?, ?, ?, ?, ?, ?, ?, ?)" for _ in called)
    values = [value for each in called for value in (*place, each.operation, each.calls, each.units, each.usd)]
    con.execute(f"INSERT INTO ops.api_usage VALUES {marks}", values)


def tidy(con: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Add up the calls of the last two days where they have become many rows. Call inside a transaction."""
    recent = [now.date() - timedelta(days=1)]
    rows = con.execute("SELECT count(*) FROM ops.api_usage WHERE day >= ?", recent).fetchone()
    if rows is None or rows[0] < _UNTIDY:
        return
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE used AS SELECT day, source, account_id, region, {_ADD_UP}
            FROM ops.api_usage WHERE day >= ? GROUP BY day, source, account_id, region, operation, usd IS NULL""",
        recent,
    )
    con.execute("DELETE FROM ops.api_usage WHERE day >= ?", recent)
    con.execute("INSERT INTO ops.api_usage FROM used")


def spent(con: duckdb.DuckDBPyConnection, now: datetime) -> list[Spent]:
    """Estimated charges of the month (UTC) of `now`, by source."""
    rows = con.execute(
        f"""WITH month AS (
                SELECT source, coalesce(sum(usd), 0) AS month_usd,
                    coalesce(sum(calls) FILTER (usd IS NULL), 0)::BIGINT AS unpriced_calls
                FROM ops.api_usage WHERE {_THIS_MONTH} GROUP BY source),
            places AS (
                SELECT source, arg_max(charged_usd, started_at) AS usd FROM ops.collector_runs
                WHERE status = 'ok' AND started_at >= date_trunc('month', $1::TIMESTAMP)
                GROUP BY source, account_id, region, scope),
            reading AS (SELECT source, coalesce(sum(usd), 0) AS reading_usd FROM places GROUP BY source)
            SELECT source, month_usd, coalesce(reading_usd, 0), unpriced_calls
            FROM month LEFT JOIN reading USING (source) ORDER BY source""",
        [now],
    ).fetchall()
    return [Spent(*row) for row in rows]


def scopes(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Every scope with its last pass, its cursor, and what its passes of the last 24 hours came to."""
    found = _dicts(
        con,
        f"""WITH collector_runs AS ({_LATEST}),
            last_run AS ({folder("queries")["collector_runs"].sql}),
            day AS (
                SELECT source, account_id, region, scope, count(*) AS runs_24h, sum(rows_new)::BIGINT AS rows_new_24h,
                    sum(duplicates)::BIGINT AS duplicates_24h, sum(rejects)::BIGINT AS rejects_24h,
                    sum(api_calls)::BIGINT AS api_calls_24h, sum(throttles)::BIGINT AS throttles_24h
                FROM ops.collector_runs
                WHERE started_at > (SELECT max(started_at) FROM ops.collector_runs) - INTERVAL 1 DAY
                GROUP BY ALL)
            SELECT r.*, c.reached_at, c.newest_event_at, c.late_p999_ms, d.* EXCLUDE (source, account_id, region, scope)
            FROM last_run r LEFT JOIN ops.cursors c USING (source, account_id, region, scope)
                LEFT JOIN day d USING (source, account_id, region, scope)
            ORDER BY source, scope""",
    )
    return [{**row, "called": json.loads(row["called"] or "[]")} for row in found]


def month(con: duckdb.DuckDBPyConnection, now: datetime) -> list[dict[str, Any]]:
    """Calls and estimated charges of the month (UTC) of `now`, by source and operation."""
    return _dicts(
        con,
        f"SELECT source, {_ADD_UP} FROM ops.api_usage WHERE {_THIS_MONTH} GROUP BY source, operation ORDER BY ALL",
        [now],
    )


def _dicts(con: duckdb.DuckDBPyConnection, query: str, values: list[object] | None = None) -> list[dict[str, Any]]:
    result = con.execute(query, values)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
