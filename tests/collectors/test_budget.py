"""Near the month's budget what costs money is read less often; what is free is not."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collectors.aws import AwsAccount, AwsSettings
from collectors.budget import Brake, brake, month_end, span
from collectors.commands.run import show
from collectors.console import Lines, status_lines
from collectors.run import Job, Outcome, Place, run
from collectors.settings import Settings
from sql.published import read_status
from sql.rows import Spent
from sql.warehouse import Warehouse
from tests.collectors.fake_aws import FakeAws, key_of
from tests.collectors.support import NOW, by_scope, fake, ms, rows
from tests.collectors.support import span as span_record

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FREE = Spent("span_logs", 0, 0, 0)


def paid(month: float, reading: float = 0.01) -> list[Spent]:
    """What has been spent on metrics, and nothing on spans."""
    return [Spent("cloudwatch_metrics", month, reading, 0), FREE]


@pytest.mark.parametrize(
    ("budget", "month", "reading", "rhythm"),
    [
        (None, 1000, 1, None),  # no budget
        (10, 7.99, 0.01, None),  # far from it
        (10, 8, 0.01, timedelta(hours=1.26)),  # 252 h for 2 USD, which is 200 readings
        (10, 9, 0.01, timedelta(hours=2.52)),
        (10, 9.5, 0.01, timedelta(hours=5.04)),
        (10, 9.99, 0.01, DAY),
        (10, 9.9, 0.0001, HOUR),  # never more often than every hour
        (10, 12, 0.01, DAY),  # used up: once a day, not given up
        (0, 0.01, 0.01, DAY),
    ],
)
def test_what_is_left_is_spread_over_the_rest_of_the_month(
    budget: float | None, month: float, reading: float, rhythm: timedelta | None
) -> None:
    found = brake(budget, paid(month, reading), NOW)
    assert (found.rhythm is None) == (rhythm is None)
    assert found.rhythm is None or rhythm is None or abs(found.rhythm - rhythm) < timedelta(seconds=5)
    assert found.slowed_to_s("span_logs") is None
    assert (found.text is None) == (rhythm is None)


def test_the_month_ends_in_utc_also_in_december() -> None:
    assert month_end(datetime(2026, 12, 31, 23, 59)) == datetime(2027, 1, 1)
    assert month_end(datetime(2028, 2, 1)) == datetime(2028, 3, 1)


def test_a_budget_of_nothing_slows_nothing_as_long_as_nothing_cost_anything() -> None:
    assert brake(0, [FREE], NOW).rhythm is None


def test_a_source_waits_only_while_it_is_paid_and_was_read_lately() -> None:
    slow = brake(10, paid(12), NOW)
    assert slow.holds("cloudwatch_metrics", NOW - HOUR, NOW) is True
    assert slow.holds("cloudwatch_metrics", NOW - DAY, NOW) is False
    assert slow.holds("cloudwatch_metrics", None, NOW) is False, "the first reading is never held back"
    assert slow.holds("cloudwatch_metrics", NOW + HOUR, NOW) is False, "a clock that went back holds nothing"
    assert slow.holds("span_logs", NOW - HOUR, NOW) is False
    assert Brake().holds("cloudwatch_metrics", NOW, NOW) is False


def test_times_are_shown_for_people() -> None:
    assert [span(timedelta(seconds=each)) for each in (14, 600, 7200, 86400)] == ["14 s", "10 min", "120 min", "24 h"]


def test_calls_of_unknown_price_are_in_no_sum() -> None:
    found = brake(10, [Spent("xray_retrieval", 0, 0, 7)], NOW)
    assert (found.spent_usd, found.unpriced_calls, found.rhythm) == (0, 7, None)


def one_pass(home: Path, now: datetime, budget: float | None, lines: Lines) -> Outcome:
    """A pass over spans and metrics at that time."""
    with Warehouse.open(home, kind="account") as warehouse:
        places = (Place(AwsAccount(AwsSettings())),)
        settings = Settings(home=home, budget_usd=budget)
        job = Job(warehouse, places, settings, lambda: now, lambda: now, lines)
        outcome = run(job)
    show(outcome, lines)
    return outcome


def test_over_the_budget_metrics_wait_and_spans_are_read_and_everybody_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with fake(monkeypatch) as aws:
        fill(aws)
        one_pass(tmp_path, NOW, 0.000001, Lines(sys.stdout))
        assert "slowed" not in capsys.readouterr().out, "nothing had been spent yet"
        asked = len(aws.asked("GetMetricData"))
        second = one_pass(tmp_path, NOW + HOUR, 0.000001, Lines(sys.stdout))
        assert len(aws.asked("GetMetricData")) == asked
        shown = capsys.readouterr().out
        third = one_pass(tmp_path, NOW + DAY + HOUR, 0.000001, Lines(sys.stdout))
        assert len(aws.asked("GetMetricData")) > asked, "once a day at least"
        freed = one_pass(tmp_path, NOW + DAY + 2 * HOUR, 100, Lines(sys.stdout))
    assert "cloudwatch_metrics AWS/Bedrock" not in by_scope(second)
    assert by_scope(second)["span_logs aws/spans"].status == "ok"
    assert (
        "slowed  budget: about 0.00 of 0.00 USD of this month are used, so cloudwatch_metrics are read every 24 h"
        in shown
    )
    assert by_scope(third)["cloudwatch_metrics AWS/Bedrock"].slowed_to_s == 86_400
    assert by_scope(third)["span_logs aws/spans"].slowed_to_s is None
    assert freed.brake.rhythm is None
    assert rows(tmp_path, "SELECT DISTINCT source FROM ops.collector_runs WHERE slowed_to_s = 86400") == [
        ("cloudwatch_metrics",)
    ]


def test_status_shows_what_the_month_has_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake(monkeypatch) as aws:
        fill(aws)
        one_pass(tmp_path, NOW, 0.000001, Lines(sys.stdout))
        one_pass(tmp_path, NOW + HOUR, 0.000001, Lines(sys.stdout))
    status = read_status(tmp_path)
    assert status is not None
    assert status["budget"]["paid"] == ["cloudwatch_metrics"]
    text = "\n".join(status_lines(status, NOW + HOUR))
    assert "USD this month (UTC) of a budget of 0.00 USD" in text
    assert "cloudwatch_metrics: cloudwatch:GetMetricData" in text
    assert "calls: logs:FilterLogEvents" in text
    assert "budget: about" in text
    assert "99.9 % arrived within 1 s" in text


def fill(aws: FakeAws) -> None:
    """A span and a metric."""
    aws.put("aws/spans", "default", ms(60), span_record(1, 60))
    metric = {"Namespace": "AWS/Bedrock", "MetricName": "Invocations", "Dimensions": []}
    aws.series.append(metric)
    aws.points[key_of(metric, "Sum")] = [(ms(60) / 1000, 7.0)]
