"""The demo account answers as AWS does: the same seed gives the same pages, in any window, within the limits."""

import hashlib
import json
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from collectors.demo.account import DemoAccount
from collectors.demo.conditions import conditions
from collectors.demo.incidents import Incident
from collectors.demo.shapes import CYCLE_DAYS, EPOCH, INVOCATION_GROUP, SPAN_GROUP, WEEKS, runtime_group
from collectors.demo.tasks import tasks_of_day
from collectors.demo.world import AGENTS, INVOICE, OUTREACH, REFUND, SUPPLY
from collectors.errors import AwsRefused, NotFound
from tests.collectors.demo_reading import (
    DAY_MS,
    END,
    END_MS,
    FULL_GROUPS,
    HOUR_MS,
    POLICY_GROUP,
    REFUND_GROUP,
    Event,
    events,
    pages,
    xray,
)


@pytest.fixture(scope="module")
def account() -> DemoAccount:
    return DemoAccount(end=END)


def digest(account: DemoAccount, group: str, days: int) -> str:
    text = json.dumps(events(account, group, END_MS - days * DAY_MS, END_MS))
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("group", FULL_GROUPS)
def test_the_same_seed_and_end_give_the_same_records(group: str) -> None:
    one, two, other = DemoAccount(7, END), DemoAccount(7, END), DemoAccount(8, END)
    assert digest(one, group, 3) == digest(two, group, 3)
    assert digest(one, group, 3) != digest(other, group, 3)


@pytest.mark.parametrize("group", FULL_GROUPS)
def test_any_window_alone_is_the_same_slice_of_the_whole(account: DemoAccount, group: str) -> None:
    start = END_MS - 6 * DAY_MS
    whole = events(account, group, start, END_MS - 1)
    cuts = [start, start + HOUR_MS + 7, start + DAY_MS, start + DAY_MS + 1, start + 3 * DAY_MS + 5 * HOUR_MS, END_MS]
    parts = [event for low, high in pairwise(cuts) for event in events(account, group, low, high - 1)]
    assert whole
    assert parts == whole


@pytest.mark.parametrize("group", FULL_GROUPS)
def test_a_later_end_adds_records_and_changes_none(account: DemoAccount, group: str) -> None:
    later = DemoAccount(end=END + timedelta(days=1))
    window = (END_MS - 2 * DAY_MS, END_MS - 1)
    assert events(later, group, *window) == events(account, group, *window)
    assert events(account, group, END_MS, END_MS + DAY_MS) == []


def test_there_are_about_twelve_thousand_tasks_of_ten_agents() -> None:
    days = [END.date() - timedelta(days=back) for back in range(WEEKS * 7)]
    counts = {agent.key: sum(len(tasks_of_day(7, agent, day)) for day in days) for agent in AGENTS}
    assert len(counts) == 10
    assert 10_500 <= sum(counts.values()) <= 13_000
    assert min(counts.values()) == counts["travel"] < 100
    assert 600 <= counts["policy"] <= 1_000


def test_nothing_lies_outside_the_twelve_weeks(account: DemoAccount) -> None:
    begin_ms = END_MS - WEEKS * 7 * DAY_MS
    early = events(account, INVOCATION_GROUP, 0, begin_ms + 2 * DAY_MS)
    assert early[0]["timestamp"] == begin_ms
    assert early[0]["message"].startswith("Permissions are correctly set")
    assert all(event["message"].startswith("{") for event in early[1:])


def test_every_event_has_what_filter_log_events_gives(account: DemoAccount) -> None:
    for group in FULL_GROUPS:
        found = events(account, group, END_MS - DAY_MS, END_MS - 1)
        assert {tuple(event) for event in found} == {
            ("logStreamName", "timestamp", "message", "ingestionTime", "eventId")
        }
        assert len({event["eventId"] for event in found}) == len(found)
        assert all(re.fullmatch(r"\d{56}", event["eventId"]) for event in found)
        assert all(0 < event["ingestionTime"] - event["timestamp"] < 60_000 for event in found)


def test_events_come_in_order_inside_both_ends_of_the_window(account: DemoAccount) -> None:
    middle = events(account, SPAN_GROUP, END_MS - 12 * HOUR_MS, END_MS - 1)[40]["timestamp"]
    times = [event["timestamp"] for event in events(account, SPAN_GROUP, middle, middle + HOUR_MS)]
    assert times[0] == middle
    assert times == sorted(times)
    assert times[-1] <= middle + HOUR_MS
    assert events(account, SPAN_GROUP, times[-1], times[-1])


def test_pages_stay_within_the_limits_and_some_are_empty_with_a_token(account: DemoAccount) -> None:
    found = list(pages(account, SPAN_GROUP, END_MS - 8 * DAY_MS, END_MS - 1))
    assert max(sum(len(event["message"]) for event in page["events"]) for page in found) <= 1_048_576
    assert any(not page["events"] and page.get("nextToken") for page in found)
    assert all("nextToken" in page for page in found[:-1])
    assert "nextToken" not in found[-1]


def test_following_the_tokens_gives_the_same_pages(account: DemoAccount) -> None:
    start, end = END_MS - DAY_MS, END_MS - 1
    streamed = list(pages(account, SPAN_GROUP, start, end, limit=300))
    followed: list[Event] = []
    token: dict[str, str] = {}
    while not followed or token:
        page = account.call(
            "logs", "FilterLogEvents", logGroupName=SPAN_GROUP, startTime=start, endTime=end, limit=300, **token
        )
        followed.append(page)
        token = {"nextToken": page["nextToken"]} if "nextToken" in page else {}
    assert len(streamed) > 3
    assert max(len(page["events"]) for page in streamed) == 300
    assert followed == streamed


def test_a_stream_prefix_chooses_streams(account: DemoAccount) -> None:
    window = (END_MS - DAY_MS, END_MS - 1)
    none = [
        event for page in pages(account, REFUND_GROUP, *window, logStreamNamePrefix="otel") for event in page["events"]
    ]
    assert none == []
    assert {event["logStreamName"] for event in events(account, REFUND_GROUP, *window)} == {"spans"}


def test_calls_and_bytes_are_counted() -> None:
    account = DemoAccount(end=END)
    found = list(pages(account, POLICY_GROUP, END_MS - 7 * DAY_MS, END_MS))
    text = sum(len(event["message"]) for page in found for event in page["events"])
    assert (account.calls.api_calls, account.calls.bytes, account.calls.throttles) == (len(found), text, 0)


def test_what_the_account_does_not_know_is_refused_by_name(account: DemoAccount) -> None:
    with pytest.raises(AwsRefused, match="s3:ListBuckets"):
        account.call("s3", "ListBuckets")
    with pytest.raises(AwsRefused, match="cannot filter by ERROR"):
        account.call("logs", "FilterLogEvents", logGroupName=SPAN_GROUP, filterPattern="ERROR")
    with pytest.raises(AwsRefused, match="unmask"):
        account.call("logs", "FilterLogEvents", logGroupName=SPAN_GROUP, unmask=True)
    with pytest.raises(NotFound, match="no/such/group"):
        account.call("logs", "FilterLogEvents", logGroupName="no/such/group")
    with pytest.raises(ValueError, match="2026-01-05"):
        DemoAccount(end=datetime.fromisoformat("2026-02-01T00:00:00"))


def test_the_account_says_who_it_is_and_what_it_has(account: DemoAccount) -> None:
    config = account.call("bedrock", "GetModelInvocationLoggingConfiguration")["loggingConfig"]
    groups = account.call("logs", "DescribeLogGroups", logGroupNamePrefix="/aws/bedrock-agentcore/runtimes/")[
        "logGroups"
    ]
    assert account.call("sts", "GetCallerIdentity")["Account"] == account.account_id == "111122223333"
    assert account.region == "us-east-1"
    assert config["cloudWatchConfig"]["logGroupName"] == INVOCATION_GROUP
    assert [group["logGroupName"] for group in groups] == sorted(
        runtime_group(agent.agent_id) for agent in AGENTS if agent is not SUPPLY
    )
    assert {group["logGroupClass"] for group in groups} == {"STANDARD"}


def test_xray_keeps_the_limits_of_its_calls(account: DemoAccount) -> None:
    with pytest.raises(AwsRefused, match="6 hours"):
        xray(account, END - timedelta(hours=30), 7)
    with pytest.raises(AwsRefused, match="at most 5"):
        account.call("xray", "BatchGetTraces", TraceIds=["1-6562a000-" + "0" * 24] * 6)
    assert account.call("xray", "GetTraceSegmentDestination") == {"Destination": "XRay", "Status": "ACTIVE"}


def test_following_the_tokens_of_metric_data_gives_the_same_pages(account: DemoAccount) -> None:
    listed = account.call("cloudwatch", "ListMetrics", Namespace="AWS/Bedrock", MetricName="Invocations")["Metrics"]
    asked: dict[str, Any] = {
        "MetricDataQueries": [{"Id": "m0", "MetricStat": {"Metric": listed[0], "Period": 3600, "Stat": "SampleCount"}}],
        "StartTime": (END - timedelta(days=20)).replace(tzinfo=UTC),
        "EndTime": END.replace(tzinfo=UTC),
    }
    streamed = list(account.pages("cloudwatch", "GetMetricData", **asked))
    followed = [account.call("cloudwatch", "GetMetricData", **asked)]
    while "NextToken" in followed[-1]:
        followed.append(account.call("cloudwatch", "GetMetricData", **asked, NextToken=followed[-1]["NextToken"]))
    assert len(streamed) == 3
    assert followed == streamed


def test_versions_change_for_every_agent_and_one_changes_its_model() -> None:
    days = [END.date() - timedelta(days=back) for back in range(WEEKS * 7)]
    for agent in AGENTS:
        assert len({conditions(agent, day).version for day in days}) >= 2
    assert len({conditions(OUTREACH, day).model for day in days}) == 2


def test_an_incident_multiplies_one_figure_of_one_agent_while_it_lasts() -> None:
    first = (date(2026, 11, 2) - EPOCH).days % CYCLE_DAYS
    incident = Incident("storm", "throttle", "invoice", first, 2, 3.0)
    days = [date(2026, 11, 1) + timedelta(days=later) for later in range(4)]
    assert [conditions(INVOICE, day, [incident]).times("throttle") for day in days] == [1.0, 3.0, 3.0, 1.0]
    assert [conditions(REFUND, day, [incident]).times("throttle") for day in days] == [1.0] * 4
    again = days[1] + timedelta(days=CYCLE_DAYS)
    assert conditions(INVOICE, again, [incident]).times("throttle") == 3.0


def test_metrics_of_five_minutes_are_kept_for_63_days(account: DemoAccount) -> None:
    listed = account.call("cloudwatch", "ListMetrics", Namespace="AWS/Bedrock", MetricName="InvocationLatency")[
        "Metrics"
    ]
    oldest = {}
    for period in (300, 3600):
        stat = {"Metric": listed[0], "Period": period, "Stat": "p95"}
        window = {"StartTime": account.begin.replace(tzinfo=UTC), "EndTime": END.replace(tzinfo=UTC)}
        found = account.pages(
            "cloudwatch", "GetMetricData", MetricDataQueries=[{"Id": "m", "MetricStat": stat}], **window
        )
        oldest[period] = min(time for page in found for time in page["MetricDataResults"][0]["Timestamps"])
    assert 61 <= (END.replace(tzinfo=UTC) - oldest[300]).days <= 63
    assert 82 <= (END.replace(tzinfo=UTC) - oldest[3600]).days <= WEEKS * 7
