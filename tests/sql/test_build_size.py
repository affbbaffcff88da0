"""What a build asks of DuckDB: planning a statement costs more than running it over a page of rows."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from sql import build as building
from sql.models import folder
from sql.warehouse import Warehouse
from tests.sql.support import NOW, START, agent_span, chat, land, one, tool, warehouse

DAY = timedelta(days=1).total_seconds()


class Counted:
    """A connection that remembers what it was asked to execute."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self.executed: list[str] = []

    def execute(self, statement: Any, *parameters: Any) -> Any:
        self.executed.append(statement if isinstance(statement, str) else statement.query)
        return self._con.execute(statement, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


def executed_by_build(wh: Warehouse) -> list[str]:
    counted: Any = Counted(wh._con)
    with wh.transaction():
        building.build(counted, NOW)
    return counted.executed


def test_the_parts_of_all_kpis_are_made_in_one_statement_a_table(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("t1"), chat("t1", "b", "a"), tool("t1", "c", "a")])
        inserts = [
            text for text in executed_by_build(wh) if text.startswith(("INSERT INTO mart.kpi", "INSERT INTO mart.lat"))
        ]
        made = one(wh, "SELECT count(DISTINCT kpi) FROM mart.kpi_daily")[0]
    assert len(inserts) <= len(building.PART_TABLES)
    assert made > len(folder("kpis")) / 2


def test_a_page_of_spans_takes_at_most_200_statements(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("t1"), chat("t1", "b", "a"), tool("t1", "c", "a")])
        wh.build(NOW)
        land(wh, [agent_span("t2"), chat("t2", "b", "a"), tool("t2", "c", "a")], start=10)
        asked = executed_by_build(wh)
    assert len(asked) <= 200


def test_a_build_looks_only_at_the_time_of_the_traces_it_is_given(tmp_path: Path) -> None:
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("old"), chat("old", "b", "a")])
        wh.build(NOW)
        land(wh, [agent_span("new", at=2 * DAY), chat("new", "b", "a", at=2 * DAY + 1)], start=10)
        wh.build(NOW)
        given = one(wh, "SELECT getvariable('given_from'), getvariable('given_to')")
        counted = one(wh, "SELECT count(*), count(*) FILTER (trace_id LIKE '%new') FROM mart.spans")
    assert given == (START + timedelta(seconds=2 * DAY), START + timedelta(seconds=2 * DAY + 1))
    assert counted == (4, 2)
