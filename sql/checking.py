"""The data checks of sql/checks/: SELECTs of offenders. One that reads only what has not changed is not run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import duckdb

from sql.models import Model, folder, relations
from sql.unpublished import CHECKED


@dataclass(frozen=True)
class CheckResult:
    """One data check: how many rows break it, one of them, and what to do. `severity`: fail or warn."""

    check_name: str
    severity: str
    offenders: int
    sample: str | None
    message: str


def results(con: duckdb.DuckDBPyConnection, *, anew: bool) -> list[CheckResult]:
    """What the checks find; unless `anew`, what they found in marts that have not been made again since."""
    known = None if anew else _known(con)
    found = []
    for name, model in folder("checks").items():
        severity, _, check_name = name.partition("__")
        if known is not None and all(table.startswith("mart.") for table in relations(con, model)):
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


def _known(con: duckdb.DuckDBPyConnection) -> Mapping[str, CheckResult] | None:
    """The former results by name, or None where the marts or the checks have changed since."""
    row = con.execute("SELECT value FROM ops.meta WHERE key = ?", [CHECKED]).fetchone()
    if row is None or row[0] != _version():
        return None
    columns = "check_name, severity, offenders, sample, message"
    rows = con.execute(f"SELECT {columns} FROM ops.check_results").fetchall()
    return {name: CheckResult(name, *rest) for name, *rest in rows}


def _version() -> str:
    return sha256("".join(model.sql for model in folder("checks").values()).encode()).hexdigest()
