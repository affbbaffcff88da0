"""Seal days: their raw rows go, their parts and what is known of their tasks stay as they were.

A trace goes when all its spans, and every trace of its task, began before the boundary; what crosses it waits for the
next time. Nothing is computed again: parts move into the schema `sealed`, facts and sums are copied there, rows are
deleted, in the caller's transaction. docs/decisions/0008-sealed-days.md says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import duckdb

from sql.contract import WHOLE
from sql.models import ROOT, Model, folder, sources_digest

# Tables that are made whole each time and whose rows are never sealed; the parts of a sealed day were made of them too.
MADE_WHOLE = ("actions", "handovers")
# What late verdicts may still change of a sealed day: KPIs that read only what is kept of it.
KEPT_WHOLE = frozenset({"tasks", "escalations", *MADE_WHOLE, *WHOLE})
LATE = "sealed_day"
_CALL_LEVEL = ("trace_id IN (FROM given_traces)", "call_id IN (FROM given_calls)")
# The records that are sealed, with the column that says when they began.
TIMES = {"spans": "started_at", "span_events": "at", "invocations": "started_at"}
# How long a trace that began before the boundary is waited for.
TRACE_DAYS = 2


def boundary(con: duckdb.DuckDBPyConnection) -> datetime | None:
    """What began before this moment is sealed; None where nothing is."""
    row = con.execute("SELECT max(before_at) FROM sealed.days").fetchone()
    return row[0] if row else None


def prepare(con: duckdb.DuckDBPyConnection, parts: tuple[str, ...]) -> None:
    """Give every table of parts its sealed counterpart, with all its columns."""
    for name in parts:
        con.execute(f"CREATE TABLE IF NOT EXISTS sealed.{name} AS FROM mart.{name} LIMIT 0")
        missing = con.execute(
            """SELECT column_name, data_type FROM duckdb_columns() c WHERE schema_name = 'mart' AND table_name = $1
               AND column_name NOT IN (SELECT column_name FROM duckdb_columns()
                   WHERE schema_name = 'sealed' AND table_name = $1)""",
            [name],
        ).fetchall()
        for column, kind in missing:
            con.execute(f'ALTER TABLE sealed.{name} ADD COLUMN "{column}" {kind}')


def seal(con: duckdb.DuckDBPyConnection, before: date, parts: tuple[str, ...], now: datetime) -> tuple[int, int]:
    """Seal the days before `before` that are not yet. Returns how many days and raw rows. Call after a build."""
    moment = _begin_of(con, before)
    already = boundary(con)
    if moment is None or (already is not None and moment <= already):
        return 0, 0
    _choose(con, moment)
    _keep_facts(con)
    _keep_sums(con)
    days = _seal_parts(con, before, moment, parts, now)
    return days, _delete(con, moment)


def _begin_of(con: duckdb.DuckDBPyConnection, day: date) -> datetime | None:
    """The first moment of a calendar day of the organisation, in UTC."""
    row = con.execute(
        "SELECT ($1::DATE::TIMESTAMP AT TIME ZONE getvariable('timezone')) AT TIME ZONE 'UTC'", [day]
    ).fetchone()
    return row[0] if row else None


def _choose(con: duckdb.DuckDBPyConnection, moment: datetime) -> None:
    """Fill given_traces, given_requests and given_calls with what goes."""
    con.execute(
        """CREATE OR REPLACE TEMP TABLE given_traces AS
           WITH past AS (SELECT trace_id FROM raw.spans GROUP BY trace_id HAVING max(started_at) < $1),
           staying AS (
               SELECT DISTINCT t.task_id FROM mart.task_traces t ANTI JOIN past USING (trace_id)
               ANTI JOIN sealed.traces USING (trace_id))
           SELECT p.trace_id FROM past p LEFT JOIN mart.task_traces t USING (trace_id)
           WHERE t.task_id IS NULL OR t.task_id NOT IN (FROM staying)""",
        [moment],
    )
    con.execute(
        """CREATE OR REPLACE TEMP TABLE given_requests AS
           SELECT i.request_id FROM raw.invocations i
           WHERE i.started_at < $1 AND i.request_id NOT IN (
               SELECT s.request_id FROM raw.spans s ANTI JOIN given_traces USING (trace_id)
               WHERE s.request_id IS NOT NULL)
           UNION SELECT s.request_id FROM raw.spans s SEMI JOIN given_traces USING (trace_id)
           WHERE s.request_id IS NOT NULL""",
        [moment],
    )
    calls = (ROOT / "given" / "given_calls.sql").read_text(encoding="utf-8")
    con.execute(f"CREATE OR REPLACE TEMP TABLE given_calls AS {calls}")


def _keep_facts(con: duckdb.DuckDBPyConnection) -> None:
    """What is known of the traces and tasks that go; a task sealed before is written anew with all its attempts."""
    con.execute(
        """INSERT INTO sealed.traces BY NAME
           SELECT s.trace_id, any_value(t.task_id) AS task_id, any_value(t.agent_id) AS agent_id,
               arg_min(r.agent_runtime, (r.started_at, r.span_id)) FILTER (r.agent_runtime IS NOT NULL)
                   AS agent_runtime,
               coalesce(any_value(t.session_id), max(s.session_id)) AS session_id,
               coalesce(any_value(t.task_key), max(r.task_key)) AS task_key,
               min(s.started_at) AS started_at, max(s.started_at) AS last_at
           FROM mart.spans s SEMI JOIN given_traces USING (trace_id) LEFT JOIN mart.task_traces t USING (trace_id)
           LEFT JOIN raw.spans r ON r.trace_id = s.trace_id AND r.span_id = s.span_id
           GROUP BY s.trace_id"""
    )
    con.execute(
        """CREATE OR REPLACE TEMP TABLE going AS
           SELECT DISTINCT task_id FROM mart.task_traces SEMI JOIN given_traces USING (trace_id)"""
    )
    con.execute(
        """CREATE OR REPLACE TEMP TABLE facts AS
           SELECT t.* EXCLUDE (day, business_key), t.business_key AS task_key, t.day AS sealed_day,
               t.status_source = 'root_status' AND t.status = 'success' AS root_ok, t.status = 'cancelled' AS cancelled,
               t.model_calls IS NOT NULL AS is_instrumented, t.cost_state <> 'none' AS has_calls,
               (t.cost_state = 'estimated')::BIGINT AS estimated_calls
           FROM mart.tasks t SEMI JOIN going USING (task_id)"""
    )
    _renew(con, "tasks", "facts")
    _renew(con, "task_agents", "mart.task_agents")


def _renew(con: duckdb.DuckDBPyConnection, table: str, source: str) -> None:
    """Put the rows of the tasks that go in place of what is sealed of them."""
    columns = con.execute(f"SELECT column_name FROM (DESCRIBE sealed.{table})").fetchall()
    names = ", ".join(f'"{column}"' for (column,) in columns)
    con.execute(f"DELETE FROM sealed.{table} WHERE task_id IN (FROM going)")
    con.execute(f"INSERT INTO sealed.{table} BY NAME SELECT {names} FROM {source} SEMI JOIN going USING (task_id)")


def _keep_sums(con: duckdb.DuckDBPyConnection) -> None:
    """What tables without days still need of the calls and spans that go."""
    con.execute(
        """INSERT INTO sealed.calls
           SELECT started_at::DATE, account_id, model, count(*), count(*) FILTER (price_state = 'unpriced'),
               sum(cost_usd)
           FROM mart.model_calls SEMI JOIN given_calls USING (call_id) GROUP BY ALL"""
    )
    con.execute(
        """INSERT INTO sealed.agents
           SELECT agent_id, min(started_at), max(started_at)
           FROM mart.model_calls SEMI JOIN given_calls USING (call_id) GROUP BY agent_id"""
    )
    con.execute(
        """INSERT INTO sealed.hosts
           SELECT account_id, region, agent_runtime, agent_name, agent_arn, resource_arn, service_name,
               CASE WHEN bool_or(operation = 'invoke_agent') THEN 'invoke_agent' END
           FROM raw.spans SEMI JOIN given_traces USING (trace_id) GROUP BY ALL
           EXCEPT FROM sealed.hosts"""
    )


def _seal_parts(
    con: duckdb.DuckDBPyConnection, before: date, moment: datetime, parts: tuple[str, ...], now: datetime
) -> int:
    """Move the parts of these days, and book the days. Returns how many are new."""
    known = con.execute("SELECT count(*) FROM sealed.days").fetchone()
    for name in parts:
        con.execute(f"INSERT INTO sealed.{name} BY NAME SELECT * FROM mart.{name} WHERE day < $1", [before])
        con.execute(f"DELETE FROM mart.{name} WHERE day < $1", [before])
    con.execute(
        """INSERT INTO sealed.days (day, before_at, timezone, definitions, tasks, sealed_at)
           SELECT day, $1, getvariable('timezone'), $2, 0, $3
           FROM (SELECT day FROM sealed.kpi_daily UNION SELECT $4::DATE - 1) ANTI JOIN sealed.days USING (day)""",
        [moment, sources_digest()[:12], now, before],
    )
    con.execute("UPDATE sealed.days SET before_at = $1 WHERE day = $2::DATE - 1", [moment, before])
    _count_tasks(con)
    found = con.execute("SELECT count(*) FROM sealed.days").fetchone()
    return found[0] - known[0] if found and known else 0


def _count_tasks(con: duckdb.DuckDBPyConnection) -> None:
    """Book with each day how many tasks its parts hold: a check compares them for ever after."""
    con.execute(
        """UPDATE sealed.days SET tasks = p.tasks FROM (
               SELECT day, sum(numerator)::BIGINT AS tasks FROM sealed.kpi_daily
               WHERE kpi = 'task_volume' AND slice = '' GROUP BY day) p
           WHERE p.day = days.day"""
    )


def _delete(con: duckdb.DuckDBPyConnection, moment: datetime) -> int:
    """Delete the rows at call level; returns how many raw ones."""
    for model in folder("marts").values():
        if model.need("replaces") in _CALL_LEVEL and model.need("table") != "task_traces":
            con.execute(f"DELETE FROM mart.{model.need('table')} WHERE {model.need('replaces')}")
    statements = (
        "DELETE FROM raw.spans WHERE trace_id IN (FROM given_traces)",
        """DELETE FROM raw.span_events WHERE trace_id IN (FROM given_traces)
           OR ("at" < $1 AND trace_id NOT IN (SELECT trace_id FROM raw.spans))""",
        "DELETE FROM raw.invocations WHERE request_id IN (FROM given_requests) AND started_at < $1",
    )
    gone = (con.execute(each, [moment] if "$1" in each else []).fetchone() for each in statements)
    return sum(row[0] for row in gone if row)


def may_hold(con: duckdb.DuckDBPyConnection, table: str, first: datetime) -> bool:
    """Whether records of a table from `first` on may be refused by `refuse_late`."""
    moment = boundary(con) if table in TIMES else None
    return moment is not None and first < moment + timedelta(days=TRACE_DAYS)


def refuse_late(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Let the records of `batch` that belong to sealed days or traces be rejects, which are counted and shown."""
    column = TIMES.get(table)
    moment = boundary(con) if column else None
    if moment is None:
        return
    own_trace = (
        f"""OR ("{column}" < $1 + INTERVAL {TRACE_DAYS} DAY AND trace_id IN (
            SELECT trace_id FROM sealed.traces WHERE last_at >= $1 - INTERVAL {TRACE_DAYS} DAY))"""
        if table != "invocations"
        else ""
    )
    con.execute(
        f"""UPDATE batch SET reject = '{LATE}' WHERE skip IS NULL AND reject IS NULL
            AND ("{column}" < $1 {own_trace})""",
        [moment],
    )


def late_days(con: duckdb.DuckDBPyConnection) -> tuple[date, ...]:
    """The sealed days with a task that new events speak of or that was taken up again, or of which people said more.

    Asked while a build runs.
    """
    if boundary(con) is None:
        return ()
    moved = con.execute("SELECT DISTINCT day FROM moved_days SEMI JOIN sealed.days USING (day)").fetchall()
    return tuple(sorted({day for (day,) in [*moved, *_told_days(con)]}))


def _told_days(con: duckdb.DuckDBPyConnection) -> list[tuple[date]]:
    told = con.execute("SELECT 1 FROM raw.touched WHERE kind IN ('outcome', 'trace') LIMIT 1").fetchone()
    if told is None:
        return []  # a build for a new definition alone makes no steps
    rows: list[tuple[date]] = con.execute(
        """WITH touched AS (
               SELECT o.task_id FROM int_outcome_tasks o
               SEMI JOIN (SELECT key FROM raw.touched WHERE kind = 'outcome') t ON t.key = o.event_id
               UNION SELECT tt.task_id FROM int_task_traces tt
               SEMI JOIN (SELECT key FROM raw.touched WHERE kind = 'trace') t ON t.key = tt.trace_id)
           SELECT DISTINCT sealed_day FROM sealed.tasks SEMI JOIN touched USING (task_id)"""
    ).fetchall()
    return rows


def after(moment: datetime | None, name: str) -> str:
    """The WHERE by which a KPI input leaves out what sealed parts count already; empty where nothing is sealed."""
    if moment is None or name in WHOLE:
        return ""
    if name in MADE_WHOLE:
        return " WHERE day NOT IN (SELECT day FROM sealed.days)"
    if name == "escalations":
        return f" WHERE task_id IN (SELECT task_id FROM mart.tasks WHERE started_at >= '{moment}')"
    return f" WHERE {'checked_at' if name == 'guardrail_checks' else 'started_at'} >= '{moment}'"


def look_at(con: duckdb.DuckDBPyConnection, days: tuple[date, ...], reach: int) -> None:
    """Fill late_days with these days and the sealed ones among so many before them, and let KPIs read what is kept."""
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE late_days AS
            SELECT DISTINCT day FROM (
                SELECT d.day - b.back::INTEGER AS day
                FROM (SELECT unnest($1::DATE[]) AS day) AS d, range(0, {reach + 1}) AS b (back))
            SEMI JOIN sealed.days USING (day)""",
        [list(days)],
    )
    for name in sorted(KEPT_WHOLE):
        con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM mart.{name}")
    until = f"'{boundary(con)}'::TIMESTAMP + INTERVAL {reach} DAY"
    con.execute(f"CREATE OR REPLACE TEMP VIEW tasks AS SELECT * FROM mart.tasks WHERE started_at < {until}")


def kept_whole(models: Mapping[str, Model]) -> list[Model]:
    """Those KPIs that can be computed again for a sealed day."""
    return [
        model for model in models.values() if {name.strip() for name in model.need("needs").split(",")} <= KEPT_WHOLE
    ]


def note_verdicts(con: duckdb.DuckDBPyConnection, days: tuple[date, ...]) -> None:
    """Book that these sealed days were told something new."""
    for name in sorted(KEPT_WHOLE):
        con.execute(f"DROP VIEW {name}")
    con.execute("UPDATE sealed.days SET verdicts_at = getvariable('now') WHERE list_contains($1, day)", [list(days)])
    _count_tasks(con)
