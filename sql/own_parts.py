"""The parts of an owner's KPI: made, and held against the contract before they are kept."""

from __future__ import annotations

from typing import Any

import duckdb

from sql.contract import KpiFile
from sql.definitions import BrokenOwn
from sql.trial import column_faults, day_faults, told, value_faults


def make(con: duckdb.DuckDBPyConnection, file: KpiFile, only: str, *, whole: bool) -> None:
    """Fill own_parts with the parts of an owner's KPI. BrokenOwn says what is wrong with them.

    `whole`: all days are made, so that one of them made alone can be compared.
    """

    def rows(query: str, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        result = con.execute(query, params or {})
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    try:
        con.execute(f"CREATE OR REPLACE TEMP TABLE own_parts AS SELECT * FROM ({file.select}\n) AS parts{only}")
        columns = {str(row["column_name"]): str(row["column_type"]) for row in rows("DESCRIBE own_parts")}
        faults = list(column_faults(file, columns)) or list(value_faults(file, columns, rows, "own_parts"))
        if whole and not faults:
            faults = list(day_faults(file, columns, rows, "own_parts", "mart"))
    except duckdb.Error as error:
        fault = file.breaks(file.select_line, f"DuckDB refused it: {told(error)}", "Mend the SELECT.")
        raise BrokenOwn("kpi", file.id, file.text, str(fault)) from error
    if faults:
        raise BrokenOwn("kpi", file.id, file.text, "\n".join(map(str, faults)))
