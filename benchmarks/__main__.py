"""`python -m benchmarks [--spans N]` (or `make bench`): a table of figures with the machine and the versions."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import (
    answers,
    events,
    insights,
    lambda_reports,
    objects,
    questions,
    readers,
    steady,
    usage_logs,
    warehouse,
)
from benchmarks.figure import HEADING, Figure
from benchmarks.records import span_lines

PACKAGES = ("duckdb", "streamlit", "plotly", "boto3")
DEFAULT_SPANS = 50_000
ANSWERED = 100_000


def main(arguments: list[str] | None = None) -> int:
    """Print every figure as it is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--spans", type=int, default=DEFAULT_SPANS, help="how many spans to land (default %(default)s)")
    spans = parser.parse_args(arguments).spans
    if spans < 1:
        parser.error("--spans needs a number above 0")
    print(machine())
    print(HEADING)
    for figure in figures(spans):
        print(figure.line(), flush=True)
    return 0


def figures(spans: int) -> Iterator[Figure]:
    """Measure everything in a temporary home, which is removed."""
    midnight = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    with tempfile.TemporaryDirectory(prefix="agent-ledger-bench-") as folder:
        home = Path(folder) / "home"
        yield from warehouse.measure(home, spans, midnight)
        yield from usage_logs.measure(Path(folder) / "usage", spans, midnight)
        yield from lambda_reports.measure(Path(folder) / "reports", spans, midnight)
        yield from events.measure(Path(folder) / "events", spans, midnight)
        yield from steady.measure(home, spans)
        yield from questions.measure(home, midnight)
        yield from readers.measure(home, midnight)
        yield from insights.measure(home, Path(folder) / "insights-home", midnight)
        yield from answers.measure(span_lines(min(spans, ANSWERED), midnight, warehouse.PERIOD, seed=3))
        yield from objects.measure(Path(folder) / "s3-home", Path(folder) / "bucket", spans, midnight)


def machine() -> str:
    """One line: processor, cores, Python and package versions."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return f"{system}, Python {platform.python_version()}, {packages}"


if __name__ == "__main__":
    raise SystemExit(main())
