"""What reading costs: every call by its operation, what is free is 0, what is not known is unknown."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from collectors.calls import CallCount
from collectors.charges import called, charge_of, charged, price_list
from collectors.source import sources
from sql.warehouse import Called, Run, Scope, Warehouse
from tests.collectors.fake_aws import Fault, key_of
from tests.collectors.support import NOW, by_scope, collect, fake, ms, rows, span

UNKNOWN_TO_US = {"xray:ListRetrievedTraces", "xray:StartTraceRetrieval"}


def test_every_call_of_every_source_has_a_price_or_is_known_to_have_none() -> None:
    actions = {action for source in sources().values() for grant in source.actions for action in grant.actions}
    unknown = {action for action in actions if charge_of(action) is None}
    assert unknown - {"kms:Decrypt"} == UNKNOWN_TO_US


def test_every_price_says_where_it_is_from() -> None:
    assert all(each.source and each.usd >= 0 and each.unit in ("request", "metric", "trace") for each in price_list())
    assert len({each.operation for each in price_list()}) == len(price_list())


def test_calls_are_charged_by_their_unit() -> None:
    calls = CallCount()
    for _ in range(3):
        calls.request("cloudwatch", "GetMetricData")
    calls.answered("cloudwatch", "GetMetricData", {"MetricDataQueries": [{}] * 500}, {})
    calls.request("xray", "GetTraceSummaries")
    calls.answered("xray", "GetTraceSummaries", {}, {"TracesProcessedCount": 40, "TraceSummaries": [{}]})
    calls.request("s3", "ListObjectsV2")
    calls.request("logs", "FilterLogEvents")
    found = {each.operation: each for each in called(calls)}
    assert found["cloudwatch:GetMetricData"] == Called("cloudwatch:GetMetricData", 3, 500, 0.005)
    assert found["xray:GetTraceSummaries"] == Called("xray:GetTraceSummaries", 1, 40, 0.00002)
    assert found["s3:ListBucket"] == Called("s3:ListBucket", 1, 1, 0.000005)
    assert found["logs:FilterLogEvents"].usd == 0
    assert charged(found.values()) == pytest.approx(0.005025)


def test_an_unknown_price_makes_the_charge_unknown_and_not_0() -> None:
    calls = CallCount()
    calls.request("xray", "StartTraceRetrieval")
    calls.request("ce", "GetCostAndUsage")
    assert called(calls)[1] == Called("xray:StartTraceRetrieval", 1, None, None)
    assert charged(called(calls)) is None
    assert charged(()) == 0
    assert charge_of("logs:StartQuery") is None
    assert charge_of("ce:GetCostAndUsage") is not None


def test_calls_are_counted_by_operation_retried_and_throttled_ones_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake(monkeypatch) as aws:
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
        aws.put("aws/spans", "default", ms(60), span(1, 60))
        metric = {"Namespace": "AWS/Bedrock", "MetricName": "Invocations", "Dimensions": []}
        aws.series.append(metric)
        aws.points[key_of(metric, "Sum")] = [(ms(60) / 1000, 7.0)]
        aws.faults.append(Fault("GetMetricData", "ThrottlingException", times=1))
        runs = by_scope(collect(tmp_path, "span_logs", "cloudwatch_metrics"))
    metrics, spans = runs["cloudwatch_metrics AWS/Bedrock"], runs["span_logs aws/spans"]
    counts = {each.operation: each.calls for each in metrics.called}
    asked = [len(body["MetricDataQueries"]) for body in aws.asked("GetMetricData")]
    assert (counts["cloudwatch:GetMetricData"], metrics.throttles) == (len(asked), 1)
    units = {each.operation: each.units for each in metrics.called}
    assert units["cloudwatch:GetMetricData"] == sum(asked[1:]), "what was throttled gave nothing and is not charged"
    assert (spans.charged_usd, metrics.charged_usd and metrics.charged_usd > 0) == (0, True)
    assert [each.operation for each in spans.called] == ["logs:FilterLogEvents"]
    looked = rows(tmp_path, "SELECT operation, usd FROM ops.api_usage WHERE source = 'span_logs' ORDER BY 1")
    assert ("logs:DescribeLogGroups", 0.0) in looked, "looking for what there is counts as well"
    published = rows_of(tmp_path, "SELECT sum(calls) FROM api_usage WHERE operation = 'cloudwatch:GetMetricData'")
    assert published == [(len(asked),)]


def rows_of(home: Path, query: str) -> list[tuple[object, ...]]:
    """What a query on the published file gives."""
    with duckdb.connect(str(home / "kpis.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


def booked(at: datetime, usd: float | None, calls: int = 1) -> Run:
    """A pass with one paid operation."""
    scope = Scope("cost_explorer", "1", "r")
    return Run(f"{at}", scope, at, at, None, None, "ok", charged_usd=usd, called=(Called("x", calls, calls, usd),))


def test_charges_add_up_by_month_in_utc(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path, kind="account") as warehouse:
        for at, usd in (
            (datetime(2026, 10, 31, 23, 59), 5.0),
            (datetime(2026, 11, 1), 1.0),
            (NOW - timedelta(minutes=1), 2.0),
            (NOW, 0.5),
        ):
            with warehouse.transaction():
                warehouse.record_run(booked(at, usd))
        found = warehouse.spent(NOW)
        with warehouse.transaction():
            warehouse.record_run(booked(NOW, None, 3))
        later = warehouse.spent(NOW)
        month = warehouse.status(NOW)["month"]
    assert [(each.month_usd, each.reading_usd, each.unpriced_calls) for each in found] == [(3.5, 0.5, 0)]
    assert (later[0].month_usd, later[0].unpriced_calls) == (3.5, 3), "what is not known is counted apart"
    assert month == [{"source": "cost_explorer", "operation": "x", "calls": 6, "units": 6, "usd": None}]


def test_the_estimate_is_a_decimal_price_times_calls() -> None:
    found = charge_of("cloudwatch:ListMetrics")
    assert found is not None
    assert found.usd * 1000 == Decimal("0.01")


def test_adding_up_the_rows_of_a_day_changes_no_sum(tmp_path: Path) -> None:
    scope = Scope("cost_explorer", "1", "r")
    many = tuple(Called("x", 1, 2, 0.5) for _ in range(1500))
    with Warehouse.open(tmp_path, kind="account") as warehouse:
        warehouse.count_calls(scope, (Called("x", 1, 1, 1.0),), NOW - timedelta(days=3))
        for at in (NOW - timedelta(days=1), NOW):
            warehouse.count_calls(scope, many, at)
        first, second = warehouse.spent(NOW), warehouse.spent(NOW)
    assert first == second
    assert [each.month_usd for each in first] == [1501.0]
    assert rows(tmp_path, "SELECT day::VARCHAR, calls, units, usd FROM ops.api_usage ORDER BY day") == [
        ("2026-11-17", 1, 1, 1.0),
        ("2026-11-19", 1500, 3000, 750.0),
        ("2026-11-20", 1500, 3000, 750.0),
    ]
