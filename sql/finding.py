"""Findings: what keeps records from arriving, what is unknown because of it, and the exact fix.

Those that our own data shows are files of sql/findings/: head lines `severity, wrong, unknown, fix`, then one SELECT of
`account_id, region, subject, evidence`, a row each.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

import duckdb

from sql import checking
from sql.models import folder

SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `unknown`: ids of the KPIs that it makes unknown or wrong; `severity` of SEVERITIES."""

    code: str
    severity: str
    account_id: str | None
    region: str | None
    subject: str
    wrong: str
    evidence: str
    unknown: tuple[str, ...]
    fix: str


def in_data(con: duckdb.DuckDBPyConnection, known: Collection[str] = ()) -> list[Finding]:
    """What the last build shows, but for the codes that are known; nothing before the first build."""
    built = con.execute("SELECT 1 FROM duckdb_tables() WHERE schema_name = 'mart' AND table_name = 'agents'").fetchone()
    if built is None:
        return []
    found = []
    for code, model in folder("findings").items():
        if code in known:
            continue
        unknown = _split(model.need("unknown"))
        for account_id, region, subject, evidence in con.execute(model.sql).fetchall():
            found.append(
                Finding(
                    code, model.need("severity"), account_id, region, subject, model.need("wrong"), evidence, unknown,
                    model.need("fix").replace("<subject>", subject),
                )
            )  # fmt: skip
    return found


def save_asked(con: duckdb.DuckDBPyConnection, findings: Sequence[Finding], at: datetime) -> None:
    """Put what AWS said in place of what it said before; the caller opens the transaction."""
    codes = list(folder("findings"))
    con.execute("DELETE FROM ops.findings WHERE NOT list_contains(?::VARCHAR[], code)", [codes])
    _insert(con, findings, at)
    con.execute("DELETE FROM ops.meta WHERE key = 'examined_at'")
    con.execute("INSERT INTO ops.meta (key, value) VALUES ('examined_at', ?)", [at.isoformat()])


def save_shown(con: duckdb.DuckDBPyConnection, at: datetime, *, settled: bool = False) -> None:
    """Put what the data shows now in place of what it showed before; the caller opens the transaction.

    `settled`: nothing has changed since that builds note, so what rests on that alone is found again as it was.
    """
    known = [code for code, model in folder("findings").items() if settled and checking.is_noted(con, model)]
    others = [code for code in folder("findings") if code not in known]
    con.execute("UPDATE ops.findings SET found_at = ? WHERE list_contains(?::VARCHAR[], code)", [at, known])
    con.execute("DELETE FROM ops.findings WHERE list_contains(?::VARCHAR[], code)", [others])
    _insert(con, in_data(con, known), at)


def _insert(con: duckdb.DuckDBPyConnection, findings: Sequence[Finding], at: datetime) -> None:
    for each in findings:
        row = [", ".join(value) if isinstance(value, tuple) else value for value in astuple(each)]
        con.execute("INSERT INTO ops.findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [*row, at])


def examined_at(con: duckdb.DuckDBPyConnection) -> datetime | None:
    """When AWS was asked last, UTC."""
    row = con.execute("SELECT value FROM ops.meta WHERE key = 'examined_at'").fetchone()
    return None if row is None else datetime.fromisoformat(row[0])


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip() not in ("", "none"))
