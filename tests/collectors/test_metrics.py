"""CloudWatch metrics over HTTP: discovered series, exact dimension sets, whole periods, percentiles that may fail."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.sources.cloudwatch_metrics import Query, Series, parse_points, queries
from collectors.window import floor, to_ms
from sql.warehouse import Scope
from tests.collectors.fake_aws import FakeAws, Fault, key_of
from tests.collectors.support import NOW, by_scope, fake, read, rows

NAMESPACE = "AWS/Bedrock"
NAME = f"cloudwatch_metrics {NAMESPACE}"
PERIOD = timedelta(seconds=300)


def series(metric: str, **dimensions: str) -> dict[str, Any]:
    """A metric as ListMetrics names it."""
    pairs = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": pairs}


def add(aws: FakeAws, metric: dict[str, Any], **stats: float) -> datetime:
    """One datapoint of each statistic, in the last whole period but one. Returns its start."""
    at = floor(NOW, PERIOD) - 2 * PERIOD
    aws.series.append(metric)
    for stat, value in stats.items():
        aws.points[key_of(metric, stat)] = [(to_ms(at) / 1000, value)]
    return at


def test_counts_and_times_give_their_own_statistics_with_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        at = add(aws, series("Invocations", ModelId="m"), Sum=7, SampleCount=7)
        add(aws, series("InvocationLatency", ModelId="m"), Sum=900, SampleCount=2, Average=450, p50=400, p95=500)
        done = by_scope(read(tmp_path, "cloudwatch_metrics"))[NAME]
    found = rows(
        tmp_path, 'SELECT metric, stat, value, unit, period_s, dimensions, "at" FROM raw.metric_points ORDER BY 1, 2'
    )
    assert (done.status, done.rows_new) == ("ok", 5)
    assert [row[:4] for row in found] == [
        ("InvocationLatency", "SampleCount", 2.0, "Count"),
        ("InvocationLatency", "Sum", 900.0, "Milliseconds"),
        ("InvocationLatency", "p50", 400.0, "Milliseconds"),
        ("InvocationLatency", "p95", 500.0, "Milliseconds"),
        ("Invocations", "Sum", 7.0, "Count"),
    ]
    assert {row[4:] for row in found} == {(300, '{"ModelId": "m"}', at)}


def test_each_dimension_set_is_its_own_series_and_repeats_are_asked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        add(aws, series("Invocations"), Sum=10)
        add(aws, series("Invocations", ModelId="a"), Sum=4)
        add(aws, series("Invocations", ModelId="a", ServiceTier="flex"), Sum=3)
        aws.series.append(series("Invocations", ServiceTier="flex", ModelId="a"))
        read(tmp_path, "cloudwatch_metrics")
        asked = [len(each["MetricDataQueries"]) for each in aws.asked("GetMetricData")]
    assert set(asked) == {3}
    assert rows(tmp_path, "SELECT dimensions, value FROM raw.metric_points ORDER BY dimensions") == [
        ('{"ModelId": "a", "ServiceTier": "flex"}', 3.0),
        ('{"ModelId": "a"}', 4.0),
        ("{}", 10.0),
    ]


def test_windows_lie_on_whole_periods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        add(aws, series("Invocations"), Sum=1)
        read(tmp_path, "cloudwatch_metrics")
        asked = aws.asked("GetMetricData")[0]
    assert (asked["StartTime"] % 300, asked["EndTime"] % 300) == (0, 0)
    assert asked["EndTime"] == to_ms(NOW - PERIOD) / 1000
    assert {each["MetricStat"]["Period"] for each in asked["MetricDataQueries"]} == {300}


def test_a_percentile_that_is_refused_does_not_lose_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch, refused_stats={"p95"}) as aws:
        add(aws, series("InvocationLatency"), Sum=900, SampleCount=2, Average=450, p50=400, p95=500)
        done = by_scope(read(tmp_path, "cloudwatch_metrics"))[NAME]
    assert (done.status, done.rows_new, done.skipped) == ("ok", 3, 1)
    assert rows(tmp_path, "SELECT stat FROM raw.metric_points ORDER BY stat") == [
        ("SampleCount",),
        ("Sum",),
        ("p50",),
    ]


def test_no_more_than_five_hundred_queries_go_into_one_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch, page_events=400) as aws:
        for number in range(600):
            add(aws, series("Invocations", ModelId=f"m{number:03}"), Sum=1)
        done = by_scope(read(tmp_path, "cloudwatch_metrics"))[NAME]
        asked = [len(each["MetricDataQueries"]) for each in aws.asked("GetMetricData")]
    assert (max(asked), done.rows_new) == (500, 600)


def test_a_namespace_without_metrics_is_not_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch):
        runs = by_scope(read(tmp_path, "cloudwatch_metrics"))
    assert {run.status for run in runs.values()} == {"not_set_up"}


def test_a_denied_call_names_the_action(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        add(aws, series("InvocationLatency"), Sum=1)
        aws.faults.append(Fault("GetMetricData", "AccessDenied", 403))
        done = by_scope(read(tmp_path, "cloudwatch_metrics"))[NAME]
    assert (done.status, done.error_message) == ("failed", "AWS denied cloudwatch:GetMetricData on *.")


@pytest.mark.parametrize(
    ("result", "error"),
    [
        ({"StatusCode": "Forbidden"}, "AccessDenied"),
        ({"StatusCode": "InternalError"}, "AwsRefused"),
        (
            {"StatusCode": "Complete", "Timestamps": [datetime.fromisoformat("2026-11-20T00:00+00:00")]},
            "PageIncomplete",
        ),
    ],
)
def test_a_result_that_is_not_whole_is_an_error(result: dict[str, Any], error: str) -> None:
    asked = queries([Series(NAMESPACE, "Invocations", ())])
    page = {"MetricDataResults": [{"Id": "q0", **result}]}
    with pytest.raises(Exception, match="Sum of Invocations in AWS/Bedrock") as caught:
        list(parse_points(page, asked, Scope("cloudwatch_metrics", "1", "r")))
    assert type(caught.value).__name__ == error


def test_what_is_no_time_has_no_percentiles() -> None:
    stats = {each.stat for each in queries([Series(NAMESPACE, "InputTokenCount", ())])}
    assert stats == {"Sum"}
    assert Query(Series(NAMESPACE, "TimeToFirstToken", ()), "p95") in queries(
        [Series(NAMESPACE, "TimeToFirstToken", ())]
    )
