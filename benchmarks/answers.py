"""Answers of AWS over real HTTP, canned: what reading them costs, beside boto3 as it comes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3

from benchmarks.figure import Cost, Figure, best_of, cost_of
from benchmarks.readers import environment
from benchmarks.stub import served
from benchmarks.warehouse import BEFORE, GROUP, PAGE, PERIOD, SCOPE
from collectors.aws import AwsAccount, AwsSettings
from collectors.landing import Landing
from collectors.settings import SourceSettings
from collectors.source import Reading
from collectors.sources.span_logs import SOURCE
from collectors.window import Window
from sql.warehouse import Spool, Warehouse

REGION = "us-east-1"
METRICS, POINTS = 500, 200
REPEATS = 5
TURNS = 3
KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": REGION}
SPANS = {"logGroupName": GROUP, "startTime": 0, "endTime": 1}
RECORD = itemgetter("message", "timestamp", "ingestionTime", "eventId")
DATA = {"MetricDataQueries": [{"Id": "m0", "Expression": "m0"}], "StartTime": 0, "EndTime": 60}


def measure(lines: list[str]) -> Iterator[Figure]:
    """A page of spans and 100,000 points of metrics, each by boto3's own client and by ours; pages until they are rows.

    Pages hold as many spans as FilterLogEvents gives at once: about a megabyte.
    """
    pages = [lines[first : first + PAGE] for first in range(0, len(lines), PAGE)]
    points = {"MetricDataResults": [series(number) for number in range(METRICS)], "Messages": []}
    with environment(**KEYS), TemporaryDirectory(prefix="agent-ledger-pages-") as folder:
        for number, page in enumerate(pages):
            _write(Path(folder), number, logs_page(page, number, last=number == len(pages) - 1))
        with served(Path(folder)) as url:
            one = ("logs", "FilterLogEvents", "filter_log_events")
            yield from side_by_side("page of spans", len(pages[0]), url, one, SPANS)
            yield from to_rows(url, len(lines))
    with environment(**KEYS), TemporaryDirectory(prefix="agent-ledger-points-") as folder:
        _write(Path(folder), 0, points)
        with served(Path(folder)) as url:
            data = ("cloudwatch", "GetMetricData", "get_metric_data")
            yield from side_by_side("GetMetricData", METRICS * POINTS, url, data, DATA)


def _write(folder: Path, number: int, answer: dict[str, Any]) -> None:
    (folder / str(number)).write_text(json.dumps(answer), encoding="utf-8")


def side_by_side(
    name: str, count: int, url: str, call: tuple[str, str, str], asked: dict[str, Any]
) -> Iterator[Figure]:
    """The same answer read both ways."""
    service, operation, method = call
    stock = boto3.client(service, endpoint_url=url, region_name=REGION)  # type: ignore[call-overload]
    ours = AwsAccount(AwsSettings(region=REGION, endpoint_url=url))
    theirs = _warm(lambda: getattr(stock, method)(**asked))
    own = _warm(lambda: ours.call(service, operation, **asked))
    yield Figure(f"{name}, boto3", count, "items", theirs, "the baseline of our client")
    yield Figure(f"{name}, our client", count, "items", own, f"{theirs / own:.1f} × as fast as boto3")


def _warm(read: Callable[[], object]) -> Cost:
    read()  # the first call reads the service's description
    return best_of(REPEATS, read)


def to_rows(url: str, count: int) -> Iterator[Figure]:
    """Pages over HTTP until their spans are committed rows: by our source, and by boto3 with the same landing."""
    stock = boto3.client("logs", endpoint_url=url, region_name=REGION)
    ours = AwsAccount(AwsSettings(region=REGION, endpoint_url=url))
    stock.filter_log_events(**SPANS)  # type: ignore[arg-type]
    ours.call("logs", "FilterLogEvents", **SPANS)
    theirs, own = [], []
    for _ in range(TURNS):
        theirs.append(_in_home(lambda warehouse: by_boto3(warehouse, stock), count))
        own.append(_in_home(lambda warehouse: by_source(warehouse, ours), count))
    least, best = (min(costs, key=lambda cost: cost.cpu_s) for costs in (theirs, own))
    yield Figure("pages to rows, boto3", count, "spans", least, "boto3 as it comes, and our landing")
    yield Figure("pages to rows, our source", count, "spans", best, f"{least / best:.1f} × as fast as boto3")


def _in_home(read: Callable[[Warehouse], object], count: int) -> Cost:
    """Read into an empty home by one thread of DuckDB. Raises where rows are missing."""
    with TemporaryDirectory(prefix="agent-ledger-rows-") as home, Warehouse.open(Path(home), kind="demo") as warehouse:
        warehouse._con.execute("SET threads = 1")
        cost = cost_of(lambda: read(warehouse))
        if warehouse._con.execute("SELECT count(*) FROM raw.spans").fetchone() != (count,):
            raise RuntimeError("Not every span has become a row.")
    return cost


def by_boto3(warehouse: Warehouse, logs: Any) -> None:
    """What a plain script does: ask page by page, put the texts into a spool, land them."""
    with Spool() as spool, warehouse.transaction():
        for page in logs.get_paginator("filter_log_events").paginate(**SPANS):
            spool.extend(map(RECORD, page["events"]), GROUP)
        warehouse.land_records("span_records", spool, SCOPE)


def by_source(warehouse: Warehouse, account: AwsAccount) -> None:
    """What a collector does."""
    with Landing(warehouse, SOURCE.feeds, SCOPE) as landing:
        SOURCE.collect(Reading(account, SCOPE, Window(BEFORE, BEFORE + PERIOD), landing, SourceSettings()))
        landing.settle()
        with warehouse.transaction():
            landing.finish()


def logs_page(lines: list[str], number: int, *, last: bool) -> dict[str, Any]:
    """An answer of FilterLogEvents."""
    events = [event(number * PAGE + place, line) for place, line in enumerate(lines)]
    return {"events": events, "searchedLogStreams": [], **({} if last else {"nextToken": str(number + 1)})}


def event(number: int, line: str) -> dict[str, Any]:
    """One event of FilterLogEvents."""
    at_ms = 1_790_000_000_000 + number
    return {
        "logStreamName": "default",
        "timestamp": at_ms,
        "message": line,
        "ingestionTime": at_ms + 5_000,
        "eventId": f"{number:056d}",
    }


def series(number: int) -> dict[str, Any]:
    """One metric's points of GetMetricData."""
    times = [1_790_000_000 + 60 * minute for minute in range(POINTS)]
    values = [float(minute % 17) for minute in range(POINTS)]
    return {"Id": f"m{number}", "Label": "bench", "Timestamps": times, "Values": values, "StatusCode": "Complete"}
