"""Agent spans, and the event records that split delivery writes beside them into stream `otel-rt-logs`.

Spans may be in two places: the shared group aws/spans, and stream `spans` of a runtime's own group.
"""

from __future__ import annotations

from datetime import timedelta

from collectors.aws import Account
from collectors.errors import NotSetUp
from collectors.logs import group_keeps, group_names, read_group
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Reading, Source
from sql.warehouse import Scope

KEY = "span_logs"
SHARED = "aws/spans"
RUNTIMES = "/aws/bedrock-agentcore/runtimes/"
RUNTIME_STREAMS = ("spans", "otel-rt-logs")
SPANS, EVENTS = "span_records", "span_events"
START = '"startTimeUnixNano"'
BEHIND_RESOURCE = 600  # characters: a span tells of its resource first


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """The shared group and every runtime group that exist, and the groups that ledger.toml adds."""
    shared = [name for name in group_names(account, SHARED) if name == SHARED]
    names = dict.fromkeys([*shared, *group_names(account, RUNTIMES), *settings.groups])
    if not names:
        raise NotSetUp(
            f"There is no log group {SHARED} and none under {RUNTIMES}: no agent sends spans here.",
            "Turn on Transaction Search in CloudWatch and instrument the agent with the AWS Distro for OpenTelemetry.",
        )
    return [Scope(KEY, account.account_id, account.region, name) for name in names]


def collect(reading: Reading) -> None:
    """Read one window of one group; of a runtime's group, the two streams that tell of spans."""
    streams = RUNTIME_STREAMS if reading.scope.name.startswith(RUNTIMES) else (None,)
    for stream in streams:
        read_group(reading.account, reading.scope.name, reading.window, reading.landing, stream, feed_of=feed_of)


def feed_of(text: str) -> str:
    """Event records have a body and no start, wherever they lie; other kinds are told apart by the feed of spans."""
    if text.find(START, BEHIND_RESOURCE) >= 0:  # so nearly always; looking there first takes half the time
        return SPANS
    return EVENTS if START not in text and '"body"' in text else SPANS


SOURCE = Source(
    key=KEY,
    title="Agent spans",
    feeds=(SPANS, EVENTS),
    actions=(
        Grant(("logs:DescribeLogGroups",)),
        Grant(
            ("logs:FilterLogEvents",),
            (
                "arn:aws:logs:*:*:log-group:aws/spans:*",
                "arn:aws:logs:*:*:log-group:/aws/bedrock-agentcore/runtimes/*:*",
            ),
        ),
    ),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(hours=2),
    keeps=group_keeps,
    about=About(
        reads="OpenTelemetry spans in the log group aws/spans and in the stream spans of each runtime's group, and the "
        "event records that older agents write beside them (stream otel-rt-logs): their facts, never their texts.",
        feeds="Tasks, tool calls, model calls, policy decisions, calls of memories and knowledge bases, and their "
        "times: nearly every KPI is unknown without them.",
        cost="FilterLogEvents is free; CloudWatch charges for the ingestion of the spans.",
        lag="Up to ten minutes; the last two hours are read again every time.",
        switch_on="Turn on Transaction Search in CloudWatch; instrument the agent with AWS Distro for OpenTelemetry.",
    ),
    takes_groups=True,
)
