"""CloudWatch metrics over HTTP: discovered series, exact dimension sets, whole periods, percentiles that may fail."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.namespaces import Series
from collectors.settings import Settings, SourceSettings
from collectors.sources import cloudwatch_metrics
from collectors.sources.cloudwatch_metrics import is_usual, parse_points, queries
from collectors.window import Window, floor, to_ms
from tests.collectors.fake_aws import Body, FakeAws, Fault, key_of
from tests.collectors.support import NOW, by_scope, fake, read, rows

KEY = "cloudwatch_metrics"
NAMESPACE = "AWS/Bedrock"
NAME = f"{KEY} {NAMESPACE}"
PERIOD = timedelta(seconds=300)
DENIED = {"OperationName": "AuthorizeAction", "Mode": "ENFORCE", "TargetResource": "gateway-1", "ToolName": "refund"}


def series(metric: str, namespace: str = NAMESPACE, **dimensions: str) -> dict[str, Any]:
    """A metric as ListMetrics names it."""
    pairs = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return {"Namespace": namespace, "MetricName": metric, "Dimensions": pairs}


def add(aws: FakeAws, metric: dict[str, Any], **stats: float) -> datetime:
    """One datapoint of each statistic, in the last whole period but one. Returns its start."""
    at = floor(NOW, PERIOD) - 2 * PERIOD
    aws.series.append(metric)
    for stat, value in stats.items():
        aws.points[key_of(metric, stat)] = [(to_ms(at) / 1000, value)]
    return at


def with_hosts(home: Path, *hosts: str, **options: Any) -> Settings:
    """Settings in which agents run on these hosts."""
    return Settings(home=home, sources={KEY: SourceSettings(hosts=hosts, options=options)})


def asked_series(aws: FakeAws) -> list[int]:
    """How many statistics each call asked for."""
    return [len(each["MetricDataQueries"]) for each in aws.asked("GetMetricData")]


def test_counts_and_times_give_their_own_statistics_with_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        at = add(aws, series("Invocations", ModelId="m"), Sum=7, SampleCount=7)
        add(aws, series("InvocationLatency", ModelId="m"), Sum=900, SampleCount=2, Average=450, p50=400, p95=500)
        done = by_scope(read(tmp_path, KEY))[NAME]
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


def test_each_wanted_dimension_set_is_its_own_series_and_the_others_are_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        add(aws, series("Invocations"), Sum=10)
        add(aws, series("Invocations", ModelId="a"), Sum=4)
        add(aws, series("Invocations", ModelId="b"), Sum=6)
        add(aws, series("Invocations", ModelId="a", ServiceTier="flex"), Sum=3)
        add(aws, series("OutputImageCount", ModelId="a"), Sum=1)
        aws.series.append(series("Invocations", ModelId="a"))
        done = by_scope(read(tmp_path, KEY))[NAME]
        assert set(asked_series(aws)) == {3}
    assert (done.rows_new, done.skipped) == (3, 2)
    assert rows(tmp_path, "SELECT dimensions, value, projection FROM raw.metric_points ORDER BY dimensions") == [
        ('{"ModelId": "a"}', 4.0, "parts"),
        ('{"ModelId": "b"}', 6.0, "parts"),
        ("{}", 10.0, "total"),
    ]


def test_every_namespace_is_a_scope_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    core, scores = "AWS/Bedrock-AgentCore", "My/Scores"
    with fake(monkeypatch) as aws:
        add(aws, series("DenyDecisions", core, **DENIED), Sum=2)
        add(aws, series("TakerOverCount", core, Operation="BrowserSession", Resource="browser-1"), Sum=1)
        add(aws, series("Tone", scores, **{"service.name": "helper"}), Sum=1.5, SampleCount=2, Minimum=0.5, Maximum=1.0)
        runs = by_scope(read(tmp_path, KEY, settings=with_hosts(tmp_path, evaluation_namespaces=(scores,))))
    assert {name.removeprefix(f"{KEY} "): run.status for name, run in runs.items() if run.status == "ok"} == {
        core: "ok",
        scores: "ok",
    }
    assert rows(tmp_path, "SELECT service, metric, stat, definition FROM raw.metric_points ORDER BY ALL") == [
        ("browser", "TakerOverCount", "Sum", "browser_takeover"),
        ("evaluations", "Tone", "Maximum", "evaluator_score"),
        ("evaluations", "Tone", "Minimum", "evaluator_score"),
        ("evaluations", "Tone", "SampleCount", "evaluator_score"),
        ("evaluations", "Tone", "Sum", "evaluator_score"),
        ("policy", "DenyDecisions", "Sum", "decision_enforced"),
    ]


def test_only_the_series_of_declared_hosts_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        for name in ("refund-tools", "payroll", "website"):
            add(aws, series("Errors", "AWS/Lambda", FunctionName=name), Sum=1)
        runs = by_scope(read(tmp_path, KEY, settings=with_hosts(tmp_path, "refund-tools")))
        listed = [each for each in aws.asked("ListMetrics") if each["Namespace"] == "AWS/Lambda"]
    assert {str(each["Dimensions"]) for each in listed} == {"[{'Name': 'FunctionName', 'Value': 'refund-tools'}]"}
    assert (runs[f"{KEY} AWS/Lambda"].status, runs[f"{KEY} AWS/Lambda"].skipped) == ("ok", 2)
    assert rows(tmp_path, "SELECT dimensions FROM raw.metric_points") == [('{"FunctionName": "refund-tools"}',)]
    assert runs[f"{KEY} AWS/States"].status == "not_set_up"


def test_without_declared_hosts_nothing_is_asked_about_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        add(aws, series("Errors", "AWS/Lambda", FunctionName="website"), Sum=1)
        done = by_scope(read(tmp_path, KEY))[f"{KEY} AWS/Lambda"]
        assert "AWS/Lambda" not in {each["Namespace"] for each in aws.asked("ListMetrics")}
    assert (done.status, done.api_calls) == ("not_set_up", 0)
    assert "hosts" in str(done.remedy)


def test_windows_lie_on_whole_periods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        add(aws, series("Invocations"), Sum=1)
        read(tmp_path, KEY)
        asked = aws.asked("GetMetricData")[0]
    assert (asked["StartTime"] % 300, asked["EndTime"] % 300) == (0, 0)
    assert asked["EndTime"] == to_ms(NOW - PERIOD) / 1000
    assert {each["MetricStat"]["Period"] for each in asked["MetricDataQueries"]} == {300}


def test_a_second_reading_of_the_same_window_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        add(aws, series("Invocations"), Sum=1)
        assert by_scope(read(tmp_path, KEY))[NAME].rows_new == 1
        again = by_scope(read(tmp_path, KEY, now=NOW + timedelta(minutes=5)))[NAME]
    assert (again.status, again.rows_new, again.rows_changed) == ("ok", 0, 0)
    assert rows(tmp_path, "SELECT count(*) FROM raw.metric_points") == [(1,)]


def test_a_percentile_that_is_refused_does_not_lose_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch, refused_stats={"p95"}) as aws:
        add(aws, series("InvocationLatency"), Sum=900, SampleCount=2, Average=450, p50=400, p95=500)
        done = by_scope(read(tmp_path, KEY))[NAME]
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
        done = by_scope(read(tmp_path, KEY))[NAME]
        assert max(asked_series(aws)) == 500
    assert done.rows_new == 600


def test_a_namespace_without_metrics_is_not_set_up_after_one_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch):
        runs = by_scope(read(tmp_path, KEY))
    assert {run.status for run in runs.values()} == {"not_set_up"}
    assert {run.api_calls for run in runs.values()} <= {0, 1}


def test_series_without_points_are_read_and_the_cursor_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        aws.series.append(series("Invocations", ModelId="m"))
        done = by_scope(read(tmp_path, KEY))[NAME]
    assert (done.status, done.rows_new) == ("ok", 0)
    assert rows(tmp_path, "SELECT reached_at FROM ops.cursors") == [(NOW - PERIOD,)]


def test_a_denied_call_names_the_action(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        add(aws, series("InvocationLatency"), Sum=1)
        aws.faults.append(Fault("GetMetricData", "AccessDenied", 403))
        done = by_scope(read(tmp_path, KEY))[NAME]
    assert (done.status, done.error_message) == ("failed", "AWS denied cloudwatch:GetMetricData on *.")


def test_a_denied_list_is_a_failure_and_not_an_absence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch, faults=[Fault("ListMetrics", "AccessDenied", 403)]):
        done = by_scope(read(tmp_path, KEY))[NAME]
    assert done.status == "failed"
    assert "cloudwatch:ListMetrics" in f"{done.error_message} {done.remedy}"


def quiet_lately(asked: Body) -> tuple[int, Body]:
    """ListMetrics of an account in which nothing happened in the last three hours."""
    known = asked["Namespace"] == NAMESPACE and "RecentlyActive" not in asked
    return 200, {"Metrics": [series("Invocations")] if known else []}


def test_in_the_usual_rhythm_only_series_that_were_active_lately_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = NOW + timedelta(minutes=15)
    monkeypatch.setattr(cloudwatch_metrics, "clock", lambda: later)
    with fake(monkeypatch) as aws:
        add(aws, series("Invocations"), Sum=1)
        read(tmp_path, KEY)
        assert all("RecentlyActive" not in each for each in aws.asked("ListMetrics"))
        aws.answers["ListMetrics"] = quiet_lately
        aws.seen.clear()
        done = by_scope(read(tmp_path, KEY, now=later))[NAME]
        assert aws.asked("GetMetricData") == []
    assert (done.status, done.rows_read, done.api_calls) == ("ok", 0, 2)
    assert rows(tmp_path, "SELECT reached_at FROM ops.cursors") == [(later - PERIOD,)]


def test_a_short_window_of_the_past_is_read_from_every_series(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloudwatch_metrics, "clock", lambda: NOW)
    hour = timedelta(hours=1)
    assert is_usual(Window(NOW - 3 * hour, NOW))
    assert not is_usual(Window(NOW - 6 * hour, NOW - 3 * hour))
    assert not is_usual(Window(NOW - 5 * hour, NOW))


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
    asked, _ = queries([Series(NAMESPACE, "Invocations", ())])
    page = {"MetricDataResults": [{"Id": "q0", **result}]}
    with pytest.raises(Exception, match="Sum of Invocations in AWS/Bedrock") as caught:
        list(parse_points(page, asked))
    assert type(caught.value).__name__ == error


def test_points_come_through_empty_pages_and_results_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = to_ms(NOW - timedelta(hours=2)) / 1000
    part = {"Id": "q0", "StatusCode": "PartialData", "Timestamps": [first], "Values": [3]}
    rest = {"Id": "q0", "StatusCode": "Complete", "Timestamps": [first + 300], "Values": [4]}
    pages: dict[str | None, Body] = {
        None: {"MetricDataResults": [part], "NextToken": "a"},
        "a": {"MetricDataResults": [], "NextToken": "b"},
        "b": {"MetricDataResults": [{**rest, "Timestamps": [], "Values": []}], "NextToken": "c"},
        "c": {"MetricDataResults": [rest]},
    }
    with fake(monkeypatch, answers={"GetMetricData": lambda asked: (200, pages[asked.get("NextToken")])}) as aws:
        aws.series.append(series("Invocations"))
        done = by_scope(read(tmp_path, KEY))[NAME]
    assert (done.status, done.rows_new) == ("ok", 2)
    assert rows(tmp_path, 'SELECT value FROM raw.metric_points ORDER BY "at"') == [(3.0,), (4.0,)]


def test_all_points_of_a_result_travel_in_one_record() -> None:
    asked, _ = queries([Series(NAMESPACE, "Invocations", (("ModelId", "m"),))])
    times = [datetime.fromisoformat("2026-11-20T00:00+00:00") + n * PERIOD for n in range(3)]
    page = {"MetricDataResults": [{"Id": "q0", "Timestamps": times, "Values": [1.0, 2.5, 3.0]}, {"Id": "q0"}]}
    (record,) = map(json.loads, parse_points(page, asked))
    assert record["times"] == [1795132800, 1795133100, 1795133400]
    assert record["values"] == [1.0, 2.5, 3.0]
    assert (record["dimensions"], record["projection"]) == ('{"ModelId": "m"}', "parts")
