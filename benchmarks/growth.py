"""`python -m benchmarks.growth [--spans N] [--times N]`: a ledger of a million spans, and the same ten times as big.

The first is landed in part and copied in SQL (ids and times shifted, twenty agents), then built, built again after a
page, and published. For the second its tables are copied in SQL, the daily parts are made of them as in any build, and
they are published: what a page asks must hardly take longer. Needs some minutes, and some GB of memory and of disk.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from benchmarks import questions, readers, steady
from benchmarks.__main__ import machine
from benchmarks.figure import HEADING, Cost, Figure, cost_of
from benchmarks.records import span_lines
from benchmarks.warehouse import NEWEST, PAGE, PERIOD, land, named
from sql import build as building
from sql import definitions, unpublished
from sql.config import ConfigTables
from sql.emptiness import Emptiness
from sql.restating import PART_TABLES
from sql.warehouse import Warehouse

LANDED = 100_000
SECONDS_APART = 13
# What makes a copied row another one: ids, times, agents. {k} is the number of the copy.
IDS = ("trace_id", "span_id", "parent_span_id", "session_id", "request_id", "task_id", "call_id", "task_key")
TIMES = ("started_at", "ended_at")
NAMES = ("agent_arn", "resource_arn", "agent_runtime", "service_name", "agent_name")
COPIED = ("spans", "tasks", "model_calls", "tool_calls", "task_traces")


def copied(con: duckdb.DuckDBPyConnection, table: str, copies: range, *, agents: bool) -> None:
    """Add copies of the rows that a table has now."""
    columns = [name for (name,) in con.execute(f"SELECT column_name FROM (DESCRIBE {table})").fetchall()]
    schema = table.partition(".")[0]  # copies of copies get ids of their own
    changed = {name: f"md5({name} || '{schema} {{k}}')" for name in IDS}
    changed |= {name: f"{name} + INTERVAL ({{k}} * {SECONDS_APART}) SECOND" for name in TIMES}
    changed["duration_ms"] = "duration_ms * (1 + {k} / 1000)"
    changed |= {name: f"replace({name}, '_bench', '_bench{{k}}')" for name in NAMES} if agents else {}
    con.execute(f"CREATE OR REPLACE TEMP TABLE original AS FROM {table}")
    for number in copies:
        own = {
            name: text.replace("{k}", str(number % 4 + 1 if name in NAMES else number))
            for name, text in changed.items()
        }
        picked = ", ".join(f'{own.get(name, name)} AS "{name}"' for name in columns)
        con.execute(f"INSERT INTO {table} SELECT {picked} FROM original")
    con.execute("DROP TABLE original")


def filled(warehouse: Warehouse, spans: int, now: datetime) -> None:
    """Land what a real reading would have landed, in much less time."""
    landed = min(spans, LANDED)
    land(warehouse, named(span_lines(landed, now - timedelta(hours=2), PERIOD)))
    with warehouse.transaction():
        copied(warehouse._con, "raw.spans", range(1, spans // landed), agents=True)
    warehouse._con.execute("CHECKPOINT")


def first(home: Path, spans: int, now: datetime) -> Iterator[Figure]:
    """Build and publish the first ledger, and what a collector does every few minutes."""
    with Warehouse.open(home, kind="account") as warehouse:
        warehouse.configure(ConfigTables())
        filled(warehouse, spans, now)
        full = cost_of(lambda: warehouse.build(now))
        yield Figure("build everything", spans, "spans", full)
        yield Figure("check", spans, "spans", cost_of(warehouse.check))
        yield Figure("publish", spans, "spans", cost_of(lambda: warehouse.publish(now)))
        land(warehouse, named(span_lines(PAGE, now, NEWEST, seed=2)))
        again = cost_of(lambda: warehouse.build(now))
        yield Figure("build after one page", PAGE, "spans", again, f"{again / full:.2f} of a full build")
        yield Figure("publish again", spans, "spans", cost_of(lambda: warehouse.publish(now)))
        yield Figure("build with nothing new", 0, "spans", cost_of(lambda: warehouse.build(now)))
        yield Figure("check with nothing new", 0, "spans", cost_of(warehouse.check))
        yield Figure("publish with nothing new", 0, "spans", cost_of(lambda: warehouse.publish(now)))


def greater(home: Path, times: int, now: datetime) -> None:
    """Make the ledger many times as big: its calls and tasks are copied, its daily parts made of them."""
    with Warehouse.open(home, kind="account") as warehouse:
        con = warehouse._con
        with warehouse.transaction():
            for table in COPIED:
                copied(con, f"mart.{table}", range(1, times), agents=False)
            for table in PART_TABLES:
                con.execute(f"DELETE FROM mart.{table}")
            settled = definitions.settle(con, now, None)
            building._make_parts(con, Emptiness(con), settled, settled.models, full=True)
            unpublished.note_everything(con)
        warehouse.publish(now)


def asked(home: Path, spans: int, now: datetime, before: Cost | None) -> tuple[list[Figure], Cost]:
    """The questions of a page and one trace; `before`: what the questions took of a smaller ledger."""
    found = list(questions.measure(home, now))
    total = next(figure.cost for figure in found if figure.name == questions.ALL)
    note = f"of {spans:,} spans" + (f", {total / before:.1f} × as long" if before else "")
    return [Figure(each.name, each.amount, each.unit, each.cost, note) for each in found], total


def measure(folder: Path, spans: int, times: int, now: datetime) -> Iterator[Figure]:
    """Everything, in a home below the folder."""
    home = folder / "home"
    yield from first(home, spans, now)
    yield from steady.measure(home, spans)
    figures, before = asked(home, spans, now, None)
    yield from figures
    yield from readers.first_page(home)
    greater(home, times, now)
    figures, _ = asked(home, spans * times, now, before)
    yield from figures
    yield from readers.first_page(home)


def main(arguments: list[str] | None = None) -> int:
    """Print every figure as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--spans", type=int, default=1_000_000, help="(default %(default)s)")
    parser.add_argument("--times", type=int, default=10, help="how many times as big in the end (default %(default)s)")
    given = parser.parse_args(arguments)
    print(machine())
    print(HEADING)
    midnight = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    with tempfile.TemporaryDirectory(prefix="agent-ledger-growth-") as folder:
        for figure in measure(Path(folder), given.spans, given.times, midnight):
            print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
