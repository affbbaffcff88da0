"""An account made from a seed that answers what the collectors ask, page by page and in AWS's own shapes.

It goes the way of a real account from the fetch on: nothing after this module knows that the records are invented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from inspect import signature
from typing import Any

from collectors.aws import CallCount, Page, exhaust
from collectors.demo import evaluations, segments
from collectors.demo.absent import EMPTY
from collectors.demo.chance import day_of
from collectors.demo.facts import Task
from collectors.demo.groups import Clock, Group, every_group, lines
from collectors.demo.inventory import Inventory
from collectors.demo.metrics import data_pages, every_series
from collectors.demo.records import Line
from collectors.demo.shapes import ACCOUNT_ID, EPOCH, INVOCATION_GROUP, REGION, WEEKS
from collectors.demo.world import AGENTS, SUPPLY
from collectors.errors import AwsRefused, NotFound

PAGE_EVENTS = 10_000
PAGE_BYTES = 1_000_000
EMPTY_PAGE_EVERY = 6
LONGEST_TRACE_WINDOW = timedelta(hours=6)
TRACES_PER_PAGE, TRACES_PER_BATCH, SERIES_PER_PAGE = 100, 5, 500
DAY = timedelta(days=1)
CONTROL = "bedrock-agentcore-control"
EVALUATION_CALLS: dict[str, Callable[..., Page]] = {
    "ListOnlineEvaluationConfigs": evaluations.list_configs,
    "GetOnlineEvaluationConfig": evaluations.get_config,
    "ListEvaluators": evaluations.list_evaluators,
    "GetEvaluator": evaluations.get_evaluator,
}
PHRASE = re.compile(r'"[^"]+"')
# Made in one pass by a generator; a single call starts the generator where its token points.
STREAMED = {("logs", "FilterLogEvents"), ("cloudwatch", "GetMetricData")}


class DemoAccount:
    """Twelve weeks of ten invented agents up to `end` (naive UTC; default the current hour, floored).

    The same seed gives the same records; a later `end` adds to them. Raises ValueError for an `end` that is too early.
    """

    def __init__(self, seed: int = 7, end: datetime | None = None) -> None:
        self.account_id = ACCOUNT_ID
        self.region = REGION
        self.calls = CallCount()
        self.end = end or datetime.now(UTC).replace(tzinfo=None, minute=0, second=0, microsecond=0)
        self.begin = self.end - timedelta(weeks=WEEKS)
        if self.begin.date() < EPOCH:
            raise ValueError(
                f"The demo account has no records before {EPOCH}: let it end {WEEKS} weeks after that or later."
            )
        self.clock = Clock(seed, milliseconds(self.begin), milliseconds(self.end))
        self._groups = every_group()
        self._traces: dict[date, list[Task]] = {}
        self._answers: dict[tuple[str, str], Callable[..., Page | Iterator[Page]]] = {
            ("sts", "GetCallerIdentity"): self._caller,
            ("bedrock", "GetModelInvocationLoggingConfiguration"): self._logging_configuration,
            ("logs", "DescribeLogGroups"): self._describe_log_groups,
            ("logs", "DescribeLogStreams"): self._describe_log_streams,
            ("logs", "FilterLogEvents"): self._filter_log_events,
            ("xray", "GetTraceSegmentDestination"): self._segment_destination,
            ("xray", "GetTraceSummaries"): self._trace_summaries,
            ("xray", "BatchGetTraces"): self._batch_get_traces,
            ("cloudwatch", "ListMetrics"): self._list_metrics,
            ("cloudwatch", "GetMetricData"): self._get_metric_data,
            **{(CONTROL, name): answer for name, answer in EVALUATION_CALLS.items()},
            **_inventory_calls(Inventory(self.begin, self.end)),
        }

    def call(self, service: str, operation: str, **parameters: Any) -> Page:
        """One call. Raises AwsRefused for a call or a parameter that it does not know, NotFound for a log group."""
        answer = self._ask(service, operation, parameters)
        page: Page = answer if isinstance(answer, dict) else next(answer)
        self._count(service, operation, parameters, page)
        return page

    def pages(self, service: str, operation: str, **parameters: Any) -> Iterator[Page]:
        """Every page of a call, in order, empty ones included: the same as following the tokens of `call`."""
        if (service, operation) not in STREAMED:
            yield from exhaust(self.call, service, operation, parameters)
            return
        for page in self._ask(service, operation, parameters):
            self._count(service, operation, parameters, page)
            yield page

    def _count(self, service: str, operation: str, parameters: dict[str, Any], page: Page) -> None:
        self.calls.request(service, operation)
        self.calls.answered(service, operation, parameters, page)

    def _ask(self, service: str, operation: str, parameters: dict[str, Any]) -> Any:
        if (service, operation) in EMPTY:
            return dict(EMPTY[service, operation])
        answer = self._answers.get((service, operation))
        if answer is None:
            known = ", ".join(f"{each}:{name}" for each, name in sorted(self._answers))
            raise AwsRefused(f"The demo account does not answer {service}:{operation}.", f"It answers {known}.")
        try:
            signature(answer).bind(**parameters)
        except TypeError as error:
            raise AwsRefused(
                f"The demo account cannot take these parameters of {service}:{operation}: {error}.",
                "Ask with the parameters that the collectors use.",
            ) from error
        return answer(**parameters)

    def _caller(self) -> Page:
        return {"UserId": "AIDADEMO", "Account": ACCOUNT_ID, "Arn": f"arn:aws:iam::{ACCOUNT_ID}:user/demo"}

    def _logging_configuration(self) -> Page:
        return {
            "loggingConfig": {
                "cloudWatchConfig": {
                    "logGroupName": INVOCATION_GROUP,
                    "roleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/bedrock-logging",
                },
                "textDataDeliveryEnabled": True,
                "imageDataDeliveryEnabled": False,
                "embeddingDataDeliveryEnabled": False,
            }
        }

    def _describe_log_groups(self, logGroupNamePrefix: str = "") -> Page:
        return {
            "logGroups": [
                self._describe(each) for name, each in self._groups.items() if name.startswith(logGroupNamePrefix)
            ]
        }

    def _describe_log_streams(self, logGroupName: str, logStreamNamePrefix: str = "") -> Page:
        """Only the stream of spans is looked for: agents that write to their own group have it."""
        own = any(agent.writes_to == logGroupName for agent in AGENTS) and "spans".startswith(logStreamNamePrefix)
        return {"logStreams": [{"logStreamName": "spans"}] if own else []}

    def _describe(self, group: Group) -> Page:
        arn = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{group.name}"
        return {
            "logGroupName": group.name,
            "arn": f"{arn}:*",
            "logGroupArn": arn,
            "creationTime": self.clock.begin_ms,
            "retentionInDays": group.retention_days,
            "metricFilterCount": 0,
            "storedBytes": 0,
            "logGroupClass": "STANDARD",
        }

    def _filter_log_events(
        self,
        logGroupName: str,
        startTime: int | None = None,
        endTime: int | None = None,
        limit: int = PAGE_EVENTS,
        logStreamNamePrefix: str = "",
        logStreamNames: list[str] | None = None,
        filterPattern: str = "",
        nextToken: str | None = None,
    ) -> Iterator[Page]:
        group = self._groups.get(logGroupName)
        if group is None:
            raise NotFound(
                f"logs:FilterLogEvents: {logGroupName} does not exist.",
                "Take a name that DescribeLogGroups gives.",
                code="ResourceNotFoundException",
            )
        first_ms = self.clock.begin_ms if startTime is None else startTime
        until_ms = self.clock.end_ms if endTime is None else endTime + 1
        if filterPattern and not PHRASE.fullmatch(filterPattern):
            raise AwsRefused(
                f"The demo account cannot filter by {filterPattern}.", "It knows one phrase in quotation marks."
            )
        phrase = filterPattern.strip('"')
        at_ms, passed, number = (int(part) for part in nextToken.split(":")) if nextToken else (first_ms, 0, 0)
        found = (
            line
            for line in lines(self.clock, group, at_ms, until_ms)
            if line.stream.startswith(logStreamNamePrefix)
            and (logStreamNames is None or line.stream in logStreamNames)
            and phrase in line.text
        )
        return self._paged(found, at_ms, passed, number, limit)

    def _paged(self, found: Iterator[Line], at_ms: int, passed: int, number: int, limit: int) -> Iterator[Page]:
        """Cut lines into pages. A token says where the next page begins: its time, the lines of that ms that are
        passed, and the page's number; every sixth page is empty, as AWS's are now and then."""
        events: list[Page] = []
        size, same_ms, to_pass = 0, 0, passed
        if number % EMPTY_PAGE_EVERY == 1:
            number += 1
            yield self._page([], 0, f"{at_ms}:{passed}:{number}")
        for line in found:
            same_ms = same_ms + 1 if line.at_ms == at_ms else 1
            at_ms = line.at_ms
            if to_pass:
                to_pass -= 1
                continue
            if events and (len(events) >= limit or size + len(line.text) > PAGE_BYTES):
                number += 1
                yield self._page(events, size, f"{at_ms}:{same_ms - 1}:{number}")
                events, size = [], 0
                if number % EMPTY_PAGE_EVERY == 1:
                    number += 1
                    yield self._page([], 0, f"{at_ms}:{same_ms - 1}:{number}")
            events.append(_event(line))
            size += len(line.text)
        yield self._page(events, size, None)

    def _page(self, events: list[Page], size: int, token: str | None) -> Page:
        self.calls.bytes += size
        return {"events": events, "searchedLogStreams": []} | ({"nextToken": token} if token else {})

    def _segment_destination(self) -> Page:
        return {"Destination": "XRay", "Status": "ACTIVE"}

    def _trace_summaries(
        self,
        StartTime: datetime,
        EndTime: datetime,
        TimeRangeType: str = "TraceId",
        Sampling: bool = False,
        NextToken: str | None = None,
    ) -> Page:
        if _naive(EndTime) - _naive(StartTime) > LONGEST_TRACE_WINDOW:
            raise AwsRefused(
                "xray:GetTraceSummaries: Time range cannot be longer than 6 hours.",
                "Ask for shorter windows.",
                code="InvalidRequestException",
            )
        start, end = milliseconds(_naive(StartTime)) / 1000, milliseconds(_naive(EndTime)) / 1000
        found = []
        for task in self._traced(_naive(StartTime).date() - DAY, _naive(EndTime).date()):
            began, ended = segments.bounds(task)
            seen_from = ended if TimeRangeType == "Event" else began
            if began < end and seen_from >= start:
                found.append(task)
        at = int(NextToken or 0)
        page: Page = {
            "TraceSummaries": [segments.summary(task) for task in found[at : at + TRACES_PER_PAGE]],
            "ApproximateTime": StartTime,
            "TracesProcessedCount": len(found),
        }
        return page | ({"NextToken": str(at + TRACES_PER_PAGE)} if at + TRACES_PER_PAGE < len(found) else {})

    def _batch_get_traces(self, TraceIds: list[str]) -> Page:
        if len(TraceIds) > TRACES_PER_BATCH:
            raise AwsRefused(
                "xray:BatchGetTraces takes at most 5 trace ids.", "Ask in batches.", code="InvalidRequestException"
            )
        days = {day_of(int(each.split("-")[1], 16) * 1000) for each in TraceIds}
        near = {segments.xray_id(task): task for day in sorted(days) for task in self._traced(day - DAY, day)}
        return {
            "Traces": [segments.trace(near[each]) for each in TraceIds if each in near],
            "UnprocessedTraceIds": [],
        }

    def _traced(self, first: date, last: date) -> Iterator[Task]:
        """The Lambda tasks of those days that had ended when the account ends; the days asked for last are kept."""
        while first <= last:
            if first not in self._traces:
                if len(self._traces) > 7:
                    self._traces.clear()
                self._traces[first] = self.clock.tasks(SUPPLY, first)
            yield from (task for task in self._traces[first] if task.end_ns < self.clock.end_ms * 1_000_000)
            first += DAY

    def _list_metrics(
        self,
        Namespace: str | None = None,
        MetricName: str | None = None,
        Dimensions: list[Page] | None = None,
        RecentlyActive: str | None = None,
        NextToken: str | None = None,
    ) -> Page:
        asked = {(each["Name"], each["Value"]) for each in Dimensions or []}
        found = [
            each
            for each in every_series()
            if Namespace in (None, each.namespace)
            and MetricName in (None, each.metric)
            and asked <= set(each.dimensions)
        ]
        at = int(NextToken or 0)
        page: Page = {"Metrics": [each.described() for each in found[at : at + SERIES_PER_PAGE]]}
        return page | ({"NextToken": str(at + SERIES_PER_PAGE)} if at + SERIES_PER_PAGE < len(found) else {})

    def _get_metric_data(
        self,
        MetricDataQueries: list[Page],
        StartTime: datetime,
        EndTime: datetime,
        ScanBy: str = "TimestampDescending",
        NextToken: str | None = None,
    ) -> Iterator[Page]:
        start_ms, end_ms = milliseconds(_naive(StartTime)), milliseconds(_naive(EndTime))
        return data_pages(
            self.clock, MetricDataQueries, start_ms, end_ms, ScanBy == "TimestampDescending", int(NextToken or 0)
        )


def _inventory_calls(inventory: Inventory) -> dict[tuple[str, str], Callable[..., Page]]:
    return {
        (CONTROL, "ListAgentRuntimes"): inventory.list_runtimes,
        (CONTROL, "ListAgentRuntimeVersions"): inventory.list_versions,
        (CONTROL, "ListAgentRuntimeEndpoints"): inventory.list_endpoints,
        (CONTROL, "GetAgentRuntime"): inventory.get_runtime,
        (CONTROL, "ListTagsForResource"): lambda **_: {"tags": {}},
        ("bedrock", "ListInferenceProfiles"): inventory.list_profiles,
        ("bedrock", "ListGuardrails"): inventory.list_guardrails,
        ("bedrock", "ListTagsForResource"): inventory.list_tags,
        ("lambda", "ListFunctions"): inventory.list_functions,
        ("lambda", "GetFunctionConfiguration"): inventory.get_function,
        ("lambda", "ListAliases"): inventory.list_function_aliases,
    }


def _event(line: Line) -> Page:
    return {
        "logStreamName": line.stream,
        "timestamp": line.at_ms,
        "message": line.text,
        "ingestionTime": line.at_ms + 900 + line.number % 4000,
        "eventId": f"3{line.at_ms:019d}{line.number:036d}",
    }


def _naive(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 of a naive UTC moment."""
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000)
