"""Agent spans in both places they may be: the shared group aws/spans, and stream `spans` of a runtime's own."""

from __future__ import annotations

from datetime import timedelta

from collectors.aws import Account
from collectors.errors import NotSetUp
from collectors.landing import Landing
from collectors.logs import group_names, read_group
from collectors.settings import SourceSettings
from collectors.source import Grant, Source
from collectors.window import Window
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


def collect(account: Account, scope: Scope, window: Window, landing: Landing) -> None:
    """Read one window of one group; a runtime's group holds other streams too."""
    read_group(account, scope.name, window, landing, RUNTIME_STREAM if scope.name.startswith(RUNTIMES) else None)


SOURCE = Source(
    key=KEY,
    title="Agent spans",
    feed="span_records",
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
    takes_groups=True,
)
