"""CloudWatch metrics of Bedrock and its guardrails, as AWS counted them itself.

Series are discovered, never guessed: each is read with the exact dimension set it has, because the sets of one metric
are different projections of the same events.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.aws import Account, Page
from collectors.errors import AccessDenied, AwsRefused, NotSetUp, PageIncomplete
from collectors.landing import Landing
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Reading, Source
from collectors.window import Window
from sql.warehouse import Scope

KEY = "cloudwatch_metrics"
NAMESPACES = ("AWS/Bedrock", "AWS/Bedrock/Guardrails")
PERIOD = timedelta(seconds=300)
PERIOD_SECONDS = 300
QUERIES_PER_CALL = 500
COUNT_STATS = ("Sum",)
TIME_STATS = ("Sum", "SampleCount", "p50", "p95")
PERCENTILES = ("p50", "p95")


@dataclass(frozen=True)
class Series:
    """One metric with one exact dimension set."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]

    @property
    def is_time(self) -> bool:
        """Whether it measures milliseconds."""
        return self.metric.endswith("Latency") or self.metric == "TimeToFirstToken"


@dataclass(frozen=True)
class Query:
    """One statistic of one series."""

    series: Series
    stat: str


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """One scope a namespace."""
    return [Scope(KEY, account.account_id, account.region, namespace) for namespace in NAMESPACES]


def fetch_metrics(account: Account, namespace: str) -> Iterator[Page]:
    """Pages of the metrics that exist in a namespace; those idle for two weeks are not listed."""
    return account.pages("cloudwatch", "ListMetrics", Namespace=namespace)


def parse_metrics(pages: Iterator[Page]) -> list[Series]:
    """Each series once, sorted."""
    return sorted(
        {
            Series(
                each["Namespace"],
                each["MetricName"],
                tuple(sorted((part["Name"], part["Value"]) for part in each.get("Dimensions") or [])),
            )
            for page in pages
            for each in page["Metrics"]
        },
        key=lambda series: (series.metric, series.dimensions),
    )


def queries(series: list[Series]) -> list[Query]:
    """What adds up, and the percentiles of times, which are never averaged. A mean is Sum / SampleCount."""
    return [Query(each, stat) for each in series for stat in (TIME_STATS if each.is_time else COUNT_STATS)]


def fetch_points(account: Account, asked: list[Query], window: Window) -> Iterator[Page]:
    """Pages of the datapoints of at most 500 queries."""
    return account.pages(
        "cloudwatch",
        "GetMetricData",
        MetricDataQueries=[_query(f"q{number}", query) for number, query in enumerate(asked)],
        StartTime=window.start.replace(tzinfo=UTC),
        EndTime=window.end.replace(tzinfo=UTC),
        ScanBy="TimestampAscending",
    )


def parse_points(page: Page, asked: list[Query], scope: Scope) -> Iterator[dict[str, Any]]:
    """Rows of a page. Raises AccessDenied, AwsRefused or PageIncomplete for a result that is not whole."""
    for result in page["MetricDataResults"]:
        query = asked[int(str(result["Id"])[1:])]
        times, values = result.get("Timestamps") or [], result.get("Values") or []
        _check_result(result, query, len(times) == len(values))
        common = {
            "account_id": scope.account_id,
            "region": scope.region,
            "namespace": query.series.namespace,
            "metric": query.series.metric,
            "dimensions": json.dumps(dict(query.series.dimensions), sort_keys=True),
            "stat": query.stat,
            "period_s": PERIOD_SECONDS,
            "unit": _unit(query),
        }
        for at, value in zip(times, values, strict=True):
            yield {**common, "at": _naive(at), "value": float(value)}


def collect(reading: Reading) -> None:
    """Read one window of a namespace. Raises NotSetUp where it has no metrics."""
    account, scope, window, landing = reading.account, reading.scope, reading.window, reading.landing
    series = parse_metrics(fetch_metrics(account, scope.name))
    if not series:
        raise NotSetUp(
            f"CloudWatch has had no metric in {scope.name} for two weeks.",
            "Nothing to do: metrics appear with the first model call (Guardrails: with the first guardrail check).",
        )
    asked = queries(series)
    for first in range(0, len(asked), QUERIES_PER_CALL):
        _collect_some(account, scope, window, landing, asked[first : first + QUERIES_PER_CALL])


def _collect_some(account: Account, scope: Scope, window: Window, landing: Landing, asked: list[Query]) -> None:
    """All statistics in one call; where that is refused, each percentile alone, so that one cannot lose the rest."""
    try:
        _land_points(account, scope, window, landing, asked)
        return
    except AwsRefused:
        if not any(query.stat in PERCENTILES for query in asked):
            raise
    _land_points(account, scope, window, landing, [query for query in asked if query.stat not in PERCENTILES])
    for stat in PERCENTILES:
        some = [query for query in asked if query.stat == stat]
        try:
            _land_points(account, scope, window, landing, some)
        except AwsRefused:
            for _ in some:
                landing.skip(f"stat_refused_{stat}")


def _land_points(account: Account, scope: Scope, window: Window, landing: Landing, asked: list[Query]) -> None:
    for page in fetch_points(account, asked, window) if asked else ():
        for row in parse_points(page, asked, scope):
            landing.row(row)


def _query(name: str, query: Query) -> dict[str, Any]:
    dimensions = [{"Name": key, "Value": value} for key, value in query.series.dimensions]
    metric = {"Namespace": query.series.namespace, "MetricName": query.series.metric, "Dimensions": dimensions}
    return {
        "Id": name,
        "MetricStat": {"Metric": metric, "Period": PERIOD_SECONDS, "Stat": query.stat},
        "ReturnData": True,
    }


def _check_result(result: Page, query: Query, paired: bool) -> None:
    status = result.get("StatusCode", "Complete")
    what = f"{query.stat} of {query.series.metric} in {query.series.namespace}"
    if status == "Forbidden":
        raise AccessDenied(f"AWS denied cloudwatch:GetMetricData for {what}.", "Allow cloudwatch:GetMetricData on *.")
    if status == "InternalError":
        raise AwsRefused(f"CloudWatch failed to compute {what}.", "Run again.", retry_helps=True, code=status)
    if not paired:
        raise PageIncomplete(
            f"cloudwatch:GetMetricData gave times without values for {what}.", "Run again.", retry_helps=True
        )


def _unit(query: Query) -> str:
    return "Milliseconds" if query.series.is_time and query.stat != "SampleCount" else "Count"


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


SOURCE = Source(
    key=KEY,
    title="CloudWatch metrics of Bedrock",
    feeds=("metric_points",),
    actions=(Grant(("cloudwatch:ListMetrics", "cloudwatch:GetMetricData")),),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(hours=3),
    about=About(
        reads="Datapoints that CloudWatch keeps of Bedrock and its guardrails, by GetMetricData.",
        feeds="The table metric_points, to compare our counts with those of AWS; no KPI is unknown without it.",
        cost="GetMetricData: 0.01 USD per 1,000 metrics asked for.",
        lag="One to three minutes; the last three hours are read again every time.",
        switch_on="Nothing to do: metrics appear with the first model call.",
    ),
    grid=PERIOD,
)
