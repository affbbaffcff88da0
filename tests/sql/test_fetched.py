"""Lists as arrays: the rest of a row is as in any other row."""

from __future__ import annotations

import duckdb

from sql import fetched

ROWS = """
SELECT i AS n, CASE WHEN i <> 1 THEN DATE '2026-01-01' + i::INTEGER END AS day, CASE WHEN i <> 1 THEN 'a' END AS name,
    CASE WHEN i <> 2 THEN i / 2 END AS half, range(i) AS numbers
FROM range(:rows) AS each (i) ORDER BY n"""


def test_rows_with_arrays_hold_the_same_values() -> None:
    con = duckdb.connect()
    plain = fetched.rows(con.execute(ROWS.replace(":rows", "4")))
    found = fetched.rows_with_arrays(con.execute(ROWS.replace(":rows", "4")))
    assert [row | {"numbers": row["numbers"].tolist()} for row in found] == plain
    assert [[type(row[name]) for name in ("n", "day", "name", "half")] for row in found] == [
        [type(row[name]) for name in ("n", "day", "name", "half")] for row in plain
    ]


def test_no_rows_are_no_rows() -> None:
    assert fetched.rows_with_arrays(duckdb.connect().execute(ROWS.replace(":rows", "0"))) == []
