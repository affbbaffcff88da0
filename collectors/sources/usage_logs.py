"""USAGE_LOGS of AgentCore Runtime, Browser and Code Interpreter: vCPU and memory of every session-second.

The only place where infrastructure cost is known by session. A line a second is too much to keep: lines are added up
by session and hour on reading, over whole hours, so that the same window always gives the same sums.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from collectors.aws import Account, Page
from collectors.errors import NotSetUp
from collectors.logs import group_keeps, read_group
from collectors.settings import SourceSettings
from collectors.source import About, Grant, Reading, Source
from sql.warehouse import Scope

KEY = "usage_logs"
LOG_TYPE, SERVICE = "USAGE_LOGS", "bedrock-agentcore"
LOG_GROUP = ":log-group:"
HOW = (
    "In the AgentCore console open the runtime, browser or code interpreter: Log deliveries and tracing, Add, log type "
    "USAGE_LOGS, to Amazon CloudWatch Logs."
)


def fetch(account: Account, operation: str) -> list[Page]:
    """Every page of one of the DescribeDelivery… calls."""
    return list(account.pages("logs", operation))


def parse_sources(pages: Iterable[Page]) -> set[str]:
    """The names of the delivery sources that carry usage."""
    return {
        each["name"]
        for page in pages
        for each in page["deliverySources"]
        if each.get("logType") == LOG_TYPE and each.get("service", SERVICE) == SERVICE
    }


def parse_groups(sources: set[str], deliveries: Iterable[Page], destinations: Iterable[Page]) -> list[str]:
    """The log groups that those sources deliver to, sorted; other destinations are not read."""
    used = {
        each.get("deliveryDestinationArn")
        for page in deliveries
        for each in page["deliveries"]
        if each.get("deliverySourceName") in sources
    }
    targets = {
        str((each.get("deliveryDestinationConfiguration") or {}).get("destinationResourceArn", ""))
        for page in destinations
        for each in page["deliveryDestinations"]
        if each.get("arn") in used
    }
    return sorted({each.partition(LOG_GROUP)[2].removesuffix(":*") for each in targets if LOG_GROUP in each})


def scopes(account: Account, settings: SourceSettings) -> list[Scope]:
    """The groups that usage is delivered to, and those that ledger.toml adds. Raises NotSetUp."""
    sources = parse_sources(fetch(account, "DescribeDeliverySources"))
    found = (
        parse_groups(sources, fetch(account, "DescribeDeliveries"), fetch(account, "DescribeDeliveryDestinations"))
        if sources
        else []
    )
    names = dict.fromkeys([*found, *settings.groups])
    if names:
        return [Scope(KEY, account.account_id, account.region, name) for name in names]
    if sources:
        raise NotSetUp("AgentCore delivers its usage logs, but to no CloudWatch Logs group.", HOW)
    raise NotSetUp("No AgentCore resource delivers usage logs here.", HOW)


def collect(reading: Reading) -> None:
    """Read one window of whole hours of one group."""
    read_group(reading.account, reading.scope.name, reading.window, reading.landing)


SOURCE = Source(
    key=KEY,
    title="AgentCore usage logs",
    feeds=("usage_records",),
    actions=(
        Grant(("logs:DescribeDeliverySources", "logs:DescribeDeliveries", "logs:DescribeDeliveryDestinations")),
        Grant(("logs:FilterLogEvents",), ("arn:aws:logs:*:*:log-group:/aws/vendedlogs/bedrock-agentcore/*:*",)),
    ),
    scopes=scopes,
    collect=collect,
    overlap=timedelta(hours=3),
    keeps=group_keeps,
    about=About(
        reads="USAGE_LOGS of AgentCore Runtime, Browser and Code Interpreter: vCPU hours and memory of every second "
        "of a session, in the CloudWatch Logs groups that their log deliveries name. Added up by session and "
        "hour on reading.",
        feeds="The table usage: infrastructure of a session with its estimated cost. Without it the cost of running "
        "an agent is known by account or resource at best (metric_points, bill), not by session.",
        cost="Reading is free (FilterLogEvents). AWS charges the delivery and storage of the logs: a line a "
        "session-second.",
        lag="Up to an hour. Whole hours are read, the last three again every time; an hour's sum may only grow.",
        switch_on=HOW,
    ),
    grid=timedelta(hours=1),
    takes_groups=True,
)
