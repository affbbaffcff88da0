"""The data checks of sql/checks/: SELECTs of offenders. One that reads only what has not changed is not run again.

Nor is a finding (sql/finding.py): what a few minutes bring is often nothing, and such a SELECT may read every span.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import duckdb

from sql.models import Model, folder, relations
from sql.unpublished import CHECKED

# What changes in builds and by sealing alone, which note that; a landed record that is new or changed leads to a build.
_NOTED = ("mart.", "sealed.", "raw.spans", "raw.span_events")


@dataclass(frozen=True)
class CheckResult:
    """One data check: how many rows break it, one of them, and what to do. `severity`: fail or warn."""

    check_name: str
    severity: str
    offenders: int
    sample: str | None
    message: str


def is_settled(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether these checks have looked at the marts as they are now."""
    row = con.execute("SELECT value FROM ops.meta WHERE key = ?", [CHECKED]).fetchone()
    return row is not None and row[0] == _version()


def is_noted(con: duckdb.DuckDBPyConnection, model: Model) -> bool:
    """Whether a SELECT gives the same rows again as long as nothing is noted."""
    return all(table.startswith(_NOTED) for table in relations(con, model) if "." in table)  # else a part of its own


def results(con: duckdb.DuckDBPyConnection, *, settled: bool) -> list[CheckResult]:
    """What the checks find; where the marts are `settled`, what they found before in what has not changed since."""
    known = _known(con) if settled else {}
    found = []
    for name, model in folder("checks").items():
        severity, _, check_name = name.partition("__")
        if settled and is_noted(con, model):
            found += [known[check_name]] if check_name in known else []
        else:
            found += _offenders(con, model, severity, check_name)
    return found


def _offenders(con: duckdb.DuckDBPyConnection, model: Model, severity: str, check_name: str) -> list[CheckResult]:
    row = con.execute(
        f"SELECT count(*), to_json(first(offenders))::VARCHAR FROM ({model.sql}\n) AS offenders"
    ).fetchone()
    if row is None or not row[0]:
        return []
    return [CheckResult(check_name, severity, row[0], row[1], model.need("message"))]


def save(con: duckdb.DuckDBPyConnection, found: list[CheckResult], at: datetime) -> None:
    """Put these results in place of the former ones. Call in a transaction."""
    con.execute("DELETE FROM ops.check_results")
    for each in found:
        con.execute(
            "INSERT INTO ops.check_results VALUES (?, ?, ?, ?, ?, ?)",
            [each.check_name, each.severity, each.offenders, each.sample, each.message, at],
        )
    con.execute("DELETE FROM ops.meta WHERE key = ?", [CHECKED])
    con.execute("INSERT INTO ops.meta (key, value) VALUES (?, ?)", [CHECKED, _version()])


def _known(con: duckdb.DuckDBPyConnection) -> Mapping[str, CheckResult]:
    """The former results by name."""
    columns = "check_name, severity, offenders, sample, message"
    rows = con.execute(f"SELECT {columns} FROM ops.check_results").fetchall()
    return {name: CheckResult(name, *rest) for name, *rest in rows}


def _version() -> str:
    return sha256("".join(model.sql for model in folder("checks").values()).encode()).hexdigest()
