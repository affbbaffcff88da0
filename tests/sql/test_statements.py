"""Statements that pages and builds ask again and again are parsed once, and any number of threads may share them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from sql import models


def test_threads_that_share_a_parsed_statement_get_their_own_answers() -> None:
    with duckdb.connect() as con:
        con.execute("CREATE TABLE numbers AS SELECT range AS n FROM range(10000)")

        def asked(most: int) -> int:
            with con.cursor() as cursor:
                query = "SELECT sum(n) AS total FROM numbers WHERE n < $most AND list_contains($own::BIGINT[], n % 3)"
                row = models.run(cursor, query, {"most": most, "own": [0, 1, 2]}).fetchone()
                return int(row[0]) if row else -1

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(asked, range(1, 801)))
    assert found == [most * (most - 1) // 2 for most in range(1, 801)]


def test_a_parsed_statement_outlives_its_connection_and_sees_another_ones_tables() -> None:
    query = "SELECT count(*) AS n FROM told WHERE word = $word"
    for rows in (1, 3):
        with duckdb.connect() as con:
            con.execute(f"CREATE TABLE told AS SELECT 'a' AS word FROM range({rows})")
            assert models.run(con, query, {"word": "a"}).fetchone() == (rows,)


def test_no_more_statements_are_kept_than_a_process_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_PARSED", {})
    monkeypatch.setattr(models, "_MOST_PARSED", 3)
    with duckdb.connect() as con:
        for number in range(10):
            assert models.run(con, f"SELECT {number}").fetchone() == (number,)
            assert len(models._PARSED) <= 3
