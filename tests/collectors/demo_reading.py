"""How the tests of the demo account read it."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.demo.account import DemoAccount
from collectors.demo.shapes import INVOCATION_GROUP, OUTCOME_GROUP, SPAN_GROUP, runtime_group
from collectors.demo.world import POLICY, REFUND

END = datetime.fromisoformat("2026-11-23T19:00:00")
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
END_MS = int(END.replace(tzinfo=UTC).timestamp() * 1000)
REFUND_GROUP = runtime_group(REFUND.agent_id)
POLICY_GROUP = runtime_group(POLICY.agent_id)
FULL_GROUPS = (SPAN_GROUP, REFUND_GROUP, POLICY_GROUP, INVOCATION_GROUP, OUTCOME_GROUP)
SPAN_GROUPS = (SPAN_GROUP, REFUND_GROUP, POLICY_GROUP)

Event = dict[str, Any]


def pages(account: DemoAccount, group: str, start_ms: int, end_ms: int, **choice: Any) -> Iterator[Event]:
    """The pages of a log group; both ends are inside."""
    return account.pages("logs", "FilterLogEvents", logGroupName=group, startTime=start_ms, endTime=end_ms, **choice)


def events(account: DemoAccount, group: str, start_ms: int, end_ms: int) -> list[Event]:
    """The events of all those pages."""
    return [event for page in pages(account, group, start_ms, end_ms) for event in page["events"]]


def xray(account: DemoAccount, start: datetime, hours: int) -> list[Event]:
    """The summaries of the traces that were active in a window."""
    window = {"StartTime": start.replace(tzinfo=UTC), "EndTime": (start + timedelta(hours=hours)).replace(tzinfo=UTC)}
    found = account.pages("xray", "GetTraceSummaries", TimeRangeType="Event", Sampling=False, **window)
    return [summary for page in found for summary in page["TraceSummaries"]]


def metric(account: DemoAccount, namespace: str, name: str, stat: str = "Sum", days: int = 8) -> dict[str, float]:
    """The total of a metric per model or guardrail."""
    listed = account.call("cloudwatch", "ListMetrics", Namespace=namespace, MetricName=name)["Metrics"]
    asked = [
        {"Id": f"m{number}", "MetricStat": {"Metric": each, "Period": 300, "Stat": stat}}
        for number, each in enumerate(listed)
        if each["Dimensions"]
    ]
    window = {"StartTime": (END - timedelta(days=days)).replace(tzinfo=UTC), "EndTime": END.replace(tzinfo=UTC)}
    totals: Counter[str] = Counter()
    for page in account.pages(
        "cloudwatch", "GetMetricData", MetricDataQueries=asked, ScanBy="TimestampAscending", **window
    ):
        for result in page["MetricDataResults"]:
            assert result["Timestamps"] == sorted(result["Timestamps"])
            totals[listed[int(result["Id"][1:])]["Dimensions"][0]["Value"]] += sum(result["Values"])
    return dict(totals)
