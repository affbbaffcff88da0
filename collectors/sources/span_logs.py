"""Agent spans in both places they may be: the shared group aws/spans, and stream `spans` of a runtime's own."""

from __future__ import annotations

from datetime import timedelta

from collectors.aws import Account
from collectors.errors import NotSetUp
from collectors.logs import group_names, read_group
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Reading, Source
from sql.warehouse import Scope

KEY = "span_logs"
SHARED = "aws/spans"
RUNTIMES = "/aws/bedrock-agentcore/runtimes/"
RUNTIME_STREAM = "spans"


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
    """Read one window of one group; a runtime's group holds other streams too."""
    stream = RUNTIME_STREAM if reading.scope.name.startswith(RUNTIMES) else None
    read_group(reading.account, reading.scope.name, reading.window, reading.landing, stream)


SOURCE = Source(
    key=KEY,
    title="Agent spans",
    feeds=("span_records",),
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
    about=About(
        reads="OpenTelemetry spans in the log group aws/spans and in the stream spans of each runtime's group.",
        feeds="Tasks, tool calls, model calls and their times: nearly every KPI is unknown without them.",
        cost="FilterLogEvents is free; CloudWatch charges for the ingestion of the spans.",
        lag="Up to ten minutes; the last two hours are read again every time.",
        switch_on="Turn on Transaction Search in CloudWatch; instrument the agent with AWS Distro for OpenTelemetry.",
    ),
    takes_groups=True,
)
