"""Event records of split delivery and results of judges: one row each, beside the spans."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, cost_of
from benchmarks.warehouse import batches, read_plainly
from sql.warehouse import Scope, Spool, Warehouse

RUNTIME = "helper-A1b2C3d4E5"
GROUP = f"/aws/bedrock-agentcore/runtimes/{RUNTIME}-DEFAULT"
ARN = f"arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/{RUNTIME}/runtime-endpoint/DEFAULT:DEFAULT"
TEXT = "I have looked at the order and the policy. " * 20


def measure(home: Path, count: int, now: datetime) -> Iterator[Figure]:
    """Land `count` records of each kind of the day before `now` into a home of their own."""
    rng, start = random.Random(1), now - timedelta(days=1)
    kinds = (("span_events", "event records", event), ("evaluation_records", "evaluations", result))
    with Warehouse.open(home, kind="demo") as warehouse:
        for feed, words, made in kinds:
            moments = [start + timedelta(milliseconds=100 * n) for n in range(count)]
            lines = [(_ms(at), json.dumps(made(rng, _ms(at)))) for at in moments]
            baseline = cost_of(lambda lines=lines: read_plainly(line for _, line in lines))  # type: ignore[misc]
            landed = cost_of(lambda feed=feed, lines=lines: land(warehouse, feed, lines))  # type: ignore[misc]
            yield Figure(f"read_json of {words}", count, "lines", baseline, "the baseline of landing them")
            yield Figure(f"land {words}", count, "lines", landed, f"{baseline / landed:.2f} of the baseline's speed")


def event(rng: random.Random, at_ms: int) -> dict[str, Any]:
    """Return one event record as the runtime's own log group holds it."""
    said = {"content": {"message": TEXT, "finish_reason": "end_turn"}, "role": "assistant"}
    return {
        "resource": {"attributes": {"service.name": "helper.DEFAULT", "cloud.resource_id": ARN}},
        "scope": {"name": "strands.telemetry.tracer"},
        "timeUnixNano": at_ms * 1_000_000,
        "observedTimeUnixNano": at_ms * 1_000_000 + 1,
        "body": {"output": {"messages": [said]}, "input": {"messages": [{"content": TEXT, "role": "user"}]}},
        "attributes": {"event.name": "strands.telemetry.tracer", "session.id": f"{rng.getrandbits(64):016x}"},
        "traceId": f"{rng.getrandbits(128):032x}",
        "spanId": f"{rng.getrandbits(64):016x}",
    }


def result(rng: random.Random, at_ms: int) -> dict[str, Any]:
    """Return one result of an online evaluation."""
    judge = "aws.bedrock_agentcore.evaluator.arn"
    return {
        "name": "gen_ai.evaluation.result",
        "traceId": f"{rng.getrandbits(128):032x}",
        "timeUnixNano": at_ms * 1_000_000,
        "onlineEvaluationConfigId": "quality-A1b2C3d4E5",
        "attributes": {
            "gen_ai.evaluation.name": "Builtin.Correctness",
            "gen_ai.evaluation.score.value": rng.random(),
            "gen_ai.evaluation.explanation": TEXT,
            judge: "arn:aws:bedrock-agentcore:::evaluator/Builtin.Correctness",
            "aws.bedrock_agentcore.evaluation_level": "Trace",
        },
    }


def land(warehouse: Warehouse, feed: str, lines: list[tuple[int, str]]) -> None:
    """Land the records, a transaction a batch, as a collector does."""
    scope = Scope(feed, "123456789012", "us-east-1", GROUP)
    for number, batch in enumerate(batches(lines)):
        with Spool() as spool:
            for place, (at_ms, line) in enumerate(batch):
                name = f"{number:08d}{place:048d}"
                spool.add(line, at_ms=at_ms, ingested_ms=at_ms + 1000, event_id=name, group=GROUP)
            with warehouse.transaction():
                warehouse.land_records(feed, spool, scope)


def _ms(at: datetime) -> int:
    return int(at.replace(tzinfo=UTC).timestamp() * 1000)
