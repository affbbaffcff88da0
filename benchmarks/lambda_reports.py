"""Lambda reports, half of them lines of text and half JSON records, to one row an invocation."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.figure import Figure, cost_of
from benchmarks.warehouse import batches, read_plainly
from sql.warehouse import Scope, Spool, Warehouse

SCOPE = Scope("lambda_reports", "123456789012", "us-east-1", "bench")
GROUP = "/aws/lambda/bench"


def measure(home: Path, count: int, now: datetime) -> Iterator[Figure]:
    """Land `count` reports of the day before `now` into a home of their own."""
    lines = report_lines(count, now - timedelta(days=1))
    baseline = cost_of(lambda: read_plainly(line for _, line in lines))
    with Warehouse.open(home, kind="demo") as warehouse:
        landed = cost_of(lambda: land(warehouse, lines))
    yield Figure("read_json of reports", count, "lines", baseline, "the baseline of landing them")
    yield Figure("land Lambda reports", count, "lines", landed, f"{baseline / landed:.2f} of the baseline's speed")


def report_lines(count: int, begun: datetime, seed: int = 1) -> list[tuple[int, str]]:
    """Return `count` reports as (epoch ms, JSON text as the collector hands it over), ten a second."""
    rng = random.Random(seed)
    start = int(begun.replace(tzinfo=UTC).timestamp()) * 1000
    return [(start + n * 100, (text_report if n % 2 else json_report)(rng)) for n in range(count)]


def text_report(rng: random.Random) -> str:
    """Return one report of the text format."""
    took, used = rng.lognormvariate(6, 1), rng.randint(60, 500)
    trace = f"1-{rng.getrandbits(32):08x}-{rng.getrandbits(96):024x}"
    line = (
        f"REPORT RequestId: {rng.getrandbits(128):032x}\tDuration: {took:.2f} ms\tBilled Duration: {int(took) + 1} ms\t"
        f"Memory Size: 512 MB\tMax Memory Used: {used} MB\t\nXRAY TraceId: {trace}\tSegmentId: 1\tSampled: true\t"
    )
    return json.dumps({"function": "bench", "version": "$LATEST", "architecture": "arm64", "line": line})


def json_report(rng: random.Random) -> str:
    """Return one report of the JSON format."""
    took, used = rng.lognormvariate(6, 1), rng.randint(60, 500)
    metrics = {"durationMs": round(took, 2), "billedDurationMs": int(took) + 1, "memorySizeMB": 512}
    inner = {"requestId": f"{rng.getrandbits(128):032x}", "metrics": {**metrics, "maxMemoryUsedMB": used}}
    report = {"time": "2026-11-20T11:00:00.000Z", "type": "platform.report", "record": {**inner, "status": "success"}}
    return json.dumps({"function": "bench", "version": "7", "architecture": "arm64", "report": report})


def land(warehouse: Warehouse, lines: list[tuple[int, str]]) -> None:
    """Land the reports, a transaction a batch, as a collector does."""
    for number, batch in enumerate(batches(lines)):
        with Spool() as spool:
            for place, (at_ms, line) in enumerate(batch):
                name = f"{number:08d}{place:048d}"
                spool.add(line, at_ms=at_ms, ingested_ms=at_ms + 1000, event_id=name, group=GROUP)
            with warehouse.transaction():
                warehouse.land_records("lambda_reports", spool, SCOPE)
