"""`python -m benchmarks.year [--days N] [--passes N] [--tasks N]` (`make year`): a year left alone, on one machine.

A clock is handed in: nothing waits. Passes land, build, check, keep and publish, through outages (what was missed comes
at once afterwards), late records, duplicates, retention, compaction, changed settings and a migration in the middle. In
the end the days that are not sealed must equal one undisturbed landing, and every sealed day what it was sealed with.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.records import task_lines
from sql import files, sealing
from sql.config import ConfigTables, Contract
from sql.models import ROOT
from sql.restating import PART_TABLES
from sql.retention import Retention
from sql.warehouse import Scope, Spool, Warehouse

BEGIN = datetime.fromisoformat("2026-01-01")
SPANS = Scope("span_logs", "123456789012", "us-east-1", "aws/spans")
OUTCOMES = Scope("outcome_events", "123456789012", "us-east-1", "/agent-kpi/outcomes")
USUAL = ConfigTables(org={"timezone": "Europe/Berlin"})
CHANGED = ConfigTables(
    org=USUAL.org, contracts=(Contract("refund_bench-AbCdEf1234", "Refunds", success_rule="status_ok"),)
)


@dataclass(frozen=True)
class Plan:
    """What the year looks like. Outages: days on which nothing is read."""

    days: int = 365
    passes: int = 2
    tasks: int = 40
    spans_days: int = 90
    seed: int = 1

    @property
    def outages(self) -> set[int]:
        """Three of them, of three days each."""
        return {day + more for part in (0.2, 0.45, 0.8) for day in [int(self.days * part)] for more in range(3)}

    @property
    def migrated_on(self) -> int:
        """The day of an update that brings a migration."""
        return int(self.days * 0.4)

    @property
    def changed_on(self) -> int:
        """The day on which the owner declares an agent: everything is built again."""
        return int(self.days * 0.6)


@dataclass
class Pass:
    """Figures of one pass: the day, seconds, file size and peak memory so far, in MB."""

    day: int
    seconds: float
    size: float
    memory: float


@dataclass
class Year:
    """What was seen."""

    passes: list[Pass] = field(default_factory=list)
    compactions: list[tuple[int, int, int]] = field(default_factory=list)
    sealed: dict[date, list[Any]] = field(default_factory=dict)
    rebuilt: int = 0
    faults: list[str] = field(default_factory=list)


def arrivals(plan: Plan) -> Iterator[tuple[datetime, Scope, str]]:
    """Every record with the moment at which it can be read first: some are late, verdicts come in the next days."""
    draw = random.Random(plan.seed)
    for number in range(plan.days * plan.tasks):
        begun = BEGIN + timedelta(days=number / plan.tasks)
        lines = list(task_lines(draw, begun))
        late = timedelta(days=draw.choice([0] * 30 + [2, 5]))
        for line in lines:
            yield begun + late + timedelta(minutes=draw.choice([1] * 20 + [300])), SPANS, line
        if draw.random() < 0.4:
            told = begun + timedelta(days=draw.uniform(0, 6))
            yield told, OUTCOMES, verdict(json.loads(lines[0])["traceId"], number, told, draw)


def verdict(trace: str, number: int, told: datetime, draw: random.Random) -> str:
    """An outcome event about a trace."""
    return json.dumps(
        {
            "event.name": "agent.outcome",
            "schema_version": "1.0",
            "event_id": f"e{number}",
            "timestamp": f"{told:%Y-%m-%dT%H:%M:%S}Z",
            "trace_id": trace,
            "task.outcome": draw.choice(["success", "success", "failure"]),
            "label.source": "system",
        }
    )


def live(plan: Plan, home: Path) -> Year:
    """Go through the year pass by pass."""
    year, waiting = Year(), sorted(arrivals(plan))
    draw, read = random.Random(plan.seed + 1), 0
    again: list[tuple[datetime, Scope, str]] = []
    keeping = Retention(spans_days=plan.spans_days)
    for number in range(plan.days * plan.passes):
        day, now = number // plan.passes, BEGIN + timedelta(days=(number + 1) / plan.passes)
        if day in plan.outages:
            continue
        if day == plan.migrated_on:
            add_migration()
        until = read
        while until < len(waiting) and waiting[until][0] < now:
            until += 1
        batch, read = waiting[read:until] + again, until
        again = draw.sample(batch, min(20, len(batch)))
        begun = time.perf_counter()
        one_pass(year, home, CHANGED if day >= plan.changed_on else USUAL, batch, keeping, now)
        size = files.warehouse_path(home).stat().st_size / 1e6
        year.passes.append(Pass(day, time.perf_counter() - begun, size, memory()))
        if day % 60 == 59 and number % plan.passes == plan.passes - 1:
            compacted(year, home, day)
    return year


def one_pass(
    year: Year,
    home: Path,
    config: ConfigTables,
    batch: list[tuple[datetime, Scope, str]],
    keeping: Retention,
    now: datetime,
) -> None:
    """What a collector does in one pass. Newly sealed days are held against what they showed before."""
    with Warehouse.open(home, kind="account") as warehouse:
        warehouse.configure(config)
        land(warehouse, batch)
        year.rebuilt += warehouse.build(now).full
        failed = [check.check_name for check in warehouse.check() if check.severity == "fail"]
        year.faults += [f"{now:%Y-%m-%d}: check {name} failed" for name in failed]
        before = digests(warehouse, "mart")
        if warehouse.keep(keeping, now).days:
            for day, digest in digests(warehouse, "sealed").items():
                if day not in year.sealed and digest != before.get(day):
                    year.faults.append(f"{day} changed when it was sealed")
                year.sealed.setdefault(day, digest)
        if warehouse.publish(now) is None:
            year.faults.append(f"{now:%Y-%m-%d}: nothing was published")


def land(warehouse: Warehouse, batch: list[tuple[datetime, Scope, str]]) -> None:
    """Land records, those of a feed in one transaction."""
    for scope, feed in ((SPANS, "span_records"), (OUTCOMES, "outcome_records")):
        with Spool() as spool, warehouse.transaction():
            for number, (_, own, line) in enumerate(batch):
                if own == scope:
                    spool.add(line, at_ms=0, ingested_ms=5, event_id=f"{hash(line)}-{number}", group=scope.name)
            warehouse.land_records(feed, spool, scope)


def digests(warehouse: Warehouse, schema: str) -> dict[date, list[Any]]:
    """A digest of each day's parts, every column of every table; nine digits of floats, which add up in any order."""
    found: dict[date, list[Any]] = {}
    for table in PART_TABLES:
        columns = warehouse._con.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = ? AND table_name = ?",
            [schema, table],
        ).fetchall()
        told = ", ".join(f"format('{{:.9g}}', {name})" if kind == "DOUBLE" else name for name, kind in columns)
        for day, digest in warehouse._con.execute(
            f"SELECT day, sum(hash(row({told}))) FROM {schema}.{table} GROUP BY day"
        ).fetchall():
            found.setdefault(day, []).append((table, digest))
    return found


def compacted(year: Year, home: Path, day: int) -> None:
    """Compact, as an owner may at any time."""
    with Warehouse.open(home, kind="account") as warehouse:
        before, size = warehouse.compact()
    year.compactions.append((day, before.size, size))


def memory() -> float:
    """The most memory that this process has held, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def compare(plan: Plan, year: Year, home: Path, other: Path) -> None:
    """Hold the end against one undisturbed landing, and the sealed days against what they were sealed with."""
    with Warehouse.open(other, kind="account") as undisturbed:
        undisturbed.configure(CHANGED)
        arrived = (each for each in arrivals(plan) if each[0] < BEGIN + timedelta(days=plan.days))
        records = sorted(arrived, key=lambda each: each[2])
        for start in range(0, len(records), 50_000):
            land(undisturbed, records[start : start + 50_000])
        undisturbed.build(BEGIN + timedelta(days=plan.days))
        expected = digests(undisturbed, "mart")
        rows = tasks_of(undisturbed)
    with Warehouse.open(home, kind="account") as warehouse:
        got, sealed = digests(warehouse, "mart"), digests(warehouse, "sealed")
        boundary = sealing.boundary(warehouse._con)
        same = tasks_of(warehouse) == rows
    year.faults += [f"{day} differs from an undisturbed landing" for day in got if got[day] != expected.get(day)]
    year.faults += [f"{day} was sealed and has changed" for day, was in year.sealed.items() if sealed.get(day) != was]
    if set(expected) != set(got) | set(sealed) or not same or boundary is None:
        year.faults.append("days or tasks are missing")


def tasks_of(warehouse: Warehouse) -> list[Any]:
    """What is known of every task, sealed or not, but for what only its root span says."""
    return warehouse._con.execute(
        """SELECT task_id, agent_id, day, started_at, ended_at, duration_ms, verdict, cost_usd, model_calls, tool_calls
           FROM mart.tasks ORDER BY ALL"""
    ).fetchall()


@contextmanager
def own_migrations(folder: Path) -> Iterator[None]:
    """Let a migration be added while the year goes on, in a copy of the SQL room's files."""
    usual = ROOT
    shutil.copytree(usual / "migrations", folder / "migrations")
    shutil.copy(usual / "macros.sql", folder)
    vars(files)["ROOT"] = folder
    try:
        yield
    finally:
        vars(files)["ROOT"] = usual


def add_migration() -> None:
    """An update of Agent Ledger in the middle of the year."""
    path = Path(vars(files)["ROOT"]) / "migrations" / "9000_a_later_version.sql"
    path.write_text("ALTER TABLE ops.meta ADD COLUMN noted_at TIMESTAMP", encoding="utf-8")


def lived(plan: Plan) -> Year:
    """The whole of it, in temporary homes."""
    with tempfile.TemporaryDirectory(prefix="agent-ledger-year-") as folder, own_migrations(Path(folder) / "room"):
        year = live(plan, Path(folder) / "home")
        compare(plan, year, Path(folder) / "home", Path(folder) / "other")
    return year


def lines(plan: Plan, year: Year) -> Iterator[str]:
    """The figures, side by side: the first tenth, a quarter, half and the end, each over a tenth of the passes."""
    tenth = max(1, len(year.passes) // 10)
    yield f"{plan.days} days, {plan.passes} passes a day, {plan.tasks} tasks a day; spans kept {plan.spans_days} days"
    yield f"{'':<12}{'day':>6}{'median pass':>14}{'slowest':>11}{'file':>11}{'peak memory':>14}"
    for name, share in (("start", 0.0), ("quarter", 0.25), ("half", 0.5), ("end", 1.0)):
        first = min(int(len(year.passes) * share), len(year.passes) - tenth)
        part = year.passes[first : first + tenth]
        seconds = sorted(each.seconds for each in part)
        yield (
            f"{name:<12}{part[-1].day:>6}{seconds[len(seconds) // 2] * 1000:>11,.0f} ms{seconds[-1]:>9.1f} s"
            f"{part[-1].size:>8,.1f} MB{part[-1].memory:>11,.0f} MB"
        )
    for day, before, after in year.compactions:
        yield f"compacted on day {day}: {before / 1e6:,.1f} to {after / 1e6:,.1f} MB"
    yield f"{len(year.sealed)} days sealed, {year.rebuilt} full builds, {len(year.faults)} faults"
    yield from year.faults


def main(arguments: list[str] | None = None) -> int:
    """Print the figures; 1 if anything is not as it must be."""
    usual, parser = Plan(), argparse.ArgumentParser(prog="python -m benchmarks.year", description=__doc__)
    for name in ("days", "passes", "tasks"):
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, name), help="(default %(default)s)")
    asked = parser.parse_args(arguments)
    plan = Plan(asked.days, asked.passes, asked.tasks, spans_days=max(7, asked.days // 4))
    year = lived(plan)
    print("\n".join(lines(plan, year)))
    return 1 if year.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
