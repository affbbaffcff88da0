"""From record lines to a published file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import duckdb

from benchmarks.figure import Cost, Figure, cost_of
from benchmarks.limit import limit
from benchmarks.records import span_lines
from sql.config import ConfigTables
from sql.models import folder
from sql.warehouse import Scope, Spool, Warehouse

GROUP = "aws/spans"
SCOPE = Scope("span_logs", "123456789012", "us-east-1", GROUP)
BATCH = 100_000
PAGE = 570
PERIOD, NEWEST = timedelta(days=28), timedelta(hours=1)

Line = TypeVar("Line")


def measure(home: Path, spans: int, now: datetime) -> Iterator[Figure]:
    """Land, build, build again after one page, publish; the home is left for the readers."""
    lines, page = span_lines(spans, now, PERIOD), span_lines(PAGE, now, NEWEST, seed=2)
    with Warehouse.open(home, kind="demo") as warehouse:
        warehouse.configure(ConfigTables())
        yield from landing(warehouse, lines)
        full = cost_of(lambda: warehouse.build(now))
        yield Figure("build everything", spans, "spans", full)
        first = cost_of(lambda: warehouse.publish(now))
        yield Figure("publish", spans, "spans", first)
        yield Figure("land one page", PAGE, "spans", cost_of(lambda: land(warehouse, page)))
        again = cost_of(lambda: warehouse.build(now))
        yield Figure("build after one page", PAGE, "spans", again, f"{again / full:.2f} of a full build")
        warehouse.check()
        yield Figure("publish again", spans, "spans", cost_of(lambda: warehouse.publish(now)))
        yield Figure("build with nothing new", 0, "spans", cost_of(lambda: warehouse.build(now)))


def landing(warehouse: Warehouse, lines: list[str]) -> Iterator[Figure]:
    """Landing beside the limit of this machine, and the same records once more."""
    landed = cost_of(lambda: land(warehouse, lines))
    reading, storing = limit(lines, warehouse._con, "raw.spans")
    most = Cost(reading.cpu_s + storing.cpu_s, reading.wall_s + storing.wall_s)
    yield Figure("read typed, the limit", len(lines), "spans", reading)
    yield Figure("store typed, the limit", len(lines), "spans", storing)
    yield Figure("land", len(lines), "spans", landed, f"{most / landed:.2f} of the limit's speed (wanted: 0.55)")
    unchecked = cost_of(lambda: land_unchecked(warehouse, lines))
    extra = landed / unchecked - 1
    yield Figure(
        "land without looking", len(lines), "spans", unchecked, f"telling doubles adds {extra:.0%} (at most 20 %)"
    )
    before = _count(warehouse)
    again = cost_of(lambda: land(warehouse, lines))
    yield Figure("land the same once more", len(lines), "spans", again, f"{_count(warehouse) - before} rows more")


def land_unchecked(warehouse: Warehouse, lines: list[str]) -> None:
    """The same parse into the same kind of table, without looking for rows that are there already."""
    con = warehouse._con
    con.execute("CREATE OR REPLACE TABLE raw.unchecked AS FROM raw.spans LIMIT 0")
    for spool in _spools(lines):
        with spool, warehouse.transaction():
            con.execute("SET VARIABLE spool = ?", [str(spool.flush())])
            con.execute(f"CREATE OR REPLACE TEMP TABLE batch AS {folder('parse')['span_records'].sql}")
            columns = ", ".join(name for (name,) in con.execute(_SHARED).fetchall())
            con.execute(f"INSERT INTO raw.unchecked BY NAME SELECT {columns} FROM batch WHERE reject IS NULL")
    con.execute("DROP TABLE raw.unchecked")


_SHARED = """SELECT column_name FROM (DESCRIBE batch)
    WHERE column_name IN (SELECT column_name FROM (DESCRIBE raw.unchecked))"""


def _count(warehouse: Warehouse) -> int:
    row = warehouse._con.execute("SELECT count(*) FROM raw.spans").fetchone()
    return int(row[0]) if row else 0


def _spools(lines: list[str]) -> Iterator[Spool]:
    for number, batch in enumerate(batches(lines)):
        spool = Spool()
        for place, line in enumerate(batch):
            spool.add(line, at_ms=None, ingested_ms=None, event_id=f"{number}-{place}-{hash(line)}", group=GROUP)
        yield spool


def land(warehouse: Warehouse, lines: list[str]) -> None:
    """Land record texts the way a collector does, a transaction a batch."""
    for spool in _spools(lines):
        with spool, warehouse.transaction():
            warehouse.land_records("span_records", spool, SCOPE)


def batches(lines: list[Line]) -> Iterator[list[Line]]:
    """Cut the lines into batches."""
    for start in range(0, len(lines), BATCH):
        yield lines[start : start + BATCH]


def read_plainly(lines: Iterable[str]) -> None:
    """What DuckDB needs at least: the same lines, columns inferred, into a table on disk."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "lines.ndjson"), Path(folder, "plain.duckdb")
        source.write_text("\n".join(lines), encoding="utf-8")
        with duckdb.connect(str(target)) as con:
            con.execute(
                "CREATE TABLE spans AS FROM read_json($path, format = 'newline_delimited')", {"path": str(source)}
            )
