"""What is left out because it must be empty is empty: the form of a SELECT tells, and never says too much."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from sql import emptiness
from sql.emptiness import Emptiness, condition
from sql.models import Model, folder
from tests.sql.support import NOW, agent_span, chat, invocation, land, outcome, rows, tool, warehouse

TABLES = "CREATE TABLE a (x INTEGER); CREATE TABLE b (x INTEGER); CREATE TABLE c (x INTEGER); INSERT INTO c VALUES (1)"
SELECTS = {
    "SELECT x FROM a": True,
    "SELECT x FROM a JOIN c USING (x)": True,
    "SELECT x FROM c JOIN a USING (x)": True,
    "SELECT x FROM a LEFT JOIN c USING (x)": True,
    "SELECT x FROM c LEFT JOIN a USING (x)": False,
    "SELECT x FROM c SEMI JOIN a USING (x)": True,
    "SELECT x FROM c ANTI JOIN a USING (x)": False,
    "SELECT c.x FROM a FULL JOIN c USING (x)": False,
    "SELECT c.x FROM a RIGHT JOIN c USING (x)": False,
    "SELECT x FROM a UNION ALL SELECT x FROM b": True,
    "SELECT x FROM a UNION ALL BY NAME SELECT x FROM c": False,
    "SELECT x FROM c EXCEPT SELECT x FROM a": False,
    "SELECT count(*) FROM a": False,
    "SELECT x, count(*) FROM a GROUP BY x": True,
    "SELECT x, count(*) FROM a GROUP BY ALL": True,
    "SELECT count(*) FROM a GROUP BY ALL": False,
    "SELECT x, count(*) FROM a GROUP BY ROLLUP (x)": False,
    "SELECT 1 FROM a HAVING count(*) = 0": False,
    "SELECT coalesce(max(x), 0) FROM a": False,
    "SELECT count(*) OVER () FROM a": True,
    "SELECT (SELECT count(*) FROM c) FROM a": True,
    "WITH a AS (FROM c) FROM a": False,
    "WITH d AS (FROM a), e AS (FROM d) FROM e, c": True,
    "WITH RECURSIVE r AS (FROM a UNION SELECT x + 1 FROM r WHERE x < 3) FROM r": True,
    "SELECT unnest([1, 2]) FROM a": True,
    "FROM a, unnest([1, 2])": True,
    "FROM range(3)": False,
    "SELECT 1": False,
}


@pytest.mark.parametrize("select", SELECTS)
def test_a_select_that_is_told_to_be_empty_is(select: str) -> None:
    with duckdb.connect() as con:
        con.execute(TABLES)
        empty = {"a": True, "b": True, "c": False}
        told = _true(condition(con, Model("m", Path("m.sql"), {}, {}, select)), empty)
        assert told == SELECTS[select]
        assert not told or con.execute(select).fetchall() == []


def _true(asked: emptiness.Condition, empty: dict[str, bool]) -> bool:
    if isinstance(asked, list):
        met = [_true(part, empty) for part in asked[1:]]
        return any(met) if asked[0] == "any" else all(met)
    return empty[asked] if isinstance(asked, str) else asked


def test_a_model_that_is_left_out_has_no_rows_and_the_columns_of_its_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_out: list[str] = []
    usual = Emptiness.of

    def checked(self: Emptiness, model: Model) -> bool:
        if usual(self, model):
            left_out.append(model.name)
            assert self._con.execute(f"SELECT count(*) FROM ({model.sql}\n)").fetchone() == (0,)
        return usual(self, model)

    monkeypatch.setattr(Emptiness, "of", checked)
    with warehouse(tmp_path) as wh:
        land(wh, [agent_span("1"), chat("1", "b", "a")])
        wh.build(NOW)
        land(wh, [agent_span("2"), tool("2", "b", "a"), outcome("e", trace="2")])
        wh.build(NOW)
        land(wh, [invocation("r")])
        wh.build(NOW)
        for name in folder("intermediate").keys() & set(left_out):
            wide = rows(wh, f"SELECT column_name, column_type FROM (DESCRIBE {name})")
            query = folder("intermediate")[name].sql
            assert wide == rows(wh, f"SELECT column_name, column_type FROM (DESCRIBE {query})"), name
    assert {"int_bill", "int_list_prices", "data_calls", "int_inventory"} <= set(left_out)
