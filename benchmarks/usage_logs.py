"""AgentCore usage lines, one a session-second, to sums by session and hour; beside them DuckDB's own reading."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.figure import Figure, cost_of
from benchmarks.warehouse import batches, read_plainly
from sql.warehouse import Scope, Spool, Warehouse

GROUP = "/aws/vendedlogs/bedrock-agentcore/runtime/USAGE_LOGS/bench"
SCOPE = Scope("usage_logs", "123456789012", "us-east-1", GROUP)
SESSIONS = 300


def measure(home: Path, count: int, now: datetime) -> Iterator[Figure]:
    """Land `count` usage lines of the hours before `now` into a home of their own."""
    lines = usage_lines(count, now - timedelta(hours=12))
    baseline = cost_of(lambda: read_plainly(line for _, line in lines))
    with Warehouse.open(home, kind="demo") as warehouse:
        landed = cost_of(lambda: land(warehouse, lines))
    yield Figure("read_json of usage lines", count, "lines", baseline, "the baseline of adding them up")
    yield Figure("add up usage lines", count, "lines", landed, f"{baseline / landed:.2f} of the baseline's speed")


def usage_lines(count: int, begun: datetime, seed: int = 1) -> list[tuple[int, str]]:
    """Return `count` records as (epoch ms, JSON text): every session once a second."""
    rng = random.Random(seed)
    start = int(begun.replace(tzinfo=UTC).timestamp()) * 1000
    return [usage_line(rng, start + n // SESSIONS * 1000, n % SESSIONS) for n in range(count)]


def usage_line(rng: random.Random, at_ms: int, session: int) -> tuple[int, str]:
    """Return one record of a runtime session."""
    runtime = f"arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/bench{session % 5}-AbCdEf1234"
    record = {
        "resource_arn": runtime,
        "event_timestamp": at_ms,
        "resource": {"cloud.provider": "aws", "service.name": "AgentCore.Runtime", "cloud.region": "us-east-1"},
        "attributes": {
            "account.id": "123456789012",
            "time_elapsed_seconds": 1.0,
            "agent.name": f"bench{session % 5}",
            "region": "us-east-1",
            "session.id": f"session-{session:032d}",
            "resource.id": f"{runtime}/runtime-endpoint/DEFAULT",
        },
        "metrics": {
            "agent.runtime.memory.gb_hours.used": round(rng.random() / 1e3, 15),
            "agent.runtime.vcpu.hours.used": round(rng.random() / 1e5, 9),
        },
    }
    return at_ms, json.dumps(record)


def land(warehouse: Warehouse, lines: list[tuple[int, str]]) -> None:
    """Land the lines as one window, a transaction a batch, as a collector does."""
    for number, batch in enumerate(batches(lines)):
        with Spool() as spool:
            for place, (at_ms, line) in enumerate(batch):
                name = f"{number:08d}{place:048d}"
                spool.add(line, at_ms=at_ms, ingested_ms=None, event_id=name, group=GROUP)
            with warehouse.transaction():
                warehouse.land_records("usage_records", spool, SCOPE)
    with warehouse.transaction():
        warehouse.land_held("usage_records", SCOPE)
