"""From record lines to a published file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import duckdb

from benchmarks.figure import Figure, seconds_of
from benchmarks.records import span_lines
from sql.config import ConfigTables
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
    baseline = seconds_of(lambda: read_plainly(lines))
    with Warehouse.open(home, kind="demo") as warehouse:
        warehouse.configure(ConfigTables())
        landed = seconds_of(lambda: land(warehouse, lines))
        yield Figure("read_json into a table", spans, "spans", baseline, "the baseline of landing")
        yield Figure("land", spans, "spans", landed, f"{baseline / landed:.2f} of the baseline's speed")
        full = seconds_of(lambda: warehouse.build(now))
        yield Figure("build everything", spans, "spans", full)
        yield Figure("land one page", PAGE, "spans", seconds_of(lambda: land(warehouse, page)))
        again = seconds_of(lambda: warehouse.build(now))
        yield Figure("build after one page", PAGE, "spans", again, f"{again / full:.2f} of a full build")
        warehouse.check()
        yield Figure("publish", spans, "spans", seconds_of(lambda: warehouse.publish(now)))


def land(warehouse: Warehouse, lines: list[str]) -> None:
    """Land record texts the way a collector does, a transaction a batch."""
    for number, batch in enumerate(batches(lines)):
        with Spool() as spool:
            for place, line in enumerate(batch):
                spool.add(line, at_ms=None, ingested_ms=None, event_id=f"{number}-{place}-{hash(line)}", group=GROUP)
            with warehouse.transaction():
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
