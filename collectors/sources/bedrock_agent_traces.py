"""Classic Bedrock Agents: the trace parts of InvokeAgent, which only its caller sees and has to log."""

from __future__ import annotations

from datetime import timedelta

from collectors.aws import Account
from collectors.errors import NotSetUp
from collectors.logs import group_keeps, read_group
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Reading, Source
from sql.warehouse import Scope

KEY = "bedrock_agent_traces"
PATTERN = '"bedrock.agent.trace"'
CONTRACT = (
    "Call InvokeAgent with enableTrace=true and log every TracePart of its stream as one JSON line "
    '{"event.name": "bedrock.agent.trace", …the TracePart}, bare or through Lambda\'s JSON logging; add '
    '"invocation_id" '
    '(one value for each InvokeAgent call) where agents have collaborators, and "trace_id" where the caller is traced. '
    f'Then name the log groups in ledger.toml: [sources.{KEY}] groups = ["/aws/lambda/my-caller"].'
)


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """The groups that ledger.toml names; AWS itself keeps these records nowhere."""
    if not settings.groups:
        raise NotSetUp(
            "No log group with trace parts of classic Bedrock Agents is named: AWS keeps them nowhere by itself, "
            "so the steps of such agents stay unknown.",
            CONTRACT,
        )
    return [Scope(KEY, account.account_id, account.region, name) for name in dict.fromkeys(settings.groups)]


def collect(reading: Reading) -> None:
    """Read one window of one group; the pattern leaves the caller's other lines where they are."""
    read_group(reading.account, reading.scope.name, reading.window, reading.landing, pattern=PATTERN)


SOURCE = Source(
    key=KEY,
    title="Trace parts of classic Bedrock Agents",
    feeds=("agent_trace_records",),
    actions=(Grant(("logs:FilterLogEvents",), ("arn:aws:logs:*:*:log-group:<AGENT_CALLER_LOG_GROUP>:*",)),),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(hours=2),
    keeps=group_keeps,
    about=About(
        reads="The TracePart objects of InvokeAgent and InvokeInlineAgent that a caller logs as JSON lines: steps, "
        "tokens, tools, look-ups, guardrail actions and failures. Prompts, answers and rationales are dropped.",
        feeds="Tasks, model calls, tool calls, data calls and guardrail actions of classic Bedrock Agents. Without it "
        "only their metrics and the invocation log are known, and neither tells one task from the next.",
        cost="FilterLogEvents is free; the caller pays for the lines it logs.",
        lag="Seconds to minutes. The last two hours are read again every time; parts may come in any order.",
        switch_on=CONTRACT,
    ),
    takes_groups=True,
)
