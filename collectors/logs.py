"""Reading CloudWatch log groups, for every source that lives in one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.aws import Account, Page
from collectors.errors import AwsRefused
from collectors.landing import Landing
from collectors.window import Window
from sql.rows import Scope
from sql.scrub import scrub
from sql.spool import Record

PAGE_EVENTS = 10_000
# What AWS itself writes into a new group to see whether it may.
PERMISSION_CHECKS = (
    "Permissions are correctly set for Amazon Bedrock logs.",
    "Permissions are set correctly to allow AWS CloudWatch Logs",
)
# Several sources look for groups below it: they ask for all of these at once, in the same words.
AGENTCORE = "/aws/bedrock-agentcore/"
FeedOf = Callable[[str], str | None]


def fetch_groups(account: Account, prefix: str) -> Iterator[Page]:
    """Pages of the log groups whose names start with `prefix`."""
    return account.pages("logs", "DescribeLogGroups", logGroupNamePrefix=prefix)


def group_names(account: Account, prefix: str) -> list[str]:
    """The names of those log groups, sorted."""
    asked = AGENTCORE if prefix.startswith(AGENTCORE) else prefix
    names = (group["logGroupName"] for page in fetch_groups(account, asked) for group in page["logGroups"])
    return sorted(name for name in names if name.startswith(prefix))


def group_keeps(account: Account, scope: Scope) -> timedelta | None:
    """How long a log group keeps its records; None: for ever, or there is no such group."""
    found = (each for page in fetch_groups(account, scope.name) for each in page["logGroups"])
    days = next((each.get("retentionInDays") for each in found if each["logGroupName"] == scope.name), None)
    return None if days is None else timedelta(days=days)


def fetch_events(
    account: Account, group: str, window: Window, stream_prefix: str | None = None, pattern: str | None = None
) -> Iterator[Page]:
    """Pages of the events whose time lies in the window; FilterLogEvents takes both ends as inclusive.

    `pattern` is a CloudWatch filter pattern; it saves transport, and whoever reads must not rely on it.
    """
    choice = {"logStreamNamePrefix": stream_prefix} if stream_prefix else {}
    choice |= {"filterPattern": pattern} if pattern else {}
    return account.pages(
        "logs",
        "FilterLogEvents",
        logGroupName=group,
        startTime=window.start_ms,
        endTime=window.end_ms - 1,
        limit=PAGE_EVENTS,
        **choice,
    )


def hand_over(
    page: Page, group: str, stream_prefix: str | None, landing: Landing, feed_of: FeedOf | None = None
) -> None:
    """Put the events of one page where they belong: records to the spool, the rest to skipped or rejects."""
    records: defaultdict[str | None, list[Record]] = defaultdict(list)
    for event in page["events"]:
        if stream_prefix and not (event.get("logStreamName") or stream_prefix).startswith(stream_prefix):
            landing.skip("other_stream")
            continue
        text = str(event.get("message") or "").lstrip()
        if text.startswith("{"):
            record = (text, event.get("timestamp"), event.get("ingestionTime"), str(event.get("eventId") or ""))
            records[feed_of(text) if feed_of else None].append(record)
        elif text.startswith(PERMISSION_CHECKS):
            landing.skip("permission_check")
        else:
            landing.reject("not_json", scrub(text), event_time(event))
    for feed, found in records.items():
        landing.records(found, group=group, feed=feed)


def read_group(
    account: Account,
    group: str,
    window: Window,
    landing: Landing,
    stream_prefix: str | None = None,
    pattern: str | None = None,
    feed_of: FeedOf | None = None,
) -> None:
    """Read one window of one log group to the end; `feed_of` tells the feed of a record's text. Raises SourceFailed."""
    try:
        for page in fetch_events(account, group, window, stream_prefix, pattern):
            hand_over(page, group, stream_prefix, landing, feed_of)
    except AwsRefused as error:
        raise _class_error(account, group, error) from error


def event_time(event: dict[str, Any]) -> datetime | None:
    """The event's time, naive UTC."""
    at_ms = event.get("timestamp")
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).replace(tzinfo=None)


def _class_error(account: Account, group: str, error: AwsRefused) -> AwsRefused:
    """Say so where the class of the log group is why it cannot be read."""
    found = (each for page in fetch_groups(account, group) for each in page["logGroups"])
    kind = next((each.get("logGroupClass", "STANDARD") for each in found if each["logGroupName"] == group), "STANDARD")
    if kind == "STANDARD":
        return error
    return AwsRefused(
        f"Log group {group} has the class {kind}, and AWS refused to read it ({error.code}).",
        "Only the class STANDARD can surely be read, and a class is fixed: send the logs to a new STANDARD group.",
        code=error.code,
    )
