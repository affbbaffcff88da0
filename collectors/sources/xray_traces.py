"""X-Ray traces: segments and subsegments of Lambda, Step Functions and API Gateway hosts.

Where Transaction Search is on, X-Ray holds next to nothing and the span logs hold everything: then this source is not
set up, and says so. Counts and error rates are never taken from X-Ray, because it samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.aws import Account, Page
from collectors.errors import AwsRefused, NotFound, NotSetUp, Throttled
from collectors.landing import Landing
from collectors.segments import parse_document
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Reading, Source, kept
from collectors.window import Window
from sql.warehouse import Reject, Scope

KEY = "xray_traces"
LONGEST_WINDOW = timedelta(hours=6)
TRACES_PER_CALL = 5
ROUNDS = 4


def fetch_destination(account: Account) -> Page:
    """Where the account's trace segments go; an endpoint that does not know the call holds classic X-Ray traces."""
    try:
        return account.call("xray", "GetTraceSegmentDestination")
    except (AwsRefused, NotFound):
        return {"Destination": "XRay", "Status": "ACTIVE"}


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """The account's X-Ray in this region, unless Transaction Search has taken its place."""
    answer = fetch_destination(account)
    if answer.get("Destination") == "CloudWatchLogs" and answer.get("Status") != "PENDING":
        raise NotSetUp(
            "Transaction Search is on: traces are in the log group aws/spans, and the span logs are relied on.",
            "Nothing to do: the source span_logs reads them.",
        )
    return [Scope(KEY, account.account_id, account.region)]


def fetch_summaries(account: Account, window: Window) -> Iterator[Page]:
    """Pages of the traces that were active in the window, which may last six hours at most."""
    return account.pages(
        "xray",
        "GetTraceSummaries",
        StartTime=window.start.replace(tzinfo=UTC),
        EndTime=window.end.replace(tzinfo=UTC),
        TimeRangeType="Event",
        Sampling=False,
    )


def fetch_traces(account: Account, trace_ids: list[str]) -> Iterator[Page]:
    """Pages of whole traces, five a call; those that AWS leaves unprocessed are asked for again. Raises Throttled."""
    waiting = trace_ids
    for _ in range(ROUNDS):
        again: list[str] = []
        for first in range(0, len(waiting), TRACES_PER_CALL):
            for page in account.pages("xray", "BatchGetTraces", TraceIds=waiting[first : first + TRACES_PER_CALL]):
                again += page.get("UnprocessedTraceIds") or []
                yield page
        waiting = again
        if not waiting:
            return
    raise Throttled(
        f"X-Ray left {len(waiting)} traces unprocessed after {ROUNDS} attempts, the first is {waiting[0]}.",
        "Run again later: the same window is read once more.",
        retry_helps=True,
    )


def hand_over(page: Page, account: Account, landing: Landing) -> set[str]:
    """Rows and rejects of every document of a page. Returns the ids of the traces on it."""
    for trace in page["Traces"]:
        if trace.get("LimitExceeded"):
            landing.skip("trace_too_long")
        for segment in trace.get("Segments") or []:
            for parsed in parse_document(str(segment.get("Document") or ""), account.account_id, account.region):
                if isinstance(parsed, Reject):
                    landing.reject(parsed.reason, parsed.sample, parsed.at)
                else:
                    landing.row(parsed)
    return {str(trace["Id"]) for trace in page["Traces"] if trace.get("Id")}


def seen_at(summary: dict[str, Any], part: Window) -> datetime:
    """A moment of the trace inside the part that listed it: where it begins, else where the part does."""
    began = summary.get("StartTime")
    return part.start if began is None else max(part.start, began.astimezone(UTC).replace(tzinfo=None))


def collect(reading: Reading) -> None:
    """Read one window in parts of six hours. A trace that is active in two parts is fetched once.

    A partial trace, of which segments are still missing, is waited for: the next window reaches back to it.
    """
    account, window, landing = reading.account, reading.window, reading.landing
    before: set[str] = set()
    for part in window.slices(LONGEST_WINDOW):
        ids: dict[str, None] = {}
        for summary in (each for page in fetch_summaries(account, part) for each in page["TraceSummaries"]):
            ids[str(summary["Id"])] = None
            if summary.get("IsPartial"):
                landing.wait_for(seen_at(summary, part))
        wanted = [trace_id for trace_id in ids if trace_id not in before]
        found: set[str] = set()
        for page in fetch_traces(account, wanted):
            found |= hand_over(page, account, landing)
        for _ in set(wanted) - found:
            landing.skip("trace_not_returned")
        before = set(ids)


SOURCE = Source(
    key=KEY,
    title="X-Ray traces",
    feeds=("segments",),
    actions=(Grant(("xray:GetTraceSegmentDestination", "xray:GetTraceSummaries", "xray:BatchGetTraces")),),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(hours=1),
    keeps=kept(timedelta(days=30)),
    about=About(
        reads="X-Ray traces of Lambda, Step Functions and API Gateway hosts, where Transaction Search is off.",
        feeds="Tasks of agents on such hosts; counts and rates are never taken from it, because X-Ray samples.",
        cost="0.50 USD per million traces retrieved, the first million a month is free.",
        lag="Up to ten minutes; the last hour is read again every time.",
        switch_on="Turn on active tracing of the function, the state machine or the API.",
    ),
)
