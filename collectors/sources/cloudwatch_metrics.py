"""CloudWatch metrics of Bedrock, AgentCore and the services that host agents, as AWS counted them itself.

Series are discovered, never guessed. Each is read with the exact dimension set it has, and only where
collectors/namespaces.py wants that set, because the sets of one metric are different projections of the same events.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from collectors.aws import Account, Page
from collectors.errors import AccessDenied, AwsRefused, NotSetUp, PageIncomplete
from collectors.landing import Landing
from collectors.metric_hosts import Dimension, belongs_to, host_dimensions
from collectors.namespaces import KNOWN, PERCENTILES, Namespace, Series, Wanted, namespace, wanted
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Option, Reading, Source, kept
from collectors.window import Window
from sql.warehouse import Scope

KEY = "cloudwatch_metrics"
EVALUATION_NAMESPACES = "evaluation_namespaces"
PERIOD = timedelta(seconds=300)
PERIOD_SECONDS = 300
QUERIES_PER_CALL = 500
OVERLAP = timedelta(hours=3)
# A window of the usual rhythm: then metrics that had no point for three hours have nothing new to give.
USUAL = OVERLAP + timedelta(hours=1)
RECENTLY = "PT3H"


@dataclass(frozen=True)
class Query:
    """One statistic of one series."""

    series: Series
    line: Wanted
    stat: str

    @property
    def unit(self) -> str:
        """The unit of its values."""
        return "Count" if self.stat == "SampleCount" else self.line.measure.unit


def clock() -> datetime:
    """Now, naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """One scope a namespace."""
    names = dict.fromkeys([*KNOWN, *settings.options.get(EVALUATION_NAMESPACES, ())])
    return [Scope(KEY, account.account_id, account.region, name) for name in names]


def fetch_metrics(
    account: Account, name: str, host: Dimension | None = None, recently: str | None = None
) -> Iterator[Page]:
    """Pages of the metrics that exist in a namespace; those idle for two weeks are not listed."""
    choice = {} if host is None else {"Dimensions": [{"Name": host[0], "Value": host[1]}]}
    more = {} if recently is None else {"RecentlyActive": recently}
    return account.pages("cloudwatch", "ListMetrics", Namespace=name, **choice, **more)


def parse_metrics(pages: Iterable[Page]) -> list[Series]:
    """Each series once, sorted."""
    found = {
        Series(
            each["Namespace"],
            each["MetricName"],
            tuple(sorted((part["Name"], part["Value"]) for part in each.get("Dimensions") or [])),
        )
        for page in pages
        for each in page["Metrics"]
    }
    return sorted(found, key=lambda series: (series.metric, series.dimensions))


def queries(series: Iterable[Series]) -> tuple[list[Query], list[str]]:
    """The wanted statistics, those of one series side by side, and why the other series are not read."""
    lines = [(each, wanted(each)) for each in series]
    asked = [Query(each, line, stat) for each, line in lines if isinstance(line, Wanted) for stat in line.measure.stats]
    return asked, [line for _, line in lines if isinstance(line, str)]


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


def parse_points(page: Page, asked: list[Query]) -> Iterator[str]:
    """One record a result with points. Raises AccessDenied, AwsRefused or PageIncomplete for one that is not whole."""
    for result in page["MetricDataResults"]:
        query = asked[int(str(result["Id"])[1:])]
        times, values = result.get("Timestamps") or [], result.get("Values") or []
        _check_result(result, query, len(times) == len(values))
        if times:
            yield json.dumps({**_facts(query), "times": [int(at.timestamp()) for at in times], "values": values})


def collect(reading: Reading) -> None:
    """Read one window of a namespace. Raises NotSetUp where it has no metrics."""
    space = namespace(reading.scope.name)
    asked, unwanted = queries(find_series(reading, space))
    for reason in unwanted:
        reading.landing.skip(reason)
    for first in range(0, len(asked), QUERIES_PER_CALL):
        _collect_some(reading, asked[first : first + QUERIES_PER_CALL])


def find_series(reading: Reading, space: Namespace) -> list[Series]:
    """The series to look at. Raises NotSetUp where there has been none for two weeks."""
    hosts = _hosts(reading, space)
    recently = RECENTLY if is_usual(reading.window) else None
    found = _listed(reading, space, hosts, recently)
    if not found and not (recently and _listed(reading, space, hosts, None)):
        raise NotSetUp(
            f"CloudWatch has had no metric in {space.name} for two weeks"
            + (" of the hosts that ledger.toml declares." if space.of_hosts else "."),
            f"Nothing to do: metrics appear with {space.starts_with}.",
        )
    return found


def is_usual(window: Window) -> bool:
    """Whether the window is one of many that end now: what fell silent before it has been read already."""
    return window.end - window.start <= USUAL and window.end > clock() - timedelta(hours=1)


def _hosts(reading: Reading, space: Namespace) -> list[Dimension | None]:
    """Whose series to list: None stands for everybody's."""
    if not space.of_hosts:
        return [None]
    scope = reading.scope
    found = host_dimensions(space.name, reading.settings.hosts, scope.account_id, scope.region)
    if not found:
        raise NotSetUp(
            f"No host of an agent in ledger.toml is one of {space.name} here.",
            "Name the agent's function, state machine or API, or its ARN, in `hosts` of its [[agents]] table.",
        )
    return list(found)


def _listed(reading: Reading, space: Namespace, hosts: list[Dimension | None], recently: str | None) -> list[Series]:
    pages = (page for host in hosts for page in fetch_metrics(reading.account, space.name, host, recently))
    found = parse_metrics(pages)
    named = [host for host in hosts if host is not None]
    ours = [each for each in found if belongs_to(each, named)] if named else found
    for _ in range(len(found) - len(ours)):
        reading.landing.skip("other_host")
    return ours


def _collect_some(reading: Reading, asked: list[Query]) -> None:
    """All statistics in one call; where that is refused, each percentile alone, so that one cannot lose the rest."""
    try:
        _land_points(reading, asked)
        return
    except AwsRefused:
        if not any(query.stat in PERCENTILES for query in asked):
            raise
    _land_points(reading, [query for query in asked if query.stat not in PERCENTILES])
    for stat in PERCENTILES:
        some = [query for query in asked if query.stat == stat]
        try:
            _land_points(reading, some)
        except AwsRefused:
            for _ in some:
                reading.landing.skip(f"stat_refused_{stat}")


def _land_points(reading: Reading, asked: list[Query]) -> None:
    for page in fetch_points(reading.account, asked, reading.window) if asked else ():
        land_page(page, asked, reading.landing)


def land_page(page: Page, asked: list[Query], landing: Landing) -> None:
    """Hand over the points of one page."""
    for record in parse_points(page, asked):
        name = sha256(record.encode()).hexdigest()[:24]
        landing.record(record, at_ms=None, ingested_ms=None, event_id=name, group=landing.scope.name)


def _query(name: str, query: Query) -> dict[str, object]:
    dimensions = [{"Name": key, "Value": value} for key, value in query.series.dimensions]
    metric = {"Namespace": query.series.namespace, "MetricName": query.series.metric, "Dimensions": dimensions}
    return {
        "Id": name,
        "MetricStat": {"Metric": metric, "Period": PERIOD_SECONDS, "Stat": query.stat},
        "ReturnData": True,
    }


def _facts(query: Query) -> dict[str, object]:
    """What all points of a query have in common."""
    series, line = query.series, query.line
    return {
        "namespace": series.namespace,
        "metric": series.metric,
        "dimensions": json.dumps(dict(series.dimensions), sort_keys=True),
        "stat": query.stat,
        "period_s": PERIOD_SECONDS,
        "unit": query.unit,
        "service": line.service,
        "definition": line.definition,
        "projection": line.projection(series),
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


SOURCE = Source(
    key=KEY,
    title="CloudWatch metrics",
    feeds=("metric_points",),
    actions=(Grant(("cloudwatch:ListMetrics", "cloudwatch:GetMetricData")),),
    scopes=scopes,
    collect=collect,
    overlap=OVERLAP,
    keeps=kept(timedelta(days=63)),
    about=About(
        reads="What CloudWatch counted of Bedrock (models, guardrails, classic agents, the bedrock-mantle "
        "endpoint), of AgentCore (runtime, gateway, policy, memory, identity, browser, code interpreter, "
        "evaluations), and of the Lambda functions, state machines and APIs that ledger.toml names as hosts: "
        "five-minute points, by ListMetrics and GetMetricData. Only the metrics and dimension sets of a fixed "
        "table are read; the others count as skipped.",
        feeds="The tables metric_points and metric_definitions: AWS's own counts beside ours, throttled and failed "
        "calls that leave no record, policy denials by tool, people who take over a browser, AgentCore's "
        "sessions. Without it our counts cannot be compared with those of AWS, and calls to bedrock-mantle "
        "are not counted at all.",
        cost="GetMetricData costs 0.01 USD per 1,000 metrics asked for, at every reading: 200 statistics read "
        "every five minutes are about 0.6 USD a day. In the usual rhythm only series with a point in the last "
        "three hours are asked for. ListMetrics is one call per 500 metrics, 0.01 USD per 1,000 calls beyond "
        "the free million.",
        lag="One to three minutes; resource usage and some others up to an hour. The last three hours are read "
        "again every time. Five-minute points exist for 63 days.",
        switch_on="Nothing to do: metrics appear with the first call. Lambda, Step Functions and API Gateway are read "
        "for the hosts that [[agents]] tables of ledger.toml name.",
    ),
    grid=PERIOD,
    options=(
        Option(
            EVALUATION_NAMESPACES,
            "texts",
            "Further namespaces of AgentCore Evaluations, where a configuration names its own (metricsNamespace).",
        ),
    ),
)
