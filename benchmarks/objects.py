"""From gzip objects of model-invocation logs to committed rows, by the source's own code, only without a network."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.figure import Figure, cost_of
from benchmarks.records import MODELS
from collectors.aws import CallCount, Page
from collectors.landing import Landing
from collectors.settings import SourceSettings
from collectors.source import Reading
from collectors.sources.invocation_logs_s3 import KEY, SOURCE
from collectors.window import Window
from sql.warehouse import Scope, Warehouse

ACCOUNT, REGION, BUCKET = "123456789012", "us-east-1", "model-logs"
RECORDS_AN_OBJECT = 500
SCOPE = Scope(KEY, ACCOUNT, REGION, f"s3://{BUCKET}/")
WORDS = ("order", "refund", "the", "invoice", "was", "paid", "customer", "asks", "for", "policy", "because", "delivery")


class FolderAccount:
    """Answers what the source asks of S3 from files."""

    account_id, region = ACCOUNT, REGION

    def __init__(self, folder: Path) -> None:
        self.calls = CallCount()
        self._folder = folder

    def pages(self, service: str, operation: str, **parameters: Any) -> Iterator[Page]:
        """One page of the objects under a prefix."""
        found = sorted(self._folder.glob(f"{parameters['Prefix']}*.gz"))
        yield {"KeyCount": len(found), "Contents": [self._entry(path) for path in found]}

    def call(self, service: str, operation: str, **parameters: Any) -> Page:
        """One object."""
        body = (self._folder / parameters["Key"]).read_bytes()
        return {"Body": BytesIO(body), "ETag": parameters["IfMatch"]}

    def _entry(self, path: Path) -> Page:
        key, changed = str(path.relative_to(self._folder)), datetime.fromtimestamp(path.stat().st_mtime, UTC)
        etag = sha256(key.encode()).hexdigest()[:32]
        return {"Key": key, "ETag": f'"{etag}"', "Size": path.stat().st_size, "LastModified": changed}


def measure(home: Path, folder: Path, records: int, now: datetime) -> Iterator[Figure]:
    """Land the objects of one hour beside DuckDB's own reading of the same files into a table."""
    write_objects(folder, records, now)
    baseline = cost_of(lambda: read_plainly(folder))
    with Warehouse.open(home, kind="demo") as warehouse:
        landed = cost_of(lambda: land(warehouse, folder, now))
    yield Figure("read_json of gz files", records, "calls", baseline, "the baseline of landing from S3")
    yield Figure("land gz objects", records, "calls", landed, f"{baseline / landed:.2f} of the baseline's speed")


def land(warehouse: Warehouse, folder: Path, now: datetime) -> None:
    """Read one window the way a pass does."""
    window = Window(now, now + timedelta(minutes=30))
    with Landing(warehouse, SOURCE.feeds, SCOPE) as landing:
        SOURCE.collect(Reading(FolderAccount(folder), SCOPE, window, landing, SourceSettings()))
        with warehouse.transaction():
            landing.finish()


def read_plainly(folder: Path) -> None:
    """What DuckDB needs at least: the same files, columns inferred, into a table on disk."""
    with duckdb.connect(str(folder / "plain.duckdb")) as con:
        con.execute(
            "CREATE TABLE calls AS FROM read_json($files, format = 'newline_delimited')",
            {"files": str(folder / "**" / "*.json.gz")},
        )


def write_objects(folder: Path, records: int, now: datetime, seed: int = 1) -> None:
    """Make gzip objects of one delivery hour, with bodies of the usual size."""
    rng = random.Random(seed)
    place = folder / "AWSLogs" / ACCOUNT / "BedrockModelInvocationLogs" / REGION / now.strftime("%Y/%m/%d/%H")
    place.mkdir(parents=True)
    for start in range(0, records, RECORDS_AN_OBJECT):
        count = min(RECORDS_AN_OBJECT, records - start)
        lines = "".join(record(rng, now + timedelta(seconds=(start + n) % 3600)) + "\n" for n in range(count))
        (place / f"{start:012}.json.gz").write_bytes(gzip.compress(lines.encode()))


def record(rng: random.Random, at: datetime) -> str:
    """One record of a Converse call."""
    usage = {"inputTokens": rng.randint(500, 20_000), "outputTokens": rng.randint(20, 2_000)}
    answer = {"message": {"role": "assistant", "content": [{"text": text(rng, 100)}]}}
    question = {"messages": [{"role": "user", "content": [{"text": text(rng, 300)}]}]}
    return json.dumps(
        {
            "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "accountId": ACCOUNT,
            "identity": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/agent/BedrockAgentCore-1"},
            "region": REGION,
            "requestId": f"{rng.getrandbits(128):032x}",
            "operation": "Converse",
            "modelId": rng.choice(MODELS),
            "input": {
                "inputContentType": "application/json",
                "inputBodyJson": question,
                "inputTokenCount": usage["inputTokens"],
            },
            "output": {
                "outputContentType": "application/json",
                "outputBodyJson": {
                    "output": answer,
                    "stopReason": "end_turn",
                    "usage": usage,
                    "metrics": {"latencyMs": rng.randint(300, 9_000)},
                },
                "outputTokenCount": usage["outputTokens"],
            },
            "schemaType": "ModelInvocationLog",
            "schemaVersion": "1.0",
        }
    )


def text(rng: random.Random, words: int) -> str:
    """Some words."""
    return " ".join(rng.choices(WORDS, k=words))
