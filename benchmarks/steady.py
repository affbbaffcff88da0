"""A whole run of the collector that finds nothing new: `python -m collectors run`, its start included."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.answers import KEYS
from benchmarks.figure import Cost, Figure
from benchmarks.stub import ROOT, served
from collectors.aws import ALWAYS_RETURNED
from sql.published import open_published

# What an account answers that has spans, outcomes, logged calls and metrics, and nothing new of any of them.
CALLS = "/aws/bedrock/invocations"
GROUPS = ("aws/spans", "/aws/bedrock-agentcore/runtimes/invoice_bench-AbCdEf1234-DEFAULT", "/agent-kpi/outcomes", CALLS)
ANSWERS: dict[str, dict[str, Any]] = {
    "DescribeLogGroups": {"logGroups": [{"logGroupName": name} for name in GROUPS]},
    "FilterLogEvents": {"events": [], "searchedLogStreams": []},
    "ListMetrics": {"Metrics": [{"Namespace": "AWS/Bedrock", "MetricName": "Invocations", "Dimensions": []}]},
    "GetMetricData": {"MetricDataResults": [], "Messages": []},
    "DescribeDeliverySources": {"deliverySources": []},
    "GetProducts": {"PriceList": ['{"product": {"sku": "BENCH"}}'], "FormatVersion": "aws_v1"},
    "ListStateMachines": {"stateMachines": []},
    # Services of which a request's path says what is asked: every listing is empty, spans and calls go to CloudWatch.
    "unnamed": {
        **{key: [] for key in ALWAYS_RETURNED.values()},
        **{"items": [], "memories": []},
        **{"Destination": "CloudWatchLogs", "Status": "ACTIVE"},
        "loggingConfig": {"cloudWatchConfig": {"logGroupName": CALLS}},
    },
}


RUNS = 5


def measure(home: Path, spans: int) -> Iterator[Figure]:
    """The cheapest run after the first one, over a ledger of so many spans. Raises where a run fails."""
    with TemporaryDirectory(prefix="agent-ledger-steady-") as folder:
        for operation, answer in ANSWERS.items():
            (Path(folder) / operation).write_text(json.dumps(answer), encoding="utf-8")
        with served(Path(folder)) as url:
            run(home, url, folder)
            before = calls_made(home)
            cost = min((run(home, url, folder) for _ in range(RUNS)), key=lambda each: each.cpu_s)
    calls = (calls_made(home) - before) // RUNS
    yield Figure("run with nothing new", spans, "spans", cost, f"{calls} calls of AWS (wanted: less than 2 s)")


def run(home: Path, url: str, folder: str) -> Cost:
    """One run in a process of its own, on the machine's own threads; `folder` keeps what Python compiles, as usual."""
    own = {**KEYS, "AWS_ENDPOINT_URL": url, "AWS_MAX_ATTEMPTS": "1", "LEDGER_HOME": str(home)}
    own |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled")}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "collectors", "run", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True, check=False)  # noqa: S603
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode:
        raise RuntimeError(f"The run failed: {done.stdout}{done.stderr}")
    return Cost(cpu, wall)


def calls_made(home: Path) -> int:
    """How many calls of AWS all runs so far have made."""
    with closing(open_published(home)) as published:
        return int(published.rows("SELECT coalesce(sum(calls), 0)::BIGINT AS calls FROM api_usage")[0]["calls"])
