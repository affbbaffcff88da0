"""Bedrock model-invocation log records in CloudWatch Logs: one a model call, with its tokens."""

from __future__ import annotations

from datetime import timedelta

from collectors.aws import Account, Page
from collectors.errors import NotSetUp
from collectors.logs import group_keeps, read_group
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Reading, Source
from sql.warehouse import Scope

KEY = "invocation_logs"
STREAM = "aws/bedrock/modelinvocations"
HOW = (
    "In the Bedrock console: Settings, Model invocation logging, on, with a CloudWatch Logs group as destination and "
    "text included (without text there are tokens but no latency, stop reason or guardrail result)."
)


def fetch_configuration(account: Account) -> Page:
    """The account's logging configuration in this region."""
    return account.call("bedrock", "GetModelInvocationLoggingConfiguration")


def parse_configuration(answer: Page) -> str:
    """The log group that records go to. Raises NotSetUp."""
    config = answer.get("loggingConfig") or {}
    group = (config.get("cloudWatchConfig") or {}).get("logGroupName")
    if group:
        return str(group)
    bucket = (config.get("s3Config") or {}).get("bucketName")
    if bucket:
        raise NotSetUp(
            f"Model invocation logs go only to the S3 bucket {bucket}; the source invocation_logs_s3 reads them there.",
            "Nothing is to be done while that source is switched on; this one is for CloudWatch Logs.",
        )
    raise NotSetUp("Model invocation logging is off in this region, and it records nothing afterwards.", HOW)


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """The groups that ledger.toml names, else the one that the account's configuration names."""
    groups = settings.groups or (parse_configuration(fetch_configuration(account)),)
    return [Scope(KEY, account.account_id, account.region, group) for group in groups]


def collect(reading: Reading) -> None:
    """Read one window of the group."""
    read_group(reading.account, reading.scope.name, reading.window, reading.landing, STREAM)


SOURCE = Source(
    key=KEY,
    title="Bedrock model invocation logs",
    feeds=("invocation_records",),
    actions=(
        Grant(("bedrock:GetModelInvocationLoggingConfiguration",)),
        Grant(("logs:FilterLogEvents",), ("arn:aws:logs:*:*:log-group:<MODEL_INVOCATION_GROUP>:*",)),
    ),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(hours=2),
    keeps=group_keeps,
    about=About(
        reads="Bedrock model invocation log records in the log group that the account's configuration names.",
        feeds="Exact tokens, stop reason, latency and guardrail results of model calls: cost and guardrail KPIs.",
        cost="FilterLogEvents is free; CloudWatch charges for the ingestion of the log itself.",
        lag="Seconds to minutes; the last two hours are read again every time.",
        switch_on="Bedrock console, Settings, Model invocation logging: on, to a CloudWatch Logs group, with text.",
    ),
    takes_groups=True,
)
