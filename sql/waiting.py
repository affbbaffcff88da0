"""Whether a build has anything to do: most passes of a collector bring nothing."""

from __future__ import annotations

import duckdb


def is_anything(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether anything has landed since the last build, was still running then, or has waited long enough by now.

    Where nothing has, the models of sql/given/ choose nothing: what the inventory says is landed too, and who is known
    is part of the fingerprint.
    """
    row = con.execute(
        """SELECT EXISTS (FROM raw.touched) OR EXISTS (
               FROM mart.tasks WHERE status = 'in_flight' OR waits_until <= getvariable('now'))"""
    ).fetchone()
    return row is not None and bool(row[0])
