"""From record lines to a published file."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import duckdb

from benchmarks import dicts
from benchmarks.figure import Cost, Figure, cost_of
from benchmarks.limit import limit
from benchmarks.records import span_lines
from sql.config import ConfigTables
from sql.models import folder
from sql.straight import BESIDE
from sql.warehouse import Scope, Spool, Warehouse

GROUP = "aws/spans"
SCOPE = Scope("span_logs", "123456789012", "us-east-1", GROUP)
BATCH = 100_000
PAGE = 570
REPEATS = 3
PERIOD, NEWEST = timedelta(days=28), timedelta(hours=1)
STATED = '"startTimeUnixNano":'
LATE_MS = 5_000
BEFORE = datetime.fromisoformat("2026-01-01")

Line = TypeVar("Line")
Record = tuple[str, str, int]


def measure(home: Path, spans: int, now: datetime) -> Iterator[Figure]:
    """Land, build, build again after one page, publish; the home is left for the readers."""
    lines, page = span_lines(spans, now, PERIOD), named(span_lines(PAGE, now, NEWEST, seed=2))
    yield from landing(home.parent / "landing", lines)
    with Warehouse.open(home, kind="account") as warehouse:
        warehouse.configure(ConfigTables())
        land(warehouse, named(lines))
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


def landing(folder: Path, lines: list[str]) -> Iterator[Figure]:
    """Landing beside the limit of this machine and dlt, and the same records once more: each the best of some runs.

    The runs take turns, because a shared machine is faster one minute and slower the next.
    """
    runs = [one_landing(folder / str(number), lines) for number in range(REPEATS)]
    best = {name: min((run[name] for run in runs), key=lambda cost: cost.cpu_s) for name in runs[0]}
    landed, unchecked = best["land"], best["land without looking"]
    most = best["read typed, the limit"] + best["store typed, the limit"]
    notes = {
        "land": f"{most / landed:.2f} of the limit's speed (wanted: 0.55)",
        "land without looking": f"telling doubles adds {landed / unchecked - 1:.0%} (at most 20 %)",
        "land the same once more": "0 rows more",
    }
    for name, cost in best.items():
        yield Figure(name, len(lines), "spans", cost, notes.get(name, ""))
    yield from dicts.measure(lines, landed.cpu_s / len(lines))


def one_landing(home: Path, lines: list[str]) -> dict[str, Cost]:
    """Everything about landing once, in a home of its own that is removed. Raises where a row comes twice."""
    records = named(lines)
    with Warehouse.open(home, kind="demo") as warehouse:
        con = warehouse._con
        con.execute("SET threads = 1")
        earlier = named(span_lines(len(lines), BEFORE, PERIOD))
        with Spool() as spool:  # a collector's first batch takes memory and room, which the next ones find
            begun = cost_of(lambda: land(warehouse, earlier, spool))
            landed = cost_of(lambda: land(warehouse, records, spool))
        before = _count(con)
        reading, storing = limit(lines, con, f"(FROM raw.spans WHERE started_at > '{BEFORE}')")
        unchecked = cost_of(lambda: land_unchecked(warehouse, records))
        again = cost_of(lambda: land(warehouse, records))
        if _count(con) != before:
            raise RuntimeError(f"{_count(con) - before} rows came twice.")
    shutil.rmtree(home)
    return {
        "land a first batch": begun,
        "read typed, the limit": reading,
        "store typed, the limit": storing,
        "land": landed,
        "land without looking": unchecked,
        "land the same once more": again,
    }


def land_unchecked(warehouse: Warehouse, records: list[Record]) -> None:
    """The same parse into the same kind of table, without looking for rows that are there already."""
    con = warehouse._con
    con.execute("CREATE OR REPLACE TABLE raw.unchecked AS FROM raw.spans LIMIT 0")
    with Spool() as spool:
        for path in spooled(spool, records):
            with warehouse.transaction():
                con.execute("SET VARIABLE spool = ?", [str(path)])
                con.execute(
                    f"""INSERT INTO raw.unchecked BY NAME SELECT * EXCLUDE ({", ".join(BESIDE)})
                        FROM ({folder("parse")["span_records"].sql}) WHERE skip IS NULL AND reject IS NULL"""
                )
    con.execute("DROP TABLE raw.unchecked")


def _count(con: duckdb.DuckDBPyConnection) -> int:
    row = con.execute("SELECT count(*) FROM raw.spans").fetchone()
    return int(row[0]) if row else 0


def named(lines: list[str]) -> list[Record]:
    """Records with their times in ms, and ids of the length that FilterLogEvents gives them."""
    starts = (int(line.partition(STATED)[2][:13]) for line in lines)
    return [(f"{number:056d}", line, at_ms) for number, (line, at_ms) in enumerate(zip(lines, starts, strict=True))]


def spooled(spool: Spool, records: list[Record]) -> Iterator[Path]:
    """Fill the spool with one batch after the other; gives its path each time."""
    for batch in batches(records):
        spool.extend(((line, at_ms, at_ms + LATE_MS, name) for name, line, at_ms in batch), GROUP)
        yield spool.flush()
        spool.clear()


def land(warehouse: Warehouse, records: list[Record], spool: Spool | None = None) -> None:
    """Land record texts the way a collector does, batch by batch."""
    if spool is None:
        with Spool() as fresh:
            return land(warehouse, records, fresh)
    for _ in spooled(spool, records):
        warehouse.land_batch("span_records", spool, SCOPE)


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
