"""Answers of AWS over real HTTP, canned: what reading them costs, beside boto3 as it comes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3

from benchmarks.figure import Figure, best_of
from benchmarks.readers import environment
from collectors.aws import AwsAccount, AwsSettings

REGION = "us-east-1"
METRICS, POINTS = 500, 200
REPEATS = 3
KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": REGION}
SPANS = {"logGroupName": "aws/spans", "startTime": 0, "endTime": 1}
DATA = {"MetricDataQueries": [{"Id": "m0", "Expression": "m0"}], "StartTime": 0, "EndTime": 60}


def measure(lines: list[str]) -> Iterator[Figure]:
    """A page of spans and 100,000 points of metrics, each by boto3's own client and by ours."""
    page = {"events": [event(number, line) for number, line in enumerate(lines)], "searchedLogStreams": []}
    points = {"MetricDataResults": [series(number) for number in range(METRICS)], "Messages": []}
    with environment(**KEYS):
        yield from side_by_side(
            "page of spans", len(lines), page, ("logs", "FilterLogEvents", "filter_log_events"), SPANS
        )
        metric_data = ("cloudwatch", "GetMetricData", "get_metric_data")
        yield from side_by_side("GetMetricData", METRICS * POINTS, points, metric_data, DATA)


def side_by_side(
    name: str, count: int, answer: dict[str, Any], call: tuple[str, str, str], asked: dict[str, Any]
) -> Iterator[Figure]:
    """The same answer read both ways."""
    service, operation, method = call
    with served(json.dumps(answer).encode()) as url:
        stock = boto3.client(service, endpoint_url=url, region_name=REGION)  # type: ignore[call-overload]
        ours = AwsAccount(AwsSettings(region=REGION, endpoint_url=url))
        theirs = _warm(lambda: getattr(stock, method)(**asked))
        own = _warm(lambda: ours.call(service, operation, **asked))
    yield Figure(f"{name}, boto3", count, "items", theirs, "the baseline of our client")
    yield Figure(f"{name}, our client", count, "items", own, f"{theirs / own:.1f} × as fast as boto3")


def _warm(read: Callable[[], object]) -> Any:
    read()  # the first call reads the service's description
    return best_of(REPEATS, read)


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


@contextmanager
def served(body: bytes) -> Iterator[str]:
    """An address on this machine that answers every call with `body`."""

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
