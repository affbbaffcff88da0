"""The same records through dlt, a general loader that goes by Python dicts: only where somebody has installed it.

Dicts, merged by key, read on from the newest: what landing does too. No package of ours: benchmarks/requirements.txt.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, cost_of
from benchmarks.readers import environment

# How many records each of its ways gets: enough for a steady rate, few enough for an end.
WAYS = {"parquet": 20_000, "insert_values": 5_000}
WARMING = 100
QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}


def measure(lines: Sequence[str], each_s: float) -> Iterator[Figure]:
    """Load some of the lines by each way; `each_s` is the processor time that landing one of them takes."""
    if find_spec("dlt") is None:
        return
    for way, most in WAYS.items():
        some = lines[:most]
        with (
            tempfile.TemporaryDirectory(prefix="agent-ledger-dlt-") as folder,
            environment(**QUIET, DLT_DATA_DIR=folder),
        ):
            load(Path(folder, "warm"), some[:WARMING], way)
            cost = cost_of(lambda: load(Path(folder, "own"), some, way))  # noqa: B023 - called at once
        yield Figure(
            f"dlt, dicts, {way}",
            len(some),
            "spans",
            cost,
            f"landing is {cost.cpu_s / len(some) / each_s:.0f} × as fast",
        )


def load(folder: Path, lines: Sequence[str], way: str) -> None:
    """Load records into a DuckDB file of their own."""
    folder.mkdir()
    dlt: Any = import_module("dlt")
    newest = dlt.sources.incremental("startTimeUnixNano")

    def spans(since: Any = newest) -> Iterator[list[dict[str, Any]]]:
        yield [json.loads(line) for line in lines]

    resource = dlt.resource(spans, name="spans", primary_key=("traceId", "spanId"), write_disposition="merge")

    pipeline = dlt.pipeline(
        "bench", destination=dlt.destinations.duckdb(str(folder / "dlt.duckdb")), pipelines_dir=str(folder)
    )
    pipeline.run(resource(), loader_file_format=way)
