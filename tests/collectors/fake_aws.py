"""A small AWS over real HTTP, for what moto gets wrong or cannot do.

Speaks the wire protocols that botocore uses: JSON for Logs and CloudWatch (the target header names the operation),
REST-JSON for X-Ray and Bedrock, query and XML for STS. Pages are short, some are empty although more follows, streams
are interleaved by time, and any operation can be made to fail, to throttle or to break off.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.loaders import Loader

Body = dict[str, Any]
ACCOUNT_ID = "111122223333"
REST_SERVICES = (
    "xray",
    "bedrock",
    "bedrock-agent",
    "bedrock-agentcore-control",
    "bedrock-agentcore",
    "lambda",
    "s3",
    "bcm-data-exports",
)
Answer = Callable[[Body], tuple[int, Body]]
RawAnswer = Callable[[Body], tuple[int, bytes, dict[str, str]]]
IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>arn:aws:iam::%s:user/reader</Arn><UserId>AIDA</UserId><Account>%s</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
IDENTITY_STATUS = 200


@dataclass
class Fault:
    """An answer in place of the real one, for `times` calls after the first `passed`; `*` means every operation.

    `cut` sends half of the real body with status 200, or `instead` in its place.
    """

    operation: str
    code: str = ""
    status: int = 400
    group: str | None = None
    times: int = 1_000_000
    cut: bool = False
    instead: str | None = None
    passed: int = 0

    def fits(self, operation: str, asked: Body) -> bool:
        """Whether this call is to fail."""
        right_group = self.group is None or asked.get("logGroupName") == self.group
        if not right_group or self.operation not in ("*", operation):
            return False
        self.passed -= 1
        return self.times > 0 and self.passed < 0


@dataclass
class FakeAws:
    """What the account holds. Times are epoch milliseconds for log events, seconds elsewhere."""

    account_id: str = ACCOUNT_ID
    page_events: int = 3
    groups: dict[str, list[Body]] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    retention: dict[str, int] = field(default_factory=dict)
    logging: Body = field(default_factory=dict)
    destination: Body | None = field(default_factory=lambda: {"Destination": "XRay", "Status": "ACTIVE"})
    documents: dict[str, list[Body]] = field(default_factory=dict)
    unprocessed: dict[str, int] = field(default_factory=dict)
    series: list[Body] = field(default_factory=list)
    points: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    refused_stats: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    seen: list[tuple[str, Body]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    raw_answers: dict[str, RawAnswer] = field(default_factory=dict)
    url: str = ""

    def put(self, group: str, stream: str, at_ms: int, message: str | Body, late_ms: int = 1000) -> None:
        """Add one event to a log group."""
        events = self.groups.setdefault(group, [])
        text = message if isinstance(message, str) else json.dumps(message)
        events.append({"logStreamName": stream, "timestamp": at_ms, "message": text,
                       "ingestionTime": at_ms + late_ms, "eventId": f"{group}-{len(events)}"})  # fmt: skip

    def asked(self, operation: str) -> list[Body]:
        """The parameters of every call of an operation, in order."""
        return [body for name, body in self.seen if name == operation]

    def answer(self, operation: str, asked: Body) -> tuple[int, str]:
        """Status and body of one call."""
        self.seen.append((operation, asked))
        fault = next((each for each in self.faults if each.fits(operation, asked)), None)
        if fault is not None:
            fault.times -= 1
            if not fault.cut:
                return fault.status, json.dumps({"__type": fault.code, "message": f"refused: {fault.code}"})
        if operation == "GetCallerIdentity":
            return IDENTITY_STATUS, IDENTITY.replace("%s", self.account_id)
        known: dict[str, Callable[[Body], tuple[int, Body]]] = {
            "FilterLogEvents": self._events,
            "DescribeLogGroups": self._groups,
            "GetModelInvocationLoggingConfiguration": lambda _: (200, self.logging),
            "GetTraceSegmentDestination": self._destination,
            "GetTraceSummaries": self._summaries,
            "BatchGetTraces": self._traces,
            "ListMetrics": self._metrics,
            "GetMetricData": self._data,
            **self.answers,
        }
        status, body = known.get(operation, self._unknown)(asked)
        text = json.dumps(body)
        if fault is None:
            return status, text
        return status, text[: len(text) // 2] if fault.instead is None else fault.instead

    def _events(self, asked: Body) -> tuple[int, Body]:
        group = asked["logGroupName"]
        if group not in self.groups:
            return 400, {"__type": "ResourceNotFoundException", "message": "no such group"}
        if self.classes.get(group, "STANDARD") != "STANDARD":
            return 400, {"__type": "InvalidOperationException", "message": "not supported for this class"}
        found = [
            event
            for event in sorted(self.groups[group], key=lambda each: (each["timestamp"], each["eventId"]))
            if asked["startTime"] <= event["timestamp"] <= asked["endTime"]
            and event["logStreamName"].startswith(asked.get("logStreamNamePrefix", ""))
        ]
        return 200, {"searchedLogStreams": [], **self._page(found, asked.get("nextToken"), "events", "nextToken")}

    def _unknown(self, _: Body) -> tuple[int, Body]:
        return 400, {"__type": "UnknownOperationException", "message": "this account knows no such call"}

    def paged(self, found: list[Any], asked: Body, key: str, more: str = "nextToken") -> tuple[int, Body]:
        """Short pages of a list with empty ones in between, for an answer of your own."""
        return 200, self._page(found, asked.get(more), key, more)

    def _page(self, found: list[Any], token: str | None, key: str, next_key: str) -> Body:
        """A short page; before every second one comes an empty one that says there is more."""
        at, _, empty_seen = (token or "0").partition("e")
        start = int(at)
        if start and not empty_seen:
            return {key: [], next_key: f"{start}e1"}
        rest = {next_key: str(start + self.page_events)} if start + self.page_events < len(found) else {}
        return {key: found[start : start + self.page_events], **rest}

    def _groups(self, asked: Body) -> tuple[int, Body]:
        prefix = asked.get("logGroupNamePrefix", "")
        found = [
            {
                "logGroupName": name,
                "logGroupClass": self.classes.get(name, "STANDARD"),
                **({"retentionInDays": self.retention[name]} if name in self.retention else {}),
            }
            for name in sorted(self.groups)
            if name.startswith(prefix)
        ]
        return 200, self._page(found, asked.get("nextToken"), "logGroups", "nextToken")

    def _destination(self, _: Body) -> tuple[int, Body]:
        if self.destination is None:
            return 404, {"__type": "UnknownOperationException", "message": "unknown"}
        return 200, self.destination

    def _summaries(self, asked: Body) -> tuple[int, Body]:
        if asked["EndTime"] - asked["StartTime"] > 6 * 3600:
            return 400, {"__type": "InvalidRequestException", "message": "Time range cannot be longer than 6 hours"}
        found = [
            {
                "Id": trace_id,
                "StartTime": min(each["start_time"] for each in documents),
                "IsPartial": any(each.get("in_progress") for each in documents),
            }
            for trace_id, documents in self.documents.items()
            if any(asked["StartTime"] <= each["start_time"] < asked["EndTime"] for each in documents)
        ]
        return 200, self._page(found, asked.get("NextToken"), "TraceSummaries", "NextToken")

    def _traces(self, asked: Body) -> tuple[int, Body]:
        if len(asked["TraceIds"]) > 5:
            return 400, {"__type": "InvalidRequestException", "message": "too many ids"}
        left = [each for each in asked["TraceIds"] if self.unprocessed.get(each, 0) > 0]
        for each in left:
            self.unprocessed[each] -= 1
        traces = [
            {
                "Id": each,
                "Segments": [{"Id": doc.get("id"), "Document": json.dumps(doc)} for doc in self.documents[each]],
            }
            for each in asked["TraceIds"]
            if each not in left and each in self.documents
        ]
        return 200, {"Traces": traces, "UnprocessedTraceIds": left}

    def _metrics(self, asked: Body) -> tuple[int, Body]:
        found = [each for each in self.series if each["Namespace"] == asked["Namespace"]]
        return 200, self._page(found, asked.get("NextToken"), "Metrics", "NextToken")

    def _data(self, asked: Body) -> tuple[int, Body]:
        stats = {each["MetricStat"]["Stat"] for each in asked["MetricDataQueries"]}
        if stats & self.refused_stats:
            return 500, {"__type": "InternalServiceFault", "message": "cannot compute"}
        at = int(asked.get("NextToken") or 0)
        some = asked["MetricDataQueries"][at : at + self.page_events]
        results = [self._result(query, asked) for query in some]
        more = at + self.page_events < len(asked["MetricDataQueries"])
        return 200, {"MetricDataResults": results, **({"NextToken": str(at + self.page_events)} if more else {})}

    def _result(self, query: Body, asked: Body) -> Body:
        stat = query["MetricStat"]
        points = [(at, value) for at, value in self.points.get(key_of(stat["Metric"], stat["Stat"]), [])
                  if asked["StartTime"] <= at < asked["EndTime"]]  # fmt: skip
        return {"Id": query["Id"], "Label": stat["Stat"], "StatusCode": "Complete",
                "Timestamps": [at for at, _ in points], "Values": [value for _, value in points]}  # fmt: skip


def key_of(metric: Body, stat: str) -> str:
    """The name of one statistic of one series with exactly these dimensions."""
    dimensions = sorted((each["Name"], each["Value"]) for each in metric.get("Dimensions", []))
    return f"{metric['Namespace']}|{metric['MetricName']}|{dimensions}|{stat}"


@cache
def _routes() -> list[tuple[str, re.Pattern[str], str]]:
    """Method, path and operation of every REST call, from botocore's own models; the plainest paths first."""
    loader, found = Loader(), []
    for service in REST_SERVICES:
        for name, each in loader.load_service_model(service, "service-2")["operations"].items():
            path = each["http"]["requestUri"].partition("?")[0].rstrip("/")
            parts = [f"(?P<{part.strip('{}+')}>.+?)" if part.startswith("{") and part.endswith("+}")
                     else f"(?P<{part.strip('{}')}>[^/]+)" if part.startswith("{") else re.escape(part)
                     for part in re.split(r"(\{[^}]+\})", path)]  # fmt: skip
            found.append((each["http"]["method"], re.compile("".join(parts) + "/?"), name))
    return sorted(found, key=lambda route: (route[1].pattern.count("(?P<"), -len(route[1].pattern)))


def resolve(method: str, path: str) -> tuple[str, Body]:
    """The operation behind a REST call, with the parameters of its path and query."""
    place, _, query = path.partition("?")
    asked: Body = {key: values[0] for key, values in parse_qs(query).items()}
    for verb, pattern, operation in _routes():
        found = pattern.fullmatch(unquote(place))
        if verb == method and found is not None:
            return operation, {**found.groupdict(), **asked}
    return "Unknown", asked


def _handler(aws: FakeAws) -> type[BaseHTTPRequestHandler]:
    """What answers one connection."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(*resolve("GET", self.path))

        def do_PUT(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            if "x-www-form-urlencoded" in self.headers.get("Content-Type", ""):
                self._reply(parse_qs(text)["Action"][0], {})
            elif target:
                self._reply(target, json.loads(text or "{}"))
            else:
                operation, asked = resolve(self.command, self.path)
                self._reply(operation, {**asked, **json.loads(text or "{}")})

        def _reply(self, operation: str, asked: Body) -> None:
            if operation in aws.raw_answers:
                aws.seen.append((operation, asked))
                self._send(*aws.raw_answers[operation](asked))
                return
            status, body = aws.answer(operation, asked)
            self._send(status, body.encode(), {"Content-Type": "text/xml" if body[:1] == "<" else "application/json"})

        def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def serving(aws: FakeAws) -> Iterator[FakeAws]:
    """Serve it on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(aws))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    aws.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield aws
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
