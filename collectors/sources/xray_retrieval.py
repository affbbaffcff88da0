"""Traces under Transaction Search, retrieved through X-Ray where the log group aws/spans is out of reach.

X-Ray then keeps summaries of the indexed share only, 1 % unless somebody raised it: what is retrieved shows how single
tasks went, and no volume or rate of all tasks. Documents are asked for in the OTEL format, because that is the shape of
the records in aws/spans: the same feed reads them, tokens and all, under the same trace and span id, so that a span
that also comes from a span log is one row. X-Ray's own segments among them go the way of xray_traces.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

from collectors.aws import Account, Page
from collectors.errors import NotSetUp, PageIncomplete, SourceFailed
from collectors.landing import Landing
from collectors.logs import group_names
from collectors.segments import parse_document
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Option, Reading, Source, kept
from collectors.sources.xray_traces import LONGEST_WINDOW, fetch_destination, fetch_summaries, seen_at
from collectors.window import Window
from sql.warehouse import Reject, Scope

KEY = "xray_retrieval"
SHARED = "aws/spans"
TRACES_PER_JOB = 100
WAITING = ("SCHEDULED", "RUNNING")
# Seconds before each look at a job: eight minutes in all. AWS itself gives up after an hour.
PAUSES = (1, 2, 4, 8, 15, *([30] * 15))
START = re.compile(r'"startTimeUnixNano"\s*:\s*"?(\d+)')

Summary = dict[str, Any]
pause = time.sleep


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """The account's traces, where Transaction Search is on and nothing else reads them."""
    answer = fetch_destination(account)
    if answer.get("Destination") != "CloudWatchLogs" or answer.get("Status") == "PENDING":
        raise NotSetUp(
            f"Transaction Search is off in {account.region}: X-Ray itself holds the traces.",
            "Nothing to do: the source xray_traces reads them.",
        )
    if not settings.options.get("always") and SHARED in group_names(account, SHARED):
        raise NotSetUp(
            f"The log group {SHARED} is in this account: the span logs hold every span, X-Ray only the indexed share.",
            "Nothing to do: span_logs reads them.",
        )
    return [Scope(KEY, account.account_id, account.region)]


def start_retrieval(account: Account, summaries: list[Summary], part: Window) -> str:
    """Start a job for up to 100 traces, its time from the first beginning to the last end. Returns its token."""
    begins = [each["StartTime"] for each in summaries if each.get("StartTime")]
    ends = [at + timedelta(seconds=each.get("Duration") or 0) for each in summaries if (at := each.get("StartTime"))]
    answer = account.call(
        "xray",
        "StartTraceRetrieval",
        TraceIds=[str(each["Id"]) for each in summaries],
        StartTime=min([part.start.replace(tzinfo=UTC), *begins]),
        EndTime=max([part.end.replace(tzinfo=UTC), *ends]),
    )
    return str(answer["RetrievalToken"])


def wait_for_job(account: Account, token: str) -> None:
    """Look at a job until it is complete. Raises SourceFailed where it fails, or takes too long."""
    for seconds in PAUSES:
        pause(seconds)
        status = account.call("xray", "ListRetrievedTraces", **_asked(token)).get("RetrievalStatus")
        if status == "COMPLETE":
            return
        if status not in WAITING:
            raise SourceFailed(
                f"X-Ray could not retrieve traces: the job ended with {status}.",
                "Run again: the same window is read once more. If it repeats, the log groups that hold the spans may "
                "be gone, or KMS may not let X-Ray read them.",
                retry_helps=True,
                code=f"Retrieval{str(status).title()}",
            )
    raise SourceFailed(
        f"X-Ray has not retrieved traces after {sum(PAUSES)} seconds.",
        "Run again later: the same window is read once more.",
        retry_helps=True,
        code="RetrievalSlow",
    )


def fetch_retrieved(account: Account, token: str) -> Iterator[Page]:
    """Pages of a complete job: five traces each, up to a hundred spans of each. Raises PageIncomplete."""
    for page in account.pages("xray", "ListRetrievedTraces", **_asked(token)):
        if page.get("RetrievalStatus") != "COMPLETE" or not isinstance(page.get("Traces"), list):
            raise PageIncomplete(
                "xray:ListRetrievedTraces answered without the traces of a job that was complete.",
                "Run again: the same window is read once more.",
                retry_helps=True,
            )
        yield page


def hand_over(page: Page, account: Account, landing: Landing) -> set[str]:
    """Every document of a page where it belongs. Returns the ids of the traces on it."""
    for trace in page["Traces"]:
        for span in trace.get("Spans") or []:
            text = str(span.get("Document") or "")
            started = START.search(text)
            if started is None:
                _hand_over_segments(text, account, landing)
                continue
            at_ms = int(started[1]) // 1_000_000
            event_id = f"{trace.get('Id')}-{span.get('Id')}"
            landing.record(plain(text), at_ms=at_ms, ingested_ms=None, event_id=event_id, group="", feed="span_records")
    return {_hex(trace["Id"]) for trace in page["Traces"] if trace.get("Id")}


def plain(text: str) -> str:
    """A span document with attributes as an object, as aws/spans has them, where they come as OTLP's list of pairs."""
    if not re.search(r'"attributes"\s*:\s*\[', text):
        return text
    try:
        return json.dumps(json.loads(text, object_hook=_flat))
    except (ValueError, RecursionError):
        return text


def collect(reading: Reading) -> None:
    """Read one window in parts of six hours; a trace that is active in two of them is retrieved once."""
    account, landing = reading.account, reading.landing
    before: set[str] = set()
    for part in reading.window.slices(LONGEST_WINDOW):
        found = {str(each["Id"]): each for page in fetch_summaries(account, part) for each in page["TraceSummaries"]}
        for summary in found.values():
            if summary.get("IsPartial"):
                landing.wait_for(seen_at(summary, part))
        wanted = [summary for trace_id, summary in found.items() if trace_id not in before]
        for first in range(0, len(wanted), TRACES_PER_JOB):
            _retrieve(reading, wanted[first : first + TRACES_PER_JOB], part)
        before = set(found)


def _retrieve(reading: Reading, summaries: list[Summary], part: Window) -> None:
    account, landing = reading.account, reading.landing
    token = start_retrieval(account, summaries, part)
    wait_for_job(account, token)
    found: set[str] = set()
    for page in fetch_retrieved(account, token):
        found |= hand_over(page, account, landing)
    for _ in {_hex(each["Id"]) for each in summaries} - found:
        landing.skip("trace_not_returned")


def _asked(token: str) -> dict[str, str]:
    return {"RetrievalToken": token, "TraceFormat": "OTEL"}


def _hand_over_segments(text: str, account: Account, landing: Landing) -> None:
    for parsed in parse_document(text, account.account_id, account.region):
        if isinstance(parsed, Reject):
            landing.reject(parsed.reason, parsed.sample, parsed.at)
        else:
            landing.row(parsed, feed="segments")


def _flat(part: dict[str, Any]) -> dict[str, Any]:
    """An object whose `attributes` are pairs, with each value taken out of its type."""
    pairs = part.get("attributes")
    if not isinstance(pairs, list):
        return part
    values = {each["key"]: each.get("value") for each in pairs if isinstance(each, dict) and "key" in each}
    flat = {
        key: next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else value
        for key, value in values.items()
    }
    return {**part, "attributes": flat}


def _hex(trace_id: Any) -> str:
    """A trace id without what X-Ray writes around it: summaries and documents may differ in that."""
    return str(trace_id).removeprefix("1-").replace("-", "")


SOURCE = Source(
    key=KEY,
    title="X-Ray traces under Transaction Search",
    feeds=("segments", "span_records"),
    actions=(
        Grant(
            (
                "xray:GetTraceSegmentDestination",
                "xray:GetTraceSummaries",
                "xray:StartTraceRetrieval",
                "xray:ListRetrievedTraces",
            )
        ),
        Grant(("logs:DescribeLogGroups",)),
    ),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(hours=1),
    keeps=kept(timedelta(days=30)),
    about=About(
        reads="Whole traces that X-Ray has indexed, by retrieval jobs, where Transaction Search is on and the log "
        "group aws/spans is not in this account (it may be kept in a monitoring account).",
        feeds="Tasks, model calls and tool calls of agents whose span logs are out of reach. X-Ray indexes 1 % of "
        "traces unless told otherwise: look at single tasks, and never read volumes or error rates from it.",
        cost="0.50 USD per million traces retrieved, the first million a month is free.",
        lag="Ten minutes to an hour; the last hour is read again every time.",
        switch_on="Nothing to do: it begins by itself where it is needed; always = true reads it beside the span logs.",
    ),
    options=(Option("always", "flag", "Retrieve traces even where the log group aws/spans can be read."),),
)
