"""agent.outcome events: what a task came to, as the agent's owner reports it."""

from __future__ import annotations

import re
from datetime import timedelta

from collectors.aws import Account
from collectors.errors import NotSetUp
from collectors.logs import group_keeps, group_names, read_group
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Reading, Source
from sql.warehouse import Scope

KEY = "outcome_events"
OUTCOMES, CHANGES = "outcome_records", "change_records"
CHANGE = re.compile(r'"event\.name"\s*:\s*"agent\.change"')
DEFAULT_GROUP = "/agent-kpi/outcomes"


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """The default group where it exists, and the groups that ledger.toml adds."""
    default = [name for name in group_names(account, DEFAULT_GROUP) if name == DEFAULT_GROUP]
    names = dict.fromkeys([*default, *settings.groups])
    if not names:
        raise NotSetUp(
            f"There is no log group {DEFAULT_GROUP}: no agent reports outcomes, so success and accuracy stay unknown.",
            f"Write one agent.outcome event per task to {DEFAULT_GROUP}, or name your groups in ledger.toml.",
        )
    return [Scope(KEY, account.account_id, account.region, name) for name in names]


def collect(reading: Reading) -> None:
    """Read one window of one group."""
    read_group(reading.account, reading.scope.name, reading.window, reading.landing, feed_of=feed_of)


def feed_of(text: str) -> str:
    """The feed of an event: a change of data, prompts and the like that no inventory shows, or an outcome."""
    return CHANGES if CHANGE.search(text) else OUTCOMES


SOURCE = Source(
    key=KEY,
    title="Outcome events",
    feeds=(OUTCOMES, CHANGES),
    actions=(
        Grant(("logs:DescribeLogGroups",)),
        Grant(("logs:FilterLogEvents",), ("arn:aws:logs:*:*:log-group:/agent-kpi/*:*",)),
    ),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(hours=24),
    deep=timedelta(days=14),
    keeps=group_keeps,
    about=About(
        reads="agent.outcome events that agents or their owners write as JSON lines to a log group, and agent.change "
        "events: what was changed that no inventory shows, and loads of the data that agents look up.",
        feeds="Verdicts, escalations and labels: success, accuracy and escalation KPIs are unknown without them. "
        "Changes in the release ledger, and the age of data.",
        cost="FilterLogEvents is free.",
        lag="Hours to weeks: people decide late. The last 24 hours are read again every time, "
        "and the last 14 days once a week.",
        switch_on="Write one agent.outcome event per task to /agent-kpi/outcomes, or name your groups in ledger.toml.",
    ),
    takes_groups=True,
)
