"""What a home holds, for comparing two of them, and a reader who looks all the time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from sql.errors import NotPublished
from sql.publish import OPERATIONS
from sql.published import open_published

# What tells of the collector's own runs and of when the file was made.
OF_THE_RUNS = {*OPERATIONS, "org"}
# Held in every published file: what the parts count is what the tasks are, and nothing is there twice.
WHOLE = """
    SELECT (SELECT count(*) FROM tasks) AS tasks,
        (SELECT count(DISTINCT (agent_id, task_id)) FROM tasks) AS distinct_tasks,
        (SELECT coalesce(sum(n), 0) FROM kpi_daily WHERE kpi = 'task_volume' AND slice = '') AS counted,
        (SELECT count(*) FROM model_calls) AS calls,
        (SELECT count(DISTINCT call_id) FROM model_calls) AS distinct_calls
"""


def published_tables(home: Path) -> dict[str, list[str]]:
    """Every published table that tells of agents, as sorted text; ten digits of floats, which add up in any order.

    A sum of prices often lies just between two roundings, where the order of adding decides: it is moved off there.
    """
    with closing(open_published(home)) as published:
        names = [row["table_name"] for row in published.rows("SELECT table_name FROM duckdb_tables()")]
        return {
            name: sorted(
                str(
                    {
                        key: f"{value * (1 + 1e-13):.10g}" if isinstance(value, float) else value
                        for key, value in row.items()
                    }
                )
                for row in published.rows(f'FROM "{name}"')
            )
            for name in sorted(set(names) - OF_THE_RUNS)
        }


def _rounded(value: object) -> object:
    return f"{value * (1 + 1e-13):.10g}" if isinstance(value, float) else value


def raw_rows(home: Path, query: str) -> list[tuple[object, ...]]:
    """What a query on the warehouse gives, once its writer has gone."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


class Reader:
    """Opens the published file again and again, by its versioned name and by its stable one."""

    def __init__(self, home: Path) -> None:
        self.looks = 0
        self.wrong: list[str] = []
        self._home = home
        self._done = threading.Event()

    def look(self) -> None:
        """One look; what is wrong is kept."""
        try:
            with closing(open_published(self._home)) as published:
                row = published.rows(WHOLE)[0]
            stable = self._home / "kpis.duckdb"
            if not stable.exists():
                return  # the very first file is about to get its name
            with duckdb.connect(str(stable), read_only=True) as con:
                con.execute("SELECT count(*) FROM tasks").fetchone()
        except NotPublished:
            return
        except Exception as error:
            self.wrong.append(f"{type(error).__name__}: {error}")
            return
        self.looks += 1
        if not (row["tasks"] == row["distinct_tasks"] == row["counted"] and row["calls"] == row["distinct_calls"]):
            self.wrong.append(str(row))

    def keep_looking(self) -> None:
        """Until `stop`."""
        while not self._done.wait(0.02):
            self.look()

    def stop(self) -> None:
        """Look no more."""
        self._done.set()


@contextmanager
def reading(home: Path) -> Iterator[Reader]:
    """A reader beside what happens inside; one more look at the end."""
    reader = Reader(home)
    thread = threading.Thread(target=reader.keep_looking)
    thread.start()
    try:
        yield reader
    finally:
        reader.stop()
        thread.join()
    reader.look()
