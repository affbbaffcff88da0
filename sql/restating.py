"""Values that were shown and changed since: remembered before a build touches them, compared and written down after it.

A restatement says what an agent's day was, what it is now and why: a definition of another version, settings (prices,
contracts, rules, a new program) or late rows. The parts that a changed definition leaves behind stay under its version.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import duckdb

from sql.models import Model, folder

# Their value is made of several parts that no day has alone: changes of theirs are kept as parts only.
_WITHOUT_DAY_VALUE = ("accuracy", "agreement", "calibration", "mix", "pass_k")
PART_TABLES = ("kpi_daily", "latency_buckets", "kpi_groups")
LATE, SETTINGS, DEFINITION = "late_data", "settings", "definition"


def begin(con: duckdb.DuckDBPyConnection) -> None:
    """Nothing is remembered yet."""
    con.execute(
        """CREATE OR REPLACE TEMP TABLE shown (
               kpi VARCHAR, agent_id VARCHAR, day DATE, slice VARCHAR, value DOUBLE, reason VARCHAR)"""
    )


def remember(
    con: duckdb.DuckDBPyConnection, models: Mapping[str, Model], through: str | None, days: str, reason: str
) -> None:
    """Keep the day values of these KPIs that have been shown as complete. `days` is a SELECT of days."""
    names = [kpi for kpi, model in models.items() if model.need("kind") not in _WITHOUT_DAY_VALUE]
    if through is None or not names:
        return
    _choose(con, "SELECT unnest(?::VARCHAR[])", [names], f"SELECT day FROM ({days}) WHERE day <= '{through}'::DATE")
    con.execute(f"INSERT INTO shown SELECT *, '{reason}' FROM ({folder('shown')['day_values'].sql}) AS shown_values")


def write(con: duckdb.DuckDBPyConnection, versions: Mapping[str, tuple[str, str]]) -> None:
    """Write down what is no longer as it was shown. `versions`: former and present version of changed definitions."""
    if con.execute("SELECT count(*) FROM shown").fetchone() == (0,):
        return
    _choose(con, "SELECT DISTINCT kpi FROM shown", [], "SELECT DISTINCT day FROM shown")
    con.execute("CREATE OR REPLACE TEMP TABLE changed_versions (kpi VARCHAR, old_version VARCHAR, new_version VARCHAR)")
    for kpi, (old, new) in versions.items():
        con.execute("INSERT INTO changed_versions VALUES (?, ?, ?)", [kpi, old, new])
    con.execute(
        f"""INSERT INTO ops.restatements BY NAME
            SELECT s.kpi, s.agent_id, s.day, s.slice, s.value AS old_value, now_.value AS new_value,
                CASE WHEN v.kpi IS NULL THEN s.reason ELSE '{DEFINITION}' END AS reason,
                v.old_version, v.new_version, getvariable('now') AS restated_at
            FROM shown s
            LEFT JOIN ({folder("shown")["day_values"].sql}) AS now_ USING (kpi, agent_id, day, slice)
            LEFT JOIN changed_versions v USING (kpi)
            WHERE abs(now_.value - s.value) > 0.01 * abs(s.value)
                OR (v.kpi IS NOT NULL AND (now_.value IS NULL) <> (s.value IS NULL))"""
    )


def _choose(con: duckdb.DuckDBPyConnection, kpis: str, values: list[object], days: str) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE shown_kpis AS SELECT * FROM ({kpis}) AS chosen (kpi)", values)
    con.execute(f"CREATE OR REPLACE TEMP TABLE shown_days AS SELECT DISTINCT day FROM ({days}) AS chosen (day)")


def keep(con: duckdb.DuckDBPyConnection, kpi: str, version: str, through: str | None) -> None:
    """Keep the parts that have been shown as complete under the version that made them."""
    forget(con, kpi, version)
    if through is None:
        return
    for table in PART_TABLES:
        con.execute(
            f"""INSERT INTO ops.superseded_{table} BY NAME
                SELECT ? AS version, * FROM mart.{table} WHERE kpi = ? AND day <= ?::DATE""",
            [version, kpi, through],
        )


def forget(con: duckdb.DuckDBPyConnection, kpi: str, version: str) -> None:
    """Drop the parts kept under a version."""
    for table in PART_TABLES:
        con.execute(f"DELETE FROM ops.superseded_{table} WHERE kpi = ? AND version = ?", [kpi, version])


def drop_parts(con: duckdb.DuckDBPyConnection, kpis: Collection[str]) -> None:
    """Drop the parts of these KPIs, of every day."""
    for kpi in kpis:
        for table in PART_TABLES:
            con.execute(f"DELETE FROM mart.{table} WHERE kpi = ?", [kpi])
